"""The nightly tidy of the shelf, in steps between other work, begun at a random moment after midnight (UTC)."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from whistle.errors import ShelfError
from whistle.shelf import Shelf

#: Random, so that an observer cannot tell the tidy's own traffic on the disk from a visitor's.
_WITHIN_MINUTES: Final = 59
_AGAIN_AFTER: Final = timedelta(hours=1)


def _now() -> datetime:
    return datetime.now(UTC)


class Night:
    """Tidies ``shelf`` once a night; ``failed`` is told of a tidy that broke off, which begins again an hour later."""

    def __init__(self, shelf: Shelf, failed: Callable[[Exception], None], clock: Callable[[], datetime] = _now) -> None:
        self._shelf = shelf
        self._failed = failed
        self._clock = clock
        self._steps: Iterator[None] | None = None
        self._due = clock() if shelf.needs_tidy() else self._next()

    @property
    def busy(self) -> bool:
        """Whether a tidy is under way."""
        return self._steps is not None

    def begin(self) -> bool:
        """Begin a tidy if one is due, and return whether it was."""
        if self.busy or self._clock() < self._due:
            return False
        self._due = self._next()
        self._steps = self._shelf.tidy()
        return True

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
