from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.shelf.samples import (
    CHUNK_DAYS,
    MESSAGE_DAYS,
    TODAY,
    Clock,
    listed,
    open_shelf,
    records,
    sample,
    samples,
    tidied,
)
from whistle.errors import AddressTaken, RecordMalformed, ShelfFull, ShelfUnavailable
from whistle.protocol.record import Record
from whistle.shelf import Kept, Put, Shelf, ShelfKind


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(tmp_path: Path, clock: Clock) -> Iterator[Shelf]:
    with open_shelf(tmp_path / "shelf", clock) as shelf:
        yield shelf


# --- put


def test_what_was_put_is_fetched_byte_for_byte(shelf: Shelf) -> None:
    message, chunk, absent = samples(3)
    assert shelf.put_messages([message.record]) == [Kept.STORED]
    assert shelf.put_chunks([chunk.record]) is Kept.STORED
    addresses = [absent.address, chunk.address, message.address, chunk.address]
    assert shelf.look(addresses) == [False, True, True, True]
    assert shelf.fetch(addresses) == [None, bytes(chunk.record), bytes(message.record), bytes(chunk.record)]


def test_the_identical_record_again_is_fine_and_is_kept_once(shelf: Shelf) -> None:
    one, two = records(samples(2))
    assert shelf.put_messages([one, one, two]) == [Kept.STORED, Kept.ALREADY_THERE, Kept.STORED]
    assert shelf.put_messages([two]) == [Kept.ALREADY_THERE]
    assert shelf.put_chunks(records(chunks := samples(3))) is Kept.STORED
    assert shelf.put_chunks(records(chunks)) is Kept.ALREADY_THERE
    assert len(listed(shelf)) == 2
    tidied(shelf)
    assert shelf.put_messages([one]) == [Kept.ALREADY_THERE]
    assert shelf.put_chunks(records([chunks[0], sample()])) is Kept.STORED


@pytest.mark.parametrize("changed", ["burn_hash", "sealed"])
@pytest.mark.parametrize("tidy_first", [False, True])
def test_another_record_at_an_address_is_a_conflict(shelf: Shelf, changed: str, *, tidy_first: bool) -> None:
    first = sample().record
    shelf.put_messages([first])
    if tidy_first:
        tidied(shelf)
    parts = {"burn_hash": first.burn_hash, "sealed": first.sealed}
    parts[changed] = bytes([parts[changed][0] ^ 1]) + parts[changed][1:]
    other = Record(first.address, parts["burn_hash"], parts["sealed"])
    (outcome,) = shelf.put_messages([other])
    assert isinstance(outcome, AddressTaken)
    assert shelf.fetch([first.address]) == [bytes(first)]


@pytest.mark.parametrize("tidy_first", [False, True])
def test_an_address_is_in_use_on_both_shelves_or_none(shelf: Shelf, *, tidy_first: bool) -> None:
    message, chunk = records(samples(2))
    shelf.put_messages([message])
    shelf.put_chunks([chunk])
    if tidy_first:
        tidied(shelf)
    assert isinstance(shelf.put_chunks([message]), AddressTaken)
    assert isinstance(shelf.put_messages([chunk])[0], AddressTaken)
    assert listed(shelf) == [message]


def test_a_batch_of_chunks_is_stored_all_or_none(shelf: Shelf) -> None:
    taken, *fresh = samples(4)
    shelf.put_messages([taken.record])
    assert isinstance(shelf.put_chunks(records([fresh[0], taken, fresh[1]])), AddressTaken)
    assert shelf.look([each.address for each in fresh]) == [False] * 3
    same_address = Record(fresh[2].address, fresh[1].record.burn_hash, fresh[1].record.sealed)
    assert isinstance(shelf.put_chunks([fresh[2].record, same_address]), AddressTaken)
    assert shelf.look([fresh[2].address]) == [False]


def test_of_two_puts_in_one_commit_that_clash_the_first_wins_and_no_other_is_harmed(shelf: Shelf) -> None:
    a, b, c = samples(3)
    clash = Record(a.address, b.record.burn_hash, b.record.sealed)
    outcomes = shelf.commit(
        [Put.message(a.record), Put.chunks([b.record, clash]), Put.chunks(records([b, c])), Put.message(c.record)]
    )
    assert outcomes[0] is Kept.STORED
    assert isinstance(outcomes[1], AddressTaken)
    assert outcomes[2] is Kept.STORED
    assert isinstance(outcomes[3], AddressTaken)
    assert shelf.fetch([a.address, b.address, c.address]) == [bytes(s.record) for s in (a, b, c)]


