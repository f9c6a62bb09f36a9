"""Cover: decoys that the intake itself puts and takes away, so that a record means nothing to whom it does not open.

docs/protocol.md, section 9, "Cover". A colleague sees when messages come and when they go. Therefore decoys come and go
in the same way, at random moments of day and night, and what visitors do takes places among them: a message that came
is one decoy less to come, messages that were burned are so many decoys less to go. A part of the plan gives way so;
the rest is steady, so that nobody can use the places up with messages of their own and then count the rest.

Which records are decoys is known in this process alone, and only while it lives: the key of their burn tokens is never
written down. The decoys of an earlier process go when their days have passed.
"""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from heapq import heappop, heappush
from secrets import SystemRandom
from time import monotonic
from typing import Final, Protocol

from whistle.errors import ShelfError
from whistle.protocol.hashing import hashed
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import decoy
from whistle.shelf import Shelf

_DAY: Final = 86_400.0
_KEY_SIZE: Final = 32
_TOKEN: Final = b"whistle/intake/1/decoy"

#: The part of what is planned that gives way to what visitors do.
_YIELDING: Final = 0.75
#: A group that goes has one message, and another one with this probability, and so on up to the most.
_ONE_MORE: Final = 0.7
_GROUP_MOST: Final = 12
#: Mean of the days from the first message of a group to its last.
_SPAN_DAYS: Final = 12.0
#: The part of the groups that go right after one more message came, as those of a source who takes a report back.
_ANNOUNCED: Final = 0.75
#: Mean of the seconds between two burns of one group, and before the first.
_BURN_SECONDS: Final = 1.0


class Chance(Protocol):
    """Where random moments and choices come from: a test can repeat them."""

    def random(self) -> float:
        """Return a number from 0 up to 1, without 1."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many decoys come on a day, how many groups go on a day (means of a random process), and how long they last.

    ``keep_days`` is the shelf's for messages. With no ``decoys`` there is no cover.
    """

    decoys: int
    groups: float
    keep_days: int


@dataclass(slots=True)
class _Kind:
    """One stream of random moments, and how many of its yielding ones visitors have taken."""

    per_day: float
    most_owed: float
    owed: int = 0

    def owe(self, count: int) -> None:
        # Without an end, a flood of today would leave the days after it without cover.
        self.owed = int(min(self.owed + count, self.most_owed))


@dataclass(order=True, slots=True)
class _Act:
    moment: float
    number: int
    run: Callable[[], None] = field(compare=False)


def disguised(hash_of_token: bytes) -> Record:
    """Return a record that nobody can open, that the token of this hash (32 bytes) burns."""
    return replace(decoy(), burn_hash=hash_of_token)


