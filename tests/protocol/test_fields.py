from contextlib import suppress
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import malformed
from tests.protocol.test_canonical import VALUES
from whistle.protocol.canonical import Json
from whistle.protocol.fields import INDEX_LIMIT, PERSON_LIMIT, Fields, integer, octets, person, text


@given(VALUES)
def test_any_value_gives_what_was_asked_for_or_a_value_error(value: Json) -> None:
    for read in (
        lambda: Fields(value, "a"),
        lambda: Fields({"a": value}, "a").integer("a"),
        lambda: Fields({"a": value}, "a").text("a", 3),
        lambda: Fields({"a": value}, "a").octets("a", 3),
        lambda: Fields({"a": value}, "a").day("a"),
        lambda: Fields({"a": value}, "a").people("a"),
        lambda: Fields({"a": value}, "a").optional("a", person),
    ):
        with suppress(ValueError):
            read()


def test_names_and_their_order_are_fixed() -> None:
    assert Fields({"a": 1, "b": 2}, "a", "b")["b"] == 2
    values: list[Json] = [{"b": 2, "a": 1}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, ["a", "b"], "ab", None]
    for value in values:
        malformed(partial(Fields, value, "a", "b"))


@pytest.mark.parametrize("value", [True, False, "1", None, [1], 4, 0])
def test_an_integer_is_within_its_bounds_and_no_boolean(value: Json) -> None:
    malformed(partial(integer, value, 1, 3))


def test_the_bounds_of_an_integer_are_included() -> None:
    assert (integer(1, 1, 3), integer(3, 1, 3), integer(0), integer(2**53 - 1)) == (1, 3, 0, 2**53 - 1)
    assert Fields({"a": 5}, "a").integer("a", 5, 5) == 5
    assert Fields({"a": 0}, "a").integer("a") == 0
    malformed(lambda: Fields({"a": 6}, "a").integer("a", 5, 5))
    malformed(lambda: Fields({"a": 4}, "a").integer("a", 5, 5))
    malformed(lambda: Fields({"a": 2**53}, "a").integer("a"))
    malformed(partial(integer, 2**53))
    malformed(partial(integer, -1))


def test_a_text_is_measured_in_bytes() -> None:
    assert text("é", 2) == "é"
    assert Fields({"a": "abc"}, "a").text("a") == "abc"
    malformed(partial(text, "éé", 3))
    malformed(lambda: Fields({"a": "ab"}, "a").text("a", 1))
    values: list[Json] = [1, None, ["a"]]
    for value in values:
        malformed(partial(text, value))


def test_octets_have_the_size_asked_for() -> None:
    assert octets("QUI=") == octets("QUI=", 2) == b"AB"
    assert Fields({"a": "QUI="}, "a").octets("a") == Fields({"a": "QUI="}, "a").octets("a", 2) == b"AB"
    malformed(partial(octets, "QUI=", 3))
    malformed(lambda: Fields({"a": "QUI="}, "a").octets("a", 0))


def test_a_list_ends_at_its_limit() -> None:
    fields = Fields({"a": [1, 2], "b": 1}, "a", "b")
    assert fields.items("a", person, 2) == (1, 2)
    for name, limit in (("a", 1), ("b", 5)):
        malformed(partial(fields.items, name, person, limit))


def test_null_is_what_optional_fields_leave_out() -> None:
    fields = Fields({"a": None, "b": 7}, "a", "b")
    assert fields.optional("a", person) is None
    assert fields.optional("b", person) == 7


@pytest.mark.parametrize("people", [[2, 1], [1, 1], list(range(1, 17)), [0], [65_536], ["1"], 1])
def test_people_are_ascending_each_once_and_at_most_15(people: Json) -> None:
    malformed(lambda: Fields({"a": people}, "a").people("a"))


@given(st.sets(st.integers(1, PERSON_LIMIT), max_size=15))
def test_every_list_of_people_in_order_is_read(people: set[int]) -> None:
    assert Fields({"a": list[Json](sorted(people))}, "a").people("a") == tuple(sorted(people))


def test_limits() -> None:
    assert (PERSON_LIMIT, INDEX_LIMIT) == (2**16 - 1, 2**32 - 1)
    assert (person(1), person(65_535)) == (1, 65_535)


def test_a_day_is_read() -> None:
    assert Fields({"a": "2026-11-21"}, "a").day("a") == date(2026, 11, 21)
    malformed(lambda: Fields({"a": 20261121}, "a").day("a"))


@pytest.mark.parametrize("name", ["n", "n" * 200, "é" * 100, " n", "\u200bn"])
def test_a_name_can_be_published(name: str) -> None:
    assert Fields({"a": name}, "a").name("a", 200) == name


@pytest.mark.parametrize(
    "name", ["", " ", "\t\u3000", "\u200b\u202e\ufeff", "\u2028\u2029", "n" * 201, "é" * 101, None, 1]
)
def test_what_nobody_could_read_is_no_name(name: Json) -> None:
    malformed(lambda: Fields({"a": name}, "a").name("a", 200))


@pytest.mark.parametrize("name", ["s/1", "story/1", "a-0/999999999", "s" * 63 + "/1"])
def test_a_questionnaire_has_a_name_and_a_version(name: str) -> None:
    assert Fields({"a": name}, "a").questionnaire("a") == name


@pytest.mark.parametrize(
    "name", ["", "story", "story/0", "Story/1", "story/1\n", "s" * 64 + "/1", "story/1000000000", 1]
)
def test_anything_else_is_no_questionnaire(name: Json) -> None:
    malformed(lambda: Fields({"a": name}, "a").questionnaire("a"))
