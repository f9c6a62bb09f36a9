import json
import tracemalloc
from datetime import date
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import malformed
from whistle.protocol.canonical import Json, base64, decode, encode, unbase64, undate
from whistle.protocol.labels import PART_LIMIT

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT.filter(lambda name: not (name.isascii() and name.isdigit()))
LEAVES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(0, 2**53 - 1) | TEXT
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(VALUES.filter(lambda value: depth_of(value) <= 8))
def test_what_is_encoded_is_decoded(value: Json) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_value_of_one_spelling_or_a_value_error(data: bytes) -> None:
    try:
        value = decode(data)
    except ValueError:
        return
    assert encode(value) == data


@given(VALUES.filter(lambda value: depth_of(value) <= 8))
def test_any_other_spelling_of_a_value_is_refused(value: Json) -> None:
    canonical = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    for spelling in (
        json.dumps(value).encode(),
        json.dumps(value, indent=1, ensure_ascii=False).encode(),
        canonical + b" ",
        b"\xef\xbb\xbf" + canonical,
        canonical + b"," + canonical,
    ):
        if spelling != canonical:
            malformed(partial(decode, spelling))


@pytest.mark.parametrize(
    "spelling",
    [
        b"",
        b"1.0",
        b"1e2",
        b"-0",
        b"-1",
        b"01",
        b"9007199254740992",
        b"1" * 5_000,
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1 }',
        b' {"b":1}',
        b'{"b":1}\n',
        b'{"b":1}x',
        b'"\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\\u0041"',
        b'"\\/"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"a\nb"',
        b"'a'",
        b"[1,]",
        b"[" * 100_000,
        b"nul",
        b'{"0":1}',
        b'{"12":1}',
        b'[{"a":{"7":null}}]',
    ],
)
def test_what_no_encoder_writes_is_refused(spelling: bytes) -> None:
    malformed(partial(decode, spelling))


def test_integers_reach_to_two_to_the_53_minus_1() -> None:
    assert decode(b"9007199254740991") == 2**53 - 1
    assert decode(b"0") == 0
    for number in (2**53, -1):
        malformed(partial(encode, number))


@pytest.mark.parametrize("leaf", [b"", b"1", b'{"a":1}'])
def test_nesting_reaches_to_8(leaf: bytes) -> None:
    inner = int(leaf.startswith(b"{"))
    at_limit = b"[" * (8 - inner) + leaf + b"]" * (8 - inner)
    assert encode(decode(at_limit)) == at_limit
    malformed(partial(decode, b"[" + at_limit + b"]"))
    malformed(partial(decode, b'{"a":' + at_limit + b"}"))


MARKS = 262_144


@pytest.mark.parametrize("units", [b"0", b'"[{,"', b'"\\\\"', b'"\\""', b'"\\\\\\","', b"null"])
def test_there_may_be_262144_marks_outside_strings(units: bytes) -> None:
    at_limit = b"[" + b",".join([units] * MARKS) + b"]"
    value = decode(at_limit)
    assert encode(value) == at_limit
    malformed(partial(decode, b"[" + at_limit + b"]"))
    malformed(partial(encode, [value]))


@pytest.mark.parametrize("unit", [b"[]", b"{}"])
def test_brackets_of_either_kind_are_marks(unit: bytes) -> None:
    half = MARKS // 2
    at_limit = b"[" + b",".join([unit] * half) + b"]"
    assert encode(decode(at_limit)) == at_limit
    malformed(partial(decode, b"[" + b",".join([unit] * (half + 1)) + b"]"))


def test_an_object_may_have_as_many_names_each_with_a_text() -> None:
    value: Json = {f"x{number}": ',"' for number in range(MARKS)}
    assert decode(encode(value)) == value


@pytest.mark.parametrize("unit", [b"[]", b"{}", b'""', b"0", b'{"a":""}', b'"\\""', b'","'])
def test_a_part_of_too_many_values_is_refused_before_any_is_made(unit: bytes) -> None:
    hostile = b"[" + b",".join([unit] * (PART_LIMIT // (len(unit) + 1))) + b"]"
    with patch("json.loads", side_effect=AssertionError("values were made")):
        tracemalloc.start()
        try:
            malformed(partial(decode, hostile))
            assert tracemalloc.get_traced_memory()[1] < 96 << 20
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("unit", [b'"', b'""', b'"[', b",", b"\\", b'\\"', b"[{,"])
def test_any_16_mib_of_marks_and_quotes_are_a_value_error(unit: bytes) -> None:
    malformed(partial(decode, unit * (PART_LIMIT // len(unit))))


def test_marks_of_a_long_text_do_not_count() -> None:
    text: Json = [',[{"\\' * 200_000]
    assert decode(encode(text)) == text


def test_the_spelling_is_that_of_json_stringify() -> None:
    value: Json = {"b": [1, True, None], "a": 'é\u2028\x7f\x00\x1f\n"\\/😀'}
    assert encode(value) == '{"b":[1,true,null],"a":"é\u2028\x7f\\u0000\\u001f\\n\\"\\\\/😀"}'.encode()


def test_a_lone_surrogate_is_not_written() -> None:
    values: list[Json] = ["\ud800", {"a\udfff": 1}]
    for value in values:
        malformed(partial(encode, value))


def test_a_name_made_of_digits_is_not_written_for_javascript_would_move_it() -> None:
    malformed(partial(encode, {"a": {"10": 1}}))
    assert encode({"1a": {"a1": 1}, "": 0}) == b'{"1a":{"a1":1},"":0}'


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert unbase64(base64(data)) == data


@pytest.mark.parametrize("text", ["QQ", "QR==", "Q Q==", "QQ==\n", "QQ===", "-_==", "é", "QUJ=", "=", "QQ==QQ=="])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    malformed(lambda: unbase64(text))


@given(st.text(max_size=12))
def test_any_text_is_base64_of_one_spelling_or_a_value_error(text: str) -> None:
    try:
        data = unbase64(text)
    except ValueError:
        return
    assert base64(data) == text


@given(st.dates())
def test_a_day_has_one_spelling(day: date) -> None:
    assert undate(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["20261121", "2026-W47-6", "2026-11-31", "2026-1-1", "0000-01-01", "", "２０２６-11-21"]
)
def test_other_spellings_of_a_day_are_refused_without_repeating_them(text: str) -> None:
    malformed(partial(undate, text))


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"bytes", date(2026, 11, 21), (1,), [1.5], {"a": {"b": b""}}, {1}]
)
def test_a_value_of_another_type_is_not_written(value: Any) -> None:
    malformed(partial(encode, value))
