import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shelf.samples import (
    CHUNK_DAYS,
    MESSAGE_DAYS,
    Clock,
    Sample,
    files_with,
    listed,
    open_shelf,
    records,
    sample,
    samples,
    tidied,
)
from whistle.errors import ShelfUnavailable
from whistle.shelf import Put, folder, tidy
from whistle.shelf.cabinet import Cabinet
from whistle.shelf.drawer import Drawer
from whistle.shelf.tables import Horizon, Row

#: Enough for pages of rows and of both indices to split.
MANY = [sample(f"order {number}") for number in range(160)]
CHUNKS = [sample(f"chunk {number}") for number in range(60)]


def filled(folder: Path, messages: Sequence[Sample], seed: int, *, detours: bool) -> None:
    """Fill and tidy a shelf in an order that hangs on ``seed``; on a detour by records that leave again, and tidies."""
    chance = Random(seed)
    passing = samples(chance.randrange(30)) if detours else []
    puts = [Put.message(each.record) for each in [*messages, *passing]]
    chunks = chance.sample(CHUNKS, len(CHUNKS))
    while chunks:
        size = chance.randint(1, 32)
        puts.append(Put.chunks(records(chunks[:size])))
        chunks = chunks[size:]
    chance.shuffle(puts)
    clock = Clock()
    with open_shelf(folder, clock) as shelf:
        if detours:
            shelf.put_messages(records(samples(20)))
            clock.forward(MESSAGE_DAYS + 1)
        while puts:
            size = chance.randint(1, 40)
            shelf.commit(puts[:size])
            puts = puts[size:]
            if detours and chance.random() < 0.2:
                tidied(shelf)
            if detours and chance.random() < 0.2 and passing:
                shelf.burn([chance.choice(passing).token])
        shelf.burn([each.token for each in passing])
        tidied(shelf)


