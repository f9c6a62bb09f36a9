"""The children: how many there may be, and who waits for one. The nursery forks them and sees to their end."""

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from whistle.intake.heads import Head
from whistle.intake.limits import Limits
from whistle.intake.loop import Loop
from whistle.intake.nursery import Nursery
from whistle.intake.visit import Visit

#: Makes a desk for a child's link; what is given is called when the child has ended.
Attend = Callable[[socket.socket, Callable[[], None]], object]


@dataclass(slots=True)
class _Queue:
    #: children of this kind that may live at one time
    most: int
    alive: int = 0
    waiting: deque[tuple[Visit, Head]] = field(default_factory=deque)


class Children:
    """Lets a child be forked for each request that waits, within bounds.

    A patient child waits for the rest of a body that is too large for the kernel. Those have a bound of their own, so
    that slow visitors never take all children.
    """

    def __init__(self, loop: Loop, limits: Limits, nursery: Nursery, attend: Attend) -> None:
        self._loop = loop
        self._limits = limits
        self._nursery = nursery
        self._attend = attend
        self._prompt = _Queue(limits.children)
        self._patient = _Queue(limits.patient_children)

    def enqueue(self, visit: Visit, head: Head, *, patient: bool) -> bool:
        """Let a request wait for a child; false if too many wait already.

        Each kind has a queue of its own: whoever waits behind slow senders may wait for an hour, and must not keep
        those out who need a child for a moment.
        """
        queue = self._patient if patient else self._prompt
        if len(queue.waiting) >= self._limits.queue:
            return False
        queue.waiting.append((visit, head))
        self._loop.later(self.fill)
        return True

    def fill(self) -> None:
        """Let as many children be forked as wait and fit."""
        for queue in (self._prompt, self._patient):
            while queue.waiting and queue.alive < queue.most and len(self) < self._limits.children:
                visit, head = queue.waiting[0]
                if not visit.closed and not self._fork(visit, head, queue):
                    return
                queue.waiting.popleft()

    def _fork(self, visit: Visit, head: Head, queue: _Queue) -> bool:
        """Return whether the nursery took the order; if it is too busy it is asked again at the next occasion."""
        seconds = self._limits.child_seconds + min(head.length, self._limits.form_bytes) / self._limits.slowest_bytes
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._nursery.fork(head, seconds, visit.sock, theirs)
            except OSError:
                ours.close()
                return False
        visit.close()
        queue.alive += 1
        self._attend(ours, lambda: self._ended(queue))
        return True

    def _ended(self, queue: _Queue) -> None:
        queue.alive -= 1
        self._loop.later(self.fill)

    def __len__(self) -> int:
        """Return how many children live."""
        return self._prompt.alive + self._patient.alive
