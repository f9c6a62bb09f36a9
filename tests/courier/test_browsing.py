"""Browsing believes nothing: answers are bounded in size and time, and nothing is followed or kept."""

import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import active_count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.courier.scripted import OK, Listener, answer, listening, read_request, site, socks
from whistle.courier.browsing import Browsing, _unpacked
from whistle.errors import AnswerMalformed, AnswerTooLarge, SettingsError, Unreachable

HEADERS = {"User-Agent": "Somebody/1.0", "Accept-Encoding": "gzip"}


def browsing(listener: Listener, seconds: float = 20) -> Browsing:
    return Browsing(listener.address, HEADERS, seconds=seconds)


def test_it_sends_what_its_visitor_sends_and_nothing_else() -> None:
    with listening(site(answer(OK, b"a", "X-A: 1", "X-A: 2"))) as listener, browsing(listener) as visitor:
        fetched = visitor.get("/page?x=1", 100, {"Accept": "text/html"})
    assert (fetched.status, fetched.untrusted_body, fetched.all("x-a")) == (200, b"a", ("1", "2"))
    line, *told = listener.noted[0].decode().split("\r\n\r\n")[0].split("\r\n")
    assert line == "GET /page?x=1 HTTP/1.1"
    host = listener.address.removeprefix("http://")
    assert set(told) == {f"Host: {host}", "User-Agent: Somebody/1.0", "Accept-Encoding: gzip", "Accept: text/html"}


def test_a_form_comes_from_the_sites_own_page() -> None:
    with listening(site(answer(OK, b"a"))) as listener, browsing(listener) as visitor:
        visitor.post("/replies", {"receipt": "a b&c"}, 100)
    head, body = listener.noted[0].split(b"\r\n\r\n")
    assert body == b"receipt=a+b%26c"
    assert f"Origin: {listener.address}\r\n".encode() in head
    assert b"Content-Type: application/x-www-form-urlencoded" in head


def test_what_is_announced_is_not_sent() -> None:
    def script(listener: Listener, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1)
        listener.noted.append(head)
        sock.sendall(answer("413 Content Too Large", b"too large", "Connection: close"))
        sock.shutdown(socket.SHUT_WR)
        listener.noted.append(sock.recv(10))

    with listening(script) as listener, browsing(listener) as visitor:
        assert visitor.announce("/replies", 1 << 40, 100).status == 413
    assert b"Content-Length: 1099511627776\r\n" in listener.noted[0]
    assert listener.noted[1] == b""


def test_a_redirect_is_not_followed_and_a_cookie_not_kept() -> None:
    away = answer("302 Found", b"", "Location: /other", "Set-Cookie: id=7")
    with listening(site(away, answer(OK, b"b"))) as listener, browsing(listener) as visitor:
        assert visitor.get("/", 10).status == 302
        assert visitor.get("/", 10).untrusted_body == b"b"
    assert len(listener.noted) == 2
    assert all(b"Cookie" not in each and b"/other" not in each for each in listener.noted)


def test_a_connection_that_the_site_has_closed_is_no_reason_to_give_up() -> None:
    with listening(site(answer(OK, b"a"), None, answer(OK, b"b"))) as listener, browsing(listener) as visitor:
        assert visitor.get("/", 10).untrusted_body == b"a"
        assert visitor.get("/", 10).untrusted_body == b"b"
    assert len(listener.noted) == 3


@pytest.mark.parametrize(
    "body", [b"x" * 11, gzip.compress(b"x" * 11), gzip.compress(bytes(100 << 20))], ids=["plain", "packed", "bomb"]
)
def test_an_answer_beyond_the_limit_is_refused(body: bytes) -> None:
    packed = () if body.startswith(b"x") else ("Content-Encoding: gzip",)
    limit = 10 if len(body) < 50 else 1 << 20
    bad = listening(site(answer(OK, body, *packed)))
    with bad as listener, browsing(listener) as visitor, pytest.raises(AnswerTooLarge):
        visitor.get("/", limit)


def test_an_answer_without_an_end_is_cut_off() -> None:
    def script(_listener: Listener, sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(bytes(65_536))

    with listening(script) as listener, browsing(listener) as visitor, pytest.raises(AnswerTooLarge):
        visitor.get("/", 1 << 20)


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_an_answer_that_drips_is_given_up(beginning: bytes) -> None:
    def script(_listener: Listener, sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(beginning)
        for _drop in range(200):
            sock.sendall(b"a")
            time.sleep(0.05)

    with listening(script) as listener, browsing(listener, seconds=1) as visitor:
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            visitor.get("/", 10_000)
        assert time.monotonic() - begun < 8


@pytest.mark.parametrize("given", [None, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5_000 + b"\r\n"])
def test_an_answer_that_is_none(given: bytes | None) -> None:
    def script(_listener: Listener, sock: socket.socket) -> None:
        read_request(sock)
        if given is not None:
            sock.sendall(given)

    with listening(script) as listener, browsing(listener) as visitor, pytest.raises(Unreachable):
        visitor.get("/", 100)


@given(st.binary(max_size=2_000), st.integers(0, 2_000))
def test_what_was_packed_comes_back_up_to_the_limit(body: bytes, limit: int) -> None:
    for encoding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("", body)):
        if len(body) <= limit or not encoding:
            assert _unpacked(packed, encoding, limit) == body
        else:
            with pytest.raises(AnswerTooLarge):
                _unpacked(packed, encoding, limit)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "GZIP ", "br", "gzip, gzip"]))
def test_no_bytes_lead_to_another_error(packed: bytes, encoding: str) -> None:
    with suppress(AnswerMalformed, AnswerTooLarge):
        _unpacked(packed, encoding, 1_000)


def test_half_a_packed_answer_is_none() -> None:
    packed = gzip.compress(b"whole")
    for odd in (packed[:-1], packed + b"more"):
        with pytest.raises(AnswerMalformed):
            _unpacked(odd, "gzip", 100)


@pytest.fixture
def proxy() -> Iterator[Listener]:
    with listening(socks) as listener:
        yield listener


def test_each_visitor_takes_a_way_of_its_own_through_the_proxy(proxy: Listener) -> None:
    through = f"socks5h://127.0.0.1:{proxy.port}"
    names = []
    for _visitor in range(2):
        with closing(Browsing("http://whistle.onion", HEADERS, through)) as visitor:
            assert visitor.get("/", 100).status == 503
    for place in (0, 4):
        names.append(tuple(proxy.noted[place : place + 2]))
        assert proxy.noted[place + 2] == b"whistle.onion"
    assert names[0] != names[1]


def test_an_address_that_gives_somebody_away_is_refused() -> None:
    with pytest.raises(SettingsError):
        Browsing("http://whistle.example", HEADERS)
    with pytest.raises(SettingsError):
        Browsing("http://whistle.onion", HEADERS)


def test_nothing_is_left_running() -> None:
    before = active_count()
    with listening(site(answer(OK, b"a"))) as listener, browsing(listener) as visitor:
        visitor.get("/", 10)
    assert active_count() == before