def test_two_addresses_at_one_place_are_answered_as_a_conflict(shelf: Shelf) -> None:
    first = sample().record
    neighbour = Record(first.address[:31] + bytes([first.address[31] ^ 1]), first.burn_hash, first.sealed)
    shelf.put_messages([first])
    assert shelf.look([neighbour.address]) == [False]
    assert shelf.fetch([neighbour.address]) == [None]
    assert isinstance(shelf.put_messages([neighbour])[0], AddressTaken)


def test_the_lowest_and_the_highest_address_have_room(shelf: Shelf) -> None:
    ends = [Record(bytes([fill]) * 32, sample().record.burn_hash, sample().record.sealed) for fill in (0, 255)]
    assert shelf.put_messages(ends) == [Kept.STORED] * 2
    assert listed(shelf, page=1) == ends
    tidied(shelf)
    assert listed(shelf, page=1) == ends


def test_a_put_of_nothing_is_refused() -> None:
    with pytest.raises(RecordMalformed):
        Put(ShelfKind.CHUNK, ())


def test_an_empty_commit_is_no_work(shelf: Shelf) -> None:
    assert shelf.commit([]) == []


def test_many_threads_put_the_same_and_different_records(shelf: Shelf) -> None:
    rivals = [sample("contested", str(number)) for number in range(8)]
    own = samples(40)

    def put(number: int) -> object:
        shelf.look([own[number].address])
        shelf.put_messages([own[number].record, own[0].record])
        return shelf.put_messages([rivals[number % 8].record])[0]

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(put, range(40)))
    assert sum(outcome is Kept.STORED for outcome in outcomes) == 1
    assert sum(outcome is Kept.ALREADY_THERE for outcome in outcomes) == 4
    assert sum(isinstance(outcome, AddressTaken) for outcome in outcomes) == 35
    assert len(listed(shelf)) == 41


# --- list


@pytest.mark.parametrize("page", [1, 3, 64])
def test_the_listing_has_all_messages_of_a_day_in_the_order_of_their_addresses(
    shelf: Shelf, clock: Clock, page: int
) -> None:
    days = []
    for _ in range(3):
        some = records(samples(7))
        shelf.put_messages(some[:3])
        shelf.put_chunks(records(samples(2)))
        tidied(shelf)
        shelf.put_messages(some[3:])
        days.append((clock.day, sorted(some, key=lambda record: record.address)))
        clock.forward(1)
    for day, wanted in days:
        assert listed(shelf, day, page) == wanted
    assert listed(shelf, TODAY - timedelta(1)) == []


def test_the_listing_goes_on_after_an_address_that_is_not_there(shelf: Shelf) -> None:
    some = sorted(records(samples(9)), key=lambda record: record.address)
    shelf.put_messages(some[:4] + some[5:])
    assert shelf.messages_of(TODAY, some[4].address, 2) == some[5:7]
    with pytest.raises(RecordMalformed):
        shelf.messages_of(TODAY, b"short", 2)


# --- keep-days


@pytest.mark.parametrize("tidy_between", [False, True])
def test_records_leave_when_their_keep_days_pass(shelf: Shelf, clock: Clock, *, tidy_between: bool) -> None:
    message, chunk = samples(2)
    shelf.put_messages([message.record])
    shelf.put_chunks([chunk.record])
    if tidy_between:
        tidied(shelf)
    both = [message.address, chunk.address]
    clock.forward(CHUNK_DAYS)
    assert shelf.look(both) == [True, True]
    clock.forward(1)
    assert shelf.look(both) == [True, False]
    assert shelf.fetch(both) == [bytes(message.record), None]
    clock.forward(MESSAGE_DAYS - CHUNK_DAYS - 1)
    assert listed(shelf) == [message.record]
    clock.forward(1)
    assert shelf.look(both) == [False, False]
    assert shelf.fetch(both) == [None, None]
    assert listed(shelf) == []


def test_an_identical_put_does_not_prolong_a_records_days(shelf: Shelf, clock: Clock) -> None:
    message = sample()
    shelf.put_messages([message.record])
    clock.forward(MESSAGE_DAYS)
    assert shelf.put_messages([message.record]) == [Kept.ALREADY_THERE]
    clock.forward(1)
    assert shelf.look([message.address]) == [False]


