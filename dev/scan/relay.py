"""A relay before a site: what a scanner sends goes on as a browser, or our own page, would have sent it.

Without it a scanner would be stopped at the door by what it cannot do, and would find nothing there: proof of work over
a whole body, forms that can be used once, a host's name, a cookie. How far requests came is counted.
"""

import http.client
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final, Protocol, Self

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "ABC")
#: What concerns one connection only, and is made anew for the next.
_OWN: Final = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "accept-encoding"})
_SECONDS: Final = 60


@dataclass(frozen=True)
class Request:
    """A request on its way; ``target`` is path and query."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def having(self, name: str, value: str) -> "Request":
        """Return the request with a field that is this and nothing else."""
        others = tuple(each for each in self.fields if each[0].lower() != name.lower())
        return replace(self, fields=(*others, (name, value)))

    def value(self, name: str) -> str:
        """Return the value of a field, or nothing."""
        return next((value for each, value in self.fields if each.lower() == name.lower()), "")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return the values of all fields of this name."""
        return [value for each, value in self.fields if each.lower() == name.lower()]


class Dress(Protocol):
    """What makes a scanner's request one that the site takes seriously."""

    def dressed(self, request: Request) -> Request:
        """Return the request as it goes on."""

    def seen(self, request: Request, answer: Answer) -> None:
        """Take notice of what came back for ``request`` (as it went on)."""

    def route(self, path: str) -> str:
        """Return the path with what differs from one case to another left out."""


def ask(port: int, request: Request) -> Answer:
    """Send a request over a connection of its own; raises ``OSError`` and ``HTTPException``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.fields:
            connection.putheader(name, value.encode("latin-1", errors="replace"))
        if request.method == "POST" or request.body:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        answer = connection.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


@dataclass
class Relay:
    """Listens on a port of its own while the block lasts, and counts what came back, by method, route and status."""

    target: int
    dress: Dress
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler(self._pass_on))
        self.port = int(self._server.server_address[1])
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, request: Request) -> Answer:
        dressed = self.dress.dressed(request)
        answer = ask(self.target, dressed)
        self.dress.seen(dressed, answer)
        self.counts[request.method, self.dress.route(request.path), answer.status] += 1
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: object, _address: object) -> None:
        """Say nothing of a scanner that has gone."""


def _handler(pass_on: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fields = tuple((name, value) for name, value in self.headers.items() if name.lower() not in _OWN)
            try:
                answer = pass_on(Request(self.command, self.path, fields, body))
            except (OSError, http.client.HTTPException, ValueError):
                self.close_connection = True  # as the site did, or would have
                return
            self.send_response_only(answer.status)
            for name, value in answer.fields:
                if name.lower() not in _OWN:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    for method in _METHODS:
        setattr(Handler, f"do_{method}", Handler.handle_any)
    return Handler
