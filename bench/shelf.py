"""Puts in one commit of 8 and of 32 beside raw SQLite commits of the same bytes; look, burn, and the steps of a tidy.

Run with ``python -m bench.shelf``. Shelf and raw SQLite take turns in the same run on the same disk, so that the ratio
holds even where the machine's speed drifts.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from whistle.protocol.labels import LOOK_COUNT, SEALED_SIZE
from whistle.protocol.record import Record, burn_hash
from whistle.shelf import Kept, Put, Shelf

ROUNDS = 8
RECORDS = 512
GROUPS = (8, 32)


def _records() -> list[Record]:
    return [Record(os.urandom(32), os.urandom(32), os.urandom(SEALED_SIZE)) for _ in range(RECORDS)]


def _in_groups(records: Sequence[Record], group: int) -> list[Sequence[Record]]:
    return [records[start : start + group] for start in range(0, len(records), group)]


def _seconds(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _open(folder: Path) -> Shelf:
    return Shelf(
        folder,
        today=lambda: datetime.now(UTC).date(),
        message_days=90,
        chunk_days=90,
        capacity=1_000_000,
    )


def _open_raw(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("CREATE TABLE record (place INTEGER PRIMARY KEY, bytes BLOB) STRICT")
    return raw


def _put(shelf: Shelf, groups: Sequence[Sequence[Record]]) -> None:
    for group in groups:
        assert set(shelf.commit([Put.message(record) for record in group])) == {Kept.STORED}


def _put_raw(raw: sqlite3.Connection, groups: Sequence[Sequence[Record]]) -> None:
    for group in groups:
        raw.execute("BEGIN")
        rows = [(int.from_bytes(record.address[:8], "big") >> 1, bytes(record)) for record in group]
        raw.executemany("INSERT INTO record VALUES (?, ?)", rows)
        raw.execute("COMMIT")


def measure() -> dict[str, float]:
    """Print and return the figures: records a second, their ratio to raw SQLite, and milliseconds."""
    figures: dict[str, float] = {}
    with TemporaryDirectory() as temporary, _open(Path(temporary) / "shelf") as shelf:
        raw = _open_raw(Path(temporary) / "raw.sqlite")
        for group in GROUPS:
            ours, theirs = [], []
            for _ in range(ROUNDS):
                groups = _in_groups(_records(), group)
                ours.append(_seconds(lambda: _put(shelf, groups)))  # noqa: B023 - called at once
                theirs.append(_seconds(lambda: _put_raw(raw, groups)))  # noqa: B023 - called at once
            figures[f"puts a second, {group} in a commit"] = RECORDS / median(ours)
            figures[f"raw SQLite, {group} in a commit"] = RECORDS / median(theirs)
            figures[f"ratio of time to raw SQLite, {group} in a commit"] = median(ours) / median(theirs)
        raw.close()
        figures["ms for a look"] = 1_000 * median(
            _seconds(lambda: assert_absent(shelf, [os.urandom(32) for _ in range(LOOK_COUNT)])) for _ in range(50)
        )
        token = os.urandom(32)
        shelf.put_messages([Record(os.urandom(32), burn_hash(token), os.urandom(SEALED_SIZE))])
        figures["ms for a burn"] = 1_000 * _seconds(lambda: shelf.burn([token]))
        begun, steps = perf_counter(), []
        for _ in shelf.tidy():
            steps.append(perf_counter() - begun)
            begun = perf_counter()
        figures["messages a second in a tidy"] = 2 * ROUNDS * RECORDS / sum(steps)
        figures["ms for the median step of a tidy"] = 1_000 * median(steps)
        figures["ms for the longest step of a tidy"] = 1_000 * max(steps)
    for name, value in figures.items():
        print(f"{name:<48}{value:>12,.2f}")
    return figures


def assert_absent(shelf: Shelf, addresses: Sequence[bytes]) -> None:
    """Look, and stop the measurement if anything is found at random addresses."""
    assert not any(shelf.look(addresses))


def main() -> None:
    """Measure."""
    measure()


if __name__ == "__main__":
    main()
