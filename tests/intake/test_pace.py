"""Who is slow: nobody at first, and then whoever gives or takes least in their time."""

from itertools import pairwise

from whistle.intake.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_who_has_just_begun_is_faster_than_who_gives_nothing_and_slower_than_who_gives_much() -> None:
    clock = Clock()
    idle, busy = Pace(clock), Pace(clock)
    clock.now += 10
    busy.move(1 << 20)
    assert idle.rate() < Pace(clock).rate() < busy.rate()


def test_whoever_stops_becomes_slower_and_slower() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.move(50_000)
    rates = []
    for _ in range(5):
        rates.append(pace.rate())
        clock.now += 10
    assert all(before > after for before, after in pairwise(rates))


def test_what_waits_elsewhere_counts_too_and_what_came_before_does_not() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.move(1 << 20)
    clock.now += 10
    assert pace.rate(1 << 20) > pace.rate()
    pace.begin()
    assert pace.rate() == Pace(clock).rate()
