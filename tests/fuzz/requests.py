"""The target of whole requests: the head is read, admitted and answered as the server does it, on a real shelf.

An input is a request as text, in which marks such as ``%LENGTH%`` stand for what changes with time or is too long to
keep: a form's ticket is good for hours, a pass for minutes, a record has 32 KiB. So what is kept stays readable, and
chance finds the marks as easily as everything else.
"""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from dev.fuzz.mutation import tokens_of
from tests.intake.browsing import harbour_watch, make_app, multipart, write_published
from tests.protocol import cast
from tests.source.stage import RECEIPT, ShelfCourier, Stage
from whistle.courier import Pass, wire
from whistle.errors import Refused, RequestRefused, ShelfError
from whistle.intake import forms, origin, published, request, signed_ticket, static
from whistle.intake.child import LINK
from whistle.intake.heads import Head, HeadReader
from whistle.intake.interface import Interface
from whistle.intake.pages import message, replies, report, withdraw
from whistle.intake.passes import Passes
from whistle.intake.published import Bulletin
from whistle.intake.static import StaticFiles
from whistle.intake.tickets import Tickets
from whistle.intake.verbs import Done, Verbs
from whistle.intake.wsgi import serve
from whistle.protocol import labels
from whistle.protocol.canonical import encode
from whistle.protocol.listing import sign_listing
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.shelf import Shelf

_CAPACITY = 600
_RUNS_PER_SHELF = 400
_BODY_LIMIT = 1 << 20
_SLOWEST = 1
_QUERY = re.compile(rb"^GET /v1/messages\?(\S*) ")
_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
_WORDS = " ".join(RECEIPT.words())


