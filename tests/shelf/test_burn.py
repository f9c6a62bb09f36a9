import shutil
from pathlib import Path

import pytest

from tests.shelf.samples import (
    CHUNK_DAYS,
    Clock,
    files_with,
    listed,
    open_shelf,
    records,
    runs,
    sample,
    samples,
    tidied,
    words,
)
from whistle.protocol.record import Record
from whistle.shelf import Kept
from whistle.shelf.drawer import Drawer


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    kept = sample()
    with open_shelf(folder) as shelf:
        shelf.put_messages([kept.record])
        assert files_with(folder, bytes(kept.record)) == ["arrivals.sqlite-wal"]
        tidied(shelf)
        assert files_with(folder, kept.record.sealed[-20:]) == ["messages.sqlite"]


@pytest.mark.parametrize("tidies", [0, 1, 2])
@pytest.mark.parametrize("shelf_of", ["messages", "chunks"])
def test_after_a_burn_no_file_holds_the_sealed_bytes_or_the_burn_hash(
    tmp_path: Path, tidies: int, shelf_of: str
) -> None:
    folder = tmp_path / "shelf"
    # Enough neighbours, before and after, that the pages of rows and of indices have split around the burned ones.
    before, burned, after = samples(60), samples(3), samples(60)
    with open_shelf(folder) as shelf:
        for start in range(0, 60, 10):
            shelf.put_messages(records(before[start : start + 10]))
        if shelf_of == "messages":
            shelf.put_messages(records(burned))
        else:
            shelf.put_chunks(records(burned))
        shelf.put_chunks(records(after[:30]))
        shelf.put_messages(records(after[30:]))
        for _ in range(tidies):
            tidied(shelf)
        shelf.burn([each.token for each in burned])
        assert files_with(folder, *(each.record.burn_hash + each.record.sealed for each in burned)) == []
        tidied(shelf)
        assert files_with(folder, *map(bytes, records(burned))) == []
        everything = [each.address for each in before + after]
        assert all(shelf.look(everything))
    assert files_with(folder, *map(bytes, records(burned))) == []


