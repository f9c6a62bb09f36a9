"""The children: how many there may be, and who waits for one. The nursery forks them and sees to their end.

Nobody who is better known ever waits for all of those who are less: each standing has a bound of its own, both on the
children that it may hold and on those who wait, so that a flood that shows no ticket, or one that shows an old one,
leaves room for people who are in the middle of a report.
"""

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from whistle.intake.heads import Head
from whistle.intake.limits import Limits
from whistle.intake.loop import Loop
from whistle.intake.nursery import Nursery
from whistle.intake.places import Standing
from whistle.intake.visit import Visit

#: Makes a desk for a child's link; what is given is called when the child has ended.
Attend = Callable[[socket.socket, Callable[[], None]], object]


#: The part of all children that requests of a standing may hold, and the part of those that may be patient.
_PROMPT: Final = {Standing.KNOWN: 1.0, Standing.NEW: 0.75, Standing.DOUBTFUL: 0.125}
_PATIENT: Final = {Standing.KNOWN: 0.75, Standing.NEW: 0.125, Standing.DOUBTFUL: 0.125}


@dataclass(slots=True)
class _Queue:
    #: children of this kind that may live at one time
    most: int
    alive: int = 0
    waiting: deque[tuple[Visit, Head]] = field(default_factory=deque)


class Children:
    """Lets a child be forked for each request that waits, within bounds.

    A patient child waits for the rest of a body that is too large for the kernel. Those have bounds of their own, so
    that slow visitors never take all children: large forms follow on a page of ours, or are hardly meant well.
    """

    def __init__(self, loop: Loop, limits: Limits, nursery: Nursery, attend: Attend) -> None:
        self._loop = loop
        self._limits = limits
        self._nursery = nursery
        self._attend = attend
        self._prompt = _queues(limits.children, _PROMPT)
        self._patient = _queues(limits.patient_children, _PATIENT)
        # Whoever is better known comes first, and whoever is quick before whoever is not.
        self._in_turn = (*self._prompt.values(), *self._patient.values())

    def enqueue(self, visit: Visit, head: Head, standing: Standing, *, patient: bool) -> bool:
        """Let a request wait for a child; false if too many wait already.

        Each kind has a queue of its own: whoever waits behind slow senders may wait for an hour, and must not keep
        those out who need a child for a moment.
        """
        queue = (self._patient if patient else self._prompt)[standing]
        if len(queue.waiting) >= self._limits.queue:
            return False
        queue.waiting.append((visit, head))
        self._loop.later(self.fill)
        return True

    def fill(self) -> None:
        """Let as many children be forked as wait and fit."""
        for queue in self._in_turn:
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
        return sum(queue.alive for queue in self._in_turn)


def _queues(children: int, parts: dict[Standing, float]) -> dict[Standing, _Queue]:
    return {standing: _Queue(ceil(children * part)) for standing, part in parts.items()}
