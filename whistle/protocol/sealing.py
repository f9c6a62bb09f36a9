"""A sealed record: version, commitment, 16 slots and a body of one size. docs/protocol.md, section 5."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from secrets import token_bytes

from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.errors import BodyMalformed, RecordAltered, SenderUnproven, TooLarge, UnsupportedVersion
from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.record import Record
from whistle.protocol.slots import decoy_slots, open_slots, seal_slots
from whistle.protocol.state import State
from whistle.protocol.thread import SourceKeys

_SLOTS_AT = 1 + labels.COMMITMENT_SIZE
_BODY_AT = _SLOTS_AT + labels.SLOT_COUNT * labels.SLOT_SIZE
#: The nonce may be zero: a content key is made for one body and never used again.
_BODY_NONCE = bytes(bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
_RAW_DEFLATE = -15
#: Of the last byte of an X25519 key: never set in one that is less than the prime.
_HIGH_BIT = 0x80


@dataclass(frozen=True, slots=True)
class Author:
    """Who seals: a secret key, a role (0 to 3) and a person id (0 is the source)."""

    identity: Identity
    role: int
    person: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record will lie, and the hash of the token that burns it; 32 bytes each."""

    address: bytes
    burn_hash: bytes

    @property
    def header(self) -> bytes:
        """The 65 bytes that every proof in the record covers: address, burn hash, version."""
        return self.address + self.burn_hash + bytes([labels.VERSION])


def pack(body: bytes) -> bytes:
    """Return ``body`` (JSON) as the 13,199 bytes that are sealed: length u32, raw DEFLATE, zeros.

    The size never changes, so compression tells nothing but whether a body fits; raises ``TooLarge`` where not.
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE)
    packed = deflate.compress(body) + deflate.flush()
    if len(body) > labels.BODY_JSON_LIMIT or len(packed) > labels.BODY_TEXT_LIMIT:
        raise TooLarge
    return (len(packed).to_bytes(4, "little") + packed).ljust(labels.BODY_SIZE, b"\0")


def unpack(untrusted_body: bytes) -> bytes:
    """Return the JSON in 13,199 bytes; raises ``BodyMalformed`` for a wrong length, padding, or trailing bytes."""
    end = 4 + int.from_bytes(untrusted_body[:4], "little")
    if len(untrusted_body) != labels.BODY_SIZE or end > labels.BODY_SIZE or untrusted_body[end:].strip(b"\0"):
        raise BodyMalformed
    inflate = zlib.decompressobj(_RAW_DEFLATE)
    try:
        body = inflate.decompress(untrusted_body[4:end], labels.BODY_JSON_LIMIT + 1)
    except zlib.error as error:
        raise BodyMalformed from error
    if not inflate.eof or inflate.unused_data or len(body) > labels.BODY_JSON_LIMIT:
        raise BodyMalformed
    return body


def authenticator(
    shared: bytes, site: bytes, proven: bytes, role: int, person: int, ends: tuple[Recipient, Recipient]
) -> bytes:
    """Return the proof (32 bytes) of who wrote a record, for one reader, whom it convinces and nobody else.

    ``shared`` is the X25519 secret of sender and reader, ``proven`` header and commitment, ``ends`` sender and reader.
    """
    header, commitment = proven[: labels.HEADER_SIZE], proven[labels.HEADER_SIZE :]
    sender, reader = ends
    fields = (labels.AUTHENTICATOR, site, header, commitment, role, person, bytes(sender), bytes(reader))
    return hashed(*fields, key=shared)


def seal(
    place: Place,
    packed: bytes,
    author: Author,
    site: bytes,
    readers: Iterable[Recipient],
    own: tuple[SourceKeys, State] | None = None,
) -> Record:
    """Return the record in which ``author`` tells ``packed`` (from ``pack``) to ``readers``.

    ``own`` is the source's own slot: its keys and the state it leaves for itself. Raises ``RecordMalformed`` for more
    than 16 slots or one reader twice.
    """
    content_key = token_bytes(labels.CONTENT_KEY_SIZE)
    commitment = _commitment(content_key, place.header, packed)
    payloads = [
        (
            reader,
            content_key
            + authenticator(
                author.identity.shared_secret(reader),
                site,
                place.header + commitment,
                author.role,
                author.person,
                (author.identity.recipient, reader),
            ),
        )
        for reader in readers
    ]
    if own is not None:
        keys, state = own
        payloads.append((keys.identity.recipient, state.slot(keys.state_key, place.header, commitment)))
    before = bytes([labels.VERSION]) + commitment + seal_slots(payloads)
    associated = place.address + place.burn_hash + before
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(packed, associated, _BODY_NONCE, content_key)
    return Record(place.address, place.burn_hash, before + body)


def decoy() -> Record:
    """Return a record that nobody can open and nobody without a key can tell from a message."""
    sealed = bytes([labels.VERSION]) + token_bytes(labels.COMMITMENT_SIZE) + decoy_slots()
    body = token_bytes(labels.BODY_CIPHERTEXT_SIZE)
    return Record(token_bytes(labels.ADDRESS_SIZE), token_bytes(labels.BURN_HASH_SIZE), sealed + body)


def has_form(record: Record) -> bool:
    """Tell whether a record has the form of a sealed one: the version, and 16 slots that begin with an X25519 key.

    Random bytes, such as a shelf leaves where something was burned, have it once in 2²⁴ times.
    """
    keys = (record.sealed[at : at + labels.X25519_SIZE] for at in range(_SLOTS_AT, _BODY_AT, labels.SLOT_SIZE))
    return record.sealed[0] == labels.VERSION and all(key[-1] < _HIGH_BIT for key in keys)


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that opened: its commitment, its body (JSON), and the proof of its sender, yet to be checked."""

    record: Record
    commitment: bytes
    body: bytes = field(repr=False)
    content_key: bytes = field(repr=False)
    proof: bytes = field(repr=False)

    def prove(self, site: bytes, reader: Identity, role: int, person: int, sender: Recipient) -> None:
        """Raise ``SenderUnproven`` unless ``sender``, in that role and as that person, wrote this for ``reader``."""
        ends = (sender, reader.recipient)
        proven = header_of(self.record) + self.commitment
        expected = authenticator(reader.shared_secret(sender), site, proven, role, person, ends)
        if not compare_digest(self.proof, expected):
            raise SenderUnproven


