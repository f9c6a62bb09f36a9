"""Disks that are full or fail.

Made with RLIMIT_FSIZE, where a write fails as on a broken disk, and with SQLite's own max_page_count, where it fails
as on a full one: a small file system of one's own needs a privileged user.
"""

import errno
import os
import resource
import shutil
import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from tests.shelf.samples import TODAY, listed, open_shelf, records, sample, samples, tidied
from whistle.errors import ShelfDamaged, ShelfFull, ShelfInUse, ShelfUnavailable
from whistle.shelf import Kept, Put
from whistle.shelf.drawer import Ashes, Drawer
from whistle.shelf.failures import SyncFailed, forbids_trust, shelf_error
from whistle.shelf.tables import place_of


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_stores_nothing_and_says_so(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        before, lost = samples(20), samples(20)
        shelf.put_messages(records(before))
        longest = max(file.stat().st_size for file in (tmp_path / "shelf").iterdir())
        with no_file_longer_than(longest + 70_000):
            outcomes = shelf.commit([Put.message(each.record) for each in lost] + [Put.message(before[0].record)])
        assert all(isinstance(outcome, ShelfUnavailable) for outcome in outcomes[:-1])
        assert outcomes[-1] is Kept.ALREADY_THERE
        assert not any(shelf.look([each.address for each in lost]))
        assert shelf.put_messages(records(lost)) == [Kept.STORED] * 20
        assert shelf._count == 40
    with open_shelf(tmp_path / "shelf") as shelf:
        assert shelf.fetch([each.address for each in before + lost]) == [bytes(e.record) for e in before + lost]


def test_a_full_disk_is_a_full_shelf(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        arrivals = shelf._cabinet.arrivals
        before, batch = samples(5), samples(10)
        shelf.put_messages(records(before))
        arrivals._pragma(f"max_page_count = {arrivals._pragma('page_count') + 20}")
        assert isinstance(shelf.put_chunks(records(batch)), ShelfFull)
        assert not any(shelf.look([each.address for each in batch]))
        # One that still fits is not refused because others did not.
        assert shelf.put_messages([batch[0].record]) == [Kept.STORED]
        shelf.burn([before[0].token])
        arrivals._pragma("max_page_count = 1000000")
        assert shelf.put_chunks(records(batch[1:])) is Kept.STORED
        assert shelf.look([each.address for each in before]) == [False] + [True] * 4


@pytest.mark.parametrize("limit", [30_000, 200_000, 1_000_000])
def test_a_tidy_that_finds_the_disk_failing_breaks_off_and_loses_nothing(tmp_path: Path, limit: int) -> None:
    folder = tmp_path / "shelf"
    with open_shelf(folder) as shelf:
        messages, chunks = samples(64), samples(40)
        shelf.put_messages(records(messages))
        for each in range(0, 40, 10):
            shelf.put_chunks(records(chunks[each : each + 10]))
        with no_file_longer_than(limit), pytest.raises(ShelfUnavailable):
            tidied(shelf)
        everything = messages + chunks
        assert shelf.fetch([each.address for each in everything]) == [bytes(each.record) for each in everything]
        assert not list(folder.glob("fresh-messages*"))
        late = sample()
        assert shelf.put_messages([late.record]) == [Kept.STORED]
        tidied(shelf)
        assert listed(shelf) == sorted(records([*messages, late]), key=lambda record: record.address)
        assert shelf.fetch([each.address for each in everything]) == [bytes(each.record) for each in everything]


def test_a_burn_that_could_not_reach_the_running_tidys_file_takes_that_file_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        some = sorted(samples(40), key=lambda each: each.address)
        shelf.put_messages(records(some))
        steps = shelf.tidy()
        while shelf._cabinet.fresh is None or shelf._cabinet.fresh.count() == 0:
            next(steps)
        overwrite = Drawer.overwrite

        def failing(drawer: Drawer, ashes: Mapping[int, Ashes]) -> None:
            if drawer is shelf._cabinet.fresh:
                raise sqlite3.OperationalError
            overwrite(drawer, ashes)

        monkeypatch.setattr(Drawer, "overwrite", failing)
        shelf.burn([some[0].token])
        assert shelf._cabinet.fresh is None
        assert not list((tmp_path / "shelf").glob("fresh-*"))
        with pytest.raises(ShelfUnavailable):
            next(steps)
        monkeypatch.undo()
        tidied(shelf)
        assert listed(shelf) == records(some[1:])


@pytest.mark.parametrize("name", ["arrivals.sqlite", "messages.sqlite", "chunks.sqlite"])
def test_a_file_that_is_no_database_makes_the_shelf_unavailable(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shelf"
    open_shelf(folder).close()
    (folder / name).write_bytes(os.urandom(40_000))
    with pytest.raises(ShelfDamaged, match=name) as raised:
        open_shelf(folder)
    assert "newest backup" in raised.value.message()
    # Nothing is held back: the operator can put a copy in its place.
    (folder / name).unlink()
    open_shelf(folder).close()


@pytest.mark.parametrize("name", ["arrivals.sqlite", "messages.sqlite", "chunks.sqlite"])
def test_a_file_that_another_program_has_locked_is_named_and_lost_to_nobody(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shelf"
    (kept,) = samples(1)
    with open_shelf(folder) as shelf:
        shelf.put_messages([kept.record])
    other = sqlite3.connect(folder / name)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ShelfInUse, match=name):
        open_shelf(folder)
    other.rollback()
    other.close()
    with open_shelf(folder) as shelf:
        assert shelf.fetch([kept.address]) == [bytes(kept.record)]


@pytest.mark.parametrize("name", ["arrivals.sqlite", "messages.sqlite", "chunks.sqlite"])
def test_another_program_cannot_get_in_while_the_shelf_is_open(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shelf"
    with open_shelf(folder) as shelf:
        (kept,) = samples(1)
        shelf.put_messages([kept.record])
        other = sqlite3.connect(folder / name, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("SELECT count(*) FROM record")
        other.close()
        with pytest.raises(ShelfInUse):
            open_shelf(folder)
        assert shelf.put_messages(records(samples(1))) == [Kept.STORED]
        assert shelf.fetch([kept.address]) == [bytes(kept.record)]


def damage(file: Path) -> None:
    """Overwrite all of a file but its first page."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (size - 4096))


def test_a_damaged_page_is_found_at_the_start_or_makes_the_shelf_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    some = samples(200)
    with open_shelf(folder) as shelf:
        shelf.put_messages(records(some))
        tidied(shelf)
    shutil.copytree(folder, tmp_path / "backup")
    with open_shelf(folder) as shelf:
        damage(folder / "messages.sqlite")
        with pytest.raises(ShelfUnavailable) as raised:
            shelf.fetch([each.address for each in some])
        # A visitor reads this, not the operator.
        assert raised.value.message() == "The site cannot store anything at the moment. Nothing was stored."
        with suppress(ShelfUnavailable):
            shelf.close()
    with pytest.raises(ShelfDamaged, match=r"messages\.sqlite"):
        open_shelf(folder)
    # What the sentence says is all there is to do.
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    with open_shelf(folder) as shelf:
        assert shelf.fetch([each.address for each in some]) == [bytes(each.record) for each in some]


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    open_shelf(folder).close()
    db = sqlite3.connect(folder / "messages.sqlite")
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.commit()
    db.close()
    with pytest.raises(ShelfUnavailable):
        open_shelf(folder)


def test_a_file_that_was_not_made_by_a_shelf_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir(0o700)
    db = sqlite3.connect(folder / "messages.sqlite")
    db.execute("PRAGMA page_size = 8192")
    db.execute("CREATE TABLE other (x)")
    db.close()
    (folder / "messages.sqlite").chmod(0o600)
    with pytest.raises(ShelfUnavailable, match="page_size"):
        open_shelf(folder)


def test_after_a_failed_fsync_nothing_is_believed_until_the_shelf_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shelf"
    some = samples(3)
    shelf = open_shelf(folder)
    shelf.put_messages(records(some))

    def failing(_: int) -> None:
        raise OSError(errno.EIO, "fsync")

    monkeypatch.setattr(os, "fsync", failing)
    assert shelf.is_usable
    with pytest.raises(ShelfUnavailable):
        tidied(shelf)
    monkeypatch.undo()
    assert not shelf.is_usable
    with pytest.raises(ShelfUnavailable):
        shelf.look([some[0].address])
    with pytest.raises(ShelfUnavailable):
        shelf.commit([Put.message(sample().record)])
    with pytest.raises(ShelfUnavailable):
        shelf.messages_of(TODAY, b"", 1)
    shelf.close()
    with open_shelf(folder) as shelf:
        assert shelf.fetch([each.address for each in some]) == [bytes(each.record) for each in some]
        tidied(shelf)


def test_what_each_failure_means() -> None:
    def sqlite(code: int) -> sqlite3.Error:
        error = sqlite3.OperationalError("text")
        error.sqlite_errorcode = code
        return error

    full = sqlite(sqlite3.SQLITE_FULL)
    fsync = sqlite(sqlite3.SQLITE_IOERR_FSYNC)
    wrapped = OperationalError("statement", {}, fsync)
    assert isinstance(shelf_error(full), ShelfFull)
    assert isinstance(shelf_error(OperationalError("statement", {}, full)), ShelfFull)
    assert isinstance(shelf_error(OSError(errno.ENOSPC, "")), ShelfFull)
    assert isinstance(shelf_error(OSError(errno.EDQUOT, "")), ShelfFull)
    for error in (fsync, wrapped, sqlite(sqlite3.SQLITE_CORRUPT), OSError(errno.EIO, ""), ValueError()):
        assert isinstance(shelf_error(error), ShelfUnavailable)
    assert [forbids_trust(error) for error in (fsync, wrapped, SyncFailed())] == [True] * 3
    assert [forbids_trust(error) for error in (full, sqlite(sqlite3.SQLITE_IOERR_WRITE), OSError())] == [False] * 3


def test_an_error_carries_no_byte_of_a_record(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        lost = sample("lost")
        shelf._cabinet.arrivals._pragma("max_page_count = 1")
        (outcome,) = shelf.put_messages([lost.record])
        assert isinstance(outcome, ShelfFull)
        shown = "".join(traceback.format_exception(outcome))
        assert "INSERT INTO record" in shown, "the operator's log would not tell what failed"
        for part in (lost.address, lost.record.burn_hash, lost.record.sealed):
            assert repr(part[:6])[2:-1] not in shown
        assert str(place_of(lost.address)) not in shown
