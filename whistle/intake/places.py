"""Whose turn it is when many wait: who follows on one of our pages comes first. Nobody's address is looked at.

Every page that answers a form carries a ticket of its own in the addresses of its forms, so that the next request shows
it in its head, before a child is forked. It says nothing but that this server gave it out, not long ago, and it counts
once. A request without one, or with one that was shown before, is served like any other when nobody better waits.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from typing import Final
from urllib.parse import unquote

from whistle.intake import signed_ticket

#: The name of the ticket in an address.
PARAMETER: Final = "place"
_PURPOSE: Final = "place"


class Standing(IntEnum):
    """How a request stands in the queue; a lower number comes first."""

    #: it follows on a page that this server made
    KNOWN = 0
    #: it is somebody's first, or pretends to be
    NEW = 1
    #: it shows a ticket that is forged, too old, or was shown before
    DOUBTFUL = 2


def issue(key: bytes, seconds: float) -> str:
    """Return a ticket for the next request, good for so many seconds; ``key`` is the server's (32 bytes)."""
    return signed_ticket.issue(key, _PURPOSE, int(time.time() + seconds))


class Places:
    """Tells how requests stand, and remembers the tickets that were shown: at most ``limit``, the oldest go first."""

    def __init__(self, key: bytes, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._limit = limit
        self._clock = clock
        self._shown: OrderedDict[bytes, None] = OrderedDict()

    def standing(self, untrusted_query: str) -> Standing:
        """Return how a request with this query stands, and take its ticket."""
        name, _, ticket = untrusted_query.partition("=")
        if name != PARAMETER:
            return Standing.NEW
        number = signed_ticket.check(self._key, _PURPOSE, self._clock(), unquote(ticket))
        if number is None or number in self._shown:
            return Standing.DOUBTFUL
        self._shown[number] = None
        if len(self._shown) > self._limit:
            self._shown.popitem(last=False)
        return Standing.KNOWN
