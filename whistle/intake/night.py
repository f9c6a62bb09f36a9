"""The nightly tidy of the shelf, in steps between other work, begun at a random moment after midnight (UTC).

What expires cannot come back, and a clock can be wrong. So no tidy begins while the date is in doubt: for three days
after the clock jumped ahead, and for three days after a start that finds nothing of the last week on the shelf. A wrong
clock is noticed by then, and when it is set right nothing was lost; a site that was off for a month is tidied as well,
only later.
"""

import secrets
import time as clocks
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from whistle.errors import ClockJumped, ShelfError
from whistle.shelf import Shelf

#: Random, so that an observer cannot tell the tidy's own traffic on the disk from a visitor's.
_WITHIN_MINUTES: Final = 59
_AGAIN_AFTER: Final = timedelta(hours=1)
_JUMP: Final = timedelta(hours=12)
_QUIET: Final = timedelta(days=7)
_DOUBT: Final = timedelta(days=3)


def _now() -> datetime:
    return datetime.now(UTC)


def _elapsed() -> timedelta:
    return timedelta(seconds=clocks.clock_gettime(clocks.CLOCK_BOOTTIME))


class Night:
    """Tidies ``shelf`` once a night; ``failed`` is told of a tidy that broke off, which begins again an hour later.

    ``clock`` gives the date and may jump, ``elapsed`` the time since some moment and may not.
    """

    def __init__(
        self,
        shelf: Shelf,
        failed: Callable[[Exception], None],
        clock: Callable[[], datetime] = _now,
        elapsed: Callable[[], timedelta] = _elapsed,
    ) -> None:
        self._shelf = shelf
        self._failed = failed
        self._clock = clock
        self._elapsed = elapsed
        self._steps: Iterator[None] | None = None
        self._due = clock() if shelf.needs_tidy() else self._next()
        self._offset = self._now_offset()
        newest = shelf.newest_day()
        quiet = newest is not None and clock().date() - newest > _QUIET
        self._doubted_until = elapsed() + (_DOUBT if quiet else timedelta())

    @property
    def busy(self) -> bool:
        """Whether a tidy is under way."""
        return self._steps is not None

    def begin(self) -> bool:
        """Begin a tidy if one is due, and return whether it was."""
        self._watch_clock()
        if self.busy or self._clock() < self._due or self._elapsed() < self._doubted_until:
            return False
        self._due = self._next()
        self._steps = self._shelf.tidy()
        return True

    def _watch_clock(self) -> None:
        before, self._offset = self._offset, self._now_offset()
        if self._offset - before > _JUMP:
            self._doubted_until = self._elapsed() + _DOUBT
            self._failed(ClockJumped())
        elif before - self._offset > _JUMP:
            # Set back: what a wrong date put off for long is due again, and nothing is in doubt any more.
            self._due = min(self._due, self._next())
            self._doubted_until = self._elapsed()

    def _now_offset(self) -> datetime:
        """Return when the time of ``elapsed`` began by the clock: always the same, unless the clock was changed."""
        return self._clock() - self._elapsed()

    def step(self) -> None:
        """Do one short step of the tidy that is under way."""
        if self._steps is None:
            return
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
        except ShelfError as error:
            self._steps = None
            self._due = self._clock() + _AGAIN_AFTER
            self._failed(error)

    def close(self) -> None:
        """Leave a tidy that is under way; the next one goes on from there."""
        self._steps = None

    def _next(self) -> datetime:
        tomorrow = datetime.combine(self._clock().date() + timedelta(days=1), time(), UTC)
        return tomorrow + timedelta(seconds=secrets.randbelow(60 * _WITHIN_MINUTES))
