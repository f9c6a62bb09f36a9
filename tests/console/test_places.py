"""Places for records: the same number on every day, of which answers alone may take half a day ahead."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.console.places import Places

MONDAY = date(2026, 11, 23)
TUESDAY, SUNDAY = MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)


def test_at_first_all_places_are_free() -> None:
    assert Places().left(MONDAY, 8) == 8


def test_what_was_taken_today_is_not_there_any_more() -> None:
    places = Places().take(3, MONDAY, 8).take(2, MONDAY, 8)
    assert places == Places(MONDAY, 5, 8)
    assert places.left(MONDAY, 8) == 3


def test_tomorrow_all_are_free_again() -> None:
    assert Places().take(8, MONDAY, 8).left(TUESDAY, 8) == 8
    assert Places().take(2, MONDAY, 8).left(TUESDAY, 8) == 8


def test_what_was_taken_ahead_is_missing_tomorrow_and_not_the_day_after() -> None:
    places = Places().take(11, MONDAY, 8)
    assert places.left(MONDAY, 8) == -3
    assert places.left(TUESDAY, 8) == 5
    assert places.take(5, TUESDAY, 8).left(TUESDAY + timedelta(days=1), 8) == 8


def test_a_clock_that_was_put_back_gives_no_new_places() -> None:
    assert Places().take(8, MONDAY, 8).left(SUNDAY, 8) == 0


def test_half_of_tomorrow_may_be_taken_and_not_one_more() -> None:
    places = Places().take(8, MONDAY, 8)
    for _ in range(4):
        assert places.may_borrow(MONDAY, 8)
        places = places.take(1, MONDAY, 8)
    assert not places.may_borrow(MONDAY, 8)
    assert places.may_borrow(TUESDAY, 8)


def test_another_number_of_places_counts_from_the_day_on_which_it_is_set() -> None:
    """What was taken ahead was taken of a day of so many places as there were then."""
    assert Places().take(10, MONDAY, 8).left(TUESDAY, 20) == 18
    assert Places().take(10, MONDAY, 8).left(MONDAY, 20) == 10


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=30), st.integers(4, 40))
def test_over_days_there_are_never_more_than_the_places_and_half_a_day(
    acts: list[tuple[int, int]], per_day: int
) -> None:
    """Whatever is taken as far as it may be: the sum never exceeds the places of all days by more than half a day."""
    day, places, taken, first = MONDAY, Places(), 0, MONDAY
    for days, wanted in acts:
        day += timedelta(days=days)
        for _ in range(wanted):
            if places.may_borrow(day, per_day):
                places = places.take(1, day, per_day)
                taken += 1
    assert taken <= ((day - first).days + 1) * per_day + per_day // 2


@pytest.mark.parametrize("per_day", [4, 5, 8])
def test_an_odd_number_is_halved_downwards(per_day: int) -> None:
    places = Places().take(per_day, MONDAY, per_day)
    borrowed = 0
    while places.may_borrow(MONDAY, per_day):
        places, borrowed = places.take(1, MONDAY, per_day), borrowed + 1
    assert borrowed == per_day // 2
