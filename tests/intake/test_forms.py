"""What becomes of requests that carry or make secrets: a child of their own, and nothing left behind."""

import os
import re
import signal
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.intake.server import Client, Server, eventually, request, serving
from whistle.protocol.labels import RECORD_SIZE

# --- answering


@pytest.mark.parametrize("size", [0, 1, 1_000, 90_000, 300_000, 3_000_000])
def test_a_child_reads_the_whole_body_and_closes(server: Server, size: int) -> None:
    with Client(server.port) as client:
        client.send(request("POST", "/echo", os.urandom(size)))
        answer = client.answer()
        assert (answer.status, answer.body) == (200, str(size).encode())
        assert answer.headers["connection"] == "close"
        assert client.ended()


def test_no_header_names_the_server_or_its_clock(server: Server) -> None:
    assert not set(server.get("/nothing").headers) & {"server", "date"}


def test_a_child_knows_nothing_of_where_the_visitor_is(server: Server) -> None:
    seen = server.get("/environment").body.decode()
    assert "REMOTE" not in seen
    assert "127.0.0.1'" not in seen.replace("'SERVER_NAME': '127.0.0.1'", "")


def test_two_names_that_differ_in_a_dash_do_not_meet(server: Server) -> None:
    seen = server.get("/environment", **{"X-Real": "a"}).body.decode()
    assert "'HTTP_X_REAL': 'a'" in seen
    with Client(server.port) as client:
        client.send(b"GET /environment HTTP/1.1\r\nHost: a\r\nX_Real: b\r\n\r\n")
        assert b"X_REAL" not in client.answer().body


def test_a_child_has_the_visitor_and_the_link_and_nothing_else_open(server: Server) -> None:
    with Client(server.port), Client(server.port) as idle:
        idle.send(b"GET /")
        opened = server.get("/descriptors").body.decode().split()
    kinds = [re.sub(r"\d+|:.*", "", name) for name in opened]
    assert sorted(kinds) == ["/dev/null"] * 3 + ["socket"] * 2


def test_children_draw_different_randomness(server: Server) -> None:
    drawn = [value for _ in range(20) for value in server.get("/chance").body.split()]
    assert len(set(drawn)) == len(drawn) == 120


def test_every_child_is_given_the_same_ticket_key(server: Server) -> None:
    keys = {server.get("/environment").body[-64:] for _ in range(3)}
    assert len(keys) == 1


def test_a_child_reaches_the_shelf(server: Server) -> None:
    record = os.urandom(RECORD_SIZE)
    other = record[:64] + os.urandom(RECORD_SIZE - 64)
    assert [server.post("/put", body).body for body in (record, record, other)] == [
        b"stored",
        b"stored",
        b"AddressTaken",
    ]


