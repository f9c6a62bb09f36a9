"""The thread by which a child reaches the shelf: one question, one answer, over a socket pair to its parent.

A child never touches the database, whose connection must not cross a fork. A question is a verb (1 byte) and a length
(u32 little-endian) before its bytes; an answer is an outcome, a length and bytes.
"""

import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from enum import IntEnum
from typing import Final, Never

from whistle.courier import Pass
from whistle.errors import AddressTaken, Refused, ShelfError, ShelfFull, ShelfUnavailable
from whistle.protocol.labels import FETCH_COUNT, LOOK_COUNT, PUT_CHUNK_LIMIT, RECORD_SIZE
from whistle.protocol.record import Record

FRAME: Final = struct.Struct("<BI")
_NOTHING: Final = bytes(RECORD_SIZE)
QUESTION_LIMIT: Final = PUT_CHUNK_LIMIT * RECORD_SIZE

#: Puts of chunks whose answers a child may leave for later: one that is written, and one that is on its way.
_AHEAD: Final = 2


class Verb(IntEnum):
    """What a child may ask for."""

    KEYRING = 1
    PUT_MESSAGE = 2
    PUT_CHUNKS = 3
    LOOK = 4
    FETCH = 5
    BURN = 6
    CLAIM = 7
    SPEND = 8
    TROUBLE = 9
    ROOM = 10
    SHOW = 11


class Outcome(IntEnum):
    """What became of it."""

    DONE = 0
    TAKEN = 1
    FULL = 2
    UNAVAILABLE = 3
    REFUSED = 4


_ERRORS: Final[dict[Outcome, type[ShelfError]]] = {
    Outcome.TAKEN: AddressTaken,
    Outcome.FULL: ShelfFull,
    Outcome.UNAVAILABLE: ShelfUnavailable,
}


class ShelfLink:
    """A ``Courier`` that goes straight to the parent's shelf, and the parent's memory of form tickets."""

    def __init__(self, sock: socket.socket, ticket_key: bytes) -> None:
        self._sock = sock
        self._unanswered = 0
        #: 32 random bytes of this server process, for signing tickets; a restart makes all older tickets invalid
        self.ticket_key = ticket_key

    def fileno(self) -> int:
        """Return the descriptor that has to stay open."""
        return self._sock.fileno()

    # --- Courier

    def keyring(self) -> bytes:
        """Return the published document (JSON, UTF-8)."""
        return self._ask(Verb.KEYRING)

    def put_message(self, record: Record) -> None:
        """Put one message; durable on return. Raises ``AddressTaken``, ``ShelfFull`` and ``ShelfUnavailable``."""
        self._ask(Verb.PUT_MESSAGE, bytes(record))

    def put_chunks(self, records: Sequence[Record]) -> None:
        """Put 1 to 32 chunks in one durable step; raises as ``put_message``, and then stores none of them.

        The next chunks are sealed while the shelf writes these: what went wrong is raised by a later call, the next
        one that is no ``put_chunks`` at the latest. So a message that was put has all chunks before it on the disk.
        """
        while self._unanswered >= _AHEAD:
            self._take_answer()
        self._send(Verb.PUT_CHUNKS, b"".join(map(bytes, records)))
        self._unanswered += 1

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        """Return for each of exactly 128 addresses whether a record lies there."""
        found = self._ask(Verb.LOOK, b"".join(addresses))
        return tuple(bool(found[place // 8] >> place % 8 & 1) for place in range(LOOK_COUNT))

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return for each of exactly 8 addresses 32,768 bytes, zeros where nothing lies."""
        found = self._ask(Verb.FETCH, b"".join(addresses))
        records = (found[begin : begin + RECORD_SIZE] for begin in range(1, len(found), RECORD_SIZE))
        return tuple(next(records) if found[0] >> place & 1 else _NOTHING for place in range(FETCH_COUNT))

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Remove every record with the burn hash of one of exactly 8 tokens."""
        self._ask(Verb.BURN, b"".join(tokens))

    def publish(self, statement: bytes) -> Never:  # noqa: ARG002 - the signature is Courier's
        """Refuse: a form is no enrolled person."""
        raise Refused

    def messages(self, query: str, admission: Pass) -> Never:  # noqa: ARG002 - as publish
        """Refuse: a form is no enrolled person."""
        raise Refused

    # --- what a page asks before anybody begins to write

    def check_room(self) -> bool:
        """Return whether files are taken; raises ``ShelfFull`` or ``ShelfUnavailable`` where not even text is."""
        return self._ask(Verb.ROOM) == b"\x01"

    # --- form tickets

    def claim(self, ticket: bytes) -> bool:
        """Ask whether the form with this ticket (16 bytes) may do its work now; false if it was done already.

        Waits while another child does the same work. The claim is given back when this process ends without ``spend``.
        """
        return self._ask(Verb.CLAIM, ticket) == b"\x01"

    def spend(self, ticket: bytes) -> None:
        """Mark a claimed ticket as used: the work of its form is done."""
        self._ask(Verb.SPEND, ticket)

    # --- what only the nursery may do

    def show(self, path: str, page: bytes) -> None:
        """Have ``page`` (HTML) answered from memory to everybody who asks for ``path``; an empty one is taken away."""
        self._ask(Verb.SHOW, path.encode() + b"\0" + page)

    # --- what went wrong

    def trouble(self, place: str) -> None:
        """Report a fault of our own by its place in the code, which says nothing about anybody."""
        self._ask(Verb.TROUBLE, place.encode()[:QUESTION_LIMIT])

    def _ask(self, verb: Verb, payload: bytes = b"") -> bytes:
        while self._unanswered:
            self._take_answer()
        self._send(verb, payload)
        return self._answer()

    def _take_answer(self) -> None:
        try:
            self._unanswered -= 1
            self._answer()
        except ShelfError:
            # One error is told once: what was asked after it is nobody's any more.
            while self._unanswered:
                with suppress(ShelfError):
                    self._take_answer()
            raise

    def _send(self, verb: Verb, payload: bytes) -> None:
        try:
            self._sock.sendall(FRAME.pack(verb, len(payload)) + payload)
        except OSError as error:
            raise ShelfUnavailable from error

    def _answer(self) -> bytes:
        try:
            outcome, length = FRAME.unpack(self._receive(FRAME.size))
            answer = self._receive(length)
        except OSError as error:
            raise ShelfUnavailable from error
        if outcome == Outcome.DONE:
            return answer
        raise _ERRORS.get(outcome, Refused)

    def _receive(self, length: int) -> bytes:
        received = bytearray(length)
        view = memoryview(received)
        while view:
            count = self._sock.recv_into(view)
            if not count:
                raise ConnectionResetError
            view = view[count:]
        return bytes(received)
