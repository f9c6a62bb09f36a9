"""A deleted case is gone: here, in copies of the ledger, and after the next sync."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.console.world import ANA, KEEP_DAYS, PASSPHRASE, World
from whistle.console import private
from whistle.console.answer import Answer
from whistle.console.vault import GRACE_DAYS
from whistle.errors import CaseUnknown, Unreachable
from whistle.protocol.receipt import Receipt

GOING, STAYING = Receipt(b"going" + bytes(11)), Receipt(b"staying" + bytes(9))


@pytest.fixture(autouse=True)
def reports(world: World) -> None:
    world.tell(GOING, "going", files=[("a.txt", b"a file that goes" * 9_000)])
    world.tell(STAYING, "staying", files=[("b.txt", b"a file that stays" * 9_000)])
    world.sync(ANA)


def titles(world: World) -> list[str]:
    return sorted(case.title for case in world.desks[ANA].inbox())


def delete(world: World) -> bytes:
    (case,) = (case for case in world.desks[ANA].inbox() if case.title == "going")
    world.desks[ANA].delete(case.name)
    return case.name


def test_it_goes_and_the_others_stay(world: World) -> None:
    name = delete(world)
    assert titles(world) == ["staying"]
    world.reopen(ANA)
    assert titles(world) == ["staying"]
    with pytest.raises(CaseUnknown):
        world.desks[ANA].delete(name)
    (stayed,) = world.desks[ANA].inbox()
    data = b"".join(world.desks[ANA].file(stayed.name, stayed.items[0].commitment, 0)[1])
    assert data == b"a file that stays" * 9_000


def test_a_copy_of_the_ledger_and_the_files_cannot_be_read_any_more(world: World, tmp_path: Path) -> None:
    folder = world.desks[ANA].folder
    shutil.copytree(folder / "ledger", tmp_path / "ledger")
    shutil.copytree(folder / "files", tmp_path / "files")
    delete(world)
    world.desks[ANA].lock()
    for part in ("ledger", "files"):
        shutil.rmtree(folder / part)
        shutil.copytree(tmp_path / part, folder / part)
    world.desks[ANA].unlock(PASSPHRASE)
    assert titles(world) == ["staying"]


def test_a_full_backup_of_before_still_opens_it_and_that_is_said(world: World, tmp_path: Path) -> None:
    """What the test above would not notice if the copy could never be read."""
    folder = world.desks[ANA].folder
    world.desks[ANA].backup(tmp_path / "full", full=True)
    shutil.copytree(folder / "ledger", tmp_path / "ledger")
    (case,) = (case for case in world.desks[ANA].inbox() if case.title == "going")
    (remembered,) = world.desks[ANA].delete(case.name)
    assert remembered.place == str(tmp_path / "full")
    assert any(str(tmp_path / "full") in warning for warning in world.desks[ANA].warnings())
    world.desks[ANA].backup(tmp_path / "full", full=True)
    world.desks[ANA].lock()
    restored = world.desk_at("restored")
    shutil.copytree(tmp_path / "ledger", world.folder / "restored" / "ledger")
    (world.folder / "restored").chmod(0o700)
    with restored:
        restored.restore(tmp_path / "full", PASSPHRASE)
        assert [each.title for each in restored.inbox()] == ["staying"]


def test_a_full_backup_made_after_the_deletion_needs_no_warning(world: World, tmp_path: Path) -> None:
    world.desks[ANA].backup(tmp_path / "full", full=True)
    delete(world)
    world.sleep()
    world.desks[ANA].backup(tmp_path / "full", full=True)
    assert not any("full backup" in warning for warning in world.desks[ANA].warnings())
    world.desks[ANA].forget_backup(str(tmp_path / "full"))


def test_the_old_bytes_are_overwritten(world: World, tmp_path: Path) -> None:
    folder = world.desks[ANA].folder
    os.link(folder / "ledger" / "entries-0", tmp_path / "old ledger")
    os.link(folder / "vault", tmp_path / "old vault")
    files = [*(folder / "files").iterdir()]
    for path in files:
        os.link(path, tmp_path / path.name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    delete(world)
    (gone,) = (path for path in files if not path.exists())
    for name in ("old ledger", "old vault", gone.name):
        old, new = before[name], (tmp_path / name).read_bytes()
        assert len(new) == len(old)
        assert sum(left == right for left, right in zip(old, new, strict=True)) < len(old) // 64 + 40


def test_it_does_not_come_back_with_the_next_sync(world: World) -> None:
    delete(world)
    assert world.sync(ANA).messages == 0
    assert world.reopen(ANA).sync(world.courier()).messages == 0
    assert titles(world) == ["staying"]


def test_a_new_message_of_its_source_is_a_new_case(world: World) -> None:
    delete(world)
    world.tell(GOING, "more from me")
    assert world.sync(ANA).messages == 1
    assert titles(world) == ["more from me", "staying"]
    (case,) = (case for case in world.desks[ANA].inbox() if case.title == "more from me")
    assert case.missing_numbers == "1"


def test_its_marks_go_when_its_records_have_left_the_shelf(world: World) -> None:
    delete(world)
    session = world.desks[ANA]._session
    assert session is not None
    assert len(session.vault.secrets.deleted) == 1
    world.today += timedelta(days=KEEP_DAYS + GRACE_DAYS + 1)
    world.rotate(ANA)
    world.sync(ANA)
    assert session.vault.secrets.deleted == {}


def test_cut_off_after_the_key_is_gone_it_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rewriting of the ledger and the removal of files fail: the case cannot be read, and the desk still opens."""
    name = next(case.name for case in world.desks[ANA].inbox() if case.title == "going")

    def fail(_path: Path) -> None:
        raise OSError("the disk failed")

    with monkeypatch.context() as patch:
        patch.setattr(private, "remove_private", fail)
        with pytest.raises(OSError, match="the disk failed"):
            world.desks[ANA].delete(name)
    count = len([*(world.desks[ANA].folder / "files").iterdir()])
    world.reopen(ANA)
    assert titles(world) == ["staying"]
    assert len([*(world.desks[ANA].folder / "files").iterdir()]) == count - 1
    world.sync(ANA)
    assert titles(world) == ["staying"]


def test_where_replies_cannot_be_burned_nothing_is_deleted(world: World) -> None:
    name = next(case.name for case in world.desks[ANA].inbox() if case.title == "going")
    world.desks[ANA].reply(world.courier(), name, Answer("hello"))
    courier = world.courier()
    courier.fail_at = 1
    with pytest.raises(Unreachable):
        world.desks[ANA].delete(name, courier)
    assert titles(world) == ["going", "staying"]


def test_the_journal_remembers_that_there_was_one(world: World) -> None:
    name = delete(world)
    assert world.reopen(ANA).journal.deletions == ((name[:4].hex(), world.today),)
