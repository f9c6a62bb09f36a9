"""The reader of forms with files: text first, files in passing, and nothing but its own refusals."""

import os
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.intake.browsing import multipart
from whistle.errors import RequestRefused
from whistle.intake.uploads import FormBody, FormLimits

BOUNDARY = "----formboundaryX"
LIMITS = FormLimits(text_bytes=10_000, file_bytes=1_000_000, parts=50)

# What no browser sends as it is: quotes and line ends are escaped.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\r\n"\\'), min_size=1, max_size=60).filter(
    lambda name: "%22" not in name
)
FILES = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=4)
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["text", "excluded", "receipt"]), st.text(max_size=80).filter(lambda text: "\r" not in text)
    ),
    max_size=6,
)


class Drip:
    """A body that comes in pieces, as from a socket, and writes down how much was asked for."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._stream = BytesIO(data)
        self._sizes = sizes or [1 << 16]
        self.given = 0

    def read(self, size: int) -> bytes:
        self._sizes = [*self._sizes[1:], self._sizes[0]]
        data = self._stream.read(min(size, self._sizes[0]))
        self.given += len(data)
        return data


def body(
    data: bytes, sizes: list[int] | None = None, limits: FormLimits = LIMITS, boundary: str = BOUNDARY
) -> FormBody:
    stream: Any = Drip(data, sizes or [])
    return FormBody(stream, boundary, limits, MultiDict())


def read_files(form: FormBody) -> list[tuple[str, bytes]]:
    form.read_text()
    files = []
    for upload in form.uploads():
        pieces = []
        while piece := upload.read(1_000):
            assert len(piece) <= 1_000
            pieces.append(piece)
        files.append((upload.name, b"".join(pieces)))
    return files


def refused(status: int, act: Callable[[], object]) -> None:
    with pytest.raises(RequestRefused) as raised:
        act()
    assert raised.value.status == status


@given(FIELDS, FILES, st.lists(st.integers(1, 200), max_size=5))
def test_text_and_files_come_out_as_they_went_in(
    fields: list[tuple[str, str]], files: list[tuple[str, bytes]], sizes: list[int]
) -> None:
    data, _kind = multipart(fields, [("file", name, content) for name, content in files], BOUNDARY)
    form = body(data, sizes)
    assert read_files(form) == files
    for field in dict(fields):
        assert form.text.getlist(field) == [text.replace("\n", "\r\n") for name, text in fields if name == field]
    assert form.has_files == bool(files)


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=3))
def test_any_bytes_give_a_refusal_or_a_form(data: bytes, sizes: list[int]) -> None:
    with suppress(RequestRefused):
        read_files(body(data, sizes))


@given(FIELDS, FILES, st.data())
def test_a_body_that_was_damaged_gives_a_refusal_or_a_form(
    fields: list[tuple[str, str]], files: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    whole, _kind = multipart(fields, [("file", name, content) for name, content in files], BOUNDARY)
    at = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 30))
    damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[at + cut :]
    with suppress(RequestRefused):
        read_files(body(damaged))


@given(st.integers(1, 2_000))
def test_a_body_that_breaks_off_is_refused(missing: int) -> None:
    whole, _kind = multipart([("text", "x")], [("file", "a", b"y" * 3_000)], BOUNDARY)
    refused(400, lambda: read_files(body(whole[: -missing - 4])))


def test_fields_for_files_that_were_left_empty_are_no_files() -> None:
    data, _kind = multipart([("text", "x")], [("file", "", b""), ("file", "a.txt", b"1"), ("file", "", b"")], BOUNDARY)
    form = body(data)
    assert read_files(form) == [("a.txt", b"1")]
    assert form.has_files


def test_an_empty_file_is_a_file() -> None:
    data, _kind = multipart([], [("file", "a.txt", b"")], BOUNDARY)
    assert read_files(body(data)) == [("a.txt", b"")]


def test_a_file_that_nobody_reads_is_passed_over() -> None:
    data, _kind = multipart([], [("file", "a", os.urandom(200_000)), ("file", "b", b"2")], BOUNDARY)
    form = body(data)
    form.read_text()
    assert [upload.name for upload in form.uploads()] == ["a", "b"]


def test_text_after_a_file_is_refused() -> None:
    first, _kind = multipart([], [("file", "a", b"1")], BOUNDARY)
    second, _kind = multipart([("text", "late")], [], BOUNDARY)
    data = first.removesuffix(f"--{BOUNDARY}--\r\n".encode()) + second
    refused(400, lambda: read_files(body(data)))


def test_no_more_of_the_files_is_read_than_is_needed_for_the_text() -> None:
    data, _kind = multipart([("text", "x")], [("file", "a", b"y" * 900_000)], BOUNDARY)
    stream: Any = Drip(data, [])
    form = FormBody(stream, BOUNDARY, LIMITS, MultiDict())
    form.read_text()
    assert stream.given <= 65_536


def test_too_much_text_is_refused_and_what_came_before_is_kept() -> None:
    data, _kind = multipart([("text", "kept"), ("contact", "x" * 10_000)], [], BOUNDARY)
    form = body(data)
    refused(413, form.read_text)
    assert form.text["text"] == "kept"


def test_too_many_parts_are_refused() -> None:
    data, _kind = multipart([("excluded", "1")] * 51, [], BOUNDARY)
    refused(413, body(data).read_text)


def test_too_large_files_are_refused_together() -> None:
    data, _kind = multipart([], [("file", "a", b"x" * 600_000), ("file", "b", b"x" * 600_000)], BOUNDARY)
    refused(413, lambda: read_files(body(data)))


@pytest.mark.parametrize("boundary", ["", "x" * 71, "grün"])
def test_a_boundary_that_no_browser_makes_is_refused(boundary: str) -> None:
    refused(400, lambda: body(b"", boundary=boundary))


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 500_000,  # no boundary ever
        f"--{BOUNDARY}\r\n".encode() + b"Content-Disposition: form-data; name=" + b"x" * 500_000,  # a head without end
    ],
)
def test_nothing_is_held_back_without_bound(data: bytes) -> None:
    stream: Any = Drip(data, [])
    form = FormBody(stream, BOUNDARY, LIMITS, MultiDict())
    refused(400, form.read_text)
    assert stream.given < 200_000


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; filename=a",
        "\xff: \xfe",
    ],
)
def test_a_part_without_a_name_is_refused(head: str) -> None:
    data = f"--{BOUNDARY}\r\n{head}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode("latin-1")
    refused(400, lambda: read_files(body(data)))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a%22b.txt", 'a"b.txt'),
        ("C:\\Users\\lee\\a.txt", "C:\\Users\\lee\\a.txt"),
        ("a;b=c.txt", "a;b=c.txt"),
        ("100%.txt", "100%.txt"),
    ],
)
def test_a_name_is_taken_as_it_was_sent(sent: str, name: str) -> None:
    part = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{sent}"\r\n\r\nx\r\n--{BOUNDARY}--\r\n'
    )
    assert read_files(body(part.encode())) == [(name, b"x")]
