"""What a power cut leaves: every moment of what the shelf writes, and what a disk may lose of it then.

A kill leaves everything that was written; a power cut only what was synced, and any part of the rest. See
tests/disk/power.py for what may be lost. Nothing is repaired by hand: the shelf is opened, and that is all.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.disk.power import Disk, Loss, losses, spread
from tests.disk.recording import Said, Step, Synced, record
from tests.protocol import cast
from tests.shelf import mortal
from tests.shelf.acting import FILE, LATER, TEXT
from tests.shelf.samples import Clock, listed, open_shelf, tidied
from tests.source.stage import KEYS, ShelfCourier, Stage
from tests.source.test_sending import files
from whistle.errors import ShelfError
from whistle.protocol.message import Message

SHELF = "shelf"


def prepared(place: Path) -> None:
    mortal.prepare(place / SHELF)


def check_settled(folder: Path, loss: Loss) -> None:
    mortal.verify(folder, [line.split() for line in loss.said])


def check_born(folder: Path, loss: Loss) -> None:
    put = {bytes.fromhex(line.split()[1]) for line in loss.said}
    with open_shelf(folder) as shelf:
        mortal.verify_answers(shelf, put, set())
        tidied(shelf)
        mortal.verify_answers(shelf, put, set())
    check_integrity(folder)


def check_expired(folder: Path, _loss: Loss) -> None:
    clock = Clock()
    clock.forward(LATER)
    messages = [*mortal.SETTLED, *mortal.RECENT]
    with open_shelf(folder, clock) as shelf:
        for _tidy in range(2):
            assert shelf.fetch([each.address for each in messages]) == [bytes(each.record) for each in messages]
            assert not any(shelf.look([each.address for each in mortal.SETTLED_CHUNKS + mortal.RECENT_CHUNKS]))
            tidied(shelf)
        assert len(listed(shelf)) == len(messages)
    check_integrity(folder)


def check_submitted(folder: Path, loss: Loss) -> None:
    with open_shelf(folder) as shelf:
        for _tidy in range(2):
            stage = Stage(shelf, ShelfCourier(shelf), cast.directory())
            there = stage.rests(cast.place_up(KEYS, 0).address)
            assert there or "sent" not in loss.said
            assert len(listed(shelf)) == there
            if there:
                body = stage.read_up(0).body
                assert isinstance(body, Message)
                assert body.content is not None
                assert body.content.text == TEXT
                assert files(stage, body) == {"план.pdf": FILE}
            tidied(shelf)


def check_integrity(folder: Path) -> None:
    for file in folder.iterdir():
        db = sqlite3.connect(file)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()


@dataclass(frozen=True)
class Scenario:
    prepare: Callable[[Path], None]
    check: Callable[[Path, Loss], None]
    #: Ways of chance at each step, where every step is tried. A scenario of thousands of steps has as many chances.
    chances: int = 3


SCENARIOS = {
    "puts": Scenario(prepared, check_settled),
    "burns": Scenario(prepared, check_settled),
    "tidies": Scenario(prepared, check_settled),
    "expiry": Scenario(prepared, check_expired, chances=1),
    "submission": Scenario(lambda _place: None, check_submitted, chances=1),
    "birth": Scenario(lambda _place: None, check_born),
}


def recorded(root: Path, name: str) -> tuple[Path, Disk, list[Step]]:
    """Record a scenario in a folder whose own name is durable, and that of the shelf only if the shelf made it so."""
    place = root / "place"
    place.mkdir()
    SCENARIOS[name].prepare(place)
    before = Disk(place)
    acting = "puts" if name == "birth" else name
    return place, before, record(place, root / "trace", "tests.shelf.acting", place / SHELF, acting)


def outlived(root: Path, name: str, points: int | None, chances: int) -> int:
    """Cut the power at so many points (at all, if none are given), and return how many different disks were found."""
    place, before, steps = recorded(root, name)
    count = 0
    for loss in losses(before, steps, spread(steps, points or len(steps)), chances=chances):
        loss.lay_out(place)
        try:
            SCENARIOS[name].check(place / SHELF, loss)
        except (AssertionError, ShelfError) as error:
            raise AssertionError(f"{name}, before step {loss.at} of {len(steps)}, {loss.how}") from error
        count += 1
    return count


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path, name: str) -> None:
    assert outlived(tmp_path, name, points=6, chances=1) >= 7


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_was_acknowledged_outlives_a_power_cut_at_every_step(tmp_path: Path, name: str) -> None:
    assert outlived(tmp_path, name, points=None, chances=SCENARIOS[name].chances) >= 300


@pytest.mark.parametrize("name", ["arrivals.sqlite-wal", "shelf", "place"])
def test_a_shelf_that_did_not_sync_would_be_found_out(tmp_path: Path, name: str) -> None:
    place, before, steps = recorded(tmp_path, "birth")
    careless = [step for step in steps if not (isinstance(step, Synced) and Path(step.path).name == name)]
    assert len(careless) < len(steps)
    last = max(at for at, step in enumerate(careless) if isinstance(step, Said))
    worst = next(losses(before, careless, [last + 1], chances=0))
    worst.lay_out(place)
    with pytest.raises((AssertionError, ShelfError)):
        check_born(place / SHELF, worst)
