"""Children that use a shelf and are killed with SIGKILL, and what must be true of the shelf they leave.

Run as a program, so that every child is forked from a process with a single thread:
``python -m tests.shelf.mortal FOLDER SCENARIO APART`` kills at one moment after the other, so many events apart,
until a child survives; ``python -m tests.shelf.mortal FOLDER chance ROUNDS`` kills at random times. Both print how
many children were killed.
"""

import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, event

from tests.shelf.samples import CHUNK_DAYS, Clock, Sample, files_with, listed, open_shelf, records, sample, tidied
from whistle.shelf import Kept, Put, Shelf
from whistle.shelf.drawer import Drawer

Say = Callable[[str, str], None]

SETTLED = [sample(f"settled message {number}") for number in range(34)]
SETTLED_CHUNKS = [sample(f"settled chunk {number}") for number in range(34)]
RECENT = [sample(f"recent message {number}") for number in range(4)]
RECENT_CHUNKS = [sample(f"recent chunk {number}") for number in range(4)]
BURNED = [sample("burned message"), sample("burned chunk"), sample("burned settled message")]
EXPIRED = [sample("expired chunk")]
TO_BURN = [SETTLED[0], SETTLED_CHUNKS[0], RECENT[0], RECENT_CHUNKS[0]]
COMING = [[sample(f"coming {batch} {number}") for number in range(3)] for batch in range(4)]

KNOWN = {
    each.address: each
    for each in [*SETTLED, *SETTLED_CHUNKS, *RECENT, *RECENT_CHUNKS, *(each for batch in COMING for each in batch)]
}
RESTING = [*SETTLED, *SETTLED_CHUNKS, *RECENT, *RECENT_CHUNKS]


def prepare(folder: Path) -> None:
    """Make a shelf in which every kind of thing waits for the tidy."""
    clock = Clock()
    clock.forward(-CHUNK_DAYS - 1)
    with open_shelf(folder, clock) as shelf:
        shelf.put_chunks(records(EXPIRED))
        tidied(shelf)
        clock.forward(CHUNK_DAYS + 1)
        shelf.commit([Put.message(each.record) for each in [*SETTLED, BURNED[2]]])
        shelf.put_chunks(records(SETTLED_CHUNKS))
        tidied(shelf)
        shelf.put_messages(records([*RECENT, BURNED[0]]))
        shelf.put_chunks(records([*RECENT_CHUNKS, BURNED[1]]))
        shelf.burn([each.token for each in BURNED])


def put_batch(shelf: Shelf, batch: list[Sample], say: Say) -> None:
    outcomes = shelf.commit([Put.message(batch[0].record), Put.chunks(records(batch[1:]))])
    assert all(isinstance(outcome, Kept) for outcome in outcomes)
    for each in batch:
        say("put", each.address.hex())


def puts(shelf: Shelf, say: Say) -> None:
    for batch in COMING:
        put_batch(shelf, batch, say)


def burns(shelf: Shelf, say: Say) -> None:
    shelf.burn([each.token for each in TO_BURN])
    for each in TO_BURN:
        say("burn", each.address.hex())


