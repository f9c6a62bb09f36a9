"""Requests that no browser sends, as raw bytes to the real server: no fault of ours, no trace, no process lost."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.requests import seeds
from tests.fuzz.targets import corpus_of
from tests.intake.server import Client, Server, eventually, octets, request, serving
from whistle.courier import wire
from whistle.protocol.labels import RECORD_SIZE

SITE = "tests.intake.pages_site:site"
URLENCODED = "application/x-www-form-urlencoded"
WORDS = "abandon " * 11 + "about"
HOST = b"Host: localhost\r\n"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile"), ", form_mib=1", site=SITE) as running:
        yield running
        assert harmed(running) == []


def everything(server: Server, data: bytes) -> bytes:
    """Send ``data`` and nothing more, and return all that comes back until the server closes."""
    received = b""
    with Client(server.port) as client:
        try:
            client.send(data)
            client.sock.shutdown(socket.SHUT_WR)
            while piece := client.sock.recv(1 << 16):
                received += piece
        except ConnectionError:
            pass
    return received


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3}) ", received, re.MULTILINE)]


def harmed(server: Server) -> list[str]:
    """Stop the server, which then writes down the faults it counted; return these, traces, and lost workers."""
    assert server.stop() == 0
    log = server.log()
    lines = [line for line in log.splitlines() if "×" in line or "Traceback" in line or "exited with" in line]
    return lines if log.count("Booting worker") == 1 else [*lines, "a worker was lost"]


def form(path: str, body: bytes, *fields: bytes, kind: bytes = URLENCODED.encode()) -> bytes:
    head = b"POST %s HTTP/1.1\r\n" % path.encode() + HOST + b"Content-Type: %s\r\n" % kind
    return head + b"".join(fields) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def parted(body: bytes, boundary: bytes = b"b") -> bytes:
    return form("/report/send", body, kind=b"multipart/form-data; boundary=" + boundary)


FILLED = f"receipt={WORDS}&channel=1&index=0&text=x".encode()

MALFORMED = {
    "no request": b"hello\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "zero bytes": bytes(100),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "a proxy's request": b"GET http://elsewhere/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT elsewhere:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": a\r\n\r\n",
    "a zero byte in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: \0\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: a@b:x/../\r\n\r\n",
    "an upgrade": b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a range": b"GET / HTTP/1.1\r\n" + HOST + b"Range: bytes=0-,1-,2-\r\n\r\n",
    "a cookie": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a=b; " * 900 + b"\r\n\r\n",
    "an origin that is none": form("/report", b"channel=1", b"Origin: http://[::1\r\n"),
    "a body that ends early": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nchannel",
    "parts without a boundary": form("/report/send", b"--x--", kind=b"multipart/form-data"),
    "parts with a boundary of nothing": parted(b"----", b""),
    "parts that never end": parted(b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nabc'),
    "a part without a name": parted(b"--b\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--b--"),
    "a part without a head": parted(b"--b\r\n\r\nabc\r\n--b--"),
    "a file before the text": parted(
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n'
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nabc\r\n--b--'
    ),
    "parts within parts": parted(
        b"--b\r\nContent-Disposition: form-data; name=text\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        b"--c\r\n\r\nx\r\n--c--\r\n--b--"
    ),
}  # fmt: skip
OVERSIZED = {
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long name": b"GET / HTTP/1.1\r\n" + HOST + b"a" * 20_000 + b": b\r\n\r\n",
    "a long value": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: a\r\n" % n for n in range(500)) + b"\r\n",
    "a length of thousands of millions": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n",
    "a length of many digits": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "many fields": form("/report/send", b"&".join(b"a%d=b" % n for n in range(5_000))),
    "many fields of one name": form("/report/send", FILLED + b"&shown=1" * 5_000),
    "many parts": parted(b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n" * 3_000 + b"--b--"),
    "a part with a long head": parted(b"--b\r\nContent-Disposition: form-data; name=" + b"a" * 200_000 + b"\r\n\r\n"),
    "a long text": form("/report/send", FILLED + b"y" * 900_000),
    "a number of many digits": form("/replies/open", f"receipt={WORDS}&reply={'9' * 9_000}".encode()),
    "too large a message": octets(wire.MESSAGES_PATH, bytes(RECORD_SIZE + 1)),
    "too many chunks": octets(wire.CHUNKS_PATH, bytes(RECORD_SIZE * 33)),
    "a statement of a megabyte": request("POST", wire.STATEMENTS_PATH, b"[" * 1_000_000, Content_Type=wire.JSON),
    "a statement of brackets": request("POST", wire.STATEMENTS_PATH, b"[" * 4_000, Content_Type=wire.JSON),
}
DUPLICATED = {
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two lengths": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\nContent-Length: 9\r\n\r\nchannel=1",
    "two types": form("/report", b"channel=1", b"Content-Type: text/plain\r\n"),
    "two origins": form("/report", b"channel=1", b"Origin: http://localhost\r\nOrigin: http://localhost\r\n"),
    "every field twice": form("/report/send", FILLED + b"&" + FILLED),
    "two tickets": form("/report/send", FILLED + b"&ticket=a&ticket=b"),
    "two names of a part": parted(b'--b\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\nx\r\n--b--'),
    "two heads of a part": parted(
        b"--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--b--"
    ),
    "two passes": request("GET", f"{wire.MESSAGES_PATH}?day=2026-11-21&after=", Whistle_Pass="1:1:0:0, 1:1:0:0"),
    "two days": request("GET", f"{wire.MESSAGES_PATH}?day=2026-11-21&after=&day=2026-11-20"),
}
MISENCODED = {
    "bytes that are no text": form("/report/send", FILLED + b"\xff\xfe\x80%FF%FE%80%C0%AF"),
    "half a character": form("/replies", b"receipt=%E3%81"),
    "half a percent sign": form("/replies", b"receipt=%E&%&%%&=&&"),
    "a zero byte": form("/report/send", FILLED + b"%00\x00"),
    "surrogates": form("/replies", b"receipt=%ED%A0%80%ED%B0%80"),
    "UTF-16": form("/replies", "receipt=x".encode("utf-16"), kind=b"application/x-www-form-urlencoded; charset=utf-16"),
    "UTF-7": form("/replies", b"receipt=+AGE-", kind=b"application/x-www-form-urlencoded; charset=utf-7"),
    "a character set that is none": form(
        "/replies", b"receipt=x", kind=b"application/x-www-form-urlencoded; charset=\xff"
    ),
    "a path that is no text": b"GET /%FF%FE/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path that climbs": b"GET /static/..%2f..%2f..%2fetc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path of backslashes": b"GET /static/..\\..\\etc HTTP/1.1\r\n" + HOST + b"\r\n",
    "compressed": form("/replies", b"\x1f\x8b\x08" + bytes(20), b"Content-Encoding: gzip\r\n"),
    "a name that is no text": parted(b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xff\r\n--b--'),
    "a number in other digits": form("/report", "channel=１".encode()),
    "a number above": form("/report", "channel=¹".encode()),
    "a day that never was": request("GET", f"{wire.MESSAGES_PATH}?day=0000-00-00&after="),
    "a query that is no text": b"GET /v1/messages?day=\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "work that is none": octets(wire.LOOK_PATH, bytes(4_096), Whistle_Work="zz"),
}
#: Each carries a second request, which another server might see.
INNER = b"GET /without-script HTTP/1.1\r\n" + HOST + b"\r\n"
SMUGGLED = {
    "in chunks": b"POST /report HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "chunks and length": b"POST /report HTTP/1.1\r\n" + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "chunks, disguised": b"POST /report HTTP/1.1\r\n" + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + INNER,
    "two lengths": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 90\r\n\r\n" + INNER,
    "a list of lengths": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 0, 90\r\n\r\n" + INNER,
    "a length with a sign": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n" + INNER,
    "a length before a colon": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length : 0\r\n\r\n" + INNER,
    "a body of GET": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 60\r\n\r\n" + INNER,
    "a line feed in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\n\n" + INNER,
    "a return in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\r\n" + INNER,
    "behind a form": form("/report", b"channel=1") + INNER,
    "behind a page": b"GET / HTTP/1.1\r\n" + HOST + b"\r\n" + INNER,
    "behind what is too large": b"POST /report HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n" + INNER,
}  # fmt: skip
ALL = {
    f"{kind}: {name}": data
    for kind, cases in {
        "malformed": MALFORMED, "oversized": OVERSIZED, "duplicated": DUPLICATED, "mis-encoded": MISENCODED,
        "smuggled": SMUGGLED,
    }.items()
    for name, data in cases.items()
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_no_request_is_a_fault_of_ours(pages: Server, name: str) -> None:
    received = everything(pages, ALL[name])
    assert all(200 <= status < 500 or status in {501, 505} for status in statuses(received)), received[:200]
    assert b"Traceback" not in received
    assert b".py" not in received
    assert pages.get("/").status == 200


@pytest.mark.parametrize("name", SMUGGLED)
def test_one_request_gets_one_answer_and_no_other_one_behind_it(pages: Server, name: str) -> None:
    assert len(statuses(everything(pages, SMUGGLED[name]))) <= 1


def test_what_the_fuzzer_kept_harms_the_server_as_little(pages: Server) -> None:
    kept = [*seeds(), *corpus_of("requests")]
    assert len(kept) > 30
    for data in kept:
        _head, _end, body = data.partition(b"\r\n\r\n")
        received = everything(pages, data.replace(b"%LENGTH%", b"%d" % len(body)))
        assert 500 not in statuses(received), data
    assert pages.get("/").status == 200


def test_a_fault_of_ours_would_be_seen(tmp_path: Path) -> None:
    """On a site with a page that fails."""
    with serving(tmp_path) as server:
        assert statuses(everything(server, form("/fail", b"secret"))) == [500]
        (line,) = harmed(server)
    assert "RuntimeError" in line


def test_a_worker_that_is_lost_would_be_seen(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        os.kill(server.worker, signal.SIGKILL)
        assert eventually(lambda: server.log().count("Booting worker") == 2)
        assert "a worker was lost" in harmed(server)
