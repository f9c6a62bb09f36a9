"""What the parent itself answers: the interface, static files, and refusals.

No ``Date``: the drift of a clock tells machines apart, also behind an onion address. No ``Server``.
"""

from http import HTTPStatus
from typing import Final

from whistle.intake.headers import SECURITY_HEADERS

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_FOR_PEOPLE: Final = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
_FOR_PROGRAMS: Final = "".join(
    f"{name}: {SECURITY_HEADERS[name]}\r\n"
    for name in ("Cache-Control", "X-Content-Type-Options", "Cross-Origin-Resource-Policy")
)


def answer(
    status: int,
    body: bytes = b"",
    kind: str = "",
    *,
    encoding: str = "",
    keep_alive: bool,
    for_people: bool = False,
    head_only: bool = False,
) -> bytes:
    """Return a whole HTTP/1.1 answer. ``kind`` is its media type, ``encoding`` how its body is compressed, if it is.

    ``head_only`` is how HEAD is answered.

    What is ``for_people``, and so opens in a browser, carries the headers of the pages.
    """
    lines = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{_FOR_PEOPLE if for_people else _FOR_PROGRAMS}"
    if status != HTTPStatus.NO_CONTENT:
        lines += f"Content-Length: {len(body)}\r\n"
    if kind:
        lines += f"Content-Type: {kind}\r\n"
    if encoding:
        lines += f"Content-Encoding: {encoding}\r\n"
    lines += f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    return lines.encode("ascii") + (b"" if head_only else body)