@pytest.mark.parametrize("tidies", [0, 1])
def test_where_a_record_expired_another_can_be_put(shelf: Shelf, clock: Clock, tidies: int) -> None:
    old, new = sample("place", "old"), sample("place", "new")
    shelf.put_chunks([old.record])
    for _ in range(tidies):
        tidied(shelf)
    clock.forward(CHUNK_DAYS + 1)
    assert shelf.put_messages([new.record]) == [Kept.STORED]
    assert shelf.fetch([new.address]) == [bytes(new.record)]
    tidied(shelf)
    assert shelf.fetch([new.address]) == [bytes(new.record)]
    assert listed(shelf, clock.day) == [new.record]


# --- full, closed, wrong


def test_a_full_shelf_refuses_new_records_and_knows_the_old_ones(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf", capacity=3) as shelf:
        kept = samples(2)
        shelf.put_messages(records(kept))
        assert isinstance(shelf.put_chunks(records(samples(2))), ShelfFull)
        last, late = samples(2)
        outcomes = shelf.put_messages(records([last, late, kept[0]]))
        assert outcomes[0] is Kept.STORED
        assert isinstance(outcomes[1], ShelfFull)
        assert outcomes[2] is Kept.ALREADY_THERE
        shelf.burn([kept[1].token])
        tidied(shelf)
        assert shelf.put_messages([late.record]) == [Kept.STORED]
    with open_shelf(tmp_path / "shelf", capacity=1) as shelf:
        assert shelf.put_messages([late.record]) == [Kept.ALREADY_THERE]
        assert isinstance(shelf.put_messages(records(samples(1)))[0], ShelfFull)


def test_a_closed_shelf_says_so(shelf: Shelf) -> None:
    steps = shelf.tidy()
    next(steps)
    shelf.close()
    shelf.close()
    with pytest.raises(ShelfUnavailable):
        next(steps)
    for call in (
        lambda: shelf.look([b"a" * 32]),
        lambda: shelf.fetch([b"a" * 32]),
        lambda: shelf.burn([b"a" * 32]),
        lambda: shelf.commit([]),
        lambda: shelf.messages_of(TODAY, b"", 1),
        lambda: next(iter(shelf.tidy())),
    ):
        with pytest.raises(ShelfUnavailable):
            call()


def test_addresses_and_tokens_of_a_wrong_size_are_refused(shelf: Shelf) -> None:
    for wrong in (b"", b"a" * 31, b"a" * 33):
        with pytest.raises(RecordMalformed):
            shelf.look([b"a" * 32, wrong])
        with pytest.raises(RecordMalformed):
            shelf.fetch([wrong])
        with pytest.raises(RecordMalformed):
            shelf.burn([wrong])


def test_a_flood_of_files_leaves_room_for_messages(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf", capacity=64) as shelf:
        assert shelf.put_chunks(records(samples(24))) is Kept.STORED
        assert shelf.check_room()
        assert shelf.put_chunks(records(samples(32))) is Kept.STORED
        assert isinstance(shelf.put_chunks(records(samples(1))), ShelfFull)
        assert not shelf.check_room()
        assert shelf.put_messages(records(samples(8))) == [Kept.STORED] * 8
        with pytest.raises(ShelfFull):
            shelf.check_room()


def test_the_files_of_a_day_have_a_bound_that_a_restart_does_not_lift(tmp_path: Path) -> None:
    clock = Clock()
    with open_shelf(tmp_path / "shelf", clock, chunks_a_day=33) as shelf:
        assert shelf.put_chunks(records(samples(32))) is Kept.STORED
        assert not shelf.check_room()
        assert isinstance(shelf.put_chunks(records(samples(2))), ShelfFull)
        assert shelf.put_messages(records(samples(2))) == [Kept.STORED] * 2
    with open_shelf(tmp_path / "shelf", clock, chunks_a_day=33) as shelf:
        assert isinstance(shelf.put_chunks(records(samples(2))), ShelfFull)
        tidied(shelf)
    with open_shelf(tmp_path / "shelf", clock, chunks_a_day=33) as shelf:
        assert isinstance(shelf.put_chunks(records(samples(2))), ShelfFull)
        clock.forward(1)
        assert shelf.put_chunks(records(samples(32))) is Kept.STORED
        for there_and_back in (-1, 1):
            clock.forward(there_and_back)
            assert isinstance(shelf.put_chunks(records(samples(2))), ShelfFull)
            assert shelf.put_chunks(records(samples(1))) is Kept.STORED
            assert isinstance(shelf.put_chunks(records(samples(1))), ShelfFull)
