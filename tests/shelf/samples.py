"""Records, shelves and searches that the tests of the shelf share."""

import hashlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from whistle.protocol.labels import SEALED_SIZE
from whistle.protocol.record import Record, burn_hash
from whistle.shelf import Shelf

TODAY = date(2026, 11, 21)
MESSAGE_DAYS = 60
CHUNK_DAYS = 30


class Clock:
    """A day that a test can move on."""

    def __init__(self, day: date = TODAY) -> None:
        self.day = day

    def __call__(self) -> date:
        return self.day

    def forward(self, days: int) -> None:
        self.day += timedelta(days=days)


@dataclass(frozen=True)
class Sample:
    """A record and the token that burns it."""

    record: Record
    token: bytes

    @property
    def address(self) -> bytes:
        return self.record.address


def sample(name: str | None = None, content: str = "") -> Sample:
    """Return a random sample; or the one called ``name``, whose address hangs on the name alone."""
    if name is None:
        token = os.urandom(32)
        return Sample(Record(os.urandom(32), burn_hash(token), os.urandom(SEALED_SIZE)), token)
    address = hashlib.sha256(b"address " + name.encode()).digest()
    token = hashlib.sha256(b"token " + name.encode() + content.encode()).digest()
    sealed = hashlib.shake_128(b"sealed " + name.encode() + content.encode()).digest(SEALED_SIZE)
    return Sample(Record(address, burn_hash(token), sealed), token)


def samples(count: int) -> list[Sample]:
    return [sample() for _ in range(count)]


def records(of: Iterable[Sample]) -> list[Record]:
    return [each.record for each in of]


def open_shelf(
    folder: Path, clock: Clock | None = None, capacity: int = 1_000_000, chunks_a_day: int | None = None
) -> Shelf:
    return Shelf(
        folder,
        today=clock or Clock(),
        message_days=MESSAGE_DAYS,
        chunk_days=CHUNK_DAYS,
        capacity=capacity,
        chunks_a_day=chunks_a_day,
    )


def tidied(shelf: Shelf) -> int:
    """Tidy to the end and return the number of steps."""
    return sum(1 for _ in shelf.tidy())


def listed(shelf: Shelf, day: date = TODAY, page: int = 64) -> list[Record]:
    """Return the whole listing of a day, fetched page by page."""
    found: list[Record] = []
    while more := shelf.messages_of(day, found[-1].address if found else b"", page):
        found += more
    return found


@lru_cache(64)
def runs(content: bytes) -> frozenset[int]:
    """Return every 8 bytes in a row of ``content``, each as a number."""
    return frozenset(int.from_bytes(content[at : at + 8], sys.byteorder) for at in range(len(content) - 7))


def words(data: bytes) -> memoryview:
    """Return the aligned 8-byte words of ``data``, as numbers."""
    return memoryview(data + bytes(-len(data) % 8)).cast("Q")


def files_with(folder: Path, *contents: bytes) -> list[str]:
    """Return the names of the files in ``folder`` that hold any 16 bytes in a row of one of ``contents``.

    Wherever such a run begins, it covers one whole aligned word of the file; so the words are all that has to be
    looked up, and at 64 bits each nothing is found by chance.
    """
    sought = frozenset[int]().union(*(runs(content) for content in contents))
    return [file.name for file in sorted(folder.iterdir()) if not sought.isdisjoint(words(file.read_bytes()))]
