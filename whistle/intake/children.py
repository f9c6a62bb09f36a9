"""The children: how many there may be, who waits for one, and that none outlives its time or its parent."""

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from whistle.intake import child
from whistle.intake.desk import Desk
from whistle.intake.heads import Head
from whistle.intake.limits import Limits
from whistle.intake.link import ShelfLink
from whistle.intake.loop import READABLE, Loop
from whistle.intake.visit import Visit
from whistle.intake.wsgi import Application


@dataclass(frozen=True, slots=True)
class _Child:
    number: int  # of the process
    handle: int  # its pidfd, which can never come to mean another process
    patient: bool
    deadline: float


class Children:
    """Forks a child for each request that waits, within bounds.

    A patient child waits for the rest of a body that is too large for the kernel. Those have a bound of their own, so
    that slow visitors never take all children.
    """

    def __init__(
        self,
        loop: Loop,
        limits: Limits,
        application: Application,
        ticket_key: bytes,
        desk: Callable[[socket.socket], Desk],
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._application = application
        self._ticket_key = ticket_key
        self._desk = desk
        self._children: dict[int, _Child] = {}
        self._prompt: deque[tuple[Visit, Head]] = deque()
        self._patient: deque[tuple[Visit, Head]] = deque()

    def enqueue(self, visit: Visit, head: Head, *, patient: bool) -> bool:
        """Let a request wait for a child; false if too many wait already.

        Each kind has a queue of its own: whoever waits behind slow senders may wait for an hour, and must not keep
        those out who need a child for a moment.
        """
        queue = self._patient if patient else self._prompt
        if len(queue) >= self._limits.queue:
            return False
        queue.append((visit, head))
        self._loop.later(self.fill)
        return True

    def fill(self) -> None:
        """Fork as many children as wait and fit."""
        while self._prompt and len(self._children) < self._limits.children:
            self._fork(*self._prompt.popleft(), patient=False)
        while (
            self._patient
            and len(self._children) < self._limits.children
            and sum(one.patient for one in self._children.values()) < self._limits.patient_children
        ):
            self._fork(*self._patient.popleft(), patient=True)

    def _fork(self, visit: Visit, head: Head, *, patient: bool) -> None:
        if visit.closed:
            return
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        try:
            number = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            visit.refuse(HTTPStatus.SERVICE_UNAVAILABLE, head)
            return
        if number == 0:
            link = ShelfLink(theirs, self._ticket_key)
            child.live(self._application, visit.sock, head, link, parent, self._limits.slowest_bytes)
        theirs.close()
        visit.close()
        seconds = self._limits.child_seconds + min(head.length, self._limits.form_bytes) / self._limits.slowest_bytes
        one = _Child(number, os.pidfd_open(number), patient, time.monotonic() + seconds)
        self._children[number] = one
        self._loop.watch(one.handle, READABLE, lambda _events: self._reap(one), lambda: self._reap(one))
        self._desk(ours)

    def _reap(self, one: _Child) -> None:
        with suppress(ChildProcessError):
            os.waitpid(one.number, 0)
        self._loop.forget(one.handle)
        os.close(one.handle)
        del self._children[one.number]
        self._loop.later(self.fill)

    def sweep(self) -> None:
        """Kill the children whose time is over."""
        now = time.monotonic()
        for one in self._children.values():
            if one.deadline < now:
                signal.pidfd_send_signal(one.handle, signal.SIGKILL)

    def turn_away(self) -> None:
        """Refuse everybody who still waits for a child."""
        for visit, head in chain(self._prompt, self._patient):
            visit.refuse(HTTPStatus.SERVICE_UNAVAILABLE, head)
        self._prompt.clear()
        self._patient.clear()

    def kill(self) -> None:
        """End every child, and wait until it has."""
        for one in list(self._children.values()):
            signal.pidfd_send_signal(one.handle, signal.SIGKILL)
            self._reap(one)

    def __len__(self) -> int:
        """Return how many children live."""
        return len(self._children)
