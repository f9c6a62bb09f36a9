"""How fast a visitor gives or takes, so that where there is no room for all the slowest can make it."""

import time
from collections.abc import Callable
from typing import Final

#: What everybody is credited with at the start (bytes): within the first seconds nobody is slow.
_IN_HAND: Final = 64 << 10


class Pace:
    """Counts the bytes of one thing that a visitor sends or takes: a head, a body, an answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Begin to count anew, for the next thing."""
        self._begun = self._clock()
        self._moved = 0

    def move(self, count: int) -> None:
        """Count so many bytes more."""
        self._moved += count

    def rate(self, beside: int = 0) -> float:
        """Return bytes a second since the beginning, of what was counted and ``beside``, and what everybody has."""
        return (_IN_HAND + self._moved + beside) / (1 + self._clock() - self._begun)