def test_a_burn_reaches_the_copies_of_a_tidy_that_is_running(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    with open_shelf(folder) as shelf:
        messages, chunks = samples(40), samples(40)
        shelf.put_messages(records(messages))
        for each in chunks:
            shelf.put_chunks([each.record])
        tidied(shelf)
        late = samples(40)
        shelf.put_messages(records(late))
        shelf.put_chunks(records(samples(1)))
        for number, _ in enumerate(shelf.tidy()):
            burned = (messages[number], chunks[number], late[number])
            shelf.burn([each.token for each in burned])
            assert files_with(folder, *(each.record.burn_hash + each.record.sealed for each in burned)) == [], number
            assert shelf.look([each.address for each in burned]) == [False] * 3
        gone = [each for some in (messages, chunks, late) for each in some[: number + 1]]
        kept = [each for some in (messages, chunks, late) for each in some[number + 1 :]]
        assert number > 6
        assert len(kept) > 30
        assert not any(shelf.look([each.address for each in gone]))
        assert shelf.fetch([each.address for each in kept]) == [bytes(each.record) for each in kept]
        tidied(shelf)
        assert files_with(folder, *map(bytes, records(gone))) == []


@pytest.mark.parametrize("tidies", [0, 1])
def test_absent_burned_and_expired_look_the_same_to_look_and_fetch(tmp_path: Path, tidies: int) -> None:
    clock = Clock()
    with open_shelf(tmp_path / "shelf", clock) as shelf:
        absent, burned, expired = samples(3)
        shelf.put_chunks([expired.record])
        for _ in range(tidies):
            tidied(shelf)
        clock.forward(CHUNK_DAYS + 1)
        shelf.put_messages([burned.record])
        shelf.burn([burned.token])
        addresses = [each.address for each in (absent, burned, expired)]
        assert shelf.look(addresses) == [False] * 3
        assert shelf.fetch(addresses) == [None] * 3
        assert shelf.put_messages(records([absent, burned, expired])) == [Kept.STORED] * 3


def test_the_listing_shows_that_something_went_only_after_the_tidy(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        some = sorted(samples(4), key=lambda each: each.address)
        shelf.put_messages(records(some))
        shelf.burn([some[1].token, some[2].token])
        shown = listed(shelf)
        assert runs(shown[1].burn_hash + shown[1].sealed).isdisjoint(runs(shown[2].burn_hash + shown[2].sealed))
        assert [record.address for record in shown] == [each.address for each in some]
        assert runs(bytes(some[1].record)[32:]).isdisjoint(words(bytes(shown[1])[32:]))
        assert listed(shelf) == shown, "random once, and the same for everybody who asks"
        tidied(shelf)
        assert listed(shelf) == records([some[0], some[3]])


def test_a_burn_in_a_running_tidy_is_listed_as_random_bytes_until_the_next(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        some = sorted(samples(40), key=lambda each: each.address)
        shelf.put_messages(records(some))
        steps = shelf.tidy()
        while shelf._cabinet.fresh is None or shelf._cabinet.fresh.count() == 0:
            next(steps)
        shelf.burn([some[0].token])
        shown = listed(shelf)
        for _ in steps:
            assert listed(shelf) == shown
        assert listed(shelf) == shown
        tidied(shelf)
        assert listed(shelf) == records(some[1:])


def test_one_token_burns_every_record_with_its_hash_on_both_shelves(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        first, other = samples(2)
        same = [Record(each.address, first.record.burn_hash, each.record.sealed) for each in samples(150)]
        shelf.put_messages(same[:80])
        for start in range(80, 150, 10):
            shelf.put_chunks(same[start : start + 10])
        tidied(shelf)
        shelf.put_messages([first.record, other.record])
        shelf.burn([first.token] + [sample().token for _ in range(7)])
        assert not any(shelf.look([record.address for record in [*same, first.record]]))
        assert shelf.look([other.address]) == [True]
        tidied(shelf)
        assert sum(drawer.count() for drawer in shelf._cabinet.drawers) == 1


def test_a_wrong_token_burns_nothing(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        kept = sample()
        shelf.put_messages([kept.record])
        shelf.burn([kept.record.burn_hash, kept.address, b"\0" * 32])
        assert shelf.fetch([kept.address]) == [bytes(kept.record)]


@pytest.mark.parametrize("tidies", [0, 1])
def test_after_a_burn_the_address_is_free_and_the_old_token_has_no_power_over_what_comes(
    tmp_path: Path, tidies: int
) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        old, new = sample("place", "old"), sample("place", "new")
        shelf.put_messages([old.record])
        for _ in range(tidies):
            tidied(shelf)
        shelf.burn([old.token])
        assert shelf.put_messages([new.record]) == [Kept.STORED]
        shelf.burn([old.token])
        assert shelf.fetch([new.address]) == [bytes(new.record)]
        assert listed(shelf) == [new.record]
        tidied(shelf)
        assert shelf.fetch([new.address]) == [bytes(new.record)]
        assert listed(shelf) == [new.record]


def test_burned_rows_are_remembered_through_a_restart(tmp_path: Path) -> None:
    kept, burned = samples(2)
    with open_shelf(tmp_path / "shelf") as shelf:
        shelf.put_messages(records([kept, burned]))
        shelf.burn([burned.token])
    with open_shelf(tmp_path / "shelf") as shelf:
        assert shelf.look([burned.address]) == [False]
        assert len(listed(shelf)) == 2
        tidied(shelf)
        assert listed(shelf) == [kept.record]
        assert all(drawer._pragma("page_count") > 0 for drawer in shelf._cabinet.drawers)


def test_a_burn_that_a_crash_cut_off_before_its_end_is_ended_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    burned = sample()
    left = tmp_path / "left by the crash"
    with open_shelf(tmp_path / "shelf") as shelf:
        shelf.put_messages([burned.record])
        with monkeypatch.context() as patched:
            patched.setattr(Drawer, "empty_log", lambda _: shutil.copytree(tmp_path / "shelf", left))
            shelf.burn([burned.token])
    assert files_with(left, burned.record.sealed) == ["arrivals.sqlite-wal"]
    with open_shelf(left) as shelf:
        assert files_with(left, burned.record.burn_hash + burned.record.sealed) == []
        assert shelf.look([burned.address]) == [False]
