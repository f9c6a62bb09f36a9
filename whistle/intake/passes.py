"""Who may list messages: an enrolled person's signature over this very request, good for minutes and once.

docs/protocol.md, section 9.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from whistle.courier.wire import PASS_SECONDS
from whistle.errors import SignatureInvalid
from whistle.protocol.listing import check_listing
from whistle.protocol.signing import Verifier

_FORM: Final = re.compile(r"([1-9][0-9]{0,4}):([1-9][0-9]{0,15}):([0-9a-f]{32}):([0-9a-f]{128})")
#: Passes of one person: a colleague who uses up so many in ten minutes keeps nobody else from listing.
_REMEMBERED: Final = 20_000


class Passes:
    """Checks passes and remembers the nonces of valid ones for as long as they could be used again."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._used: dict[int, OrderedDict[bytes, float]] = {}

    def check(self, untrusted_pass: str, query: str, site: bytes, key_of: Callable[[int], Verifier | None]) -> None:
        """Raise ``SignatureInvalid`` unless the pass admits an enrolled person to ``query`` now, for the first time."""
        match = _FORM.fullmatch(untrusted_pass)
        if match is None:
            raise SignatureInvalid
        person, signed_at = int(match[1]), int(match[2])
        nonce, signature = bytes.fromhex(match[3]), bytes.fromhex(match[4])
        now = self._clock()
        key = key_of(person)
        used = self._used_by(person, now)
        if key is None or abs(now - signed_at) > PASS_SECONDS or nonce in used:
            raise SignatureInvalid
        check_listing(key, site, query, signed_at, nonce, signature)
        if len(used) >= _REMEMBERED:
            raise SignatureInvalid  # rather than to forget one that could be used again
        used[nonce] = now + 2 * PASS_SECONDS
        self._used[person] = used

    def _used_by(self, person: int, now: float) -> OrderedDict[bytes, float]:
        """Return the nonces of a person's passes that could be used again, the oldest first."""
        used = self._used.get(person, OrderedDict())
        while used and next(iter(used.values())) < now:
            used.popitem(last=False)
        return used
