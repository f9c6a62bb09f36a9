"""The nightly tidy of a server that is in use: everybody is served meanwhile, and what is due is gone after it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from bench.uploads import send
from tests.intake.server import Server, eventually, serving
from tests.journeys.jumping import Clock
from tests.shelf.samples import files_with
from whistle.courier import wire
from whistle.protocol.labels import FETCH_COUNT, LOOK_COUNT, RECORD_SIZE

_SITE = "tests.intake.pages_site:site"
#: A clock that is set ahead by more at once is doubted.
_STRIDE = timedelta(hours=11)


@contextmanager
def site(folder: Path) -> Iterator[tuple[Server, Clock, Path]]:
    clock = Clock(folder / "ahead")
    with serving(folder, ", message_days=7, chunk_days=7", site=_SITE, prefix=clock.prefix) as server:
        yield server, clock, folder / "shelf"


def put(server: Server, path: str, count: int = 1) -> list[bytes]:
    records = [os.urandom(RECORD_SIZE) for _ in range(count)]
    assert server.put(path, b"".join(records)).status == 204
    return records


def fetched(server: Server, records: list[bytes]) -> list[bytes]:
    asked = [record[:32] for record in records] + [os.urandom(32) for _ in range(FETCH_COUNT - len(records))]
    answer = server.put(wire.FETCH_PATH, b"".join(asked))
    return [answer.body[at : at + RECORD_SIZE] for at in range(0, len(records) * RECORD_SIZE, RECORD_SIZE)]


def looked(server: Server, records: list[bytes]) -> int:
    asked = [record[:32] for record in records] + [os.urandom(32) for _ in range(LOOK_COUNT - len(records))]
    return int.from_bytes(server.put(wire.LOOK_PATH, b"".join(asked)).body, "little")


class Customer:
    """Puts, looks and fetches again and again, and remembers what was acknowledged while a tidy ran."""

    def __init__(self, server: Server, shelf: Path) -> None:
        self._server = server
        self._sorting = shelf / "sorting.sqlite"
        self._ended = Event()
        self._thread = Thread(target=self._go)
        self.kept: list[bytes] = []
        self.during = 0

    def _go(self) -> None:
        while not self._ended.is_set():
            tidying = self._sorting.exists()
            self.kept += put(self._server, wire.MESSAGES_PATH) + put(self._server, wire.CHUNKS_PATH, 3)
            assert fetched(self._server, self.kept[-8:]) == self.kept[-8:]
            assert looked(self._server, self.kept[-64:]) == (1 << len(self.kept[-64:])) - 1
            self.during += tidying and self._sorting.exists()

    @contextmanager
    def shopping(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()


def next_night(server: Server, clock: Clock) -> None:
    """Let a day pass, which holds the hour in which a tidy begins."""
    for _ in range(3):
        clock.set(clock.ahead + _STRIDE)
        for _turn in range(2):  # a busy machine may have kept the server from looking at its clock
            server.get("/v1/keyring")


def sizes(folder: Path, pattern: str) -> int:
    """Return the bytes of all files whose names match."""
    return sum(file.stat().st_size for file in folder.glob(pattern))


def test_everybody_is_served_while_the_tidy_runs(tmp_path: Path) -> None:
    with site(tmp_path) as (server, clock, shelf):
        before = [record for _ in range(20) for record in put(server, wire.CHUNKS_PATH, 32)]
        customer = Customer(server, shelf)
        with customer.shopping():
            next_night(server, clock)
            send(server, 4 << 20)
            # Some of them are still in the log of that file.
            assert eventually(lambda: sizes(shelf, "chunks.sqlite*") > len(before) * RECORD_SIZE // 2, 60)
            assert eventually(lambda: not (shelf / "sorting.sqlite").exists(), 60)
        assert customer.during, "nobody came while the tidy ran"
        for some in (before, customer.kept):
            for start in range(0, len(some), FETCH_COUNT):
                assert fetched(server, some[start : start + FETCH_COUNT]) == some[start : start + FETCH_COUNT]


@pytest.mark.long
def test_abandoned_chunks_are_gone_with_their_day(tmp_path: Path) -> None:
    with site(tmp_path) as (server, clock, shelf):
        abandoned = put(server, wire.CHUNKS_PATH, 20)
        while clock.ahead < timedelta(days=7):
            next_night(server, clock)
        kept = put(server, wire.CHUNKS_PATH, 1)
        next_night(server, clock)
        assert looked(server, [*abandoned, *kept]) == 1 << len(abandoned)
        assert eventually(lambda: not files_with(shelf, *abandoned))
        assert fetched(server, kept) == kept
