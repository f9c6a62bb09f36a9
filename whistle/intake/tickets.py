"""Which form tickets were used. The parent is the only one who knows, and it keeps them in memory alone.

A ticket is claimed before the work of its form begins and spent when the work is done. A second claim meanwhile, from
a double click, waits for the outcome of the first: so it can say "arrived" without storing anything twice.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

TICKET_SIZE: Final = 16

#: Told whether the ticket is fresh; otherwise it is spent.
Told = Callable[[bool], None]


@dataclass(slots=True)
class _Claim:
    holder: object
    waiting: deque[tuple[object, Told]] = field(default_factory=deque)


class Tickets:
    """Remembers at most ``limit`` spent tickets, each for ``seconds``.

    When there are more, the oldest are forgotten rather than new forms refused: a flood of forms must not close the
    site to everybody, and a form that is sent again still finds its address taken.
    """

    def __init__(self, seconds: float, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._limit = limit
        self._clock = clock
        self._claims: dict[bytes, _Claim] = {}
        self._spent: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        """Return how many spent tickets are remembered."""
        return len(self._spent)

    def claim(self, ticket: bytes, holder: object, told: Told) -> None:
        """Ask for ``ticket``; ``told`` is called now, or when whoever holds it has spent or released it."""
        self._forget_old()
        if ticket in self._spent:
            told(False)  # noqa: FBT003 - a callback
        elif ticket in self._claims:
            self._claims[ticket].waiting.append((holder, told))
        else:
            self._claims[ticket] = _Claim(holder)
            told(True)  # noqa: FBT003 - a callback

    def spend(self, ticket: bytes, holder: object) -> bool:
        """Mark a claimed ticket as used and tell everybody who waits; false if ``holder`` does not hold it."""
        claim = self._claims.get(ticket)
        if claim is None or claim.holder is not holder:
            return False
        del self._claims[ticket]
        self._spent[ticket] = self._clock() + self._seconds
        self._forget_old()
        for _waiting, told in claim.waiting:
            told(False)  # noqa: FBT003 - a callback
        return True

    def release(self, holder: object) -> None:
        """Take back all claims of somebody who has ended; the next in line gets a fresh ticket."""
        for ticket, claim in list(self._claims.items()):
            claim.waiting = deque(one for one in claim.waiting if one[0] is not holder)
            if claim.holder is not holder:
                continue
            if claim.waiting:
                claim.holder, told = claim.waiting.popleft()
                told(True)  # noqa: FBT003 - a callback
            else:
                del self._claims[ticket]

    def _forget_old(self) -> None:
        now = self._clock()
        while self._spent and (len(self._spent) > self._limit or next(iter(self._spent.values())) <= now):
            self._spent.popitem(last=False)
