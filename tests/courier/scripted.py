"""Two small servers for what no honest one does: a site that answers as it is told, and a SOCKS proxy that notes."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

OK = "200 OK"


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return the bytes of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def read_request(sock: socket.socket) -> bytes:
    """Return head and body of one request, or nothing where the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65_536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int((lengths or [b"0"])[0]):
        body += sock.recv(65_536)
    return head + b"\r\n\r\n" + body


@dataclass
class Listener:
    """Accepts connections on a port of its own; ``noted`` is what its script wrote down."""

    port: int
    noted: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(script: Callable[[Listener, socket.socket], None]) -> Iterator[Listener]:
    """Run ``script`` for every connection, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])

        def run() -> None:
            with suppress(OSError):
                while True:
                    connection, _peer = server.accept()
                    listener.connections += 1
                    with connection, suppress(OSError):
                        script(listener, connection)

        thread = Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(10)


class Half(bytes):
    """An answer after which the site hangs up."""


def site(*answers: bytes | None) -> Callable[[Listener, socket.socket], None]:
    """Give ``answers`` one after the other, over as many connections as it takes; ``None`` hangs up."""
    rest = list(answers)

    def script(listener: Listener, sock: socket.socket) -> None:
        while rest and (request := read_request(sock)):
            listener.noted.append(request)
            given = rest.pop(0)
            if given is None:
                return
            sock.sendall(given)
            if isinstance(given, Half):
                return

    return script


def socks(listener: Listener, sock: socket.socket) -> None:
    """Speak SOCKS 5 (RFC 1928, RFC 1929), note name, password and destination, and answer as a site would."""
    _version, count = sock.recv(2)
    assert 2 in sock.recv(count)
    sock.sendall(b"\x05\x02")
    _version, size = sock.recv(2)
    listener.noted.append(sock.recv(size))
    listener.noted.append(sock.recv(sock.recv(1)[0]))
    sock.sendall(b"\x01\x00")
    _version, _command, _reserved, kind = sock.recv(4)
    assert kind == 3, "the name must travel to the proxy, not an address that was resolved here"
    listener.noted.append(sock.recv(sock.recv(1)[0]))
    struct.unpack(">H", sock.recv(2))
    sock.sendall(b"\x05\x00\x00\x01" + bytes(6))
    listener.noted.append(read_request(sock))
    sock.sendall(answer("503 Busy"))
