"""Sealing, opening and dismissing one record, and the chunks of a stream, beside the raw calls they are made of.

Run with ``python -m bench.crypto``. One core. The raw calls are made on the same bytes in the same run, in turn with
ours, so that a ratio holds even where the machine's speed drifts.
"""

import zlib
from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from secrets import token_bytes
from statistics import median
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.errors import NotForMe
from whistle.protocol import labels
from whistle.protocol.content import Content
from whistle.protocol.keys import Identity
from whistle.protocol.message import Message, encode
from whistle.protocol.reading import Reader, check_up, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, decoy, open_sealed, pack, seal
from whistle.protocol.slots import open_slots
from whistle.protocol.state import State
from whistle.protocol.stream import StreamReader, StreamWriter
from whistle.protocol.thread import SourceKeys

READERS = 5
ROUNDS = 60
_SLOTS_AT = labels.COMMITMENT_SIZE + 1
_BODY_AT = _SLOTS_AT + labels.SLOT_COUNT * labels.SLOT_SIZE
_STREAM_BYTES = 32 << 20


class World:
    """One source, five reviewers, and a report of about 2,000 characters."""

    def __init__(self) -> None:
        self.site = token_bytes(32)
        self.keys = SourceKeys(Receipt.generate(), self.site)
        self.reviewers = [Identity.generate() for _reviewer in range(READERS)]
        self.stranger = Identity.generate()
        self.people = tuple(range(1, READERS + 1))
        text = "They met on the ninth at the harbour office, and the envelope was on the table before the tender. " * 20
        self.message = Message(
            self.keys.thread, 0, None, date(2026, 11, 21), "en", 1, self.people, None, Content(text), None
        )
        for identity in (*self.reviewers, self.stranger):
            assert identity.recipient.x25519

    def seal(self) -> Record:
        """Seal the report as its source does."""
        address = self.keys.thread.address(labels.UP, 0)
        return seal(
            Place(address, burn_hash(self.keys.burn_token(address))),
            pack(encode(self.message)),
            Author(self.keys.identity, 0, 0),
            self.site,
            [identity.recipient for identity in self.reviewers],
            (self.keys, State(1, 0, bytes(8), self.people)),
        )

    def raw_seal(self) -> None:
        """Make the raw calls of one seal: 6 encapsulations, 6 X25519, 16 sealed boxes, one body."""
        for identity in (*self.reviewers, self.keys.identity):
            _secret, ciphertext = identity.recipient.mlkem.encapsulate()
            bindings.crypto_scalarmult(identity.secret_scalar(), self.stranger.recipient.x25519)
            bindings.crypto_box_seal(ciphertext + bytes(80), identity.recipient.x25519)
        for _unused in range(labels.SLOT_COUNT - READERS - 1):
            public, _secret_key = bindings.crypto_box_keypair()
            bindings.crypto_box_seal(bytes(1_168), public)
        bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
            bytes(labels.BODY_SIZE), bytes(19_553), bytes(24), bytes(32)
        )

    def open(self, record: Record) -> None:
        """Open and verify the report as a reviewer does."""
        reader = Reader(self.reviewers[0], 1, self.site)
        check_up(open_any(record, reader.identity), reader)

    def raw_open(self, record: Record, content_key: bytes) -> None:
        """Make the raw calls of one opening: 16 boxes, a decapsulation, the body, two X25519, a key, an inflate."""
        identity = self.reviewers[0]
        inner = _try_boxes(record, identity)
        identity.mlkem.decapsulate(inner[: labels.MLKEM_CIPHERTEXT_SIZE])
        bindings.crypto_secretbox_open(_BOX, bytes(24), bytes(32))
        associated = record.address + record.burn_hash + record.sealed[:_BODY_AT]
        packed = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            record.sealed[_BODY_AT:], associated, bytes(24), content_key
        )
        blake2b(packed, key=content_key, digest_size=32).digest()
        zlib.decompressobj(-15).decompress(packed[4:])
        MLKEM768PublicKey.from_public_bytes(bytes(self.stranger.recipient)[labels.X25519_SIZE :])
        for _scalar in ("the source's key is checked", "the authenticator"):
            bindings.crypto_scalarmult(identity.secret_scalar(), self.stranger.recipient.x25519)

    def dismiss(self, record: Record) -> None:
        """Find that a record is for somebody else."""
        try:
            open_slots(record.sealed[_SLOTS_AT:_BODY_AT], self.stranger)
        except NotForMe:
            return
        raise AssertionError

    def raw_dismiss(self, record: Record) -> None:
        """Make the raw calls of one dismissal: 16 boxes."""
        assert not _try_boxes(record, self.stranger)


