"""One epoll loop: who waits for which file descriptor."""

import select
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

READABLE: Final = select.EPOLLIN | select.EPOLLRDHUP
WRITABLE: Final = select.EPOLLOUT
ENDED: Final = select.EPOLLHUP | select.EPOLLERR
PEER_CLOSED: Final = select.EPOLLRDHUP | ENDED
#: Watched for nothing but its end, which the kernel always reports.
NOTHING: Final = 0

Handler = Callable[[int], None]


@dataclass(slots=True)
class _Watched:
    events: int
    handler: Handler
    give_up: Callable[[], None]


class Loop:
    """Calls the handler of each file descriptor that has something to tell, with the events as a bit mask.

    A handler may forget any descriptor but watch new ones only from ``later``: the number of one just closed could
    be given to one just opened, which would then be told events of the old one. When a handler fails, ``trouble`` is
    told, and only the descriptor's owner is given up: one visitor's trouble must not end the others.
    """

    def __init__(self, trouble: Callable[[Exception], None]) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, _Watched] = {}
        self._later: list[Callable[[], None]] = []
        self._trouble = trouble

    def watch(self, descriptor: int, events: int, handler: Handler, give_up: Callable[[], None]) -> None:
        """Begin to call ``handler`` for ``descriptor``, and ``give_up`` once should it fail."""
        self._epoll.register(descriptor, events)
        self._watched[descriptor] = _Watched(events, handler, give_up)

    def change(self, descriptor: int, events: int, handler: Handler) -> None:
        """Wait for other events, with another handler."""
        watched = self._watched[descriptor]
        watched.handler = handler
        if watched.events != events:
            watched.events = events
            self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Stop waiting for ``descriptor``. Needed before a close: a child may hold the same socket open."""
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def later(self, step: Callable[[], None]) -> None:
        """Run ``step`` once, when all events at hand were handled."""
        self._later.append(step)

    def turn(self, seconds: float) -> None:
        """Wait for events at most this long, handle them, then run the steps put off until then."""
        for descriptor, events in self._epoll.poll(0 if self._later else seconds):
            watched = self._watched.get(descriptor)
            if watched is not None:
                try:
                    watched.handler(events)
                except Exception as error:  # noqa: BLE001 - see the docstring of the class
                    self._trouble(error)
                    watched.give_up()
        steps, self._later = self._later, []
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - as above
                self._trouble(error)

    def close(self) -> None:
        """Let go of the kernel's side."""
        self._epoll.close()
        self._watched.clear()
