"""A console whose power is cut: ``python -m tests.console.surviving FOLDER POINTS CHANCES`` prints how often.

Everything a reviewer does is recorded once, in a forked child; so this is a program of its own with a single thread.
POINTS 0 stands for every step of the recording.
"""

import sys
from pathlib import Path
from typing import Final

from tests.console.world import ANA, PASSPHRASE, World
from tests.disk.power import Disk, Loss, losses, spread
from tests.disk.recording import Step, record_fork, say
from whistle.console.answer import Answer
from whistle.console.case import ItemKind, ItemState
from whistle.console.desk import Desk
from whistle.errors import WhistleError
from whistle.protocol.lockbox import LEAST
from whistle.protocol.receipt import Receipt

OTHER_PASSPHRASE: Final = "battery staple correct horse"
FILE: Final = bytes(range(256)) * 1_200
LONG: Final = "What was seen at the harbour. " * 2_000
FIRST, SECOND = Receipt(b"1" * 16), Receipt(b"2" * 16)


def founded(root: Path) -> World:
    world = World(root)
    world.employ("ana")
    world.employ("bo")
    world.tell(FIRST, "It has a file.", files=[("план.pdf", FILE)])
    world.tell(SECOND, LONG)
    world.desks[ANA].lock()
    world.shelf.close()
    return world


def act(world: World) -> None:
    """Do everything that a console makes durable, and say so after each."""
    world.open_shelf()
    desk, courier = world.desk_at("ana"), world.courier()
    desk.unlock(PASSPHRASE)
    say("unlocked")
    desk.sync(courier)
    say("synced")
    first = case_of(world, desk, FIRST)
    desk.mark_read(first)
    say("read")
    desk.reply(courier, first, Answer("Thank you."))
    say("replied")
    desk.rotate()
    say("rotated")
    desk.delete(case_of(world, desk, SECOND))
    say("deleted")
    desk.backup(world.folder / "ana" / "backup", full=True)
    say("backed up")
    desk.change_passphrase(PASSPHRASE, OTHER_PASSPHRASE, LEAST)
    say("changed passphrase")
    desk.lock()
    say("locked")
    world.shelf.close()


def case_of(world: World, desk: Desk, receipt: Receipt) -> bytes:
    thread = world.keys(receipt).thread
    (name,) = (case.name for case in desk.inbox() if case.thread == thread)
    return name


def check(world: World, loss: Loss) -> None:
    """Open what was found, as a reviewer would, and look for what was acknowledged."""
    said = set(loss.said)
    desk = world.desk_at("ana")
    unlock(desk, said)
    try:
        check_desk(world, desk, said)
        # What was not acknowledged may be there or not; a sync brings the rest, and nothing twice.
        desk.sync(world.courier())
        check_desk(world, desk, said | {"synced"})
        check_numbers(desk)
    finally:
        desk.lock()
    desk.unlock(PASSPHRASE if opens(world, PASSPHRASE) else OTHER_PASSPHRASE)
    desk.lock()


def unlock(desk: Desk, said: set[str]) -> None:
    try:
        desk.unlock(OTHER_PASSPHRASE)
    except WhistleError:
        assert "changed passphrase" not in said
        desk.unlock(PASSPHRASE)


def opens(world: World, passphrase: str) -> bool:
    desk = world.desk_at("ana")
    try:
        desk.unlock(passphrase)
    except WhistleError:
        return False
    desk.lock()
    return True


def check_desk(world: World, desk: Desk, said: set[str]) -> None:
    by_thread = {case.thread: case for case in desk.inbox()}
    first, second = (by_thread.get(world.keys(each).thread) for each in (FIRST, SECOND))
    if "synced" in said:
        assert first is not None
        assert "deleted" in said or second is None or second.items[0].text == LONG
    if "deleted" in said:
        assert second is None
    for case in (first, second):
        if case is not None:
            assert not case.faults
            assert case.items[0].state is not ItemState.INCOMPLETE
    if first is not None and first.items[0].state is ItemState.COMPLETE:
        (file, pieces) = desk.file(first.name, first.items[0].commitment, 0)
        assert (file.name, b"".join(pieces)) == ("план.pdf", FILE)
    if "read" in said:
        assert first is not None
        assert not [item for item in first.unread if item.from_source]
    if "replied" in said:
        assert first is not None
        replies = [item for item in first.items if item.kind is ItemKind.REPLY]
        assert [(item.text, item.state) for item in replies] == [("Thank you.", ItemState.COMPLETE)]
    session = desk._session
    assert session is not None
    if "rotated" in said:
        assert max(session.vault.secrets.statements) == 2
    if "backed up" in said:
        assert len(session.vault.secrets.backups) == 1


def check_numbers(desk: Desk) -> None:
    """Check that nothing was taken in twice."""
    for case in desk.inbox():
        commitments = [item.commitment for item in case.items]
        assert len(set(commitments)) == len(commitments)


def survive(root: Path, points: int, chances: int) -> int:
    world = founded(root)
    folder = root / "ana"
    before = Disk(folder)
    steps = record_fork(folder, root / "trace", lambda: act(world))
    world.open_shelf()
    count = 0
    for loss in losses(before, steps, spread(steps, points or len(steps)), chances=chances):
        loss.lay_out(folder)
        try:
            check(world, loss)
        except (AssertionError, WhistleError, OSError) as error:
            place = f"before step {loss.at} of {len(steps)}, {loss.how}, after {loss.said[-1:]}"
            raise AssertionError(place, _around(steps, loss.at)) from error
        count += 1
    world.close()
    return count


def _around(steps: list[Step], at: int) -> list[str]:
    return [str(step)[:200] for step in steps[max(0, at - 3) : at + 1]]


if __name__ == "__main__":
    print(survive(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))  # noqa: T201 - its result
