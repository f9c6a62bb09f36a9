"""Asking a site as somebody's browser does, and believing nothing of the answer. For whoever checks a site.

Answers are bounded in size, also after unpacking, and in time. No redirect is followed, no cookie kept, and the proxy
is given another name for every visitor, so that Tor takes another way for each.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.util import SKIP_HEADER

from whistle.courier.http import checked_address, pool_through
from whistle.errors import AnswerMalformed, AnswerTooLarge, CourierError, Unreachable

#: Seconds for one answer as a whole, however slowly it drips.
ANSWER_SECONDS: Final = 180.0
_PART: Final = 65_536
_PLAINLY: Final[Mapping[str, Any]] = {
    "redirect": False,
    "retries": False,
    "preload_content": False,
    "decode_content": False,
}
#: Windows of zlib that accept gzip (RFC 1952), and zlib (RFC 1950), which HTTP calls "deflate".
_WINDOWS: Final[Mapping[str, int]] = {"gzip": 31, "x-gzip": 31, "deflate": 15}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its status, its headers in order, names in small letters, and its content after unpacking."""

    status: int
    untrusted_headers: tuple[tuple[str, str], ...]
    untrusted_body: bytes

    def all(self, name: str) -> tuple[str, ...]:
        """Return the value of every header of that name (in small letters)."""
        return tuple(value for each, value in self.untrusted_headers if each == name)


class Browsing:
    """One visitor of the site at ``address``, who sends ``headers`` with every request.

    Raises ``SettingsError`` for an address or a proxy that is not safe, as ``HttpCourier`` does. Every call raises
    ``Unreachable``, also for an answer that takes longer than ``seconds``, ``AnswerTooLarge``, and ``AnswerMalformed``
    for one that is packed in a way that was not asked for.
    """

    def __init__(
        self, address: str, headers: Mapping[str, str], proxy: str | None = None, seconds: float = ANSWER_SECONDS
    ) -> None:
        self.address = checked_address(address, proxy)
        self._headers = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER, **headers}
        self._pool = pool_through(proxy)
        self._seconds = seconds

    def get(self, path: str, limit: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """Ask for a page or a file of at most ``limit`` bytes."""
        return _within(self._seconds, lambda: self._ask("GET", path, None, headers or {}, limit))

    def post(self, path: str, fields: Mapping[str, str], limit: int) -> Fetched:
        """Send a form from one of the site's own pages."""
        body = urlencode(fields).encode()
        sent = self._from_own_page() | {"Content-Type": "application/x-www-form-urlencoded"}
        return _within(self._seconds, lambda: self._ask("POST", path, body, sent, limit))

    def announce(self, path: str, size: int, limit: int) -> Fetched:
        """Announce a form of ``size`` bytes and send none of them, as a site refuses what is too large by its head."""
        sent = self._from_own_page() | {
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(size),
        }
        return _within(self._seconds, lambda: self._ask("POST", path, b"", sent, limit))

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _from_own_page(self) -> dict[str, str]:
        return {"Origin": self.address, "Referer": f"{self.address}/"}

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], limit: int) -> Fetched:
        try:
            response = self._send(method, path, body, {**self._headers, **headers})
            try:
                packed = _body(response, limit)
            except CourierError:
                response.close()  # what it still has to say is not waited for
                raise
        except (HTTPError, OSError, ValueError) as error:
            raise Unreachable from error
        response.release_conn()
        told = tuple((name.lower(), value) for name, value in response.headers.iteritems())
        return Fetched(response.status, told, _unpacked(packed, response.headers.get("Content-Encoding", ""), limit))

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Send a request, and once more as browsers do where a connection was kept that the site had closed."""
        ask = partial(self._pool.request, method, self.address + path, body=body, headers=headers, **_PLAINLY)
        try:
            return ask()
        except ProtocolError:
            self._pool.clear()
            return ask()


def _body(response: BaseHTTPResponse, limit: int) -> bytes:
    body = bytearray()
    while part := response.read(min(_PART, limit + 1 - len(body)), decode_content=False):
        body += part
        if len(body) > limit:
            raise AnswerTooLarge
    return bytes(body)


def _unpacked(packed: bytes, untrusted_encoding: str, limit: int) -> bytes:
    """Return what was packed, never making more than ``limit`` bytes of it."""
    encoding = untrusted_encoding.strip().lower()
    if encoding in {"", "identity"}:
        return packed
    if encoding not in _WINDOWS:
        raise AnswerMalformed
    unpacker = zlib.decompressobj(_WINDOWS[encoding])
    try:
        body = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise AnswerMalformed from error
    if len(body) > limit:
        raise AnswerTooLarge
    if not unpacker.eof or unpacker.unused_data:
        raise AnswerMalformed
    return body


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Return what ``work`` gives, or raise ``Unreachable`` when time is over; a site cannot drip for ever."""
    outcome: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            outcome.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            outcome.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except Empty:
        raise Unreachable from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value] # no error, so there is a result
