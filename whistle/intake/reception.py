"""Who is connected: lets visitors in, bounds their number, and shows out those who take too long."""

import socket
import time
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING

from whistle.intake.heads import Head
from whistle.intake.limits import Limits
from whistle.intake.loop import READABLE, Loop
from whistle.intake.places import Places
from whistle.intake.refusals import Refusals
from whistle.intake.static import StaticFiles
from whistle.intake.visit import Visit

if TYPE_CHECKING:
    from whistle.intake.children import Children
    from whistle.intake.interface import Interface

_AT_ONCE = 64
#: To look for the slowest of a thousand takes longer than to serve somebody: one in so many goes at a time.
_SHOWN_OUT_OF = 64


class Reception:
    """The listening sockets and all open visits."""

    def __init__(
        self,
        loop: Loop,
        limits: Limits,
        interface: "Interface",
        children: "Children",
        places: Places,
        static: StaticFiles,
        refusals: Refusals,
    ) -> None:
        self.loop = loop
        self.limits = limits
        self.interface = interface
        self.children = children
        self.places = places
        self.static = static
        #: bytes of interface bodies and of answers that lie in memory now
        self.held = 0
        self.closing = False
        self._refusals = refusals
        self._visits: set[Visit] = set()
        self._listeners: list[socket.socket] = []

    def open(self, listeners: Sequence[socket.socket]) -> None:
        """Begin to let visitors in."""
        self._listeners = list(listeners)
        for listener in self._listeners:
            listener.setblocking(False)  # noqa: FBT003 - the socket's own interface
            self._watch(listener)

    def _watch(self, listener: socket.socket) -> None:
        def on_visitors(_events: int) -> None:
            self.loop.later(lambda: self._accept(listener))

        self.loop.watch(listener.fileno(), READABLE, on_visitors, lambda: None)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            if self.closing:
                return
            try:
                sock, _address = listener.accept()
            except OSError:  # nobody waits any more, or no descriptor is left: the next turn asks again
                return
            sock.setblocking(False)  # noqa: FBT003 - the socket's own interface
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.untaken_bytes)
            if self._make_room():
                self._visits.add(Visit(sock, self))
            else:
                sock.close()

    def _make_room(self) -> bool:
        full = len(self._visits) >= self.limits.visitors
        return not full or self._show_out_slowest(self._visits, 1 + self.limits.visitors // _SHOWN_OUT_OF)

    def make_memory(self, size: int) -> bool:
        """Show out whoever is slowest with what lies in memory, until so many bytes more fit; false if they cannot."""
        while self.held + size > self.limits.interface_bytes:
            if not self._show_out_slowest(visit for visit in self._visits if visit.held):
                return False
        return True

    def _show_out_slowest(self, visits: Iterable[Visit], count: int = 1) -> bool:
        dawdlers = (visit for visit in visits if visit.dawdling)
        slowest = nsmallest(count, dawdlers, key=lambda visit: visit.pace)
        for visit in slowest:
            visit.close()
        return bool(slowest)

    def forget(self, visit: Visit) -> None:
        """Strike out a visit that has ended."""
        self._visits.discard(visit)

    def refusal(self, status: int, head: Head | None) -> bytes:
        """Return the whole answer that refuses a request with ``status``."""
        return self._refusals.answer(status, head)

    def sweep(self) -> None:
        """End the visits whose time is over."""
        now = time.monotonic()
        for visit in [visit for visit in self._visits if visit.deadline < now]:
            visit.expire()

    def close(self) -> None:
        """Let nobody in any more, and end the visits that wait for a visitor."""
        self.closing = True
        for listener in self._listeners:
            self.loop.forget(listener.fileno())
            listener.close()
        for visit in [visit for visit in self._visits if visit.dawdling]:
            visit.close()

    def close_all(self) -> None:
        """End every visit."""
        for visit in list(self._visits):
            visit.close()

    @property
    def empty(self) -> bool:
        """Whether no visit is left."""
        return not self._visits
