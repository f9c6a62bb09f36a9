"""Sixteen slots in which a content key travels to its readers. docs/protocol.md, section 5.

The only file that seals and opens with NaCl sealed boxes and ML-KEM. A slot is a sealed box around an ML-KEM
ciphertext and a secretbox: X25519 *and* ML-KEM-768 must fall before its payload does.
"""

from collections.abc import Sequence
from secrets import SystemRandom, token_bytes

from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.errors import NotForMe, RecordMalformed, SlotsAmbiguous
from whistle.protocol.hashing import hashed
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.labels import (
    MLKEM_CIPHERTEXT_SIZE,
    SLOT,
    SLOT_COUNT,
    SLOT_PAYLOAD_SIZE,
    SLOT_SIZE,
)

_BOX_NONCE = bytes(bindings.crypto_secretbox_NONCEBYTES)
_INNER_SIZE = SLOT_SIZE - bindings.crypto_box_SEALBYTES


def seal_slots(payloads: Sequence[tuple[Recipient, bytes]]) -> bytes:
    """Return 16 slots in random order that hold each payload (64 bytes) for its Recipient.

    Unused slots are real seals of random bytes to keys that nobody has. Raises ``RecordMalformed`` for more than 16
    payloads, a payload of another size, or one Recipient twice.
    """
    if len(payloads) > SLOT_COUNT or len({recipient for recipient, _ in payloads}) < len(payloads):
        raise RecordMalformed
    slots = [_seal(recipient, payload) for recipient, payload in payloads]
    slots += [_throwaway() for _ in range(SLOT_COUNT - len(slots))]
    SystemRandom().shuffle(slots)
    return b"".join(slots)


def open_slots(untrusted_slots: bytes, identity: Identity) -> bytes:
    """Return the payload (64 bytes) for ``identity``; every slot is always tried.

    Raises ``NotForMe`` where none opens and ``SlotsAmbiguous`` where more than one does.
    """
    if len(untrusted_slots) != SLOT_COUNT * SLOT_SIZE:
        raise RecordMalformed
    public, secret = identity.recipient.x25519, identity.secret_scalar()
    payloads = []
    for start in range(0, len(untrusted_slots), SLOT_SIZE):
        try:
            inner = bindings.crypto_box_seal_open(untrusted_slots[start : start + SLOT_SIZE], public, secret)
            payloads.append(_open_inner(inner, identity))
        except CryptoError:
            continue
    if not payloads:
        raise NotForMe
    if len(payloads) > 1:
        raise SlotsAmbiguous
    return payloads[0]


def decoy_slots() -> bytes:
    """Return 16 slots that nobody can open, made in the same way as the unused ones of a message."""
    return b"".join(_throwaway() for _ in range(SLOT_COUNT))


def _seal(recipient: Recipient, payload: bytes) -> bytes:
    if len(payload) != SLOT_PAYLOAD_SIZE:
        raise RecordMalformed
    secret, ciphertext = recipient.mlkem.encapsulate()
    # The nonce may be zero: the key comes from a fresh encapsulation and seals this one box.
    box = bindings.crypto_secretbox(payload, _BOX_NONCE, _box_key(secret, ciphertext, recipient))
    return bindings.crypto_box_seal(ciphertext + box, recipient.x25519)


def _open_inner(inner: bytes, identity: Identity) -> bytes:
    ciphertext, box = inner[:MLKEM_CIPHERTEXT_SIZE], inner[MLKEM_CIPHERTEXT_SIZE:]
    secret = identity.mlkem.decapsulate(ciphertext)
    return bindings.crypto_secretbox_open(box, _BOX_NONCE, _box_key(secret, ciphertext, identity.recipient))


def _box_key(secret: bytes, ciphertext: bytes, recipient: Recipient) -> bytes:
    return hashed(SLOT, ciphertext, bytes(recipient), key=secret)


def _throwaway() -> bytes:
    public, _secret = bindings.crypto_box_keypair()
    return bindings.crypto_box_seal(token_bytes(_INNER_SIZE), public)
