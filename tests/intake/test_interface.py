import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.intake.probe import PERSON_SEED, keyring
from tests.intake.server import Client, Server, octets, request, serving
from whistle.courier import wire
from whistle.protocol import work
from whistle.protocol.canonical import encode
from whistle.protocol.directory import verify
from whistle.protocol.keys import Identity
from whistle.protocol.labels import BURN_COUNT, FETCH_COUNT, LOOK_COUNT, RECORD_SIZE
from whistle.protocol.listing import sign_listing
from whistle.protocol.published import Published
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.signing import Signer
from whistle.protocol.statement import Statement


def today() -> date:
    return datetime.now(UTC).date()


def record(token: bytes = b"") -> Record:
    return Record(os.urandom(32), burn_hash(token or os.urandom(32)), os.urandom(RECORD_SIZE - 64))


def addresses(count: int, *some: bytes) -> bytes:
    return b"".join([*some, *(os.urandom(32) for _ in range(count - len(some)))])


def lies_there(server: Server, *some: bytes) -> list[bool]:
    answer = server.put(wire.LOOK_PATH, addresses(LOOK_COUNT, *some))
    assert (answer.status, len(answer.body), answer.headers["content-type"]) == (200, 16, wire.OCTETS)
    return [bool(answer.body[place // 8] >> place % 8 & 1) for place in range(len(some))]


# --- put


def test_a_put_can_be_repeated_but_not_replaced(server: Server) -> None:
    first = record()
    other = Record(first.address, first.burn_hash, os.urandom(RECORD_SIZE - 64))
    assert server.put(wire.MESSAGES_PATH, bytes(first)).status == 204
    assert server.put(wire.MESSAGES_PATH, bytes(first)).status == 204
    assert server.put(wire.MESSAGES_PATH, bytes(other)).status == 409
    assert server.put(wire.CHUNKS_PATH, bytes(other)).status == 409


def test_chunks_are_stored_all_or_none(server: Server) -> None:
    chunks = [record() for _ in range(32)]
    assert server.put(wire.CHUNKS_PATH, b"".join(map(bytes, chunks))).status == 204
    clash = Record(chunks[5].address, burn_hash(bytes(32)), bytes(RECORD_SIZE - 64))
    fresh = record()
    assert server.put(wire.CHUNKS_PATH, bytes(fresh) + bytes(clash)).status == 409
    assert lies_there(server, fresh.address, chunks[31].address) == [False, True]


def test_a_put_survives_the_death_of_the_server_right_after_its_answer(tmp_path: Path) -> None:
    message = record()
    with serving(tmp_path) as server:
        with Client(server.port) as client:
            client.send(octets(wire.MESSAGES_PATH, bytes(message)))
            assert client.answer().status == 204
        server.kill()
    with serving(tmp_path) as server:
        assert lies_there(server, message.address) == [True]


def test_a_put_reaches_the_disk_before_its_answer_leaves(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,pwrite64,sendto,recvfrom"
    prefix = ("strace", "-f", "-y", "-o", str(trace), "-e", calls, "-s", "40")
    with serving(tmp_path, "", prefix=prefix) as server:
        assert server.put(wire.MESSAGES_PATH, bytes(record())).status == 204
        server.stop()
    lines = trace.read_text().splitlines()
    # From the request on: the same file was written before, when it was made.
    asked = next(place for place, line in enumerate(lines) if "POST /v1/messages" in line)
    answered = next(place for place, line in enumerate(lines) if "HTTP/1.1 204" in line)
    between = [(place, line) for place, line in enumerate(lines[:answered]) if place > asked]
    written = [place for place, line in between if "arrivals.sqlite-wal" in line and "pwrite" in line]
    synced = [place for place, line in between if "arrivals.sqlite-wal" in line and "sync(" in line]
    assert written
    assert synced
    assert synced[-1] > written[-1]


# --- look, fetch, burn


def test_fetch_answers_one_size_whatever_is_there(server: Server) -> None:
    message = record()
    server.put(wire.MESSAGES_PATH, bytes(message))
    some = server.put(wire.FETCH_PATH, addresses(FETCH_COUNT, message.address))
    none = server.put(wire.FETCH_PATH, addresses(FETCH_COUNT))
    assert len(some.body) == len(none.body) == FETCH_COUNT * RECORD_SIZE
    assert some.headers == none.headers
    assert some.body[:RECORD_SIZE] == bytes(message)
    places = {none.body[place : place + RECORD_SIZE] for place in range(0, len(none.body), RECORD_SIZE)}
    assert len(places) == FETCH_COUNT
    again = server.put(wire.FETCH_PATH, addresses(FETCH_COUNT))
    assert again.body[:64] != none.body[:64]


def test_burn_removes_and_answers_the_same_for_everybody(server: Server) -> None:
    token = os.urandom(32)
    messages = [record(token), record(token), record()]
    for message in messages:
        server.put(wire.MESSAGES_PATH, bytes(message))
    hit = server.put(wire.BURN_PATH, addresses(BURN_COUNT, token))
    miss = server.put(wire.BURN_PATH, addresses(BURN_COUNT))
    assert (hit.status, hit.headers, hit.body) == (miss.status, miss.headers, miss.body) == (204, hit.headers, b"")
    assert lies_there(server, *(message.address for message in messages)) == [False, False, True]


# --- what does not fit


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        (wire.MESSAGES_PATH, RECORD_SIZE - 1, 400),
        (wire.MESSAGES_PATH, RECORD_SIZE + 1, 413),
        (wire.CHUNKS_PATH, RECORD_SIZE + 1, 400),
        (wire.CHUNKS_PATH, 33 * RECORD_SIZE, 413),
        (wire.LOOK_PATH, 4_095, 400),
        (wire.LOOK_PATH, 4_097, 413),
        (wire.FETCH_PATH, 255, 400),
        (wire.FETCH_PATH, 257, 413),
        (wire.BURN_PATH, 0, 400),
        (wire.BURN_PATH, 1 << 40, 413),
        (wire.STATEMENTS_PATH, wire.STATEMENT_LIMIT + 1, 413),
    ],
)
def test_a_wrong_size_is_refused_before_the_body_comes(server: Server, path: str, size: int, status: int) -> None:
    kind = wire.JSON if path == wire.STATEMENTS_PATH else wire.OCTETS
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
    with Client(server.port) as client:
        client.send(head.encode())
        answer = client.answer()
        assert (answer.status, answer.body, answer.headers["connection"]) == (status, b"", "close")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("GET", "/v1/"), 404),
        (request("GET", "/v1/look"), 405),
        (request("HEAD", "/v1/keyring"), 405),
        (request("POST", "/v1/keyring"), 405),
        (request("GET", "/v1/keyring/"), 404),
        (octets(wire.LOOK_PATH, bytes(4_096), Content_Type="text/plain"), 400),
        (octets(wire.LOOK_PATH + "?a", bytes(4_096)), 400),
    ],
)
def test_what_the_interface_does_not_know_is_refused(server: Server, data: bytes, status: int) -> None:
    answer = server.ask(data, has_body=not data.startswith(b"HEAD"))
    assert (answer.status, answer.body) == (status, b"")


