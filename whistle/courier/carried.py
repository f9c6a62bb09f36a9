"""A file that carries records across an air gap: ``whistle carry`` on the intake, a console on the other side.

After the first line come entries: kind (1 byte), size (u32, little-endian), payload, and a link (32 bytes): the hash,
keyed by the link before, of kind and payload. The last entry is ``END``. So a file that was cut, or put together from
two, is refused as a whole. The links guard against damage, not against people: what a record says is proven inside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import BinaryIO, Final

from whistle.courier import wire
from whistle.errors import CarriedMalformed
from whistle.protocol import labels
from whistle.protocol.canonical import undate
from whistle.protocol.hashing import hashed
from whistle.protocol.record import Record

_FIRST_LINE: Final = b"whistle carried 1\n"
_HEAD_SIZE: Final = 5
_FIRST_LINK: Final = bytes(labels.HASH_SIZE)


class Kind(IntEnum):
    """What an entry holds."""

    END = 0
    PUBLISHED = 1
    DAY = 2
    MESSAGE = 3
    CHUNKS = 4
    BURN = 5
    STATEMENT = 6


_CHUNK_SIZES = range(labels.RECORD_SIZE, labels.PUT_CHUNK_LIMIT * labels.RECORD_SIZE + 1, labels.RECORD_SIZE)
_BURN_SIZE = labels.BURN_COUNT * labels.BURN_TOKEN_SIZE
_SIZES: Final[dict[Kind, range]] = {
    Kind.END: range(1),
    Kind.PUBLISHED: range(1, wire.PUBLISHED_LIMIT + 1),
    Kind.DAY: range(10, 11),
    Kind.MESSAGE: range(labels.RECORD_SIZE, labels.RECORD_SIZE + 1),
    Kind.CHUNKS: _CHUNK_SIZES,
    Kind.BURN: range(_BURN_SIZE, _BURN_SIZE + 1),
    Kind.STATEMENT: range(1, wire.STATEMENT_LIMIT + 1),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its kind, its payload, where in the file the payload begins, and the link behind it."""

    kind: Kind
    payload: bytes
    offset: int
    link: bytes

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.offset + len(self.payload) + labels.HASH_SIZE

    @property
    def day(self) -> date:
        """The day of a ``DAY``; raises ``CarriedMalformed``."""
        try:
            return undate(self.payload.decode("ascii"))
        except ValueError as error:
            raise CarriedMalformed from error

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of a ``MESSAGE`` or ``CHUNKS``."""
        size = labels.RECORD_SIZE
        return tuple(Record.parse(self.payload[at : at + size]) for at in range(0, len(self.payload), size))

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """The tokens of a ``BURN``."""
        size = labels.BURN_TOKEN_SIZE
        return tuple(self.payload[at : at + size] for at in range(0, len(self.payload), size))


class CarriedWriter:
    """Writes a carried file, from its beginning or after the entry ``last`` of one that was begun before."""

    def __init__(self, stream: BinaryIO, last: Entry | None = None) -> None:
        """Begin; ``stream`` stands where the next entry belongs."""
        self._stream = stream
        if last is None:
            self._link, self._end = _FIRST_LINK, len(_FIRST_LINE)
            stream.write(_FIRST_LINE)
        else:
            self._link, self._end = last.link, last.end

    def add(self, kind: Kind, payload: bytes) -> Entry:
        """Add an entry; a payload of a size that its kind does not have raises ``CarriedMalformed``."""
        if len(payload) not in _SIZES[kind]:
            raise CarriedMalformed
        self._link = _linked(self._link, kind, payload)
        self._stream.write(bytes([kind]) + len(payload).to_bytes(4, "little") + payload + self._link)
        entry = Entry(kind, payload, self._end + _HEAD_SIZE, self._link)
        self._end = entry.end
        return entry

    def end(self) -> None:
        """Finish the file, without which nobody reads it."""
        self.add(Kind.END, b"")


def entries(stream: BinaryIO, *, unfinished: bool = False) -> Iterator[Entry]:
    """Give out the entries of a carried file but for ``END``; raises ``CarriedMalformed``.

    Whether the file is whole is known only at its end. ``unfinished`` accepts a file that ends within or after any
    entry, as a crash leaves it.
    """
    if stream.read(len(_FIRST_LINE)) != _FIRST_LINE:
        raise CarriedMalformed
    link, at = _FIRST_LINK, len(_FIRST_LINE)
    while True:
        try:
            entry = _entry(stream, link, at)
        except EOFError as error:
            if unfinished:
                return
            raise CarriedMalformed from error
        if entry.kind is Kind.END:
            if stream.read(1):
                raise CarriedMalformed
            return
        link, at = entry.link, entry.end
        yield entry


def _entry(stream: BinaryIO, link: bytes, at: int) -> Entry:
    head = _exactly(stream, _HEAD_SIZE)
    size = int.from_bytes(head[1:], "little")
    try:
        kind = Kind(head[0])
    except ValueError as error:
        raise CarriedMalformed from error
    if size not in _SIZES[kind]:
        raise CarriedMalformed
    payload = _exactly(stream, size)
    expected = _linked(link, kind, payload)
    if _exactly(stream, labels.HASH_SIZE) != expected:
        raise CarriedMalformed
    return Entry(kind, payload, at + _HEAD_SIZE, expected)


def _linked(link: bytes, kind: Kind, payload: bytes) -> bytes:
    return hashed(labels.CARRIED, int(kind), payload, key=link)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
