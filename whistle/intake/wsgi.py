"""One WSGI request over one socket, inside a child. PEP 3333."""

import io
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from whistle.intake.heads import Head

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

#: No single wait for a visitor's line is longer.
_PAUSE_SECONDS: Final = 30
_GATHERED: Final = 65_536
_PAGE_SIZE: Final = 512 << 10
_HOP_BY_HOP: Final = frozenset({"connection", "date", "keep-alive", "server", "transfer-encoding", "upgrade"})


class Body(io.RawIOBase):
    """What is left of a request's body: exactly as many bytes as its head announced, or ``ConnectionResetError``.

    A visitor who sends fewer than ``slowest`` bytes a second on average is given up, after a start of 30 seconds.
    """

    def __init__(self, sock: socket.socket, length: int, slowest: int) -> None:
        self._sock = sock
        self._left = length
        self._slowest = slowest
        self._read = 0
        self._begun = time.monotonic()

    def readable(self) -> bool:
        """Return that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer; typing has no name for it in 3.11
        """Fill part of ``buffer``; 0 at the end of the body."""
        view = memoryview(buffer)[: self._left]
        if not view:
            return 0
        count = self._sock.recv_into(view)
        self._left -= count
        self._read += count
        waited = time.monotonic() - self._begun - _PAUSE_SECONDS
        if count == 0 or self._read < waited * self._slowest:
            raise ConnectionResetError
        return count


class _Discarded(io.TextIOBase):
    """``wsgi.errors``: what a framework has to say about a failed request may quote the request."""

    def write(self, text: str) -> int:
        return len(text)


class _Answer:
    def __init__(self, sock: socket.socket, *, head_only: bool) -> None:
        self._sock = sock
        self._head_only = head_only
        self._unsent = bytearray()
        self._pending = b""
        self.begun = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        if self.begun:
            if isinstance(exc_info, tuple):
                raise exc_info[1]
            raise AssertionError("answered twice")
        kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _HOP_BY_HOP]
        lines = [f"HTTP/1.1 {status}", *kept, "Connection: close"]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a line break in a header")
        self._pending = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return self.write

    def write(self, data: bytes) -> None:
        if not self.begun:
            self.begun = True
            self._unsent += self._pending
        if self._head_only:
            return
        if len(self._unsent) + len(data) >= _GATHERED:
            self.flush()
            self._sock.sendall(data)
        else:
            self._unsent += data

    def flush(self) -> None:
        """Send what was gathered; raises ``OSError`` when the visitor does not take it."""
        self._sock.sendall(self._unsent)
        self._unsent.clear()


def serve(application: Application, sock: socket.socket, head: Head, extras: Environ, slowest: int) -> None:
    """Let ``application`` answer one request and close the connection.

    ``extras`` go into the environment. Raises whatever the application raises, after a plain answer with status 500
    if none was begun, and ``OSError`` for a visitor who has gone.
    """
    sock.settimeout(_PAUSE_SECONDS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
    # A whole page fits, so that a slow reader holds a buffer of the kernel and not this process.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PAGE_SIZE)
    body = Body(sock, head.length, slowest)
    answer = _Answer(sock, head_only=head.method == "HEAD")
    try:
        _run(application, _environ(head, sock, body) | extras, answer)
    except Exception:
        if not answer.begun:
            answer.start_response("500 Internal Server Error", [("Content-Length", "0"), ("Cache-Control", "no-store")])
            answer.write(b"")
            answer.flush()
        raise
    finally:
        _part(sock, body)


def _run(application: Application, environ: Environ, answer: _Answer) -> None:
    parts = application(environ, answer.start_response)
    try:
        for part in parts:
            answer.write(part)
        answer.write(b"")
        answer.flush()
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _part(sock: socket.socket, body: Body) -> None:
    """Throw away what the application did not read, or the kernel would break the connection before the answer ends."""
    try:
        sock.shutdown(socket.SHUT_WR)
        rest = bytearray(_GATHERED)
        while body.readinto(rest):
            pass
        # Some browsers, w3m among them, send a line end behind the body, as servers once needed it.
        sock.settimeout(0)
        sock.recv_into(rest)
    except OSError:
        pass
    sock.close()


def _environ(head: Head, sock: socket.socket, body: Body) -> Environ:
    """Return the environment, without the visitor's address: nobody needs it, so nobody has it."""
    host, port = sock.getsockname()[:2]
    environ: Environ = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(head.path).decode("latin-1"),
        "QUERY_STRING": head.query,
        "RAW_URI": head.path + ("?" + head.query if head.query else ""),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(head.length) if head.method == "POST" else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BufferedReader(body, _GATHERED),
        "wsgi.errors": _Discarded(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": True,
    }
    for name, value in head.fields.items():
        # Two names that differ in - and _ would meet in one variable: the odd one is left out.
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif "_" not in name and name != "content-length":
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
