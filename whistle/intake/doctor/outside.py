"""The site as a visitor meets it: through the proxy or the onion service before it.

The doctor asks nobody but the site itself. It speaks HTTP by hand, because it has to send half a request and see what
comes of that: an intake that gets a request as it is sent refuses a wrong length at once; one behind a proxy that
stores requests first says nothing until the whole body was sent.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.parse import urlsplit

from whistle.courier import wire
from whistle.errors import SettingsError, WhistleError
from whistle.intake.doctor.finding import Finding, note, problem, warning
from whistle.intake.headers import SECURITY_HEADERS
from whistle.language import _
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.published import Published

_SECONDS: Final = 60
_PATIENCE: Final = 10
_PATIENCE_ON_THE_WAY: Final = 40
_BODY_LIMIT: Final = 16 << 20
_CERTIFICATE_DAYS: Final = 14
_DAY: Final = 86_400
_TELLTALES: Final = ("Via", "X-Powered-By", "ETag", "Last-Modified", "X-Cache", "Alt-Svc")
_BAD_REQUEST: Final = 400
#: Of a message that is too short by one: refused by its length, before a byte of it is read.
_WRONG_LENGTH: Final = RECORD_SIZE - 1

_SOCKS_NO_PASSWORD: Final = b"\x05\x01\x00"
_SOCKS_CONNECT: Final = b"\x05\x01\x00\x03"
_SOCKS_REST: Final = {1: 4, 4: 16}


@dataclass(frozen=True)
class Address:
    """Where the site is, and the SOCKS proxy through which it is reached, if any."""

    scheme: str
    host: str
    port: int
    proxy: tuple[str, int] | None = None

    @classmethod
    def parse(cls, url: str, proxy: str | None) -> "Address":
        """Read ``https://…`` and ``socks5h://…``; raises ``SettingsError``."""
        try:
            site, through = urlsplit(url), urlsplit(proxy or "")
            port = site.port or {"http": 80, "https": 443}[site.scheme]
            way = (through.hostname or "", through.port or 0) if proxy else None
        except (ValueError, KeyError) as error:
            raise SettingsError(url) from error
        if not site.hostname or (proxy and (through.scheme != "socks5h" or way is None or not all(way))):
            raise SettingsError(proxy if site.hostname and proxy else url)
        return cls(site.scheme, site.hostname, port, way)

    @property
    def is_private(self) -> bool:
        """Whether nobody between a visitor and the site can read along without TLS."""
        return self.host.endswith(".onion") or self.host in {"localhost", "127.0.0.1", "::1"}

    def connected(self) -> socket.socket:
        """Return a connection; raises ``OSError``, ``ssl.SSLError`` among them."""
        sock = socket.create_connection(self.proxy or (self.host, self.port), _SECONDS)
        try:
            if self.proxy is not None:
                self._ask_proxy(sock)
            if self.scheme == "https":
                return ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise
        return sock

    def _ask_proxy(self, sock: socket.socket) -> None:
        """Let a SOCKS proxy connect us; it looks the name up itself. RFC 1928."""
        name = self.host.encode("idna")
        sock.sendall(_SOCKS_NO_PASSWORD)
        if _exactly(sock, 2) != b"\x05\x00":
            raise ConnectionRefusedError("the proxy asks for a password")
        sock.sendall(_SOCKS_CONNECT + bytes([len(name)]) + name + self.port.to_bytes(2, "big"))
        head = _exactly(sock, 4)
        size = _SOCKS_REST.get(head[3]) or _exactly(sock, 1)[0]
        _exactly(sock, size + 2)
        if head[1] != 0:
            raise ConnectionRefusedError("the proxy did not reach the site")

    def head(self, method: str, path: str, *fields: str) -> bytes:
        """Return the head of a request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", "Connection: close", *fields, "", ""]
        return "\r\n".join(lines).encode("latin-1")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes


def examine(address: Address, document: bytes | None) -> Iterator[Finding]:
    """Visit the site; ``document`` is what it should publish."""
    if address.scheme == "http" and not address.is_private:
        yield problem(
            "outside-plain",
            _("The site is visited without TLS: everybody on the way reads what sources write."),
            _("Let the proxy end TLS, and send visitors of http:// to https://."),
        )
    try:
        page = _fetched(address, "/", "Accept-Encoding: gzip, br, zstd", "Accept: text/html")
        published = _fetched(address, wire.KEYRING_PATH)
    except (OSError, HTTPException) as error:
        yield problem(
            "outside-unreachable",
            _("The site could not be visited ({reason}).").format(reason=_reason(error)),
            _("Look whether the proxy or the onion service runs, and whether it leads to the intake."),
        )
        return
    yield from _same_site(published, document)
    yield from _headers(page, address)
    yield from _certificate(address)
    yield from _early(address)


def _fetched(address: Address, path: str, *fields: str) -> Answer:
    with closing(address.connected()) as sock:
        sock.sendall(address.head("GET", path, *fields))
        return _answer(sock)


def _answer(sock: socket.socket) -> Answer:
    with closing(HTTPResponse(sock)) as response:
        response.begin()
        body = response.read(_BODY_LIMIT)
        if response.length:
            raise HTTPException("cut off")
        return Answer(response.status, response.headers, body)


# --- what the site is and says


def _same_site(published: Answer, document: bytes | None) -> Iterator[Finding]:
    if document is None:
        return
    try:
        same = Published.parse(published.body).keyring == Published.parse(document).keyring
    except WhistleError:
        same = False
    if not same:
        yield problem(
            "outside-other-site",
            _("What answers at this address does not publish the keyring that is here."),
            _("If the address is right, the proxy leads elsewhere, or answers from a cache."),
        )


def _headers(page: Answer, address: Address) -> Iterator[Finding]:
    wrong = [name for name, value in SECURITY_HEADERS.items() if page.headers.get_all(name) != [value]]
    if wrong:
        yield problem(
            "outside-headers",
            _("These headers, which protect visitors, do not arrive as the intake sends them: {names}.").format(
                names=", ".join(wrong)
            ),
            _("Let the proxy pass headers on as they are: no add_header, proxy_hide_header or Header set for them."),
        )
    if page.headers["Content-Encoding"] is not None:
        yield problem(
            "outside-compressed",
            _("Pages arrive compressed: their size then tells what is on them, for all their padding."),
            _("Switch compression off in the proxy (nginx: gzip off;)."),
        )
    if page.headers["Set-Cookie"] is not None:
        yield problem(
            "outside-cookie",
            _("Visitors are given a cookie, by which they can be known again. It is not the intake's."),
            _("Find out what sets it, and switch that off: load balancers do, and services against bots."),
        )
    told = [name for name in _TELLTALES if page.headers[name] is not None]
    if told or any(letter.isdigit() for letter in page.headers.get("Server", "")):
        yield warning(
            "outside-telling",
            _("Answers tell of the machine before the intake: {names}.").format(names=", ".join(told or ["Server"])),
            _("Switch these headers off in the proxy (nginx: server_tokens off;)."),
        )
    if page.headers["Date"] is not None:
        yield note(
            "outside-date",
            _("Answers carry the proxy's time of day. Its drift can link this site to another name of the machine."),
            _("Do not offer the same intake under an onion address and through this proxy, if its place is secret."),
        )
    if address.scheme == "https" and page.headers["Strict-Transport-Security"] is None:
        yield warning(
            "outside-no-hsts",
            _("Browsers are not told to come back over TLS only."),
            _("Add to the proxy: Strict-Transport-Security: max-age=63072000"),
        )


def _certificate(address: Address) -> Iterator[Finding]:
    if address.scheme != "https":
        return
    with closing(address.connected()) as sock:
        certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    ends = str((certificate or {}).get("notAfter", ""))
    left = (ssl.cert_time_to_seconds(ends) - time.time()) / _DAY if ends else 0
    if left < _CERTIFICATE_DAYS:
        yield warning(
            "outside-certificate",
            _("The certificate is good for {days} more days only.").format(days=max(0, int(left))),
            _("Renew it, and look why that does not happen by itself."),
        )


# --- whether anything stores a request before it passes it on


def _early(address: Address) -> Iterator[Finding]:
    """Send the head and one byte of a body whose length is wrong, and see who says so, and when."""
    try:
        with closing(address.connected()) as sock:
            sock.sendall(_half_a_request(address))
            sock.settimeout(_PATIENCE if address.proxy is None else _PATIENCE_ON_THE_WAY)
            answer = _answer(sock)
    except TimeoutError:
        yield problem(
            "proxy-stores-bodies",
            _("Something before the intake collects whole requests before it passes them on, perhaps on a disk."),
            _("Switch that off (nginx: proxy_request_buffering off;). A service that cannot is none for this site."),
        )
        return
    except (OSError, HTTPException):
        answer = None
    if answer is None or answer.status != _BAD_REQUEST or answer.body:
        yield warning(
            "outside-bodies-unknown",
            _("It cannot be told whether something before the intake stores requests: it does not answer as it would."),
            _("Read the proxy's configuration: bodies must pass through it as they come, and never touch a disk."),
        )


def _half_a_request(address: Address) -> bytes:
    fields = (f"Content-Type: {wire.OCTETS}", f"Content-Length: {_WRONG_LENGTH}")
    return address.head("POST", wire.MESSAGES_PATH, *fields) + b"\x00"


def _exactly(sock: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = sock.recv(size - len(received))
        if not piece:
            raise ConnectionResetError("the proxy ended the connection")
        received += piece
    return received


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, HTTPException):  # its words may be those of whoever answered
        return _("what answers is no website, or is cut off")
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