def open_sealed(record: Record, identity: Identity) -> Opened:
    """Open a record with a reader's Identity.

    Raises ``UnsupportedVersion``, ``NotForMe``, ``SlotsAmbiguous``, ``RecordAltered`` and ``BodyMalformed``.
    """
    _check_version(record)
    payload = open_slots(record.sealed[_SLOTS_AT:_BODY_AT], identity)
    content_key, proof = payload[: labels.CONTENT_KEY_SIZE], payload[labels.CONTENT_KEY_SIZE :]
    return Opened(record, commitment_of(record), _open_body(record, content_key), content_key, proof)


def open_with_key(record: Record, content_key: bytes) -> bytes:
    """Return the body (JSON) of a record for somebody who was given its content key; raises as ``open_sealed``."""
    _check_version(record)
    return _open_body(record, content_key)


def open_state(record: Record, keys: SourceKeys) -> State:
    """Return what the source left for itself in a record it wrote.

    Raises ``UnsupportedVersion``, ``NotForMe``, ``SlotsAmbiguous`` and ``StateAltered``.
    """
    _check_version(record)
    payload = open_slots(record.sealed[_SLOTS_AT:_BODY_AT], keys.identity)
    return State.open(payload, keys.state_key, header_of(record), commitment_of(record))


def header_of(record: Record) -> bytes:
    """Return address, burn hash and version (65 bytes)."""
    return record.address + record.burn_hash + record.sealed[:1]


def commitment_of(record: Record) -> bytes:
    """Return the commitment (32 bytes) that the record shows; ``open_sealed`` is what checks it."""
    return record.sealed[1:_SLOTS_AT]


def _check_version(record: Record) -> None:
    if record.sealed[0] != labels.VERSION:
        raise UnsupportedVersion


def _open_body(record: Record, content_key: bytes) -> bytes:
    associated = record.address + record.burn_hash + record.sealed[:_BODY_AT]
    try:
        packed = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            record.sealed[_BODY_AT:], associated, _BODY_NONCE, content_key
        )
    except CryptoError as error:
        raise RecordAltered from error
    # The commitment covers the content: a co-recipient, who knows the key, could otherwise reseal other words.
    if not compare_digest(_commitment(content_key, header_of(record), packed), commitment_of(record)):
        raise RecordAltered
    return unpack(packed)


def _commitment(content_key: bytes, header: bytes, packed: bytes) -> bytes:
    return hashed(labels.COMMITMENT, header, packed, key=content_key)
