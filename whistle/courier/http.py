"""A courier over HTTP, through Tor where a proxy is given. docs/protocol.md, section 9.

It sends what the interface needs and nothing that tells one client from another: no cookie, no User-Agent, no
Accept-Encoding, and one connection. It follows no redirect, and believes no answer of a wrong size.
"""

from collections.abc import Sequence
from http import HTTPStatus
from secrets import token_hex
from time import sleep
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.contrib.socks import SOCKSProxyManager
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER

from whistle.courier import wire
from whistle.courier.courier import Pass
from whistle.errors import (
    AddressTaken,
    AnswerMalformed,
    CourierError,
    KeyringMalformed,
    Refused,
    SettingsError,
    ShelfError,
    ShelfFull,
    ShelfUnavailable,
    Unreachable,
)
from whistle.protocol import labels, work
from whistle.protocol.published import Published
from whistle.protocol.record import Record

#: Seconds. A circuit through Tor to an onion service can take most of a minute to build.
_TIMEOUT: Final = Timeout(connect=60, read=120)
#: How often the same bytes are sent when the site does not answer, or says that it cannot store now.
_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 2.0
_ERRORS: Final[dict[int, type[CourierError | ShelfError]]] = {
    HTTPStatus.BAD_REQUEST: Refused,
    HTTPStatus.UNAUTHORIZED: Refused,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.CONFLICT: AddressTaken,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Refused,
    HTTPStatus.SERVICE_UNAVAILABLE: ShelfUnavailable,
    HTTPStatus.INSUFFICIENT_STORAGE: ShelfFull,
}


