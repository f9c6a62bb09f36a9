"""One size for every page that could tell an observer whether a reply waits.

TLS and Tor hide what a page says, not how long it is. So every page of a visit with a receipt, whatever was found, has
exactly one size. What does not fit is left for a request of its own, which the visitor makes deliberately.
"""

import os
from binascii import hexlify
from typing import Final

#: The size of a page, in bytes. It holds about seven replies of 4,000 characters in a script of three bytes each.
PAGE_SIZE: Final = 128 << 10

_END: Final = b"</html>"
_OPEN: Final = b"<!-- "
_CLOSE: Final = b" -->"
#: What a filler takes at least.
FRAME_SIZE: Final = len(_OPEN) + len(_CLOSE)


def padded(page: bytes, size: int = PAGE_SIZE) -> bytes:
    """Return ``page`` filled up to ``size`` bytes or, where it is larger than that, to the next multiple of it.

    The filler is a comment of random digits, so that a proxy that compresses answers does not undo it entirely.
    """
    missing = -(len(page) + FRAME_SIZE) % size
    filler = hexlify(os.urandom((missing + 1) // 2))[:missing]
    before, end, after = page.rpartition(_END)
    return b"".join([before, _OPEN, filler, _CLOSE, end, after])
