"""One open connection, from its first byte to its last. RFC 9112.

A visit is always in exactly one state, which is the handler that the loop calls next. Bodies of the interface are
read here, since everything in them is sealed. The body of a form never is: it waits in the kernel until a child is
forked, and where it has to be thrown away the kernel does so without handing it over (``MSG_TRUNC``).
"""

import fcntl
import socket
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from whistle.errors import RequestRefused
from whistle.intake.answers import CONTINUE, answer
from whistle.intake.heads import Head, HeadReader
from whistle.intake.loop import ENDED, NOTHING, PEER_CLOSED, READABLE, WRITABLE, Handler
from whistle.intake.pace import Pace
from whistle.intake.places import Standing
from whistle.protocol.labels import RECORD_SIZE

if TYPE_CHECKING:
    from whistle.intake.reception import Reception

_UNTOUCHED: Final = bytearray(1 << 20)
_FOREVER: Final = float("inf")


class Visit:
    """A visitor's connection. ``deadline`` is on the clock of ``time.monotonic``."""

    def __init__(self, sock: socket.socket, reception: "Reception") -> None:
        self.sock = sock
        self.closed = False
        self._reception = reception
        self._limits = reception.limits
        self._loop = reception.loop
        self._number = sock.fileno()
        self._reader = HeadReader()
        self._body = bytearray()
        self._filled = 0
        self._held = 0
        self._unsent = memoryview(b"")
        self._form: Head | None = None
        self._standing = Standing.NEW
        self._pace = Pace()
        self.deadline = time.monotonic() + self._limits.head_seconds
        #: whether the visitor is the one who keeps us waiting
        self.dawdling = True
        self._loop.watch(self._number, READABLE, self._on_head, self.close)

    @property
    def held(self) -> int:
        """How many bytes of a body or of an answer lie in our memory."""
        return self._held

    @property
    def pace(self) -> float:
        """How many bytes a second the visitor gives or takes; who has just begun is not slow."""
        return self._pace.rate(0 if self._form is None else self._waiting_bytes())

    def close(self) -> None:
        """End the connection and forget it."""
        if not self.closed:
            self.closed = True
            self._release()
            self._loop.forget(self._number)
            self._reception.forget(self)
            self.sock.close()

    def expire(self) -> None:
        """Show out somebody whose time is over; who was sending a form is told why."""
        form, self._form = self._form, None
        if form is not None:
            self.refuse(HTTPStatus.REQUEST_TIMEOUT, form)
        else:
            self.close()

    # --- reading

    def _on_head(self, _events: int) -> None:
        head = None
        try:
            while head is None:
                received = self.sock.recv(self._reader.wanted())
                if not received:
                    self.close()
                    return
                head = self._reader.feed(received)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        except RequestRefused as refused:
            self.refuse(refused.status)
            return
        try:
            self._welcome(head)
        except RequestRefused as refused:
            self.refuse(refused.status, head)

    def _welcome(self, head: Head) -> None:
        if head.interface:
            self._reception.interface.admit(head)
            self._hold(head.length)
            self._body = bytearray(head.length)
            along = self._reader.rest()
            self._body[: len(along)] = along
            self._filled = len(along)
            self._await_body(head, partial(self._on_interface_body, head))
            self._on_interface_body(head, READABLE)
        elif (page := self._reception.static.find(head)) is not None:
            self._answer(page, self._after(keep_alive=head.keep_alive))
        elif head.length > self._limits.form_bytes * self._limits.oversize:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._standing = self._reception.places.standing(head.query)
            self._await_form(head)

    def _await_form(self, head: Head) -> None:
        if head.length == 0:
            self._enqueue(head, patient=False)
        else:
            wanted = min(head.length, self._limits.waiting_bytes)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted)
            self._form = head
            self._await_body(head, partial(self._on_form_body, head))

    def _await_body(self, head: Head, handler: Handler) -> None:
        self._pace.begin()
        self.deadline = time.monotonic() + self._limits.body_seconds
        self._loop.change(self._number, READABLE, handler)
        if head.expects_continue and self._filled < head.length:
            self.sock.send(CONTINUE)

    def _on_interface_body(self, head: Head, _events: int) -> None:
        try:
            while self._filled < head.length:
                received = self.sock.recv_into(memoryview(self._body)[self._filled :])
                if not received:
                    self.close()
                    return
                self._filled += received
                self._pace.move(received)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._wait_for_us()
        self._reception.interface.serve(head, bytes(self._body), partial(self._on_served, head))

    def _on_served(self, head: Head, status: int, body: bytes, kind: str) -> None:
        if not self.closed:
            keep_alive = head.keep_alive and not self._reception.closing
            self._answer(answer(status, body, kind, keep_alive=keep_alive), self._after(keep_alive=keep_alive))

    # --- a form's body, in the kernel

    def _on_form_body(self, head: Head, events: int) -> None:
        available = self._waiting_bytes()
        if events & PEER_CLOSED and available < head.length:
            self.close()
        else:
            # The kernel also wakes us early where many tiny segments fill its buffer: that body may be slow.
            self._enqueue(head, patient=available < head.length)

    def _waiting_bytes(self) -> int:
        return int.from_bytes(fcntl.ioctl(self._number, termios.FIONREAD, bytes(4)), "little")

    def _enqueue(self, head: Head, *, patient: bool) -> None:
        self._form = None
        self._wait_for_us()
        if not self._reception.children.enqueue(self, head, self._standing, patient=patient):
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, head)

    # --- waiting for the shelf or for a child

    def _wait_for_us(self) -> None:
        self.deadline = _FOREVER
        self.dawdling = False
        self._loop.change(self._number, READABLE, self._on_early)

    def _on_early(self, events: int) -> None:
        if events & ENDED:
            self.close()
        else:
            self._loop.change(self._number, NOTHING, self._on_early)

    # --- answering

    def refuse(self, status: int, head: Head | None = None) -> None:
        """Answer with a refusal, throw away what still comes, and close."""
        if not self.closed:
            self._answer(self._reception.refusal(status, head), self._drain)

    def _answer(self, whole: bytes, after: Callable[[], None]) -> None:
        self._release()
        self._body = bytearray()
        self._reception.make_memory(len(whole))
        self._keep(len(whole))
        self._unsent = memoryview(whole)
        self._pace.begin()
        self.deadline = time.monotonic() + self._limits.answer_seconds
        self.dawdling = True
        self._on_writable(after, WRITABLE)

    def _on_writable(self, after: Callable[[], None], _events: int) -> None:
        try:
            while self._unsent:
                sent = self.sock.send(self._unsent)
                self._unsent = self._unsent[sent:]
                self._pace.move(sent)
        except BlockingIOError:
            self._loop.change(self._number, WRITABLE, partial(self._on_writable, after))
        except OSError:
            self.close()
        else:
            self._release()
            after()

    def _after(self, *, keep_alive: bool) -> Callable[[], None]:
        return self._await_next if keep_alive else self._part

    def _await_next(self) -> None:
        self._reader = HeadReader()
        self._filled = 0
        self._pace.begin()
        self.deadline = time.monotonic() + self._limits.head_seconds
        self._loop.change(self._number, READABLE, self._on_head)

    def _part(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
        self.close()

    def _drain(self) -> None:
        self.deadline = time.monotonic() + self._limits.drain_seconds
        self._loop.change(self._number, READABLE, self._on_drain)
        with suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            self.sock.shutdown(socket.SHUT_WR)

    def _on_drain(self, _events: int) -> None:
        try:
            if self.sock.recv_into(_UNTOUCHED, len(_UNTOUCHED), socket.MSG_TRUNC) == 0:
                self.close()
        except BlockingIOError:
            return
        except OSError:
            self.close()

    # --- what the interface's bodies and answers hold in memory

    def _hold(self, size: int) -> None:
        # One record always fits: a report must not wait for those who send, or take, many.
        if size > RECORD_SIZE and not self._reception.make_memory(size):
            raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE)
        self._keep(size)

    def _keep(self, size: int) -> None:
        self._held = size
        self._reception.held += size

    def _release(self) -> None:
        self._reception.held -= self._held
        self._held = 0
