import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from whistle.errors import ClockJumped, ShelfUnavailable
from whistle.intake.night import Night
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.record import Record
from whistle.shelf import Shelf

EVENING = datetime(2026, 11, 21, 22, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


class Clock:
    """A clock that a test moves on, or changes."""

    now = EVENING
    passed = timedelta()

    def __call__(self) -> datetime:
        return self.now

    def day(self) -> date:
        return self.now.date()

    def elapsed(self) -> timedelta:
        return self.passed

    def go_on(self, **time: float) -> None:
        self.passed += timedelta(**time)
        self.now += timedelta(**time)


def night_of(shelf: Shelf, clock: Clock, told: list[Exception] | None = None) -> Night:
    return Night(shelf, (told if told is not None else []).append, clock, clock.elapsed)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", today=EVENING.date, message_days=9, chunk_days=9, capacity=1_000)


def record() -> Record:
    return Record.parse(os.urandom(RECORD_SIZE))


def nights(shelf: Shelf, count: int) -> list[datetime]:
    return [night_of(shelf, Clock())._due for _ in range(count)]


def test_it_begins_at_a_random_moment_of_the_hour_after_midnight(shelf: Shelf) -> None:
    begun = nights(shelf, 30)
    assert len(set(begun)) > 20
    assert all(MIDNIGHT <= moment < MIDNIGHT + timedelta(hours=1) for moment in begun)


def test_it_tidies_step_by_step_while_records_come(shelf: Shelf) -> None:
    clock = Clock()
    told: list[Exception] = []
    night = night_of(shelf, clock, told)
    records = [record() for _ in range(50)]
    shelf.put_messages(records)
    assert not night.begin()
    clock.go_on(hours=3)
    assert night.begin()
    assert not night.begin()
    steps = 0
    while night.busy:
        night.step()
        records.append(record())
        shelf.put_messages(records[-1:])
        steps += 1
    assert steps > 3
    assert told == []
    assert shelf.look([one.address for one in records]) == [True] * len(records)
    clock.go_on(hours=20)
    assert not night.begin()
    clock.go_on(hours=4)
    assert night.begin()


def test_a_night_that_was_missed_is_made_up_for_at_the_start(tmp_path: Path) -> None:
    days = [EVENING.date()]
    arguments = {"message_days": 9, "chunk_days": 9, "capacity": 1_000}
    with Shelf(tmp_path / "shelf", today=lambda: days[0], **arguments) as shelf:
        shelf.put_messages([record()])
        assert not night_of(shelf, Clock()).begin()
        days[0] += timedelta(days=1)
        clock = Clock()
        clock.now = MIDNIGHT + timedelta(hours=9)
        night = night_of(shelf, clock)
        assert night.begin()
        while night.busy:
            night.step()
        assert not shelf.needs_tidy()


def test_one_that_breaks_off_is_told_and_begins_again(shelf: Shelf) -> None:
    clock = Clock()
    told: list[Exception] = []
    night = night_of(shelf, clock, told)
    clock.go_on(hours=3)
    night.begin()
    night.step()
    shelf.close()
    night.step()
    assert [type(error) for error in told] == [ShelfUnavailable]
    assert not night.busy
    clock.go_on(minutes=59)
    assert not night.begin()
    clock.go_on(minutes=1)
    assert night.begin()


# --- a clock that jumps


def turned(night: Night) -> bool:
    """Let a due tidy run to its end; return whether there was one."""
    begun = night.begin()
    while night.busy:
        night.step()
    return begun


@pytest.fixture
def days(tmp_path: Path) -> Iterator[tuple[Shelf, Clock]]:
    clock = Clock()
    with Shelf(tmp_path / "shelf", today=clock.day, message_days=9, chunk_days=9, capacity=1_000) as made:
        yield made, clock


def test_a_clock_that_jumps_ahead_and_is_set_right_again_destroys_nothing(days: tuple[Shelf, Clock]) -> None:
    shelf, clock = days
    told: list[Exception] = []
    night = night_of(shelf, clock, told)
    (kept,) = records = [record()]
    shelf.put_messages(records)
    clock.now += timedelta(days=365)
    for _hour in range(71):
        assert not turned(night)
        clock.go_on(hours=1)
    assert not shelf.look([kept.address])[0]
    assert [type(error) for error in told] == [ClockJumped]
    clock.now -= timedelta(days=365)
    assert turned(night), "the nights that were put off are made up for"
    assert shelf.fetch([kept.address]) == [bytes(kept)]
    clock.go_on(days=10)
    assert turned(night)
    assert not shelf.look([kept.address])[0]


def test_a_date_that_lasts_is_believed(days: tuple[Shelf, Clock]) -> None:
    shelf, clock = days
    night = night_of(shelf, clock)
    shelf.put_messages([record()])
    clock.now += timedelta(days=365)
    assert not turned(night)
    clock.go_on(days=3)
    assert turned(night)
    assert shelf.newest_day() is None


def test_a_server_that_starts_in_a_wrong_year_destroys_nothing(days: tuple[Shelf, Clock]) -> None:
    shelf, clock = days
    (kept,) = records = [record()]
    shelf.put_messages(records)
    clock.now += timedelta(days=365)
    night = night_of(shelf, clock)
    assert shelf.needs_tidy()
    clock.go_on(hours=71)
    assert not turned(night)
    clock.now = EVENING + timedelta(days=3)
    assert not turned(night)
    clock.go_on(hours=3)
    assert turned(night)
    assert shelf.fetch([kept.address]) == [bytes(kept)]


def test_a_clock_that_is_set_back_does_not_put_the_tidy_off(days: tuple[Shelf, Clock]) -> None:
    shelf, clock = days
    clock.now += timedelta(days=365)
    night = night_of(shelf, clock)
    clock.now -= timedelta(days=365)
    assert not turned(night)
    clock.go_on(hours=3)
    assert turned(night)


@pytest.mark.parametrize("hours", [-2, -0.01, 0.01, 2])
def test_a_clock_that_is_adjusted_is_nothing_to_worry_about(days: tuple[Shelf, Clock], hours: float) -> None:
    shelf, clock = days
    told: list[Exception] = []
    night = night_of(shelf, clock, told)
    for _day in range(30):
        clock.now += timedelta(hours=hours)
        clock.go_on(hours=24 - hours)
        assert turned(night)
    assert told == []
