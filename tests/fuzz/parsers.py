"""Targets: each parser of bytes from strangers, with what must hold whatever they are.

Nothing but the parser's own errors may come out of it, what is accepted must be spelled in one way only, and the sizes
of the pieces in which bytes happen to arrive must change nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from types import ModuleType

from werkzeug.datastructures import MultiDict

from dev.fuzz.mutation import tokens_of
from tests.intake.browsing import multipart
from tests.protocol import cast
from whistle.courier import carried
from whistle.courier.carried import Kind
from whistle.errors import (
    BodyMalformed,
    CarriedMalformed,
    ProtocolError,
    ReceiptError,
    RecordMalformed,
    RequestRefused,
    SignatureInvalid,
)
from whistle.intake import heads, passes, uploads
from whistle.intake import multipart as multipart_module
from whistle.intake.heads import SMALLEST_INTERFACE_BODY, Head, HeadReader
from whistle.intake.passes import Passes
from whistle.intake.uploads import FormBody, FormLimits
from whistle.protocol import (
    canonical,
    content,
    directory,
    keyring,
    labels,
    message,
    receipt,
    record,
    signing,
    statement,
)
from whistle.protocol.content import Content
from whistle.protocol.directory import verify
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Role
from whistle.protocol.message import Withdraw
from whistle.protocol.published import Memory, Published
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record


@dataclass(frozen=True)
class Parser:
    """A function that takes any bytes and raises ``AssertionError``, or what nobody expects, for a finding."""

    name: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]
    tokens: Sequence[bytes]
    limit: int = 4_000


# --- heads of requests


def _head(data: bytes) -> None:
    """Read a head as the server does, and in smaller pieces; the first byte says how small."""
    size, stream = 1 + data[0] % 40 if data else 1, data[1:]
    head, taken = _read_head(stream, len(stream))
    assert head == _read_head(stream, size)[0]
    if isinstance(head, Head):
        assert head.path.startswith("/")
        assert head.method == "POST" or head.length == 0
        along = SMALLEST_INTERFACE_BODY if head.interface and head.method == "POST" else 0
        assert taken - (stream.find(b"\r\n\r\n") + 4) <= along


def _read_head(stream: bytes, size: int) -> tuple[Head | int | None, int]:
    """Return the head, or the status of its refusal, and how many bytes were taken from the socket."""
    reader, taken = HeadReader(), 0
    while taken < len(stream):
        piece = stream[taken : taken + min(size, reader.wanted())]
        taken += len(piece)
        try:
            head = reader.feed(piece)
        except RequestRefused as refused:
            return refused.status, taken
        if head is not None:
            return head, taken
    return None, taken


_HEADS = [
    b"\x00GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    (
        b"\x05POST /report/send HTTP/1.1\r\nHost: a.onion\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 5\r\nConnection: keep-alive, close\r\n\r\nabcde"
    ),
    b"\x09POST /v1/look HTTP/1.1\r\nhost:localhost:80\r\nContent-Length: 4096\r\nExpect: 100-continue\r\n\r\n"
    + bytes(300),
    b"\x20HEAD /static/page.css?x=y HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
]


# --- forms with files


_LIMITS = FormLimits(text_bytes=2_000, file_bytes=3_000, parts=12)
_Form = tuple[list[tuple[str, str]], list[tuple[str, str, bytes]], int]


class _InPieces(BytesIO):
    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def _form(data: bytes) -> None:
    """Read a form whole and in small pieces; the first byte says how small."""
    size, body = 1 + data[0] if data else 1, data[1:]
    whole, split = _read_form(BytesIO(body)), _read_form(_InPieces(body, size))
    assert whole == split, (whole, split)
    text, files, status = whole
    assert sum(len(value) for _name, value in text) <= _LIMITS.text_bytes
    assert sum(len(each) for _name, _type, each in files) <= _LIMITS.file_bytes
    assert status in {0, 400, 413}


def _read_form(stream: BytesIO) -> _Form:
    text: MultiDict[str, str] = MultiDict()
    files: list[tuple[str, str, bytes]] = []
    status = 0
    try:
        form = FormBody(stream, "b", _LIMITS, text)
        form.read_text()
        for upload in form.uploads():
            pieces = []
            while piece := upload.read(700):
                pieces.append(piece)
            files.append((upload.name, upload.type, b"".join(pieces)))
    except RequestRefused as refused:
        status = refused.status
    return list(text.items(multi=True)), files, status


_FORMS = [
    b"\x00"
    + multipart([("text", "one\ntwo"), ("a", "")], [("file", "д.pdf", b"%PDF\r\n--b"), ("file", "", b"")], "b")[0],
    b"\x02" + multipart([("text", "x" * 300)], [("file", 'a"b\\c.txt', bytes(900))], "b")[0],
    b"\x50" + multipart([], [("file", "a", b"\r\n--"), ("file", "b", b"\r\n--b-")], "b")[0],
    (
        b'\x07--b\r\ncontent-DISPOSITION: Form-Data; name=x; filename*=y; filename="z"\r\nContent-Type: a/b\r\n\r\n'
        b"\r\n--b--"
    ),
]


# --- documents and bodies in canonical JSON


def _canonical(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except ValueError as error:
        cast.refused_for_a_reason(error)
    else:
        assert canonical.encode(value) == data


def _body(data: bytes) -> None:
    try:
        body = message.decode(data)
    except BodyMalformed as error:
        cast.refused_for_a_reason(error)
    else:
        assert message.encode(body) == data


def _content(data: bytes) -> None:
    with suppress(ProtocolError):
        assert bytes(Content.parse(data)) == data


def _published(data: bytes) -> None:
    with suppress(ProtocolError):
        published = Published.parse(data)
        assert bytes(published) == data
        verify(published, cast.TODAY)


def _memory(data: bytes) -> None:
    with suppress(ProtocolError):
        assert bytes(Memory.parse(data)) == data


def _enrolment(data: bytes) -> None:
    with suppress(ProtocolError):
        Enrolment.parse(data)


def _bodies() -> Iterator[bytes]:
    keys = cast.source()
    first = cast.message(keys)
    yield message.encode(first)
    yield message.encode(
        Withdraw(first.thread, 1, cast.chance("c", 32), first.day, "en", 1, first.readers, (cast.chance("d", 32),))
    )
    yield message.encode(cast.reply())


# --- everything else


def _record(data: bytes) -> None:
    try:
        assert bytes(Record.parse(data)) == data
    except RecordMalformed:
        assert len(data) != labels.RECORD_SIZE


def _receipt(data: bytes) -> None:
    text = data.decode(errors="replace")
    with suppress(ReceiptError):
        parsed = Receipt.parse(text)
        assert Receipt.parse(" ".join(parsed.words()), "english").secret_bytes() == parsed.secret_bytes()


def _pass(data: bytes) -> None:
    admission, _, query = data.decode("latin-1").partition("\n")
    with suppress(SignatureInvalid):
        Passes(lambda: 1_000.0).check(admission, query, cast.SITE, lambda _person: cast.signer("Ana").verifier)
        raise AssertionError("nobody signed this")


def _carried(data: bytes) -> None:
    with suppress(CarriedMalformed):
        for entry in carried.entries(BytesIO(_linked(data))):
            if entry.kind is Kind.DAY:
                assert entry.day.isoformat().encode() == entry.payload
            elif entry.kind is Kind.BURN:
                assert b"".join(entry.tokens) == entry.payload


def _linked(data: bytes) -> bytes:
    """Return a carried file of the entries in ``data``, each with the link that chance would never find."""
    stream, link, at = b"whistle carried 1\n", bytes(labels.HASH_SIZE), 0
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 5], "little")
        payload = data[at + 5 : at + 5 + size]
        link = hashed(labels.CARRIED, kind, payload, key=link)
        stream += data[at : at + 5 + size] + link
        at += 5 + size
    return stream


def _entry(kind: Kind, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(4, "little") + payload


_CARRIED = _entry(Kind.DAY, b"2026-11-21") + _entry(Kind.STATEMENT, b"{}") + _entry(Kind.BURN, bytes(256))


def _known(modules: Iterable[ModuleType], more: Sequence[bytes] = ()) -> list[bytes]:
    return sorted({*tokens_of(modules), *more})


_HEAD_TOKENS = [
    b"GET /",
    b"POST /",
    b"POST /v1/",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"Host: x\r\n",
    b"\r\n\r\n",
    b"\t",
]
_HEAD_TOKENS += [b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n"]
_HEAD_TOKENS += [b"Content-Length: "]
_FORM_TOKENS = [b"--b\r\n", b"\r\n--b\r\n", b"\r\n--b--", b"--b--\r\n", b'; filename="', b'; name="', b"Content-Type: "]
_FORM_TOKENS += [b"Content-Disposition: form-data", b"\r\n\r\n", b"%22", b'\\"']
_JSON_TOKENS = [b'":', b',"', b"[", b"]", b"{", b"}", b"null", b"true", b'""', b"[]", b"{}", b"\\u0000", b"1e5", b"=="]
_SPELLING = _known([canonical, content, message, signing], _JSON_TOKENS)
_DOCUMENT = _known([canonical, directory, keyring, statement, signing], _JSON_TOKENS)

_RECEIPTS = [" ".join(Receipt(bytes(16)).words(each)).encode() for each in receipt.LANGUAGES]

PARSERS: Sequence[Parser] = (
    Parser("heads", _head, _HEADS, _known([heads], _HEAD_TOKENS), 1_000),
    Parser("forms", _form, _FORMS, _known([multipart_module, uploads], _FORM_TOKENS)),
    Parser("canonical", _canonical, [b'{"a":[1,"\xd0\xb4",null,true],"b":{}}', b"[]", b'"\\n\\""'], _SPELLING),
    Parser("bodies", _body, list(_bodies()), _SPELLING),
    Parser("contents", _content, [bytes(Content("A text."))], _SPELLING),
    Parser("published", _published, [bytes(cast.published())], _DOCUMENT, 12_000),
    Parser("memories", _memory, [bytes(cast.directory().memory)], _DOCUMENT),
    Parser("enrolments", _enrolment, [Enrolment.make("Ana", Role.REVIEWER, cast.signer("Ana"))], _DOCUMENT),
    Parser("records", _record, [bytes(labels.RECORD_SIZE), b""], _known([record]), labels.RECORD_SIZE + 1),
    Parser("receipts", _receipt, _RECEIPTS, [b"abandon ", b"about", b"\xe3\x80\x80", b"-", b","]),
    Parser("passes", _pass, [b"1:1000:%s:%s\nday=2026-11-21&after=" % (b"0" * 32, b"0" * 128)], _known([passes])),
    Parser("carried", _carried, [_CARRIED + _entry(Kind.END, b""), _CARRIED], _known([carried])),
)
