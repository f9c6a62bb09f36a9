"""Whom the source did not choose sees the same console, byte for byte of every page, with her report and without."""

import random
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.console.world import ANA, BO, KEEP_DAYS, PASSPHRASE, DirectCourier, World
from whistle.console.answer import Answer
from whistle.console.desk import Desk
from whistle.console.sync import Progress
from whistle.courier import Pass, wire
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy

WORLDS = 50


@dataclass
class Scene:
    """What lies on the shelf in one random world: ``hidden`` is a conversation from which Bo is excluded."""

    world: World
    chance: random.Random

    def records(self) -> list[Record]:
        days = [self.world.today - timedelta(days=day) for day in range(KEEP_DAYS)]
        return [record for day in days for record in self.world.shelf.messages_of(day, b"", 10_000)]

    def converse(self, readers: tuple[int, ...], case_of: str) -> None:
        """Send a report, and perhaps follow-ups, files, contact details, a reply by Ana, a withdrawal."""
        world, chance = self.world, self.chance
        receipt = Receipt(chance.randbytes(16))
        files = [("f.txt", chance.randbytes(chance.choice([0, 10, 50_000])))] if chance.random() < 0.4 else []
        contact = "call me" if chance.random() < 0.3 else None
        world.tell(receipt, f"{case_of} {chance.random()}", readers, files, contact)
        for number in range(chance.choice([0, 0, 1, 2])):
            world.tell(receipt, f"{case_of}, more {number}", readers)
        if chance.random() < 0.5:
            world.sync(ANA)
            case = next(case for case in world.desks[ANA].inbox() if case.title.startswith(case_of))
            world.desks[ANA].reply(world.courier(), case.name, Answer("Thank you."))
        if chance.random() < 0.2:
            world.source(receipt).withdraw(readers, "en")


@dataclass
class Seen:
    """Everything a console shows, returns or leaves on its disk that could tell something."""

    synced: object
    again: object
    progress: set[Progress]
    cases: list[object]
    journal: object
    warnings: tuple[str, ...]
    sizes: list[tuple[str, int]]


class Showing(DirectCourier):
    """Lists nothing but ``shown``, page by page as an honest shelf would."""

    def __init__(self, world: World, shown: set[bytes]) -> None:
        super().__init__(world)
        self.shown = shown

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        super().messages(query, admission)
        fields = dict(part.split("=") for part in query.split("&"))
        day, after = date.fromisoformat(fields["day"]), bytes.fromhex(fields["after"])
        listed = self.world.shelf.messages_of(day, after, 10_000)
        return tuple(record for record in listed if record.address in self.shown)[: wire.LISTING_PAGE]


def watch(world: World, folder: Path, shown: set[bytes]) -> Seen:
    """Sync Bo's console against a shelf that lists only ``shown``, and return all that can be seen of it."""
    desk = Desk(folder, KEEP_DAYS, lock_minutes=None, today=lambda: world.today)
    courier = Showing(world, shown)
    progress: set[Progress] = set()
    with desk:
        desk.unlock(PASSPHRASE)
        synced = desk.sync(courier, None, progress.add)
        again = desk.sync(courier, None, progress.add)
        cases = [
            (case.title, case.items, case.faults, case.missing, case.misfits, case.readers, len(case.unread))
            for case in sorted(desk.inbox(), key=lambda case: case.title)
        ]
        journal, warnings = desk.journal, desk.warnings()
    files = [path for path in folder.rglob("*") if path.is_file()]
    # Names of stored files are random; everything else about the disk must be the same.
    sizes = sorted(("" if path.parent.name == "files" else path.name, path.stat().st_size) for path in files)
    return Seen(synced, again, progress, [*cases], journal, warnings, sizes)


def differing(world: World, tmp_path: Path, seed: int) -> tuple[Seen, Seen, Seen]:
    """Return what Bo sees in one random world without, with, and (to test the test) as a reader of the hidden one."""
    scene = Scene(world, random.Random(seed))
    before = {record.address for record in scene.records()}
    world.shelf.put_messages([decoy() for _ in range(scene.chance.randrange(3))])
    for number in range(scene.chance.randrange(3)):
        scene.converse((ANA, BO), f"open {seed} {number}")
    without = {record.address for record in scene.records()} - before
    scene.converse((ANA,), f"hidden {seed}")
    with_it = {record.address for record in scene.records()} - before
    assert with_it > without
    folders = [tmp_path / f"{seed}-{name}" for name in ("without", "with", "reader")]
    for folder in folders[:2]:
        shutil.copytree(tmp_path / "bo", folder)
    shutil.copytree(tmp_path / "ana-first", folders[2])
    return (
        watch(world, folders[0], without),
        watch(world, folders[1], with_it),
        watch(world, folders[2], with_it - without),
    )


@pytest.mark.parametrize("part", range(5))
def test_an_excluded_console_is_the_same_with_and_without_the_report(world: World, tmp_path: Path, part: int) -> None:
    world.desks[BO].lock()
    world.desks[ANA].lock()
    shutil.copytree(tmp_path / "ana", tmp_path / "ana-first")
    world.desks[ANA].unlock(PASSPHRASE)
    world.sync(ANA)  # her records of this day are out: what differs is the report, and not how often she syncs
    for seed in range(part * WORLDS // 5, (part + 1) * WORLDS // 5):
        without, with_it, reader = differing(world, tmp_path, seed)
        assert without == with_it
        assert reader.cases


def test_a_record_of_a_later_version_tells_nobody_that_it_is_there(world: World) -> None:
    record = decoy()
    world.put(Record(record.address, record.burn_hash, b"\x02" + record.sealed[1:]))
    assert world.sync(BO).faults == 0
    assert world.desks[BO].journal.faults == ()