@settings(max_examples=8)
@given(st.integers(0, len(MANY)), st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_same_messages_in_any_order_make_the_same_file_byte_for_byte(size: int, one: int, other: int) -> None:
    with TemporaryDirectory() as temporary:
        first, second = Path(temporary) / "first", Path(temporary) / "second"
        messages = MANY[:size]
        filled(first, messages, one, detours=False)
        filled(second, messages, other, detours=False)
        names = {file.name for file in first.iterdir()}
        assert names == {"arrivals.sqlite", "messages.sqlite", "chunks.sqlite"}
        for name in names:
            assert (first / name).read_bytes() == (second / name).read_bytes(), name


@settings(max_examples=8)
@given(st.integers(0, len(MANY)), st.integers(0, 2**32), st.integers(0, 2**32))
def test_nor_does_the_file_tell_what_was_burned_or_expired_or_when_it_was_tidied(
    size: int, one: int, other: int
) -> None:
    with TemporaryDirectory() as temporary:
        first, second = Path(temporary) / "first", Path(temporary) / "second"
        filled(first, MANY[:size], one, detours=True)
        filled(second, MANY[:size], other, detours=True)
        assert (first / "messages.sqlite").read_bytes() == (second / "messages.sqlite").read_bytes()
        assert (first / "arrivals.sqlite").read_bytes() == (second / "arrivals.sqlite").read_bytes()


def test_the_files_differ_where_the_messages_do(tmp_path: Path) -> None:
    filled(tmp_path / "first", MANY[:50], 1, detours=False)
    filled(tmp_path / "second", MANY[:51], 1, detours=False)
    names = ("first", "second")
    assert len({(tmp_path / name / "messages.sqlite").read_bytes() for name in names}) == 2


def test_chunks_lie_in_the_order_of_their_addresses_and_the_file_has_no_freed_page(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    chunks = samples(130)
    with open_shelf(folder) as shelf:
        for start in range(0, 130, 13):
            shelf.put_chunks(records(chunks[start : start + 13]))
        tidied(shelf)
    data = (folder / "chunks.sqlite").read_bytes()
    positions = [data.index(each.record.sealed[-16:]) for each in sorted(chunks, key=lambda each: each.address)]
    assert positions == sorted(positions)
    size = len(data)
    with open_shelf(folder) as shelf:
        for start in range(0, 130, 2):
            shelf.burn([chunks[start].token])
        tidied(shelf)
        assert shelf._cabinet.chunks._pragma("freelist_count") == 0
        kept = chunks[1::2]
        assert shelf.fetch([each.address for each in kept]) == [bytes(each.record) for each in kept]
    assert (folder / "chunks.sqlite").stat().st_size < size * 0.55
    assert files_with(folder, *map(bytes, records(chunks[::8]))) == []


def test_a_tidy_leaves_the_chunks_alone_if_none_came_or_went(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    with open_shelf(folder) as shelf:
        shelf.put_chunks(records(samples(30)))
        tidied(shelf)
        before = (folder / "chunks.sqlite").stat()
        shelf.put_messages(records(samples(3)))
        tidied(shelf)
        after = (folder / "chunks.sqlite").stat()
        assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
            before.st_ino,
            before.st_mtime_ns,
            before.st_ctime_ns,
        )


def test_what_expired_is_in_no_file_after_a_tidy(tmp_path: Path) -> None:
    folder, clock = tmp_path / "shelf", Clock()
    with open_shelf(folder, clock) as shelf:
        early, late = samples(12), samples(12)
        shelf.put_messages(records(early[:6]))
        shelf.put_chunks(records(early[6:]))
        tidied(shelf)
        shelf.put_messages(records(late[:6]))
        shelf.put_chunks(records(late[6:]))
        clock.forward(CHUNK_DAYS + 1)
        tidied(shelf)
        assert files_with(folder, *map(bytes, records(early[6:] + late[6:]))) == []
        clock.forward(MESSAGE_DAYS - CHUNK_DAYS)
        tidied(shelf)
        assert files_with(folder, *map(bytes, records(early + late))) == []
        assert sum(drawer.count() for drawer in shelf._cabinet.drawers) == 0


def test_no_mark_of_a_burn_is_left_after_a_tidy(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        some = samples(6)
        shelf.put_messages(records(some[:3]))
        shelf.put_chunks(records(some[3:]))
        tidied(shelf)
        shelf.burn([each.token for each in some])
        tidied(shelf)
        for drawer in shelf._cabinet.drawers:
            assert drawer._driver().execute("SELECT count(*) FROM leaving").fetchone() == (0,)


def test_messages_of_many_days_are_sorted_in_together(tmp_path: Path) -> None:
    clock = Clock()
    with open_shelf(tmp_path / "shelf", clock) as shelf:
        of_day = {}
        for start in range(0, 120, 30):
            of_day[clock.day] = MANY[start : start + 30]
            shelf.put_messages(records(of_day[clock.day]))
            clock.forward(1)
        for _ in range(2):
            tidied(shelf)
            for day, some in of_day.items():
                assert listed(shelf, day) == sorted(records(some), key=lambda record: record.address)


# --- while the shelf is in use


def test_the_shelf_serves_between_all_steps(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        resting, chunks = samples(70), samples(70)
        shelf.put_messages(records(resting))
        for start in range(0, 70, 10):
            shelf.put_chunks(records(chunks[start : start + 10]))
        come: list[Sample] = []
        for _ in shelf.tidy():
            message, chunk = samples(2)
            shelf.put_messages([message.record])
            shelf.put_chunks([chunk.record])
            come += [message, chunk]
            everything = resting + chunks + come
            assert shelf.fetch([each.address for each in everything]) == [bytes(each.record) for each in everything]
            messages = resting + come[::2]
            assert listed(shelf) == sorted(records(messages), key=lambda record: record.address)
        assert len(come) > 10
        tidied(shelf)
        everything = resting + chunks + come
        assert shelf.fetch([each.address for each in everything]) == [bytes(each.record) for each in everything]
        assert shelf._count == len(everything)


def test_what_comes_during_a_tidy_does_not_show_in_the_file_of_messages(tmp_path: Path) -> None:
    filled(tmp_path / "quiet", MANY[:100], 1, detours=False)
    with open_shelf(tmp_path / "busy") as shelf:
        shelf.put_messages(records(MANY[:100]))
        for _ in shelf.tidy():
            shelf.put_messages(records(samples(2)))
    quiet, busy = (tmp_path / name / "messages.sqlite" for name in ("quiet", "busy"))
    assert quiet.read_bytes() == busy.read_bytes()


def test_one_tidy_at_a_time(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        shelf.put_messages(records(samples(3)))
        steps = shelf.tidy()
        next(steps)
        with pytest.raises(ShelfUnavailable):
            next(iter(shelf.tidy()))
        assert len(list(steps)) > 1
        tidied(shelf)


@pytest.mark.parametrize("stop_after", range(1, 9))
def test_a_tidy_that_is_abandoned_loses_nothing_and_the_next_ends_it(tmp_path: Path, stop_after: int) -> None:
    folder = tmp_path / "shelf"
    filled(tmp_path / "other", MANY[:70], 1, detours=False)
    with open_shelf(folder) as shelf:
        shelf.put_messages(records(MANY[:70]))
        shelf.put_chunks(records(CHUNKS[:30]))
        shelf.put_chunks(records(CHUNKS[30:]))
        steps = shelf.tidy()
        for _ in range(stop_after):
            next(steps)
        steps.close()
        assert not [file for file in folder.iterdir() if file.name.startswith("fresh")]
        assert shelf.fetch([each.address for each in MANY[:70]]) == [bytes(each.record) for each in MANY[:70]]
        tidied(shelf)
        assert listed(shelf) == sorted(records(MANY[:70]), key=lambda record: record.address)
        assert shelf.fetch([each.address for each in CHUNKS]) == [bytes(each.record) for each in CHUNKS]
        assert shelf._count == 130
    assert (folder / "messages.sqlite").read_bytes() == (tmp_path / "other" / "messages.sqlite").read_bytes()


def test_no_step_moves_more_records_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    with open_shelf(tmp_path / "shelf") as shelf:
        shelf.put_messages(records(MANY))
        for start in range(0, 60, 20):
            shelf.put_chunks(records(CHUNKS[start : start + 20]))
        add = Drawer.add

        def counted(drawer: Drawer, rows: Sequence[Row], horizon: Horizon) -> None:
            written.append(len(rows))
            add(drawer, rows, horizon)

        monkeypatch.setattr(Drawer, "add", counted)
        steps = tidied(shelf)
    assert max(written) == tidy.STEP
    assert sum(written) == 220
    assert steps >= len(written)


def test_a_burn_with_every_step_does_not_keep_a_tidy_from_its_end(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        burned = samples(96)
        for start in range(0, 96, 32):
            shelf.put_chunks(records(burned[start : start + 32]))
        tidied(shelf)
        shelf.burn([burned.pop().token])
        for _ in shelf.tidy():
            shelf.burn([burned.pop().token])
        assert burned


def test_the_bytes_of_files_that_were_replaced_go_in_steps_and_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> list[int]:
        opened = Path("/proc/self/fd")
        sizes = []
        for entry in opened.iterdir():
            with suppress(FileNotFoundError):
                if str(tmp_path) in str(entry.readlink()) and str(entry.readlink()).endswith("(deleted)"):
                    sizes.append(entry.stat().st_size)
        return sizes

    monkeypatch.setattr(folder, "_FREED_BYTES", 100_000)
    shelf = open_shelf(tmp_path / "shelf")
    shelf.put_messages(records(samples(20)))
    sizes = [sum(nameless()) for _ in shelf.tidy()]
    assert max(sizes) > 600_000
    falling = sizes[sizes.index(max(sizes)) :]
    assert all(0 <= one - other <= 100_000 for one, other in pairwise(falling))
    assert nameless() == []
    steps = shelf.tidy()
    while not nameless():
        next(steps)
    shelf.close()
    assert nameless() == []


# --- durably


def test_a_file_takes_the_place_of_another_only_when_it_and_the_folder_are_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shelf"
    done: list[str] = []

    def name_of(descriptor: int) -> str:
        return Path(f"/proc/self/fd/{descriptor}").readlink().name

    sync, rename, unlink = os.fsync, os.replace, Path.unlink

    def logged_sync(descriptor: int) -> None:
        done.append(f"sync {name_of(descriptor)}")
        sync(descriptor)

    def logged_replace(old: Path, new: Path) -> Path:
        assert not old.with_name(f"{old.name}-wal").exists()
        assert not new.with_name(f"{new.name}-wal").exists()
        done.append(f"{old.name} becomes {new.name}")
        rename(old, new)
        return new

    def logged_unlink(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - pathlib's signature
        done.append(f"remove {path.name}")
        unlink(path, missing_ok=missing_ok)

    with open_shelf(folder) as shelf:
        shelf.put_messages(records(samples(3)))
        monkeypatch.setattr(os, "fsync", logged_sync)
        monkeypatch.setattr(Path, "replace", logged_replace)
        monkeypatch.setattr(Path, "unlink", logged_unlink)
        tidied(shelf)
    assert done == [
        "sync shelf",  # the new file for arrivals was made
        "sync arrivals.sqlite",
        "sync shelf",
        "arrivals.sqlite becomes sorting.sqlite",
        "sync shelf",
        "sync fresh-arrivals.sqlite",
        "sync shelf",
        "fresh-arrivals.sqlite becomes arrivals.sqlite",
        "sync shelf",
        "sync shelf",  # the fresh file for messages was made
        "sync fresh-messages.sqlite",
        "sync shelf",
        "fresh-messages.sqlite becomes messages.sqlite",
        "sync shelf",
        "remove sorting.sqlite",
        "sync shelf",
    ]


def test_the_fresh_file_has_all_messages_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        shelf.put_messages(records(MANY[:40]))
        put_in_place = Cabinet.put_fresh_in_place
        counts = []

        def counted(cabinet: Cabinet) -> None:
            assert cabinet.fresh is not None
            counts.append(cabinet.fresh.count())
            put_in_place(cabinet)

        monkeypatch.setattr(Cabinet, "put_fresh_in_place", counted)
        tidied(shelf)
        assert counts == [40]


def test_a_missed_night_is_noticed(tmp_path: Path) -> None:
    clock = Clock()
    with open_shelf(tmp_path / "shelf", clock) as shelf:
        assert not shelf.needs_tidy()
        shelf.put_messages([sample().record])
        assert not shelf.needs_tidy(), "what came today waits for tonight"
        clock.forward(1)
        assert shelf.needs_tidy()
        steps = shelf.tidy()
        next(steps)
        steps.close()
        assert shelf.needs_tidy()
    with open_shelf(tmp_path / "shelf", clock) as shelf:
        assert shelf.needs_tidy()
        tidied(shelf)
        assert not shelf.needs_tidy()
