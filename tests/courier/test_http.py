from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from secrets import token_bytes
from time import time

import pytest

from tests.courier.scripted import OK, Half, Listener, answer, listening, site, socks
from tests.intake.probe import PERSON_SEED, keyring
from tests.intake.server import Server, serving
from tests.protocol import cast
from whistle.courier import Courier, Pass, wire
from whistle.courier.http import HttpCourier
from whistle.errors import (
    AddressTaken,
    AnswerMalformed,
    Refused,
    SettingsError,
    ShelfFull,
    ShelfUnavailable,
    Unreachable,
)
from whistle.protocol import labels
from whistle.protocol.canonical import encode
from whistle.protocol.directory import verify
from whistle.protocol.listing import sign_listing
from whistle.protocol.published import Published
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import decoy
from whistle.protocol.signing import Signer
from whistle.protocol.statement import Statement

WORK_BITS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("site"), f", work_bits={WORK_BITS}") as running:
        yield running


@pytest.fixture
def courier(server: Server) -> Iterator[HttpCourier]:
    with HttpCourier(f"http://127.0.0.1:{server.port}") as courier:
        yield courier


def addresses(*used: bytes, count: int) -> list[bytes]:
    return [*used, *(token_bytes(32) for _ in range(count - len(used)))]


def today_pass(query: str) -> Pass:
    now, nonce = int(time()), token_bytes(16)
    return Pass(7, now, nonce, sign_listing(Signer(PERSON_SEED), keyring().site, query, now, nonce))


# --- the real server


def test_it_is_a_courier(courier: HttpCourier) -> None:
    typed: Courier = courier
    assert verify(Published.parse(typed.keyring()), datetime.now(UTC).date()).site == keyring().site


def test_put_look_fetch_burn(courier: HttpCourier) -> None:
    token = token_bytes(32)
    record = Record(token_bytes(32), burn_hash(token), token_bytes(labels.SEALED_SIZE))
    courier.put_message(record)
    courier.put_message(record)
    with pytest.raises(AddressTaken):
        courier.put_message(Record(record.address, record.burn_hash, token_bytes(labels.SEALED_SIZE)))
    asked = addresses(count=128)
    asked[77] = record.address
    assert [place for place, used in enumerate(courier.look(asked)) if used] == [77]
    fetched = courier.fetch(addresses(record.address, count=8))
    assert fetched[0] == bytes(record)
    assert {len(each) for each in fetched} == {labels.RECORD_SIZE}
    courier.burn(addresses(token, count=8))
    assert not any(courier.look(asked))


def test_chunks_are_put_all_or_none(courier: HttpCourier) -> None:
    chunks = [decoy() for _ in range(32)]
    courier.put_chunks(chunks)
    clash = Record(chunks[0].address, token_bytes(32), token_bytes(labels.SEALED_SIZE))
    fresh = decoy()
    with pytest.raises(AddressTaken):
        courier.put_chunks([fresh, clash])
    asked = addresses(*(chunk.address for chunk in chunks), fresh.address, count=128)
    assert courier.look(asked)[:33] == (*[True] * 32, False)


def test_a_statement_is_published_and_the_listing_is_read(courier: HttpCourier) -> None:
    today = datetime.now(UTC).date()
    recipient = cast.identity("rosa").recipient
    signed = Statement(keyring().site, 7, 1, recipient, today, today).sign(Signer(PERSON_SEED))
    courier.publish(encode(signed.to_json()))
    assert verify(Published.parse(courier.keyring()), today).statements[7].recipient == recipient
    record = decoy()
    courier.put_message(record)
    query = wire.listing_query(today)
    assert record in courier.messages(query, today_pass(query))
    with pytest.raises(Refused):
        courier.messages(query, Pass(7, int(time()), token_bytes(16), bytes(64)))


def test_a_refused_statement(courier: HttpCourier) -> None:
    with pytest.raises(Refused):
        courier.publish(b"{}")


def test_a_challenge_of_yesterday_is_fetched_again(courier: HttpCourier) -> None:
    courier._challenge = (bytes(32), WORK_BITS)
    for _try in range(4):  # one of 128 is good work for today's or yesterday's challenge too
        courier.put_message(decoy())
        if courier._challenge != (bytes(32), WORK_BITS):
            return
    pytest.fail("work for a challenge of zeros was taken again and again")


# --- sites that answer otherwise


def published(bits: int = 1) -> bytes:
    return answer(OK, bytes(cast.published(work=bits)))


@contextmanager
def asking(*answers: bytes | None) -> Iterator[tuple[HttpCourier, Listener]]:
    """Ask a site that gives these answers."""
    with listening(site(*answers)) as listener, HttpCourier(listener.address, pause=0) as courier:
        yield courier, listener


def test_what_is_sent_tells_nothing_of_the_client() -> None:
    with listening(site(published(), answer(OK, bytes(16), "Set-Cookie: a=b"), answer("204 No"))) as listener:
        with HttpCourier(listener.address) as courier:
            courier.look(addresses(count=128))
            courier.put_message(decoy())
        heads = [request.partition(b"\r\n\r\n")[0].decode().split("\r\n") for request in listener.noted]
    assert listener.connections == 1
    assert [head[0] for head in heads] == [
        "GET /v1/keyring HTTP/1.1",
        "POST /v1/look HTTP/1.1",
        "POST /v1/messages HTTP/1.1",
    ]
    names = [{line.split(":")[0].lower() for line in head[1:]} for head in heads]
    assert names[0] == {"host"}
    assert names[1] == names[2] == {"host", "content-length", "content-type", "whistle-work"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad", Refused),
        ("401 No", Refused),
        ("409 Taken", AddressTaken),
        ("413 Large", Refused),
        ("507 Full", ShelfFull),
        ("500 Oh", AnswerMalformed),
        ("302 Found", AnswerMalformed),
        ("100000 What", Unreachable),
    ],
)
def test_refusals_become_errors_of_ours(status: str, error: type[Exception]) -> None:
    answers = [answer(status, b"page", "Location: http://127.0.0.1:9/")] * 3
    with asking(published(), *answers) as (courier, _listener), pytest.raises(error) as raised:
        courier.put_message(decoy())
    assert type(raised.value) is error