# --- connections


def test_many_requests_go_over_one_connection(server: Server) -> None:
    with Client(server.port) as client:
        for _ in range(20):
            client.send(octets(wire.MESSAGES_PATH, bytes(record())))
            answer = client.answer()
            assert (answer.status, answer.headers["connection"]) == (204, "keep-alive")


def test_requests_sent_without_waiting_are_answered_in_order(server: Server) -> None:
    message = record()
    look = octets(wire.LOOK_PATH, addresses(LOOK_COUNT, message.address))
    with Client(server.port) as client:
        client.send(look + octets(wire.MESSAGES_PATH, bytes(message)) + look + request("GET", "/v1/nothing"))
        answers = [client.answer() for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 204, 200, 404]
        assert (answers[0].body[0] & 1, answers[2].body[0] & 1) == (0, 1)


def test_a_body_in_small_pieces_arrives(server: Server) -> None:
    data = octets(wire.LOOK_PATH, addresses(LOOK_COUNT))
    with Client(server.port) as client:
        for start in range(0, len(data), 97):
            client.send(data[start : start + 97])
        assert client.answer().status == 200


def test_who_expects_to_be_told_to_continue_is_told(server: Server) -> None:
    body = bytes(record())
    data = octets(wire.MESSAGES_PATH, body, Expect="100-continue")
    with Client(server.port) as client:
        client.send(data[: -len(body)])
        assert client.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert client.answer().status == 204


def test_no_header_names_the_server_or_its_clock(server: Server) -> None:
    names = set(server.get(wire.KEYRING_PATH).headers)
    assert not names & {"server", "date", "set-cookie", "etag", "last-modified", "via"}


# --- work


