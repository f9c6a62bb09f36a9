"""The verbs of the shelf as the intake performs them, for the interface and for children alike: bytes in, bytes out.

Puts are gathered while the loop handles what is at hand, and made durable together: one fsync for all of them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final, TypeAlias

from whistle.courier.wire import LISTING_PAGE
from whistle.errors import RecordMalformed, ShelfError, ShelfUnavailable
from whistle.intake.published import Bulletin
from whistle.protocol.labels import (
    ADDRESS_SIZE,
    BURN_COUNT,
    BURN_TOKEN_SIZE,
    FETCH_COUNT,
    LOOK_ANSWER_SIZE,
    LOOK_COUNT,
    PUT_CHUNK_LIMIT,
    RECORD_SIZE,
)
from whistle.protocol.record import Record
from whistle.shelf import Kept, Put, Shelf, ShelfKind

#: Called once, when the outcome is durable, with the error if there was one.
Done: TypeAlias = Callable[[ShelfError | None], None]

#: Bytes of records that are committed together at most, so that nobody waits long.
_BATCH_BYTES: Final = 8 << 20


class Verbs:
    """Performs each verb on ``shelf``; raises ``RecordMalformed`` for bytes of a wrong size, and ``ShelfError``.

    ``notice`` is told how many messages came, and how many were burned: the cover makes room for them. ``failed`` is
    told of everything by which a disk, or the system, let the shelf down: whoever asked learns only that it did.
    """

    def __init__(
        self,
        shelf: Shelf,
        bulletin: Bulletin,
        notice: Callable[[int, int], None] = lambda _came, _went: None,
        failed: Callable[[ShelfError], None] = lambda _error: None,
    ) -> None:
        self._shelf = shelf
        self._bulletin = bulletin
        self._notice = notice
        self._failed = failed
        self._waiting: list[tuple[Put, Done]] = []
        self._waiting_bytes = 0

    def keyring(self) -> bytes:
        """Return the published document."""
        return self._bulletin.document

    def check_room(self) -> bytes:
        """Return 1 if files are taken, otherwise 0; raises as ``Shelf.check_room``."""
        with self._telling():
            return b"\x01" if self._shelf.check_room() else b"\x00"

    def put_message(self, untrusted_bytes: bytes, done: Done) -> None:
        """Put one record (32,768 bytes) with the next commit."""
        self._wait(Put.message(Record.parse(untrusted_bytes)), RECORD_SIZE, done)

    def put_chunks(self, untrusted_bytes: bytes, done: Done) -> None:
        """Put 1 to 32 records with the next commit, all or none."""
        records = [Record.parse(part) for part in _parts(untrusted_bytes, RECORD_SIZE)]
        if not 0 < len(records) <= PUT_CHUNK_LIMIT:
            raise RecordMalformed
        self._wait(Put.chunks(records), len(untrusted_bytes), done)

    def _wait(self, put: Put, size: int, done: Done) -> None:
        self._waiting.append((put, done))
        self._waiting_bytes += size
        if self._waiting_bytes >= _BATCH_BYTES:
            self.commit()

    def commit(self) -> None:
        """Make all puts that wait durable, and tell those who wait for them."""
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        try:
            with self._telling():
                outcomes = self._shelf.commit([put for put, _done in waiting])
        except ShelfError as error:
            for _put, done in waiting:
                done(error)
            return
        # Of a commit that failed all puts have the same outcome, which was raised; what a limit decides never was.
        for failure in {id(each): each for each in outcomes if isinstance(each, ShelfError)}.values():
            if failure.__cause__ is not None or failure.__traceback__ is not None:
                self._failed(failure)
        came = 0
        for (put, done), outcome in zip(waiting, outcomes, strict=True):
            came += outcome is Kept.STORED and put.shelf is ShelfKind.MESSAGE
            done(outcome if isinstance(outcome, ShelfError) else None)
        self._notice(came, 0)

    def look(self, untrusted_bytes: bytes) -> bytes:
        """Return 16 bytes, a bit for each of 128 addresses, lowest bit first."""
        addresses = _exactly(LOOK_COUNT, _parts(untrusted_bytes, ADDRESS_SIZE))
        with self._telling():
            found = self._shelf.look(addresses)
        return sum(present << place for place, present in enumerate(found)).to_bytes(LOOK_ANSWER_SIZE, "little")

    def fetch(self, untrusted_bytes: bytes) -> bytes:
        """Return 8 times 32,768 bytes, random ones for an address where nothing lies."""
        found = self._fetch(untrusted_bytes)
        # Random bytes are made for every address, so that the time taken does not count what was found.
        noise = os.urandom(FETCH_COUNT * RECORD_SIZE)
        return b"".join(
            record if record is not None else noise[place * RECORD_SIZE : (place + 1) * RECORD_SIZE]
            for place, record in enumerate(found)
        )

    def fetch_present(self, untrusted_bytes: bytes) -> bytes:
        """Return a byte with a bit for each of 8 addresses, lowest first, then the records that are there.

        For children only: nobody can watch how much goes over a socket pair of ours.
        """
        found = self._fetch(untrusted_bytes)
        present = sum((record is not None) << place for place, record in enumerate(found))
        return b"".join([present.to_bytes(1, "little"), *filter(None, found)])

    def _fetch(self, untrusted_bytes: bytes) -> list[bytes | None]:
        addresses = _exactly(FETCH_COUNT, _parts(untrusted_bytes, ADDRESS_SIZE))
        with self._telling():
            return self._shelf.fetch(addresses)

    def burn(self, untrusted_bytes: bytes, done: Done) -> None:
        """Remove every record with the burn hash of one of 8 tokens; whether there was one is never told."""
        tokens = _exactly(BURN_COUNT, _parts(untrusted_bytes, BURN_TOKEN_SIZE))
        self.commit()  # what was put before has to be there to be burned
        with self._telling():
            burned = self._shelf.burn(tokens)
        self._notice(0, burned)
        done(None)

    def messages(self, day: date, after: bytes) -> bytes:
        """Return up to 64 messages of a day whose addresses come after ``after``, in their order."""
        with self._telling():
            return b"".join(map(bytes, self._shelf.messages_of(day, after, LISTING_PAGE)))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell of a failure of the shelf; that it is full by its own limits is none."""
        try:
            yield
        except ShelfError as error:
            if error.__cause__ is not None or isinstance(error, ShelfUnavailable):
                self._failed(error)
            raise


def _parts(data: bytes, size: int) -> list[bytes]:
    if len(data) % size:
        raise RecordMalformed
    return [data[start : start + size] for start in range(0, len(data), size)]


def _exactly(count: int, parts: list[bytes]) -> list[bytes]:
    if len(parts) != count:
        raise RecordMalformed
    return parts
