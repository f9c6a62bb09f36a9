"""The parent's end of a child's link: takes question after question and gives their answers in the same order."""

import socket
from collections.abc import Callable

from whistle.errors import AddressTaken, RecordMalformed, ShelfError, ShelfFull
from whistle.intake.link import FRAME, QUESTION_LIMIT, Outcome, Verb
from whistle.intake.log import Troubles
from whistle.intake.loop import READABLE, WRITABLE, Loop
from whistle.intake.tickets import TICKET_SIZE, Tickets
from whistle.intake.verbs import Done, Verbs


class Desk:
    """Serves one child until it ends, and then calls ``ended``; what it claimed and did not spend is free again.

    ``show`` is given for the nursery alone: what a child has been made to do must not change the pages of others.
    """

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        verbs: Verbs,
        tickets: Tickets,
        troubles: Troubles,
        ended: Callable[[], None],
        show: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._sock = sock
        self._ended = ended
        self._show = show
        self._loop = loop
        self._writes: dict[int, Callable[[bytes, Done], None]] = {
            Verb.PUT_MESSAGE: verbs.put_message,
            Verb.PUT_CHUNKS: verbs.put_chunks,
            Verb.BURN: verbs.burn,
        }
        self._reads: dict[int, Callable[[bytes], bytes]] = {
            Verb.LOOK: verbs.look,
            Verb.FETCH: verbs.fetch_present,
            Verb.KEYRING: lambda _nothing: verbs.keyring(),
            Verb.ROOM: lambda _nothing: verbs.check_room(),
        }
        self._tickets = tickets
        self._troubles = troubles
        self._verb: int | None = None
        self._expect(FRAME.size)
        self._unsent = memoryview(b"")
        self._closed = False
        sock.setblocking(False)  # noqa: FBT003 - the socket's own interface
        loop.watch(sock.fileno(), READABLE, self._on_readable, self.close)

    def close(self) -> None:
        """End the conversation."""
        if not self._closed:
            self._closed = True
            self._loop.forget(self._sock.fileno())
            self._sock.close()
            self._tickets.release(self)
            self._ended()

    def _expect(self, size: int) -> None:
        self._received, self._filled = bytearray(size), 0

    def _on_readable(self, _events: int) -> None:
        try:
            count = self._sock.recv_into(memoryview(self._received)[self._filled :])
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self.close()
            return
        self._filled += count
        if self._filled == len(self._received):
            self._on_received()

    def _on_received(self) -> None:
        if self._verb is None:
            self._verb, length = FRAME.unpack(self._received)
            if length > QUESTION_LIMIT:
                self.close()
                return
            self._expect(length)
            if length:
                return
        verb, question = self._verb, bytes(self._received)
        self._verb = None
        self._expect(FRAME.size)
        self._serve(verb, question)

    def _serve(self, verb: int, question: bytes) -> None:
        try:
            self._dispatch(verb, question)
        except RecordMalformed:
            self._answer(Outcome.REFUSED)
        except ShelfError as error:
            self._answer(_outcome_of(error))

    def _dispatch(self, verb: int, question: bytes) -> None:
        if verb in self._writes:
            self._writes[verb](question, self._on_done)
        elif verb in self._reads:
            self._answer(Outcome.DONE, self._reads[verb](question))
        elif verb == Verb.CLAIM and len(question) == TICKET_SIZE:
            self._tickets.claim(question, self, self._on_claimed)
        elif verb == Verb.SPEND:
            self._answer(Outcome.DONE if self._tickets.spend(question, self) else Outcome.REFUSED)
        elif verb == Verb.SHOW and self._show is not None:
            path, _, page = question.partition(b"\0")
            self._show(path.decode(), page)
            self._answer(Outcome.DONE)
        elif verb == Verb.TROUBLE:
            self._troubles.add(question.decode(errors="replace"))
            self._answer(Outcome.DONE)
        else:
            self._answer(Outcome.REFUSED)

    def _on_claimed(self, fresh: bool) -> None:  # noqa: FBT001 - a callback
        self._answer(Outcome.DONE, b"\x01" if fresh else b"\x00")

    def _on_done(self, error: ShelfError | None) -> None:
        self._answer(Outcome.DONE if error is None else _outcome_of(error))

    def _answer(self, outcome: Outcome, payload: bytes = b"") -> None:
        if not self._closed:
            # A child that puts chunk after chunk need not have taken the answer before.
            self._unsent = memoryview(bytes(self._unsent) + FRAME.pack(outcome, len(payload)) + payload)
            self._on_writable(WRITABLE)

    def _on_writable(self, _events: int) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            self._loop.change(self._sock.fileno(), WRITABLE, self._on_writable)
        except OSError:
            self.close()
        else:
            self._loop.change(self._sock.fileno(), READABLE, self._on_readable)


def _outcome_of(error: ShelfError) -> Outcome:
    if isinstance(error, AddressTaken):
        return Outcome.TAKEN
    return Outcome.FULL if isinstance(error, ShelfFull) else Outcome.UNAVAILABLE
