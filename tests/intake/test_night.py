import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from whistle.errors import ShelfUnavailable
from whistle.intake.night import Night
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.record import Record
from whistle.shelf import Shelf

EVENING = datetime(2026, 11, 21, 22, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


class Clock:
    now = EVENING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", today=EVENING.date, message_days=9, chunk_days=9, capacity=1_000)


def record() -> Record:
    return Record.parse(os.urandom(RECORD_SIZE))


def nights(shelf: Shelf, count: int) -> list[datetime]:
    return [Night(shelf, lambda _error: None, Clock())._due for _ in range(count)]


def test_it_begins_at_a_random_moment_of_the_hour_after_midnight(shelf: Shelf) -> None:
    begun = nights(shelf, 30)
    assert len(set(begun)) > 20
    assert all(MIDNIGHT <= moment < MIDNIGHT + timedelta(hours=1) for moment in begun)


def test_it_tidies_step_by_step_while_records_come(shelf: Shelf) -> None:
    clock = Clock()
    told: list[Exception] = []
    night = Night(shelf, told.append, clock)
    records = [record() for _ in range(50)]
    shelf.put_messages(records)
    assert not night.begin()
    clock.now = MIDNIGHT + timedelta(hours=1)
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
    clock.now += timedelta(hours=20)
    assert not night.begin()
    clock.now += timedelta(hours=4)
    assert night.begin()


def test_a_night_that_was_missed_is_made_up_for_at_the_start(tmp_path: Path) -> None:
    days = [EVENING.date()]
    arguments = {"message_days": 9, "chunk_days": 9, "capacity": 1_000}
    with Shelf(tmp_path / "shelf", today=lambda: days[0], **arguments) as shelf:
        shelf.put_messages([record()])
        assert not Night(shelf, lambda _error: None, Clock()).begin()
        days[0] += timedelta(days=1)
        clock = Clock()
        clock.now = MIDNIGHT + timedelta(hours=9)
        night = Night(shelf, lambda _error: None, clock)
        assert night.begin()
        while night.busy:
            night.step()
        assert not shelf.needs_tidy()


def test_one_that_breaks_off_is_told_and_begins_again(shelf: Shelf) -> None:
    clock = Clock()
    told: list[Exception] = []
    night = Night(shelf, told.append, clock)
    clock.now = MIDNIGHT + timedelta(hours=1)
    night.begin()
    night.step()
    shelf.close()
    night.step()
    assert [type(error) for error in told] == [ShelfUnavailable]
    assert not night.busy
    clock.now += timedelta(minutes=59)
    assert not night.begin()
    clock.now += timedelta(minutes=1)
    assert night.begin()