def test_a_request_without_work_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, ", work_bits=8") as server:
        published = Published.parse(server.get(wire.KEYRING_PATH).body)
        assert published.work == 8
        body = bytes(record())
        nonce = work.solve(published.challenge, wire.MESSAGES_PATH, body, 8)
        other_day = work.solve(bytes(32), wire.MESSAGES_PATH, body, 8)
        other_path = work.solve(published.challenge, wire.CHUNKS_PATH, body, 8)
        refused = [None, "", "zz", nonce.hex() + "00", other_day.hex(), other_path.hex()]
        for text in refused:
            headers = {} if text is None else {"Whistle_Work": text}
            assert server.put(wire.MESSAGES_PATH, body, **headers).status == 403, text
        assert server.put(wire.MESSAGES_PATH, body, Whistle_Work=nonce.hex()).status == 204


# --- keyring and statements


def statement(number: int, first: date | None = None, seed: bytes = PERSON_SEED) -> bytes:
    first = first or today()
    made = Statement(keyring().site, 7, number, Identity.generate().recipient, first, first + timedelta(days=20))
    return encode(made.sign(Signer(seed)).to_json())


def test_a_statement_is_published_durably_and_only_ever_by_a_newer_one(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        directory = verify(Published.parse(server.get(wire.KEYRING_PATH).body), today())
        assert directory.statements == {}
        second = statement(2)
        assert server.put(wire.STATEMENTS_PATH, second, Content_Type=wire.JSON).status == 204
        assert server.put(wire.STATEMENTS_PATH, second, Content_Type=wire.JSON).status == 204
        for bad in (
            statement(1),
            statement(2),
            statement(3, today() + timedelta(days=1)),
            statement(3, today() - timedelta(days=25)),
            statement(3, seed=b"x" * 32),
            statement(3) + b"\n",
            b"{}" * 200,
        ):
            assert server.put(wire.STATEMENTS_PATH, bad, Content_Type=wire.JSON).status == 400
        assert verify(Published.parse(server.get(wire.KEYRING_PATH).body), today()).statements[7].number == 2
        server.kill()
    with serving(tmp_path) as server:
        assert verify(Published.parse(server.get(wire.KEYRING_PATH).body), today()).statements[7].number == 2


# --- the listing


def admission(query: str, seed: bytes = PERSON_SEED, person: int = 7, at: int = 0) -> dict[str, str]:
    at, nonce = at or int(time.time()), os.urandom(16)
    signature = sign_listing(Signer(seed), keyring().site, query, at, nonce)
    return {"Whistle_Pass": f"{person}:{at}:{nonce.hex()}:{signature.hex()}"}


def test_an_enrolled_person_lists_the_messages_of_a_day_page_by_page(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        messages = [record() for _ in range(70)]
        for message in messages:
            assert server.put(wire.MESSAGES_PATH, bytes(message)).status == 204
        server.put(wire.CHUNKS_PATH, bytes(record()))
        listed: list[bytes] = []
        after = b""
        for size in (64, 6):
            query = wire.listing_query(today(), after)
            answer = server.get(f"/v1/messages?{query}", **admission(query))
            page = [answer.body[at : at + RECORD_SIZE] for at in range(0, len(answer.body), RECORD_SIZE)]
            assert (answer.status, len(page)) == (200, size)
            listed += page
            after = page[-1][:32]
        assert listed == sorted(map(bytes, messages))
        query = wire.listing_query(today() - timedelta(days=1))
        assert server.get(f"/v1/messages?{query}", **admission(query)).body == b""


def test_nobody_else_lists_messages(server: Server) -> None:
    query = wire.listing_query(today())
    target = f"/v1/messages?{query}"
    good = admission(query)
    assert server.get(target, **good).status == 200
    refused = [
        {},
        good,  # once only
        admission(wire.listing_query(today(), bytes(32))),
        admission(query, seed=b"x" * 32),
        admission(query, person=8),
        admission(query, at=int(time.time()) - wire.PASS_SECONDS - 5),
        admission(query, at=int(time.time()) + wire.PASS_SECONDS + 5),
        {"Whistle_Pass": "7:1:zz:zz"},
    ]
    for headers in refused:
        answer = server.get(target, **headers)
        assert (answer.status, answer.body) == (401, b""), headers


@pytest.mark.parametrize("query", ["", "day=2026-02-30&after=", "day=2026-02-20", "after=&day=2026-02-20"])
def test_a_query_in_another_form_is_refused(server: Server, query: str) -> None:
    assert server.get(f"/v1/messages?{query}", **admission(query)).status == 400
