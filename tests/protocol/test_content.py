from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import chance, malformed, refuses
from tests.protocol.test_canonical import VALUES
from whistle.errors import BodyMalformed
from whistle.protocol.canonical import Json, base64, encode
from whistle.protocol.content import Answers, Content, Echo, File, Part, StreamReference

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FILES = st.builds(
    File,
    TEXT,
    st.sampled_from(["application/pdf", "text/plain", ""]),
    st.integers(0, 2**53 - 1),
    st.integers(0, 1 << 20),
)
ANSWERS = st.builds(
    Answers, st.just("story/1"), st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), TEXT)
)
CONTENTS = st.builds(Content, TEXT, st.none() | ANSWERS, st.lists(FILES, max_size=3).map(tuple))
PARTS = st.builds(Part, st.integers(1, 16 << 20), st.integers(0, 1 << 20), st.binary(min_size=32, max_size=32))
REFERENCES = st.builds(
    StreamReference,
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=8, max_size=8).filter(any),
    st.integers(8, 1 << 20),
    st.binary(min_size=32, max_size=32),
    st.none() | PARTS,
)
USUAL = StreamReference(chance("key", 32), b"12345678", 10, chance("digest", 32), Part(5, 3, chance("part", 32)))


@given(CONTENTS)
def test_contents_round_trip(content: Content) -> None:
    assert Content.parse(bytes(content)) == content


@given(REFERENCES)
def test_references_round_trip(reference: StreamReference) -> None:
    assert StreamReference.from_json(reference.to_json()) == reference


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_bytes_are_content_or_malformed(data: bytes) -> None:
    try:
        content = Content.parse(data)
    except BodyMalformed:
        return
    assert bytes(content) == data


@given(VALUES)
def test_any_json_is_a_part_or_a_value_error(value: Json) -> None:
    for read in (
        lambda: Content.from_json(value),
        lambda: Content.from_json({"text": "", "answers": value, "files": []}),
        lambda: Content.from_json({"text": "", "answers": None, "files": [value]}),
        lambda: StreamReference.from_json(value),
        lambda: StreamReference.from_json({**as_json(USUAL), "part": value}),
        lambda: Echo.from_json(value),
        lambda: Part.from_json(value),
    ):
        try:
            read()
        except ValueError:
            continue


def as_json(part: Any) -> dict[str, Any]:
    value = part.to_json()
    assert isinstance(value, dict)
    return value


def test_content_as_json() -> None:
    content = Content("é", Answers("story/1", {"when": "May"}), (File("a", "b", 3, 0),))
    assert bytes(content).decode() == (
        '{"text":"é","answers":{"questionnaire":"story/1","values":{"when":"May"}},'
        '"files":[{"name":"a","type":"b","size":3,"chunk":0}]}'
    )
    assert bytes(Content("")) == b'{"text":"","answers":null,"files":[]}'


def test_a_reference_as_json() -> None:
    assert USUAL.to_json() == {
        "key": base64(USUAL.key),
        "nonce": base64(b"12345678"),
        "chunks": 10,
        "digest": base64(USUAL.digest),
        "part": {"size": 5, "chunk": 3, "digest": base64(chance("part", 32))},
    }
    assert as_json(replace(USUAL, part=None))["part"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"key": base64(bytes(31))},
        {"nonce": base64(bytes(8))},
        {"nonce": base64(b"1234567")},
        {"chunks": 7},
        {"chunks": (1 << 20) + 1},
        {"digest": base64(bytes(33))},
        {"part": {"size": 0, "chunk": 0, "digest": base64(bytes(32))}},
        {"part": {"size": (16 << 20) + 1, "chunk": 0, "digest": base64(bytes(32))}},
        {"part": {"size": 1, "chunk": (1 << 20) + 1, "digest": base64(bytes(32))}},
        {"part": {"size": 1, "chunk": 0, "digest": base64(bytes(31))}},
        {"part": []},
    ],
)
def test_a_reference_that_no_writer_makes_is_refused(change: dict[str, Json]) -> None:
    malformed(lambda: StreamReference.from_json(as_json(USUAL) | change))


def test_the_limits_of_a_reference_are_included() -> None:
    for reference in (
        replace(USUAL, chunks=8),
        replace(USUAL, chunks=1 << 20),
        replace(USUAL, part=Part(1, 1 << 20, bytes(32))),
        replace(USUAL, part=Part(16 << 20, 0, bytes(32))),
        replace(USUAL, nonce=bytes(7) + b"\1"),
    ):
        assert StreamReference.from_json(reference.to_json()) == reference


@pytest.mark.parametrize(
    "content",
    [
        Content("", Answers("Story/1", {})),
        Content("", Answers("story", {})),
        Content("", Answers("story/0", {})),
        Content("", Answers("story/1\n", {})),
        Content("", Answers("s" * 64 + "/1", {})),
        Content("", Answers("story/1", {"": ""})),
        Content("", Answers("story/1", {"When": ""})),
        Content("", Answers("story/1", {"1st": ""})),
        Content("", Answers("story/1", {"w" * 64: ""})),
        Content("", Answers("story/1", {"when\n": ""})),
        Content("", Answers("story/1", [])),  # type: ignore[arg-type] # as a careless caller would
        Content("", None, (File("n" * 1_025, "", 0, 0),)),
        Content("", None, (File("", "t" * 129, 0, 0),)),
        Content("", None, (File("", "", 0, (1 << 20) + 1),)),
        Content("", None, (File("", "", 0, 0),) * 1_001),
    ],
)
def test_content_that_no_writer_makes_is_malformed(content: Content) -> None:
    refuses(BodyMalformed, lambda: Content.parse(bytes(content)))


def test_the_limits_of_content_are_included() -> None:
    for content in (
        Content("", Answers("s" * 63 + "/999999999", {"w" * 63: {"a": [1]}})),
        Content("", None, (File("é" * 512, "t" * 128, 2**53 - 1, 1 << 20),) * 1_000),
    ):
        assert Content.parse(bytes(content)) == content


def test_an_echo_is_a_pair() -> None:
    echo = Echo(2**32 - 1, bytes(32))
    assert echo.to_json() == [2**32 - 1, base64(bytes(32))]
    assert Echo.from_json(echo.to_json()) == echo
    commitment = base64(bytes(32))
    odd: list[Any] = [[2**32, commitment], [0, base64(bytes(31))], [0], [0, commitment, 0], [-1, commitment], None, {}]
    for value in odd:
        malformed(partial(Echo.from_json, value))


def test_what_somebody_wrote_does_not_show_itself() -> None:
    content = Content("the minister", Answers("story/1", {"who": "the minister"}), (File("minister.pdf", "t", 1, 0),))
    assert "minister" not in repr(content)
    assert repr(USUAL.key) not in repr(USUAL)
