import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.errors import RequestRefused
from whistle.intake.heads import SMALLEST_INTERFACE_BODY, Head, HeadReader, parse
from whistle.intake.limits import HEAD_LIMIT

GOOD = b"POST /report HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def read(stream: bytes, pieces: int = 1 << 20) -> tuple[Head | None, int, bytes]:
    """Read a head from ``stream`` as from a socket; returns it, how much was taken, and what was read along."""
    reader, taken, head = HeadReader(), 0, None
    while head is None and taken < len(stream):
        received = stream[taken : taken + min(pieces, reader.wanted())]
        taken += len(received)
        head = reader.feed(received)
    return head, taken, reader.rest() if head else b""


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_a_head(data: bytes) -> None:
    try:
        head, _, _ = read(data)
    except RequestRefused:
        return
    assert head is None or head.path.startswith("/")


token = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True).filter(
    lambda name: (
        name.lower() not in {"host", "content-length", "content-type", "transfer-encoding", "expect", "connection"}
    )
)
value = st.from_regex(re.compile(r"[!-~]([ -~\xa0-\xff]{0,60}[!-~])?"), fullmatch=True)


@given(
    fields=st.dictionaries(token, value, max_size=8),
    body=st.binary(max_size=400),
    pieces=st.integers(1, 40),
    path=st.sampled_from(["/", "/report", "/v1", "/V1/look", "/%761/look"]),
)
def test_a_head_takes_no_byte_of_the_body_along(fields: dict[str, str], body: bytes, pieces: int, path: str) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    raw = f"POST {path} HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode("latin-1")
    head, taken, along = read(raw + body, pieces)
    assert head is not None
    assert (taken, along, head.length) == (len(raw), b"", len(body))
    assert not head.interface


@given(size=st.integers(SMALLEST_INTERFACE_BODY, 1_000), pieces=st.integers(1, 600))
def test_a_post_of_the_interface_takes_only_its_own_body_along(size: int, pieces: int) -> None:
    raw = f"POST /v1/look HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode()
    stream = raw + b"\n" * size + GOOD
    head, taken, along = read(stream, pieces)
    assert head is not None
    assert head.interface
    assert taken <= len(raw) + size
    assert along == stream[len(raw) : taken]


def test_a_get_of_the_interface_takes_nothing_of_what_follows() -> None:
    raw = b"GET /v1/keyring HTTP/1.1\r\nHost: a\r\n\r\n"
    assert read(raw + GOOD)[1] == len(raw)


SMUGGLING = [
    (b"Content-Length: 5\r\nContent-Length: 5", 400),
    (b"Content-Length: 5\r\nContent-Length: 6", 400),
    (b"Content-Length: 5, 5", 400),
    (b"Content-Length: +5", 400),
    (b"Content-Length: 5_0", 400),
    (b"Content-Length: 0x5", 400),
    (b"Content-Length: \xb2", 400),
    (b"Content-Length:", 400),
    (b"Content-Length : 5", 400),
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
    (b"Transfer-Encoding: chunked", 400),
    (b"Transfer-Encoding: identity", 400),
    (b"transfer-encoding: xchunked", 400),
    (b"Content-Length: 5\r\nHost: b", 400),
    (b"Content-Length: 5\r\n folded: x", 400),
    (b"Content-Length: 5\r\nX: a\x00b", 400),
    (b"Content-Length: 5\r\nX: a\rb", 400),
    (b"Content-Length: 5\nX: a", 400),
    (b"Content-Length: 5\r\nno colon", 400),
    (b"Content-Length: 5\r\nExpect: a cake", 417),
    (b"X: y", 411),
]


@pytest.mark.parametrize(("lines", "status"), SMUGGLING)
def test_what_two_servers_could_read_differently_is_refused(lines: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(b"POST / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\n")
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET  / HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b"GET / HTTP/2.0", 400),
        (b"GET /", 400),
        (b"get / HTTP/1.1", 400),
        (b"\r\nGET / HTTP/1.1", 400),
        (b"GET http://a/ HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"GET /\xff HTTP/1.1", 400),
        (b"GET /a#b HTTP/1.1", 400),
        (b"DELETE / HTTP/1.1", 405),
        (b"OPTIONS / HTTP/1.1", 405),
        (b"GET /" + b"a" * 3_000 + b" HTTP/1.1", 414),
    ],
)
def test_a_request_line_has_one_form(line: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(line + b"\r\nHost: a\r\n\r\n")
    assert refused.value.status == status


def test_a_bare_line_feed_is_refused_before_more_is_read() -> None:
    reader = HeadReader()
    assert reader.feed(b"POST / HTTP/1.1\r\nH") is None
    with pytest.raises(RequestRefused):
        reader.feed(b"ost: a\n")


@pytest.mark.parametrize(
    "host", [b"a", b"a" * 63 + b":8000", b"a" * 56 + b".onion", b"[::1]:8000", b"127.0.0.1", b"a.", b""]
)
def test_every_name_is_a_host(host: bytes) -> None:
    read(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")


@pytest.mark.parametrize("host", [b"a" * 64 + b".onion", b"a..b", b".a", b".", b"a." + b"b" * 64 + b":80"])
def test_a_host_that_can_be_no_name_is_refused(host: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert refused.value.status == 400


def test_a_get_with_a_body_is_refused() -> None:
    with pytest.raises(RequestRefused):
        read(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")


def test_a_head_has_a_largest_size() -> None:
    with pytest.raises(RequestRefused) as refused:
        read(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * HEAD_LIMIT)
    assert refused.value.status == 431


def test_a_head_has_a_largest_number_of_fields() -> None:
    with pytest.raises(RequestRefused) as refused:
        read(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100 + b"\r\n")
    assert refused.value.status == 431


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        ("1.1", "", True),
        ("1.1", "Close", False),
        ("1.1", "x, close", False),
        ("1.0", "", False),
        ("1.0", "keep-alive", True),
    ],
)
def test_a_connection_stays_as_its_version_and_options_say(version: str, connection: str, *, keep_alive: bool) -> None:
    line = f"Connection: {connection}\r\n" if connection else ""
    head = parse(f"GET / HTTP/{version}\r\nHost: a\r\n{line}".encode().removesuffix(b"\r\n"))
    assert head.keep_alive is keep_alive


def test_only_http_1_1_expects_to_be_told_to_continue() -> None:
    lines = b"Host: a\r\nExpect: 100-Continue\r\nContent-Length: 5"
    assert parse(b"POST / HTTP/1.1\r\n" + lines).expects_continue
    assert not parse(b"POST / HTTP/1.0\r\n" + lines).expects_continue
