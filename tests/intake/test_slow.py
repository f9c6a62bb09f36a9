"""Fifty visitors who take for ever, of every kind, take nothing away from the others."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.intake.server import Client, Server, eventually, octets, request, serving
from whistle.courier import wire
from whistle.intake.limits import Limits
from whistle.protocol.labels import PUT_CHUNK_LIMIT, RECORD_SIZE

MANY = 50
#: The largest body of the interface.
SIZE = PUT_CHUNK_LIMIT * RECORD_SIZE


def head(sock: socket.socket) -> None:
    sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nX:")


def silent(_sock: socket.socket) -> None:
    pass


def form(sock: socket.socket) -> None:
    sock.sendall(request("POST", "/echo", b"x" * 50_000)[:-1])


def large_form(sock: socket.socket) -> None:
    sock.sendall(request("POST", "/echo", b"x" * 300_000)[:-1])


def form_in_crumbs(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(request("POST", "/echo", b"x" * 50_000)[:-50_000])
    for _ in range(50):
        sock.send(b"x")


def put(sock: socket.socket) -> None:
    sock.sendall(octets(wire.MESSAGES_PATH, bytes(RECORD_SIZE))[:-1])


def put_of_many(sock: socket.socket) -> None:
    sock.sendall(octets(wire.CHUNKS_PATH, bytes(SIZE))[:-1])


def head_of_many(sock: socket.socket) -> None:
    sock.sendall(octets(wire.CHUNKS_PATH, bytes(SIZE))[:-SIZE])


def reader_of_a_page(sock: socket.socket) -> None:
    sock.sendall(request("GET", "/large"))


def reader_of_records(sock: socket.socket) -> None:
    for _ in range(4):
        sock.sendall(octets(wire.FETCH_PATH, bytes(256)))


KINDS = [silent, head, form, form_in_crumbs, put, put_of_many, reader_of_a_page, reader_of_records]


@contextmanager
def visitors(server: Server, kind: Callable[[socket.socket], None], count: int = MANY) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        socks = []
        for _ in range(count):
            sock = socket.socket()
            stack.callback(sock.close)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sock.connect(("127.0.0.1", server.port))
            kind(sock)
            socks.append(sock)
        yield socks


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with four children, so that fifty slow visitors would hold them all."""
    with serving(tmp_path_factory.mktemp("site"), ", children=4, patient_children=2") as running:
        yield running


def works(server: Server) -> None:
    for _ in range(8):
        assert server.post("/echo", b"hello").body == b"5"
        assert server.put(wire.MESSAGES_PATH, os.urandom(RECORD_SIZE)).status == 204


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_slow_visitors_are_harmless(narrow: Server, kind: Callable[[socket.socket], None]) -> None:
    with visitors(narrow, kind):
        works(narrow)
        assert eventually(lambda: narrow.children() == [])


def test_fifty_slow_senders_of_large_forms_leave_children_to_the_others(narrow: Server) -> None:
    with visitors(narrow, large_form):
        works(narrow)
        assert eventually(lambda: len(narrow.children()) <= 2)


def test_slow_senders_of_large_forms_do_not_fill_the_queue_of_the_others(tmp_path: Path) -> None:
    with (
        serving(tmp_path, ", children=4, patient_children=2, queue=16") as server,
        visitors(server, large_form, 40),
    ):
        works(server)


def test_a_slow_reader_gets_the_whole_answer_when_it_reads(narrow: Server) -> None:
    with visitors(narrow, reader_of_a_page, 1) as (sock,):
        time.sleep(0.3)
        received = b""
        while data := sock.recv(65_536):
            received += data
        assert len(received.split(b"\r\n\r\n", 1)[1]) == 200_000