def test_a_fault_is_answered_plainly_and_counted_without_its_words(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answer = server.post("/fail", b"the words of a source")
        assert (answer.status, answer.body) == (500, b"")
        assert server.post("/echo", b"a").status == 200
        server.stop()
        lines = server.log()
    assert re.search(r"ERROR 1 × RuntimeError at .*tests/intake/probe.py:\d+", lines)
    assert "words" not in lines


# --- the body stays out of the parent


@pytest.mark.parametrize("size", [1, 50_000])
def test_who_expects_to_be_told_to_continue_is_told(server: Server, size: int) -> None:
    body = b"b" * size
    data = request("POST", "/echo", body, Expect="100-continue")
    with Client(server.port) as client:
        client.send(data[:-size])
        assert client.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert client.answer().body == str(size).encode()


def test_no_child_is_held_by_a_body_that_has_not_come(server: Server) -> None:
    with Client(server.port) as client:
        client.send(request("POST", "/echo", b"x" * 10_000)[:-1])
        time.sleep(0.3)
        assert server.children() == []
        client.send(b"x")
        assert client.answer().body == b"10000"


def test_a_body_that_breaks_off_holds_nothing(server: Server) -> None:
    for close in (lambda sock: sock.shutdown(socket.SHUT_WR), reset, lambda sock: sock.close()):
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(request("POST", "/echo", b"x" * 10_000)[:-1])
        close(sock)
        sock.close()
    assert server.post("/echo", b"a").status == 200
    assert eventually(lambda: sockets_of(server.worker) == 3)  # the listener, and two that lead to the nursery


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def sockets_of(process: int) -> int:
    count = 0
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += str(link.readlink()).startswith("socket:")
    return count


def test_a_form_that_is_too_large_gets_its_page_while_it_is_still_coming(tmp_path: Path) -> None:
    with serving(tmp_path, ", form_bytes=100_000") as server, Client(server.port) as client:
        body = b"x" * 3_000_000
        sender = Thread(target=client.send, args=(request("POST", "/echo", body),))
        sender.start()
        answer = client.answer()
        sender.join()
        assert (answer.status, answer.body) == (413, b"<!doctype html><title>Too large</title>")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert server.children() == []


SMUGGLING = (
    b"Transfer-Encoding: chunked",
    b"Content-Length: 44\r\nTransfer-Encoding: chunked",
    b"Content-Length: 0\r\nContent-Length: 44",
    b"Content-Length: 44\nX: y",
)


@pytest.mark.parametrize("lines", SMUGGLING)
def test_a_request_hidden_in_another_is_never_served(server: Server, lines: bytes) -> None:
    hidden = b"0\r\n\r\nGET /chance HTTP/1.1\r\nHost: a\r\n\r\n"
    with Client(server.port) as client:
        client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\n" + hidden)
        answer = client.answer()
        assert (answer.status, answer.body, answer.headers["connection"]) == (400, b"", "close")
        client.sock.shutdown(socket.SHUT_WR)
        assert client.ended()
    assert "Traceback" not in server.log()


# --- tickets


def claims(server: Server, query: str, count: int) -> list[str]:
    answers: list[str] = []

    def ask() -> None:
        try:
            answers.append(server.post(f"/claim?{query}", b"form").body.decode())
        except OSError:
            answers.append("nothing")

    threads = [Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_a_double_click_waits_and_then_says_arrived(server: Server) -> None:
    begun = time.monotonic()
    assert claims(server, "ticket=double&seconds=0.6", 3) == ["arrived", "arrived before", "arrived before"]
    assert time.monotonic() - begun < 10
    assert claims(server, "ticket=double", 1) == ["arrived before"]


def test_a_form_that_failed_can_be_sent_again(server: Server) -> None:
    assert claims(server, "ticket=failed&fail=1", 1) == ["arrived"]
    assert claims(server, "ticket=failed", 2) == ["arrived", "arrived before"]


def test_a_child_that_is_killed_gives_its_claim_back(server: Server) -> None:
    assert claims(server, "ticket=killed&die=1", 1) == ["nothing"]
    assert claims(server, "ticket=killed", 1) == ["arrived"]


def test_a_claim_of_a_killed_child_goes_to_the_one_that_waits(server: Server) -> None:
    answers: list[str] = []
    first = Thread(target=lambda: answers.append(str(claims(server, "ticket=heir&seconds=1&die=1", 1))))
    first.start()
    time.sleep(0.3)
    assert claims(server, "ticket=heir", 1) == ["arrived"]
    first.join()
    assert answers == ["['nothing']"]


# --- bounds


def test_more_forms_than_children_wait_for_their_turn(tmp_path: Path) -> None:
    with serving(tmp_path, ", children=2, patient_children=1") as server:
        seen: list[int] = []

        def watch() -> None:
            for _ in range(80):
                seen.append(len(server.children()))
                time.sleep(0.02)

        watching = Thread(target=watch)
        watching.start()
        answers: list[str] = []
        asking = [
            Thread(target=lambda at=at: answers.extend(claims(server, f"ticket=t{at}&seconds=0.3", 1)))
            for at in range(8)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        watching.join()
        assert answers == ["arrived"] * 8
        assert max(seen) == 2


def test_when_too_many_wait_the_next_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path, ", children=1, patient_children=1, queue=1") as server:
        busy = Thread(target=claims, args=(server, "ticket=a&seconds=1", 1))
        busy.start()
        assert eventually(lambda: len(server.children()) == 1)
        waiting = Thread(target=claims, args=(server, "ticket=b", 1))
        waiting.start()
        time.sleep(0.2)
        answer = server.post("/echo", b"c")
        assert answer.status == 503
        assert b"try again" in answer.body
        busy.join()
        waiting.join()
        assert server.post("/echo", b"c").status == 200


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path, ", child_seconds=0.5") as server:
        assert claims(server, "ticket=slow&seconds=60", 1) == ["nothing"]
        assert eventually(lambda: server.children() == [])


# --- stopping


def test_a_stop_lets_a_form_finish(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answers: list[str] = []
        asking = Thread(target=lambda: answers.extend(claims(server, "ticket=last&seconds=1", 1)))
        asking.start()
        assert eventually(lambda: len(server.children()) == 1)
        child = server.children()[0]
        assert server.stop() == 0
        asking.join()
        assert answers == ["arrived"]
        assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize("how", ["quit", "kill worker", "kill both"])
def test_no_child_is_left_after_the_server(tmp_path: Path, how: str) -> None:
    with serving(tmp_path) as server:
        asking = Thread(target=claims, args=(server, "ticket=last&seconds=60", 1))
        asking.start()
        assert eventually(lambda: len(server.children()) == 1)
        child = server.children()[0]
        time.sleep(0.5)  # it has its claim, and asks its parent nothing any more
        if how == "quit":
            server.stop(signal.SIGQUIT)
        elif how == "kill worker":
            os.kill(server.worker, signal.SIGKILL)
        else:
            server.kill()
        assert eventually(lambda: not is_alive(child))
        asking.join()


def test_a_line_end_behind_the_body_does_not_cut_the_answer_off(server: Server) -> None:
    """Some browsers send one. What lies unread at the close makes the kernel break the connection."""
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECORD_SIZE)
        sock.sendall(request("POST", "/large", b"story=x") + b"\r\n")
        time.sleep(0.5)  # the child has ended, and most of its answer is still with the kernel
        with sock.makefile("rb") as stream:
            assert stream.read().endswith(b"x" * 200_000)


def is_alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