def test_a_refusal_for_work_asks_once_for_a_new_challenge() -> None:
    other = answer(OK, bytes(cast.published(challenge=bytes(32), work=1)))
    forbidden = answer("403 No")
    with listening(site(published(), forbidden, other, answer("204 Ok"))) as listener:
        with HttpCourier(listener.address) as courier:
            courier.put_message(decoy())
        assert len(listener.noted) == 4
    with (
        listening(site(published(), forbidden, other, forbidden)) as listener,
        HttpCourier(listener.address) as courier,
        pytest.raises(Refused),
    ):
        courier.put_message(decoy())
    with asking(published(), forbidden, published()) as (courier, _listener), pytest.raises(Refused):
        courier.put_message(decoy())


@pytest.mark.parametrize("given", [bytes(15), bytes(17), b"", bytes(100_000)])
def test_an_answer_of_another_size_is_not_believed(given: bytes) -> None:
    with asking(published(), answer(OK, given)) as (courier, _listener), pytest.raises(AnswerMalformed):
        courier.look(addresses(count=128))


def test_the_same_bytes_are_sent_again() -> None:
    unwell = [None, answer("503 Busy")]
    with listening(site(published(), *unwell, answer("204 Ok"))) as listener:
        with HttpCourier(listener.address, pause=0) as courier:
            courier.put_message(decoy())
        assert len(set(listener.noted[1:])) == 1
        assert len(listener.noted) == 4


def test_it_gives_up_in_the_end() -> None:
    with listening(site(published(), *[answer("503 Busy")] * 9)) as listener:
        with HttpCourier(listener.address, pause=0) as courier, pytest.raises(ShelfUnavailable):
            courier.put_message(decoy())
        assert len(listener.noted) == 4
    with pytest.raises(Unreachable), HttpCourier(listener.address, pause=0) as courier:
        courier.keyring()


def test_an_answer_that_breaks_off() -> None:
    half = Half(answer(OK, bytes(16))[:-8])
    with asking(published(), half, half, half) as (courier, _listener), pytest.raises(Unreachable):
        courier.look(addresses(count=128))


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"\xff", bytes(cast.published())[:-1], bytes(cast.published(work=25))]
)
def test_a_document_that_is_none(document: bytes) -> None:
    with asking(answer(OK, document)) as (courier, _listener), pytest.raises(AnswerMalformed):
        courier.keyring()


def test_a_listing_out_of_order_or_cut_is_not_believed() -> None:
    low, high = sorted([decoy(), decoy()], key=lambda record: record.address)
    admission = Pass(1, 1, bytes(16), bytes(64))
    for given in (bytes(high) + bytes(low), bytes(low) * 2, bytes(low)[:-1], bytes(low) * 65):
        with asking(answer(OK, given)) as (courier, _listener), pytest.raises(AnswerMalformed):
            courier.messages("day=2026-11-21&after=", admission)
    with asking(answer(OK, bytes(low) + bytes(high))) as (courier, listener):
        assert courier.messages("day=2026-11-21&after=", admission) == (low, high)
    assert b"Whistle-Pass: 1:1:" + b"00" * 16 + b":" + b"00" * 64 in listener.noted[0]


def test_a_pass_is_never_shown_twice() -> None:
    with asking(answer("503 Busy"), answer(OK)) as (courier, listener), pytest.raises(ShelfUnavailable):
        courier.messages("day=2026-11-21&after=", Pass(1, 1, bytes(16), bytes(64)))
    assert len(listener.noted) == 1


# --- proxies and addresses


def test_each_courier_has_circuits_of_its_own_and_the_proxy_resolves_the_name() -> None:
    with listening(socks) as proxy:
        for _visit in range(2):
            url = f"socks5h://127.0.0.1:{proxy.port}"
            with HttpCourier("http://whistle.onion", url, pause=0) as courier, pytest.raises(ShelfUnavailable):
                courier.keyring()
    names, passwords = proxy.noted[::4], proxy.noted[1::4]
    assert set(proxy.noted[2::4]) == {b"whistle.onion"}
    assert len(names) == len(passwords) == 6
    assert len(set(names)) == len(set(passwords)) == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "whistle.example",
        "ftp://whistle.example",
        "http://whistle.example",
        "https://",
        "https://name:word@whistle.example",
        "https://whistle.example/path",
        "https://whistle.example?query",
        "https://whistle.example#fragment",
        "https://whistle.example:port",
        "https://[::1",
        "http://abc.onion",
    ],
)
def test_an_address_that_is_not_safe_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        HttpCourier(address)


@pytest.mark.parametrize("address", ["https://whistle.example", "http://localhost:8000/", "http://[::1]:8000"])
def test_an_address_that_is_safe(address: str) -> None:
    with closing(HttpCourier(address)) as courier:
        assert courier._address == address.rstrip("/")


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:9050", "http://127.0.0.1:9050", "socks5h://", "socks5h://h:x", "9050"]
)
def test_a_proxy_that_would_resolve_here_is_refused(proxy: str) -> None:
    with pytest.raises(SettingsError):
        HttpCourier("https://whistle.example", proxy)