class Cover:
    """Puts decoys on ``shelf`` and burns them, one short step at a time; ``failed`` is told what went wrong.

    ``clock`` counts seconds and ``today`` days. A decoy is made ahead of its time, when nobody waits for anything.
    """

    def __init__(
        self,
        shelf: Shelf,
        amounts: Amounts,
        today: Callable[[], date],
        failed: Callable[[Exception], None] = lambda _error: None,
        clock: Callable[[], float] = monotonic,
        chance: Chance | None = None,
        make: Callable[[bytes], Record] = disguised,
    ) -> None:
        self._shelf = shelf
        self._today = today
        self._failed = failed
        self._clock = clock
        self._chance = chance or SystemRandom()
        self._make = make
        self._keep_days = amounts.keep_days
        self._key = os.urandom(_KEY_SIZE)
        self._made = 0
        self._ready: Record | None = None
        self._living: dict[int, list[int]] = {}
        self._acts: list[_Act] = []
        self._planned = 0
        self._coming = _Kind(amounts.decoys, amounts.decoys)
        self._going = _Kind(amounts.groups if amounts.decoys else 0, amounts.groups * _GROUP_MOST)
        self._plan_next(self._coming, self._come)
        self._plan_next(self._going, self._go)

    def notice(self, came: int, went: int) -> None:
        """Take note of messages that visitors put, and of those that they burned."""
        self._coming.owe(came)
        self._going.owe(went)

    def wait(self, seconds: float) -> float:
        """Return how long to wait for visitors, at most ``seconds``, before something is due here."""
        if not self._acts:
            return seconds
        return min(seconds, max(0.0, self._acts[0].moment - self._clock()))

    @property
    def is_due(self) -> bool:
        """Whether ``step`` would do something that the listing shows."""
        return bool(self._acts) and self._acts[0].moment <= self._clock()

    def step(self) -> None:
        """Do the next thing that is due, if there is one; else make a decoy for later, if there is none."""
        if self.is_due:
            try:
                heappop(self._acts).run()
            except ShelfError as error:
                self._failed(error)
        elif self._ready is None and self._acts:
            self._ready = self._make(burn_hash(self._token(self._made)))

    # --- what is done

    def _come(self) -> None:
        self._plan_next(self._coming, self._come)
        self._put()

    def _put(self) -> None:
        if self._yields() and self._coming.owed:
            self._coming.owed -= 1
            return
        record = self._ready or self._make(burn_hash(self._token(self._made)))
        number, self._made, self._ready = self._made, self._made + 1, None
        (outcome,) = self._shelf.put_messages([record])
        if isinstance(outcome, ShelfError):
            raise outcome
        self._living.setdefault(self._today().toordinal(), []).append(number)
        self._forget()

    def _go(self) -> None:
        self._plan_next(self._going, self._go)
        size, yields = self._size(), self._yields()
        announced = self._chance.random() < _ANNOUNCED
        if yields:
            given = min(size, self._going.owed)
            self._going.owed -= given
            size -= given
        moment = self._clock()
        for tokens in self._calls(self._group(size)):
            moment += self._gap(_BURN_SECONDS)
            self._plan(moment, lambda tokens=tokens: self._burn(tokens))  # type: ignore[misc] # bound at once
        if announced:
            self._put()

    def _burn(self, tokens: list[bytes]) -> None:
        self._shelf.burn(tokens)

    # --- what goes together

    def _group(self, size: int) -> list[bytes]:
        """Return the tokens of ``size`` decoys of several days, as of one conversation, or of fewer."""
        self._forget()
        alive = sum(map(len, self._living.values()))
        if not size or not alive:
            return []
        first = self._day_of(int(self._chance.random() * alive))
        last = first + self._gap(_SPAN_DAYS)
        tokens = [self._take(first)]
        while len(tokens) < size and (days := [day for day in self._living if first <= day <= last]):
            of_those = sum(len(self._living[day]) for day in days)
            tokens.append(self._take(self._day_of(int(self._chance.random() * of_those), days)))
        return tokens

    def _forget(self) -> None:
        """Drop the decoys that have expired."""
        first_kept = self._today().toordinal() - self._keep_days
        for day in [day for day in self._living if day < first_kept]:
            del self._living[day]

    def _day_of(self, place: int, days: list[int] | None = None) -> int:
        """Return the day of the living decoy that is number ``place`` among those of ``days``."""
        for day in self._living if days is None else days:
            if place < len(self._living[day]):
                return day
            place -= len(self._living[day])
        raise AssertionError(place)

    def _take(self, day: int) -> bytes:
        """Return the token of any decoy of ``day``, which is none of the living any more."""
        numbers = self._living[day]
        number = numbers.pop(int(self._chance.random() * len(numbers)))
        if not numbers:
            del self._living[day]
        return self._token(number)

    def _calls(self, tokens: list[bytes]) -> Iterator[list[bytes]]:
        """Split a group as it may be burned, in one call or several."""
        while tokens:
            count = 1 + int(self._chance.random() * len(tokens))
            yield tokens[:count]
            tokens = tokens[count:]

    # --- chance

    def _plan_next(self, kind: _Kind, run: Callable[[], None]) -> None:
        """Plan the next of a stream: the gaps have no memory, so no moment tells of another."""
        if kind.per_day:
            self._plan(self._clock() + self._gap(_DAY / kind.per_day), run)

    def _plan(self, moment: float, run: Callable[[], None]) -> None:
        self._planned += 1
        heappush(self._acts, _Act(moment, self._planned, run))

    def _gap(self, mean: float) -> float:
        return -mean * math.log(1.0 - self._chance.random())

    def _size(self) -> int:
        size = 1
        while size < _GROUP_MOST and self._chance.random() < _ONE_MORE:
            size += 1
        return size

    def _yields(self) -> bool:
        return self._chance.random() < _YIELDING

    def _token(self, number: int) -> bytes:
        return hashed(_TOKEN, number, key=self._key)
