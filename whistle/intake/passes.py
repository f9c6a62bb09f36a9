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
_REMEMBERED: Final = 100_000


class Passes:
    """Checks passes and remembers the nonces of valid ones for as long as they could be used again."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._used: OrderedDict[tuple[int, bytes], float] = OrderedDict()

    def check(self, untrusted_pass: str, query: str, site: bytes, key_of: Callable[[int], Verifier | None]) -> None:
        """Raise ``SignatureInvalid`` unless the pass admits an enrolled person to ``query`` now, for the first time."""
        match = _FORM.fullmatch(untrusted_pass)
        if match is None:
            raise SignatureInvalid
        person, signed_at = int(match[1]), int(match[2])
        nonce, signature = bytes.fromhex(match[3]), bytes.fromhex(match[4])
        now = self._clock()
        self._forget(now)
        key = key_of(person)
        if key is None or abs(now - signed_at) > PASS_SECONDS or (person, nonce) in self._used:
            raise SignatureInvalid
        check_listing(key, site, query, signed_at, nonce, signature)
        if len(self._used) >= _REMEMBERED:
            raise SignatureInvalid  # rather than to forget one that could be used again
        self._used[person, nonce] = now + 2 * PASS_SECONDS

    def _forget(self, now: float) -> None:
        while self._used and next(iter(self._used.values())) < now:
            self._used.popitem(last=False)
