"""When records are put: each at a moment of its own, so that they cannot be linked by when they come.

docs/protocol.md, section 9, "Cover". A reviewer need not wait for it: the records are sealed, so it goes on while the
vault is locked; and where a console is closed meanwhile, what is left is put at once, so that how many records a day
has does not tell how long somebody sat there.
"""

from collections.abc import Callable
from secrets import SystemRandom
from threading import Event, Lock
from time import monotonic
from typing import Final

from whistle.console.posting import Letter, Post, Waiting
from whistle.errors import CourierError, ShelfError, ShelfFull, WhistleError
from whistle.language import plural

_CHANCE: Final = SystemRandom()


class Alarm:
    """Waits for moments, until it is rung."""

    def __init__(self) -> None:
        self._rung = Event()

    def now(self) -> float:
        """Return a time in seconds."""
        return monotonic()

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or earlier where ``ring`` was called, and at once where it was before."""
        self._rung.wait(seconds)

    @property
    def has_rung(self) -> bool:
        """Whether nothing is waited for any more."""
        return self._rung.is_set()

    def ring(self) -> None:
        """Wake up whoever waits, for good."""
        self._rung.set()


class Delivery:
    """Puts a post by ``put``, each letter at a random moment of the next ``seconds``, which may be none."""

    def __init__(self, post: Post, put: Callable[[Letter], None], seconds: float, alarm: Alarm | None = None) -> None:
        self.post = post
        self._put = put
        self._seconds = seconds
        self._alarm = alarm or Alarm()
        if not seconds:
            self._alarm.ring()
        self._changing = Lock()
        self._moments = sorted(self._moment() for _letter in post.left)

    @property
    def left(self) -> int:
        """How many records are yet to be put."""
        return len(self.post.left)

    def join(self, answer: Waiting) -> bool:
        """Let an answer go at the moment of a decoy; tell whether there was one left."""
        with self._changing:
            return bool(self._moments) and self.post.join(answer)

    def add(self, answer: Waiting) -> bool:
        """Let an answer go at a moment of its own; tell whether this delivery goes on and takes it."""
        with self._changing:
            if not self._moments:
                return False
            self.post.add(answer)
            self._moments = sorted([*self._moments, self._moment()])
            return True

    def hurry(self) -> None:
        """Put what is left at once."""
        self._alarm.ring()

    def run(self) -> None:
        """Put all of it, and return when that is done.

        A letter that cannot be put is tried again at the next moment. Where some are left in the end, the last
        ``CourierError`` or ``ShelfError`` is raised.
        """
        trouble: CourierError | ShelfError | None = None
        while (moment := self._next()) is not None:
            while not self._alarm.has_rung and (early := moment - self._alarm.now()) > 0:
                self._alarm.wait(early)
            try:
                self._put(self._begun())
            except (CourierError, ShelfError) as error:
                trouble = error
                if self._alarm.has_rung:
                    break  # nobody is kept waiting for a site that does not answer
        with self._changing:
            self._moments = []
        if self.post.left and trouble is not None:
            raise trouble

    def _next(self) -> float | None:
        with self._changing:
            return self._moments[0] if self._moments else None

    def _begun(self) -> Letter:
        with self._changing:
            del self._moments[0]
            return self.post.begin()

    def _moment(self) -> float:
        return self._alarm.now() + self._seconds * _CHANCE.random()


def unsent(error: WhistleError, count: int) -> str:
    """Return what to say where ``count`` records could not be sent because of ``error``."""
    if isinstance(error, ShelfFull):
        return plural(
            "Everything was fetched. The intake has no room at the moment: {count} record of this console waits for "
            "it. Nothing is lost; it leaves next time.",
            "Everything was fetched. The intake has no room at the moment: {count} records of this console wait for "
            "it. Nothing is lost; they leave next time.",
            count,
        ).format(count=count)
    return plural(
        "{why} {count} record of this console waits. Nothing is lost; it leaves next time.",
        "{why} {count} records of this console wait. Nothing is lost; they leave next time.",
        count,
    ).format(why=error.message(), count=count)