class LinkAtHand:
    """What a child has for a link, without a process in between: the same verbs, the same memory of tickets."""

    def __init__(self, verbs: Verbs, tickets: Tickets) -> None:
        self.ticket_key = cast.chance("tickets", 32)
        self._verbs = verbs
        self._tickets = tickets

    def keyring(self) -> bytes:
        return self._verbs.keyring()

    def check_room(self) -> None:
        self._verbs.check_room()

    def put_message(self, record: Record) -> None:
        self._done(lambda done: self._verbs.put_message(bytes(record), done))

    def put_chunks(self, records: Sequence[Record]) -> None:
        self._done(lambda done: self._verbs.put_chunks(b"".join(map(bytes, records)), done))

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        found = self._verbs.look(b"".join(addresses))
        return tuple(bool(found[place // 8] >> place % 8 & 1) for place in range(labels.LOOK_COUNT))

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        found, size = self._verbs.fetch(b"".join(addresses)), labels.RECORD_SIZE
        return tuple(found[at : at + size] for at in range(0, len(found), size))

    def burn(self, tokens: Sequence[bytes]) -> None:
        self._done(lambda done: self._verbs.burn(b"".join(tokens), done))

    def publish(self, statement: bytes) -> None:
        raise Refused(str(len(statement)))

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        raise Refused(query, str(admission.person))

    def claim(self, ticket: bytes) -> bool:
        told: list[bool] = []
        self._tickets.claim(ticket, self, told.append)
        return told == [True]

    def spend(self, ticket: bytes) -> None:
        assert self._tickets.spend(ticket, self)

    def trouble(self, place: str) -> None:
        raise AssertionError(place)

    def _done(self, act: Callable[[Done], None]) -> None:
        outcomes: list[ShelfError | None] = []
        act(outcomes.append)
        self._verbs.commit()
        assert len(outcomes) == 1
        if outcomes[0] is not None:
            raise outcomes[0]


class House:
    """What one server process has, for the requests of some time."""

    def __init__(self, folder: Path) -> None:
        write_published(folder, harbour_watch())
        self.shelf = Shelf(
            folder / "shelf", today=lambda: cast.TODAY, message_days=90, chunk_days=90, capacity=_CAPACITY
        )
        stage = Stage(self.shelf, ShelfCourier(self.shelf), cast.directory())
        stage.tell("The crane was never ordered.")
        stage.answer(1)
        stage.answer_with_files(3, {"примечание.txt": b"a note", "b": bytes(40_000)})
        bulletin = Bulletin(folder / "keyring.json", folder / "statements", 0, lambda: cast.TODAY)
        self.verbs = Verbs(self.shelf, bulletin)
        self.interface = Interface(self.verbs, bulletin, Passes())
        self.tickets = Tickets(3_600, 1_000)
        self.static = StaticFiles({"/static/": Path(static.__file__).parent.parent / "static" / "intake"})


class Requests:
    """A request, whole: what the server would answer to it is never a fault of its own."""

    name = "requests"
    limit = 20_000
    tokens: Sequence[bytes]
    seeds: Sequence[bytes]

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._app = make_app(folder, form_mib=1, form_files=3)
        self._app.config["PROPAGATE_EXCEPTIONS"] = False
        self._house: House | None = None
        self._runs = 0
        self.tokens = [*tokens_of([forms, message, origin, published, replies, report, request, withdraw]), *_TOKENS]
        self.seeds = list(seeds())

    def run(self, data: bytes) -> None:
        """Answer ``data`` as the server would; what it waits for more of is left."""
        house = self._opened()
        raw = _filled(data, house)
        head, body = _parted(raw)
        if head is None or house.static.find(head) is not None or len(body) < min(head.length, _BODY_LIMIT):
            return
        body = body[: head.length]
        if head.interface:
            _ask_interface(house, head, body)
        elif head.length <= _BODY_LIMIT:
            _ask_pages(self._app, head, body, LinkAtHand(house.verbs, house.tickets))

    def _opened(self) -> House:
        """Return the house; a new one after some time, so that a full shelf does not end everything."""
        self._runs += 1
        if self._house is None or self._runs % _RUNS_PER_SHELF == 0:
            self.close()
            folder = self._folder / str(self._runs)
            folder.mkdir()
            self._house = House(folder)
        return self._house

    def close(self) -> None:
        """Close the shelf."""
        if self._house is not None:
            self._house.shelf.close()


def _parted(raw: bytes) -> tuple[Head | None, bytes]:
    """Return the head, and all that follows it; none where the server refuses, or waits for more."""
    reader = HeadReader()
    try:
        head = reader.feed(raw)
    except RequestRefused:
        return None, b""
    return head, b"" if head is None else reader.rest()


def _ask_interface(house: House, head: Head, body: bytes) -> None:
    answers: list[int] = []
    try:
        house.interface.admit(head)
    except RequestRefused:
        return
    house.interface.serve(head, body, lambda status, _body, _kind: answers.append(status))
    house.verbs.commit()
    assert len(answers) == 1
    assert answers[0] in {200, 204, 400, 401, 403, 409, 503, 507}
    assert answers[0] != 503 or not house.shelf.is_usable


def _ask_pages(app: object, head: Head, body: bytes, link: LinkAtHand) -> None:
    with _visitor(body) as (ours, received):
        serve(app, ours, head, {LINK: link}, _SLOWEST)  # type: ignore[arg-type]
    answer = received()
    status = _STATUS.match(answer)
    assert status is not None, answer[:100]
    assert status[1] != b"500", answer[:100]
    assert b"Traceback" not in answer
    fields, _, content = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Security-Policy: default-src 'none'" in fields
    assert b"\r\nSet-Cookie:" not in fields
    length = re.search(rb"\r\nContent-Length: ([0-9]+)", fields)
    assert length is not None
    assert head.method == "HEAD" or len(content) == int(length[1])


@contextmanager
def _visitor(body: bytes) -> Iterator[tuple[socket.socket, Callable[[], bytes]]]:
    """Give the server's end of a connection on which ``body`` was sent, and a way to what was answered."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _address = listener.accept()

    def visit() -> None:
        theirs.sendall(body)
        while piece := theirs.recv(1 << 16):
            received.append(piece)

    thread = Thread(target=visit)
    thread.start()

    def answer() -> bytes:
        thread.join()
        theirs.close()
        return b"".join(received)

    try:
        yield ours, answer
    finally:
        ours.close()


# --- marks


def _filled(data: bytes, house: House) -> bytes:
    """Put in what the marks stand for."""
    key = LinkAtHand(house.verbs, house.tickets).ticket_key
    for purpose in ("message", "withdraw"):
        mark = f"%TICKET-{purpose}%".encode()
        if mark in data:
            data = data.replace(mark, signed_ticket.issue(key, purpose, int(time.time()) + 60).encode())
    for mark, fill in _FILLS.items():
        if mark in data:
            data = data.replace(mark, fill(), 3)
    query = _QUERY.match(data)
    data = data.replace(b"%PASS%", _pass("" if query is None else query[1].decode("latin-1")).encode())
    _head, end, body = data.partition(b"\r\n\r\n")
    return data.replace(b"%LENGTH%", str(len(body)).encode(), 1) if end else data


def _pass(query: str) -> str:
    at, nonce = int(time.time()), os.urandom(16)
    signature = sign_listing(cast.signer("Ana"), cast.SITE, query, at, nonce)
    return f"{cast.ANA}:{at}:{nonce.hex()}:{signature.hex()}"


def _statement() -> bytes:
    return encode(cast.signed_statement(cast.ANA, number=4).to_json())


_FILLS: dict[bytes, Callable[[], bytes]] = {
    b"%WORDS%": _WORDS.encode,
    b"%FRESH%": lambda: " ".join(Receipt.generate().words()).encode(),
    b"%RECORD%": lambda: os.urandom(labels.RECORD_SIZE),
    b"%SAME%": lambda: cast.chance("record", labels.RECORD_SIZE),
    b"%LOOK%": lambda: os.urandom(labels.LOOK_COUNT * labels.ADDRESS_SIZE),
    b"%FETCH%": lambda: os.urandom(labels.FETCH_COUNT * labels.ADDRESS_SIZE),
    b"%STATEMENT%": _statement,
    b"%NOISE%": lambda: bytes(70_000),
}
_TOKENS = [*_FILLS, b"%TICKET-message%", b"%TICKET-withdraw%", b"%PASS%", b"%LENGTH%", b"receipt=", b"&channel=1",
           b"&index=0", b"&text=", b"&contact=", b"&shown=1", b"&excluded=1", b"&shown=3", b"Host: x\r\n", b"GET ",
           b"POST ", b"HEAD ", b"Origin: null\r\n", b"Sec-Fetch-Site: none\r\n", b"multipart/form-data; boundary=",
           b"----formboundaryX", b"%F0%9F%98%80", b"%ED%A0%80", b"%00", b"+", b"%0D%0A", b"charset=utf-16",
           b"application/x-www-form-urlencoded"]  # fmt: skip


# --- seeds


def _get(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


def _post(path: str, kind: str, body: bytes, *fields: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", "Content-Length: %LENGTH%", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _urlencoded(path: str, body: str, *fields: str) -> bytes:
    return _post(path, "application/x-www-form-urlencoded", body.encode(), *fields)


def _multipart(path: str, fields: dict[str, str], *files: tuple[str, str, bytes]) -> bytes:
    body, kind = multipart(list(fields.items()), files)
    return _post(path, kind, body)


def seeds() -> Iterator[bytes]:
    """Yield honest requests of every kind, with marks."""
    yield _get("/")
    yield _get("/replies?x=1#", "Accept-Language: de, en;q=0.5")
    yield _get("/static/../x", "Connection: close")
    yield b"HEAD / HTTP/1.0\r\n\r\n"
    own = ("Origin: http://localhost", "Sec-Fetch-Site: same-origin")
    yield _urlencoded("/report", "channel=1", *own)
    yield _urlencoded("/report", "channel=1&receipt=%WORDS%")
    yield _urlencoded("/report/words", "channel=1&receipt=%WORDS%")
    yield _urlencoded("/report/form", "channel=1&receipt=%WORDS%&place=1&word=a&place=2&word=b")
    yield _urlencoded("/report/form", "channel=1&receipt=%WORDS%&skip=yes")
    common = {"ticket": "%TICKET-message%", "receipt": "%WORDS%", "channel": "1", "index": "0", "shown": "1"}
    sent = common | {"text": "Тендер\nwas open", "contact": ""}
    yield _urlencoded("/report/send", "&".join(f"{name}={value}" for name, value in sent.items()))
    yield _multipart("/report/send", sent, ("file", "фото.jpg", b"\xff\xd8\xff"), ("file", "", b""))
    told = sent | {"receipt": "%FRESH%", "contact": "me"}
    yield _urlencoded("/report/send", "&".join(f"{name}={value}" for name, value in told.items()) + "&shown=3")
    yield _multipart("/report/send", sent | {"receipt": "%FRESH%"}, ("file", "a.txt", b"%NOISE%"), ("file", "b", b"b"))
    yield _multipart("/replies/follow-up", sent | {"index": "1", "text": "more %NOISE%"}, ("file", 'a"\\b', b""))
    yield _urlencoded("/replies", "receipt=%WORDS%")
    yield _urlencoded("/replies", "receipt=%WORDS%&before=2&wordlist=english")
    yield _urlencoded("/replies/open", "receipt=%WORDS%&reply=1")
    yield _urlencoded("/replies/file", "receipt=%WORDS%&reply=3&file=0")
    yield _urlencoded("/withdraw", "receipt=%WORDS%")
    yield _urlencoded("/withdraw/now", "ticket=%TICKET-withdraw%&receipt=%WORDS%&shown=1&shown=2&excluded=2")
    yield _urlencoded("/withdraw/now", "ticket=%TICKET-withdraw%&receipt=%WORDS%&shown=1&also_replies=y")
    yield _get(wire.KEYRING_PATH)
    yield _get(f"{wire.MESSAGES_PATH}?day=2026-11-21&after=", f"{wire.PASS_HEADER}: %PASS%")
    yield _get(f"{wire.MESSAGES_PATH}?day=2026-02-30&after={'0' * 64}", f"{wire.PASS_HEADER}: %PASS%")
    for path, body in (
        (wire.MESSAGES_PATH, b"%RECORD%"),
        (wire.MESSAGES_PATH, b"%SAME%"),
        (wire.CHUNKS_PATH, b"%RECORD%%RECORD%"),
        (wire.CHUNKS_PATH, b"%SAME%%SAME%"),
        (wire.LOOK_PATH, b"%LOOK%"),
        (wire.FETCH_PATH, b"%FETCH%"),
        (wire.BURN_PATH, b"%FETCH%"),
    ):
        yield _post(path, wire.OCTETS, body)
    yield _post(wire.STATEMENTS_PATH, wire.JSON, b"%STATEMENT%")


@contextmanager
def opened() -> Iterator[Requests]:
    """Open the target in a folder of its own."""
    with TemporaryDirectory(prefix="whistle-fuzz-") as folder:
        target = Requests(Path(folder))
        try:
            yield target
        finally:
            target.close()
