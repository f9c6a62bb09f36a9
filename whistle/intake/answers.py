"""What the parent itself answers: the interface, static files, and refusals.

No ``Date``: the drift of a clock tells machines apart, also behind an onion address. No ``Server``.
"""

from http import HTTPStatus
from typing import Final

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_COMMON: Final = (
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: same-origin\r\n"
)


def answer(status: int, body: bytes = b"", kind: str = "", *, keep_alive: bool, head_only: bool = False) -> bytes:
    """Return a whole HTTP/1.1 answer. ``kind`` is its media type; ``head_only`` is how HEAD is answered."""
    lines = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{_COMMON}"
    if status != HTTPStatus.NO_CONTENT:
        lines += f"Content-Length: {len(body)}\r\n"
    if kind:
        lines += f"Content-Type: {kind}\r\n"
    lines += f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    return lines.encode("ascii") + (b"" if head_only else body)