class HttpCourier:
    """A ``Courier`` to the intake at ``address`` (``https://…``, or ``http://…`` for an onion or this machine).

    ``proxy`` is ``socks5h://host:port``. A name and password of its own make Tor give each courier circuits of its
    own (``IsolateSOCKSAuth``, tor(1)). Raises ``SettingsError`` for an address or a proxy that would give somebody
    away. ``pause`` is how many seconds to wait before the same bytes are sent again.
    """

    def __init__(self, address: str, proxy: str | None = None, pause: float = _PAUSE_SECONDS) -> None:
        self._address = checked_address(address, proxy)
        self._pool = pool_through(proxy)
        self._pause = pause
        self._challenge: tuple[bytes, int] | None = None

    # --- Courier

    def keyring(self) -> bytes:
        """Return the published document; raises ``AnswerMalformed`` where it is none."""
        document = self._call("GET", wire.KEYRING_PATH, limit=wire.PUBLISHED_LIMIT)
        try:
            published = Published.parse(document)
        except KeyringMalformed as error:
            raise AnswerMalformed from error
        if published.work > wire.WORK_LIMIT:
            raise AnswerMalformed
        self._challenge = (published.challenge, published.work)
        return document

    def publish(self, statement: bytes) -> None:
        """Hand in a signed sealing statement."""
        self._post(wire.STATEMENTS_PATH, statement, kind=wire.JSON)

    def put_message(self, record: Record) -> None:
        """Put one message; on return it is durable."""
        self._post(wire.MESSAGES_PATH, bytes(record))

    def put_chunks(self, records: Sequence[Record]) -> None:
        """Put 1 to 32 chunks; on return they are durable."""
        self._post(wire.CHUNKS_PATH, b"".join(map(bytes, records)))

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        """Return for each of exactly 128 addresses whether a record lies there."""
        answer = self._post(wire.LOOK_PATH, b"".join(addresses), size=labels.LOOK_ANSWER_SIZE)
        return tuple(bool(answer[place // 8] >> place % 8 & 1) for place in range(labels.LOOK_COUNT))

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return for each of exactly 8 addresses 32,768 bytes."""
        answer = self._post(wire.FETCH_PATH, b"".join(addresses), size=labels.FETCH_COUNT * labels.RECORD_SIZE)
        return tuple(_cut(answer))

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Remove what has the burn hash of one of exactly 8 tokens."""
        self._post(wire.BURN_PATH, b"".join(tokens))

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        """Return one page of the listing; a pass is good once, so this is never sent again by itself."""
        shown = f"{admission.person}:{admission.time}:{admission.nonce.hex()}:{admission.signature.hex()}"
        limit = wire.LISTING_PAGE * labels.RECORD_SIZE
        path = f"{wire.MESSAGES_PATH}?{query}"
        answer = self._call("GET", path, headers={wire.PASS_HEADER: shown}, limit=limit, attempts=1)
        records = tuple(Record.parse(part) for part in _cut(answer))
        addresses = [record.address for record in records]
        if addresses != sorted(set(addresses)):
            raise AnswerMalformed
        return records

    # --- the connection

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, path: str, body: bytes, kind: str = wire.OCTETS, size: int = 0) -> bytes:
        """Return the answer, of exactly ``size`` bytes; a challenge that has passed is fetched again once."""
        if self._challenge is None:
            self.keyring()
        stale = self._challenge
        try:
            answer = self._call("POST", path, body, self._worked(path, body, kind), limit=size)
        except _Forbidden:
            self.keyring()
            if self._challenge == stale:
                raise
            answer = self._call("POST", path, body, self._worked(path, body, kind), limit=size)
        if len(answer) != size:
            raise AnswerMalformed
        return answer

    def _worked(self, path: str, body: bytes, kind: str) -> dict[str, str]:
        if self._challenge is None:
            raise AnswerMalformed
        challenge, bits = self._challenge
        return {wire.WORK_HEADER: work.solve(challenge, path, body, bits).hex(), "Content-Type": kind}

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        limit: int,
        attempts: int = _ATTEMPTS,
    ) -> bytes:
        """Return the answer, of at most ``limit`` bytes, sending the same bytes again while the site is unwell."""
        for left in range(attempts - 1, -1, -1):
            try:
                return self._ask(method, path, body, headers or {}, limit)
            except (Unreachable, ShelfUnavailable):
                if not left:
                    raise
                sleep(self._pause)
        raise AssertionError

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str], limit: int) -> bytes:
        unsaid = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}
        try:
            response = self._pool.request(
                method,
                self._address + path,
                body=body,
                headers=headers | unsaid,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                answer = _answer(response, limit)
            except (CourierError, ShelfError):
                response.close()  # what it still has to say is not waited for
                raise
        except HTTPError as error:
            raise Unreachable from error
        response.release_conn()
        return answer


class _Forbidden(Refused):
    """The site refused the request."""


def _answer(response: BaseHTTPResponse, limit: int) -> bytes:
    if response.status == HTTPStatus.FORBIDDEN:
        raise _Forbidden
    if response.status in _ERRORS:
        raise _ERRORS[response.status]
    if response.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        raise AnswerMalformed
    answer = bytearray()
    while part := response.read(limit + 1 - len(answer), decode_content=False):
        answer += part
        if len(answer) > limit:
            raise AnswerMalformed
    return bytes(answer)


def _cut(answer: bytes) -> list[bytes]:
    if len(answer) % labels.RECORD_SIZE:
        raise AnswerMalformed
    return [answer[at : at + labels.RECORD_SIZE] for at in range(0, len(answer), labels.RECORD_SIZE)]


def checked_address(address: str, proxy: str | None) -> str:
    """Return ``address`` without what follows the host; raises ``SettingsError`` for one that is not safe to ask."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsError("not an address") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
        raise SettingsError("the address of a site begins with https:// or http:// and ends with its host")
    if parts.path.strip("/"):
        raise SettingsError("the address of a site ends with its host")
    onion = host.endswith(".onion")
    if onion and proxy is None:
        raise SettingsError("an onion address needs a proxy, such as socks5h://127.0.0.1:9050")
    if parts.scheme == "http" and not onion and not _is_this_machine(host):
        raise SettingsError("http:// is for onion addresses and for this machine; use https://")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")


def pool_through(proxy: str | None) -> PoolManager:
    """Return a pool of one connection, over a proxy with circuits of its own if one is given.

    Raises ``SettingsError`` for a proxy that would not keep the site's name to itself.
    """
    if proxy is None:
        return PoolManager(num_pools=1, maxsize=1, timeout=_TIMEOUT)
    try:
        parts = urlsplit(proxy)
        known = parts.hostname and parts.port
    except ValueError as error:
        raise SettingsError("not a proxy") from error
    if parts.scheme != "socks5h" or not known:
        # socks5:// would ask the local resolver for the site's name, past the proxy.
        raise SettingsError("a proxy is given as socks5h://host:port")
    name, password = parts.username or token_hex(16), parts.password or token_hex(16)
    return SOCKSProxyManager(proxy, name, password, num_pools=1, maxsize=1, timeout=_TIMEOUT)
