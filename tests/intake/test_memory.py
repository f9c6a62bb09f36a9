"""No copy of what a person wrote stays in a process that lives on."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.intake.memory import occurrences
from tests.intake.server import Client, Server, eventually, request, serving
from whistle.hardening import can_be_swapped_out

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a hardened process")


def canary() -> str:
    return "canary " + secrets.token_hex(12)


def send(server: Server, data: bytes) -> None:
    with Client(server.port) as client:
        client.send(data)
        client.answer()


def whole(server: Server, secret: bytes) -> None:
    send(server, request("POST", "/echo", b"story=" + secret))


def large(server: Server, secret: bytes) -> None:
    send(server, request("POST", "/echo", (secret + b" ") * 3_000))


def beyond_the_kernel(server: Server, secret: bytes) -> None:
    send(server, request("POST", "/echo", (secret + b" ") * 60_000))


def after_its_head(server: Server, secret: bytes) -> None:
    data = request("POST", "/echo", b"story=" + secret)
    head, body = data.split(b"\r\n\r\n")
    with Client(server.port) as client:
        client.send(head + b"\r\n")
        time.sleep(0.05)
        client.send(b"\r\n" + body[:9])
        time.sleep(0.05)
        client.send(body[9:])
        client.answer()


def failing(server: Server, secret: bytes) -> None:
    send(server, request("POST", "/fail", b"story=" + secret))


def too_large(server: Server, secret: bytes) -> None:
    send(server, request("POST", "/echo", (secret + b" ") * 150_000))


def broken_off(server: Server, secret: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(request("POST", "/echo", secret * 100)[:-1])
        time.sleep(0.1)


def chunked(server: Server, secret: bytes) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(secret), secret)
    send(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


def pipelined(server: Server, secret: bytes) -> None:
    """Send a form right behind a request of the interface, without waiting for its answer."""
    with Client(server.port) as client:
        client.send(request("GET", "/v1/keyring") + request("POST", "/echo", secret))
        client.answer()
        assert client.answer().body == str(len(secret)).encode()


def killed(server: Server, secret: bytes) -> None:
    with Client(server.port) as client:
        client.send(request("POST", "/claim?ticket=memory&die=1", secret))
        assert client.ended()


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("site"), ", form_bytes=3_000_000") as running:
        yield running


@pytest.mark.parametrize(
    "way",
    [whole, large, beyond_the_kernel, after_its_head, failing, too_large, broken_off, chunked, pipelined, killed],
)
def test_nothing_of_a_form_stays_in_memory(small_server: Server, way: Callable[[Server, bytes], None]) -> None:
    secret = canary()
    way(small_server, secret.encode())
    assert small_server.get("/nothing").status == 404  # the server has had its turn since
    assert [occurrences(process, secret) for process in small_server.lasting] == [0, 0, 0]


def test_the_search_finds_a_leak(small_server: Server) -> None:
    secret = canary()
    small_server.post("/leak", secret.encode())
    assert occurrences(small_server.worker, secret) > 0


def test_nothing_of_a_form_is_written_to_a_file(tmp_path: Path) -> None:
    secret = canary().encode()
    with serving(tmp_path) as server:
        for way in (whole, large, failing, broken_off):
            way(server, secret)
        server.stop()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes(), file


def test_no_process_leaves_a_core_or_lets_itself_be_traced(server: Server) -> None:
    for process in server.lasting:
        limits = Path(f"/proc/{process}/limits").read_text()
        assert limits.split("Max core file size")[1].split()[:2] == ["0", "0"]
        # The kernel gives the files of a process that may not be dumped to root, whoever runs it.
        assert server.get("/dumpable").body == b"0"


def test_what_handles_a_form_is_locked_out_of_swap_where_there_is_any(server: Server, tmp_path: Path) -> None:
    assert server.get("/locked").body == b"0" or can_be_swapped_out()
    with serving(tmp_path, site="tests.intake.probe:swapping_site") as swapping:
        assert eventually(lambda: int(swapping.get("/locked").body) > 5_000)
