import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.world import ANA, BO, PASSPHRASE, World
from whistle.console.answer import Answer
from whistle.console.desk import Desk
from whistle.errors import (
    CaseUnknown,
    FileUnknown,
    NotJoined,
    VaultExists,
    VaultInUse,
    VaultLocked,
    VaultMissing,
    WrongPassphrase,
)
from whistle.protocol.keyring import Role
from whistle.protocol.lockbox import LEAST
from whistle.protocol.receipt import Receipt


def test_locked_there_is_nothing(world: World, tmp_path: Path) -> None:
    desk = world.desks[ANA]
    desk.lock()
    assert desk.is_locked
    assert desk.exists
    attempts: list[Callable[[], object]] = [
        desk.inbox,
        desk.warnings,
        desk.rotate,
        lambda: desk.me,
        lambda: desk.journal,
        lambda: desk.synced,
        lambda: desk.intake,
        lambda: desk.keyring,
        lambda: desk.directory,
        lambda: desk.case("ab"),
        lambda: desk.mark_read(bytes(32)),
        lambda: desk.addressees(bytes(32)),
        lambda: desk.delete(bytes(32)),
        lambda: desk.file(bytes(32), bytes(32), 0),
        lambda: desk.sync(world.courier()),
        lambda: desk.reply(world.courier(), bytes(32), Answer("hello")),
        lambda: desk.backup(tmp_path / "out"),
        lambda: desk.forget_backup(""),
        lambda: desk.change_passphrase(PASSPHRASE, PASSPHRASE),
        lambda: desk.name_of(ANA),
        lambda: desk.enrolment("Ana", Role.REVIEWER),
        lambda: desk.join(b"", "", ""),
    ]
    for attempt in attempts:
        with pytest.raises(VaultLocked):
            attempt()
    with pytest.raises(WrongPassphrase):
        desk.unlock("not the passphrase at all")
    assert desk.is_locked
    desk.unlock(PASSPHRASE)
    desk.unlock("is not asked for again")
    assert desk.inbox() == ()


def test_before_joining_there_are_no_cases(tmp_path: Path) -> None:
    with Desk(tmp_path / "new") as desk:
        assert not desk.exists
        with pytest.raises(VaultMissing):
            desk.unlock(PASSPHRASE)
        desk.create(PASSPHRASE, "Dora", Role.REVIEWER, LEAST)
        with pytest.raises(NotJoined):
            desk.inbox()
        with pytest.raises(NotJoined):
            desk.me  # noqa: B018 - the property raises
        with pytest.raises((VaultExists, VaultInUse)):
            desk.create(PASSPHRASE, "Dora", Role.REVIEWER, LEAST)
    assert desk.is_locked


def test_two_windows_cannot_have_it_open(world: World) -> None:
    with pytest.raises(VaultInUse):
        world.desk_at("ana").unlock(PASSPHRASE)


def test_cases_are_found_by_the_beginning_of_their_name(world: World) -> None:
    world.tell(Receipt.generate(), "one")
    world.tell(Receipt.generate(), "two")
    world.sync(ANA)
    desk = world.desks[ANA]
    for case in desk.inbox():
        assert desk.case(case.label.upper() + " ") == case
        assert desk.case(case.name.hex()) == case
    for unknown in ("", "zz", "00" * 32):
        with pytest.raises(CaseUnknown):
            desk.case(unknown)


def test_unread_first_then_the_newest(world: World) -> None:
    for text in ("oldest", "older", "newest"):
        world.tell(Receipt.generate(), text)
        world.sleep()
    world.sync(ANA)
    desk = world.desks[ANA]
    assert [case.title for case in desk.inbox()] == ["newest", "older", "oldest"]
    seen = desk.mark_read(desk.inbox()[0].name)
    assert seen.unread == ()
    assert [case.title for case in world.reopen(ANA).inbox()] == ["older", "oldest", "newest"]
    assert desk.mark_read(seen.name) == desk.case(seen.label)


def test_files_that_are_not_there(world: World) -> None:
    world.tell(Receipt.generate(), "one", files=[("a", b"a")])
    world.sync(ANA)
    case = world.only_case(ANA)
    for commitment, number in ((bytes(32), 0), (case.items[0].commitment, 1), (case.items[0].commitment, -1)):
        with pytest.raises(FileUnknown):
            world.desks[ANA].file(case.name, commitment, number)


def wait_until(true: Callable[[], bool]) -> None:
    for _step in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError


def test_it_locks_itself_when_nobody_calls(world: World) -> None:
    world.desks[BO].lock()
    desk = Desk(world.folder / "bo", lock_minutes=1, today=lambda: world.today)
    desk._watch.seconds = 1
    desk.unlock(PASSPHRASE)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        desk.inbox()
        time.sleep(0.05)
    assert not desk.is_locked
    wait_until(lambda: desk.is_locked)
    with pytest.raises(VaultLocked):
        desk.inbox()
    desk.unlock(PASSPHRASE)
    desk.lock()


def test_several_threads_may_read_while_one_syncs(world: World) -> None:
    for number in range(12):
        world.tell(Receipt.generate(), f"report {number}")
    desk, failures = world.desks[ANA], list[BaseException]()
    done = threading.Event()

    def look() -> None:
        try:
            while not done.is_set():
                assert len(desk.inbox()) <= 12
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    desk.sync(world.courier())
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(desk.inbox()) == 12


def test_a_lock_from_another_thread_ends_a_sync_and_leaves_a_whole_ledger(world: World) -> None:
    for number in range(6):
        world.tell(Receipt.generate(), f"report {number}")
    desk = world.desks[ANA]
    outcome = list[BaseException | None]()

    def sync() -> None:
        try:
            desk.sync(world.courier(), None, lambda _progress: time.sleep(0.02))
            outcome.append(None)
        except VaultLocked as error:
            outcome.append(error)

    thread = threading.Thread(target=sync)
    thread.start()
    time.sleep(0.1)
    desk.lock()
    thread.join()
    assert isinstance(outcome[0], VaultLocked)
    desk.unlock(PASSPHRASE)
    desk.sync(world.courier())
    assert len(desk.inbox()) == 6