def test_who_is_too_slow_is_shown_out(tmp_path: Path) -> None:
    times = "head_seconds=0.5, body_seconds=0.5, answer_seconds=0.5, drain_seconds=0.5"
    with serving(tmp_path, f", {times}") as server:
        for data in (b"", b"GET / HTTP/1.1\r\nX:", octets(wire.MESSAGES_PATH, bytes(RECORD_SIZE))[:-1]):
            with Client(server.port) as client:
                client.send(data)
                assert client.ended(), data
        with Client(server.port) as client:
            client.send(request("POST", "/echo", b"x" * 50_000)[:-1])
            answer = client.answer()
            assert (answer.status, b"too long" in answer.body) == (408, True)


def test_when_the_house_is_full_the_slowest_makes_room(tmp_path: Path) -> None:
    with serving(tmp_path, ", visitors=16") as server, visitors(server, head, 30):
        works(server)


def test_when_the_house_is_full_who_has_just_come_is_not_the_slowest(tmp_path: Path) -> None:
    with serving(tmp_path, ", visitors=8") as server, visitors(server, head_of_many, 8):
        time.sleep(0.3)
        with Client(server.port) as newcomer, Client(server.port):
            time.sleep(0.1)
            newcomer.send(request("POST", "/echo", b"hello"))
            assert newcomer.answer().body == b"5"


def test_whoever_would_wait_behind_too_many_is_told_so_at_once(tmp_path: Path) -> None:
    with (
        serving(tmp_path, ", children=4, patient_children=2, queue=2") as server,
        visitors(server, large_form, 1) as (slowest,),
    ):
        assert eventually(lambda: len(server.children()) == 1)
        with visitors(server, large_form, 2) as waiting, Client(server.port) as late:
            time.sleep(0.3)
            large_form(late.sock)
            refusal = late.answer()
            assert (refusal.status, b"try again" in refusal.body) == (503, True)
            for sock in (slowest, *waiting):
                sock.send(b"x")
            assert all(sock.recv(12) == b"HTTP/1.1 200" for sock in (slowest, *waiting))


@pytest.mark.parametrize("kind", [head_of_many, reader_of_records])
def test_who_holds_memory_slowly_makes_room_for_reports_and_files(
    tmp_path: Path, kind: Callable[[socket.socket], None]
) -> None:
    with serving(tmp_path, f", interface_bytes={4 * SIZE}") as server, visitors(server, kind):
        works(server)
        for _ in range(4):
            assert server.put(wire.CHUNKS_PATH, os.urandom(SIZE)).status == 204


def test_memory_for_bodies_is_bounded_and_the_slowest_makes_room(tmp_path: Path) -> None:
    with serving(tmp_path, f", interface_bytes={3 * SIZE}") as server, ExitStack() as stack:
        clients = [stack.enter_context(Client(server.port)) for _ in range(4)]
        bodies = [octets(wire.CHUNKS_PATH, os.urandom(SIZE)) for _ in clients]
        for client, body, missing in zip(clients, bodies, (SIZE // 2, SIZE, SIZE // 2, SIZE // 2), strict=True):
            client.send(body[:-missing])
            time.sleep(0.2)
        assert clients[1].ended()
        for client, body in list(zip(clients, bodies, strict=True))[::2]:
            client.send(body[-SIZE // 2 :])
            assert client.answer().status == 204


def test_memory_for_answers_is_bounded_and_the_slowest_reader_makes_room(tmp_path: Path) -> None:
    with (
        serving(tmp_path, f", interface_bytes={SIZE}") as server,
        visitors(server, reader_of_records, 24) as readers,
    ):
        works(server)
        readers[0].settimeout(10)
        with suppress(ConnectionResetError):
            while readers[0].recv(65_536):
                pass


def test_a_body_for_which_there_is_no_memory_at_all_is_refused_but_one_record_never(tmp_path: Path) -> None:
    with serving(tmp_path, ", interface_bytes=1") as server:
        assert server.put(wire.CHUNKS_PATH, os.urandom(SIZE)).status == 503
        assert server.put(wire.MESSAGES_PATH, os.urandom(RECORD_SIZE)).status == 204


def test_the_usual_bounds_hold_together() -> None:
    limits = Limits()
    assert limits.patient_children < limits.children
    assert (limits.waiting_bytes + limits.untaken_bytes) * limits.visitors <= 320 << 20