_BOX = bindings.crypto_secretbox(bytes(64), bytes(24), bytes(32))


def _try_boxes(record: Record, identity: Identity) -> bytes:
    public, secret, inner = identity.recipient.x25519, identity.secret_scalar(), b""
    for start in range(_SLOTS_AT, _BODY_AT, labels.SLOT_SIZE):
        try:
            inner = bindings.crypto_box_seal_open(record.sealed[start : start + labels.SLOT_SIZE], public, secret)
        except CryptoError:
            continue
    return inner


def _pair(ours: Callable[[], object], raw: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of ours and of the raw calls, taken in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(ROUNDS):
        for call, taken in zip((ours, raw), times, strict=True):
            begun = perf_counter()
            call()
            taken.append(perf_counter() - begun)
    return median(times[0]), median(times[1])


def _report(name: str, ours: float, raw: float, limit: str = "") -> None:
    rate, ratio = 1 / ours, ours / raw
    print(f"  {name:8} {1000 * ours:6.3f} ms, {rate:6.0f}/s; raw calls {1000 * raw:6.3f} ms, ratio {ratio:.2f}{limit}")


def stream(world: World) -> None:
    """Print the speed of the chunk cipher, both ways, beside bare AES-256-GCM over the same bytes."""
    data = token_bytes(1 << 20)
    megabytes = _STREAM_BYTES / 1e6
    begun = perf_counter()
    aead = AESGCM(bytes(32))
    for index in range(_STREAM_BYTES // labels.CHUNK_TEXT_SIZE):
        aead.encrypt(index.to_bytes(12, "big"), data[: labels.CHUNK_TEXT_SIZE], bytes(64))
    raw = megabytes / (perf_counter() - begun)
    writer = StreamWriter(world.keys.chunk_burn_tokens)
    begun = perf_counter()
    records = list(writer.begin("scan.pdf", "application/pdf"))
    for _part in range(_STREAM_BYTES // len(data)):
        records += writer.write(data)
    records += writer.finish()
    sealing = megabytes / (perf_counter() - begun)
    assert writer.reference is not None
    reader = StreamReader(writer.reference)
    begun = perf_counter()
    for index, record in enumerate(records):
        reader.open(index, record)
    reader.finish()
    opening = megabytes / (perf_counter() - begun)
    print(f"  chunks   seal {sealing:.0f} MB/s, open {opening:.0f} MB/s; bare AES-256-GCM {raw:.0f} MB/s")


def main() -> None:
    """Print a line for each operation."""
    world = World()
    record, foreign = world.seal(), decoy()
    content_key = open_sealed(record, world.reviewers[0]).content_key
    print(f"one record for {READERS} reviewers, one core")
    _report("seal", *_pair(world.seal, world.raw_seal))
    opening = _pair(lambda: world.open(record), lambda: world.raw_open(record, content_key))
    _report("open", *opening, limit=" (to reach: at most 1.3)")
    _report("dismiss", *_pair(lambda: world.dismiss(foreign), lambda: world.raw_dismiss(foreign)))
    stream(world)


if __name__ == "__main__":
    main()