def tidies(shelf: Shelf, say: Say) -> None:
    for number, _ in enumerate(shelf.tidy()):
        if number in (2, 5):
            put_batch(shelf, COMING[number // 3], say)
        if number == 6:
            burns(shelf, say)


def everything(shelf: Shelf, say: Say) -> None:
    puts(shelf, say)
    tidied(shelf)
    burns(shelf, say)
    while True:
        tidied(shelf)


SCENARIOS = {"puts": puts, "burns": burns, "tidies": tidies, "everything": everything}


def die_at(moment: int, folder: Path) -> None:
    """Kill this process at the given one of the moments at which something happens to the files of the shelf."""
    left = moment

    def happens(*_: object, **__: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(name: str, arguments: tuple[object, ...]) -> None:
        if name in {"open", "os.rename", "os.remove", "sqlite3.connect"} and str(folder) in str(arguments[0]):
            happens()

    def around(method: str) -> None:
        original = getattr(Drawer, method)

        def counted(drawer: Drawer, *arguments: object, **named: object) -> object:
            happens()
            result = original(drawer, *arguments, **named)
            happens()
            return result

        setattr(Drawer, method, counted)

    sys.addaudithook(audit)
    for moment_of_sql in ("before_cursor_execute", "commit"):
        event.listen(Engine, moment_of_sql, happens)
    for method in ("empty_log", "shrink", "add", "overwrite", "remove", "finish", "close"):
        around(method)


def run_child(folder: Path, scenario: str, before: Callable[[], None]) -> tuple[int, Callable[[], list[list[str]]]]:
    """Fork a child that acts on the shelf; return its process id, and how to read what it saw acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)

        def say(what: str, name: str) -> None:
            os.write(writing, f"{what} {name}\n".encode())

        try:
            before()
            with open_shelf(folder) as shelf:
                SCENARIOS[scenario](shelf, say)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a forked child has nobody above it
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
    os.close(writing)

    def acknowledged() -> list[list[str]]:
        with os.fdopen(reading) as pipe:
            return [line.split() for line in pipe]

    return child, acknowledged


def verify(folder: Path, acknowledged: list[list[str]]) -> None:
    """Check everything that a killed child must leave behind, before and after a tidy."""
    put = {bytes.fromhex(name) for what, name in acknowledged if what == "put"}
    burned = {bytes.fromhex(name) for what, name in acknowledged if what == "burn"}
    must_be_there = ({each.address for each in RESTING} - {each.address for each in TO_BURN}) | put
    gone = [*BURNED, *(each for each in TO_BURN if each.address in burned)]
    with open_shelf(folder) as shelf:
        verify_answers(shelf, must_be_there, burned)
        assert files_with(folder, *(each.record.burn_hash + each.record.sealed for each in gone)) == []
        tidied(shelf)
        live = verify_answers(shelf, must_be_there, burned)
        assert {record.address for record in listed(shelf)} == live
        assert files_with(folder, *(bytes(each.record) for each in [*gone, *EXPIRED])) == []
    assert sorted(file.name for file in folder.iterdir()) == ["arrivals.sqlite", "chunks.sqlite", "messages.sqlite"]
    for file in folder.iterdir():
        db = sqlite3.connect(file)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()


def verify_answers(shelf: Shelf, must_be_there: set[bytes], burned: set[bytes]) -> set[bytes]:
    """Check what the shelf answers with; return the addresses of the messages that are there."""
    found = dict(zip(KNOWN, shelf.fetch(list(KNOWN)), strict=True))
    there = {address for address, content in found.items() if content is not None}
    assert all(found[address] == bytes(KNOWN[address].record) for address in there), "not what was put"
    assert must_be_there <= there, "lost"
    assert burned.isdisjoint(there), "burned, and back"
    for batch in COMING:
        assert len({each.address in there for each in batch[1:]}) == 1, "half a batch"
    addresses = [record.address for record in listed(shelf)]
    assert addresses == sorted(set(addresses)), "doubled or out of order"
    live = {each.address for each in [*SETTLED, *RECENT, *(batch[0] for batch in COMING)]} & there
    assert live <= set(addresses), "not listed"
    return live


def kill_at_moments(root: Path, scenario: str, apart: int) -> int:
    template = root / "template"
    prepare(template)
    for moment in count(1, apart):
        folder = root / "shelf"
        shutil.copytree(template, folder)
        child, acknowledged = run_child(folder, scenario, lambda: die_at(moment, folder))  # noqa: B023 - called at once
        told = acknowledged()
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return (moment - 1) // apart
        verify(folder, told)
        shutil.rmtree(folder)
    raise AssertionError  # no range ends it, a child that survives does


def kill_at_random_times(root: Path, rounds: int) -> int:
    template = root / "template"
    prepare(template)
    chance = random.Random(rounds)
    for _ in range(rounds):
        folder = root / "shelf"
        shutil.copytree(template, folder)
        child, acknowledged = run_child(folder, "everything", lambda: None)
        time.sleep(chance.uniform(0.01, 0.3))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        told = acknowledged()
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        verify(folder, told)
        shutil.rmtree(folder)
    return rounds


if __name__ == "__main__":
    root, mode, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    killed = kill_at_random_times(root, number) if mode == "chance" else kill_at_moments(root, mode, number)
    sys.stdout.write(f"{killed}\n")
