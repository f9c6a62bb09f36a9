"""The blind interface, ``/v1/…``: bytes of one size in, bytes of one size out. docs/protocol.md, section 9."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from whistle.courier import wire
from whistle.errors import (
    AddressTaken,
    ProtocolError,
    RequestRefused,
    ShelfError,
    ShelfFull,
    SignatureInvalid,
    WorkMissing,
)
from whistle.intake.heads import Head
from whistle.intake.passes import Passes
from whistle.intake.published import Bulletin
from whistle.intake.verbs import Verbs
from whistle.protocol import labels, work

#: Called once with status, body and media type.
Served = Callable[[int, bytes, str], None]

_QUERY: Final = re.compile(r"day=([0-9]{4}-[0-9]{2}-[0-9]{2})&after=((?:[0-9a-f]{64})?)")
_NONCE: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class _Call:
    kind: str
    sizes: range

    def check(self, head: Head) -> None:
        if head.length > self.sizes[-1]:
            raise RequestRefused(413)
        if head.length not in self.sizes or head.query or head.fields.get("content-type") != self.kind:
            raise RequestRefused(400)


def _exactly(size: int) -> range:
    return range(size, size + 1)


_RECORD: Final = labels.RECORD_SIZE
_POSTS: Final[Mapping[str, _Call]] = {
    wire.STATEMENTS_PATH: _Call(wire.JSON, range(256, wire.STATEMENT_LIMIT + 1)),
    wire.MESSAGES_PATH: _Call(wire.OCTETS, _exactly(_RECORD)),
    wire.CHUNKS_PATH: _Call(wire.OCTETS, range(_RECORD, labels.PUT_CHUNK_LIMIT * _RECORD + 1, _RECORD)),
    wire.LOOK_PATH: _Call(wire.OCTETS, _exactly(labels.LOOK_COUNT * labels.ADDRESS_SIZE)),
    wire.FETCH_PATH: _Call(wire.OCTETS, _exactly(labels.FETCH_COUNT * labels.ADDRESS_SIZE)),
    wire.BURN_PATH: _Call(wire.OCTETS, _exactly(labels.BURN_COUNT * labels.BURN_TOKEN_SIZE)),
}
_GETS: Final = frozenset({wire.KEYRING_PATH, wire.MESSAGES_PATH})


class Interface:
    """Answers the calls of the interface; a put is answered when it is durable."""

    def __init__(self, verbs: Verbs, bulletin: Bulletin, passes: Passes) -> None:
        self._verbs = verbs
        self._bulletin = bulletin
        self._passes = passes

    def admit(self, head: Head) -> None:
        """Raise ``RequestRefused`` for what no body could make right, before any of the body is read."""
        if head.method == "POST" and head.path in _POSTS:
            _POSTS[head.path].check(head)
        elif head.path not in _GETS and head.path not in _POSTS:
            raise RequestRefused(404)
        elif head.method != "GET" or head.path not in _GETS:
            raise RequestRefused(405)

    def serve(self, head: Head, body: bytes, served: Served) -> None:
        """Do what an admitted request asks for, and tell ``served`` once."""
        try:
            if head.method == "POST":
                self._check_work(head, body)
                self._post(head.path, body, served)
            elif head.path == wire.KEYRING_PATH:
                served(200, self._verbs.keyring(), wire.JSON)
            else:
                served(200, self._list(head), wire.OCTETS)
        except RequestRefused as refused:
            served(refused.status, b"", "")
        except (ProtocolError, ShelfError) as error:
            served(status_of(error), b"", "")

    def _check_work(self, head: Head, body: bytes) -> None:
        if self._bulletin.work_bits == 0:
            return
        text = head.fields.get(wire.WORK_HEADER.lower(), "")
        if _NONCE.fullmatch(text) is None:
            raise WorkMissing
        today, yesterday = self._bulletin.challenges()
        try:
            work.check(today, head.path, body, self._bulletin.work_bits, bytes.fromhex(text))
        except WorkMissing:
            work.check(yesterday, head.path, body, self._bulletin.work_bits, bytes.fromhex(text))

    def _post(self, path: str, body: bytes, served: Served) -> None:
        def on_done(error: ShelfError | None) -> None:
            served(204 if error is None else status_of(error), b"", "")

        match path:
            case wire.MESSAGES_PATH:
                self._verbs.put_message(body, on_done)
            case wire.CHUNKS_PATH:
                self._verbs.put_chunks(body, on_done)
            case wire.BURN_PATH:
                self._verbs.burn(body, on_done)
            case wire.LOOK_PATH:
                served(200, self._verbs.look(body), wire.OCTETS)
            case wire.FETCH_PATH:
                served(200, self._verbs.fetch(body), wire.OCTETS)
            case _:
                self._publish(body)
                served(204, b"", "")

    def _publish(self, body: bytes) -> None:
        try:
            self._bulletin.publish(body)
        except ProtocolError as error:
            raise RequestRefused(400) from error

    def _list(self, head: Head) -> bytes:
        untrusted_pass = head.fields.get(wire.PASS_HEADER.lower(), "")
        self._passes.check(untrusted_pass, head.query, self._bulletin.site, self._bulletin.signing_key)
        match = _QUERY.fullmatch(head.query)
        if match is None:
            raise RequestRefused(400)
        try:
            day = date.fromisoformat(match[1])
        except ValueError as error:
            raise RequestRefused(400) from error
        return self._verbs.messages(day, bytes.fromhex(match[2]))


def status_of(error: ProtocolError | ShelfError) -> int:
    """Return the status that tells a client of ``error``."""
    match error:
        case AddressTaken():
            return 409
        case ShelfFull():
            return 507
        case ShelfError():
            return 503
        case WorkMissing():
            return 403
        case SignatureInvalid():
            return 401
        case _:
            return 400
