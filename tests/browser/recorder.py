"""A proxy between browsers and the intake that keeps every byte it passes on, and can cut the line."""

import re
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Self

_BLOCK = 1 << 16
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One request as the server got it."""

    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def shape(self) -> tuple[str, str, int]:
        """What somebody who watches the server learns of a request that is sealed: where it goes, and its size."""
        return self.method, self.path, len(self.body)


class Recorder:
    """Listens on a port of its own, and connects every visitor to the server's."""

    def __init__(self, port: int, *, keep: bool = True, pace: int | None = None) -> None:
        """With ``keep=False`` bytes are counted and forgotten; ``pace`` is how many a second each connection sends."""
        self.target = port
        self._keep = keep
        self.pace = pace
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._said: dict[int, bytearray] = {}
        self._open: list[socket.socket] = []
        self._accepting = Thread(target=self._accept, daemon=True)
        #: bytes that went up, ever
        self.sent = 0
        #: messages that were put, ever
        self.messages = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(30)
        self.cut()

    def cut(self) -> None:
        """Break every connection that there is now, in the middle of whatever is said."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
            self._open.clear()

    def forget(self) -> None:
        """Begin anew; what is under way is lost."""
        with self._lock:
            for said in self._said.values():
                said.clear()

    def bytes_sent(self) -> list[bytes]:
        """Return everything that was sent to the server, each connection by itself."""
        with self._lock:
            return [bytes(said) for said in self._said.values() if said]

    def requests(self) -> list[Request]:
        """Return every request that was sent whole."""
        return [request for said in self.bytes_sent() for request in _requests(said)]

    def shapes(self, prefix: str = "/v1/") -> Counter[tuple[str, str, int]]:
        """Count the requests below a path by what they look like from outside."""
        return Counter(request.shape for request in self.requests() if request.path.startswith(prefix))

    def _accept(self) -> None:
        number = 0
        with suppress(OSError):  # the listener is closed
            while True:
                client, _address = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:  # the server is away
                    client.close()
                    continue
                number += 1
                with self._lock:
                    self._open += [client, server]
                    self._said[number] = bytearray()
                Thread(target=self._pass_on, args=(client, server, number), daemon=True).start()
                Thread(target=self._pass_on, args=(server, client, None), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, number: int | None) -> None:
        with suppress(OSError):  # one side went away
            while data := source.recv(_BLOCK):
                if number is not None:
                    with self._lock:
                        self.sent += len(data)
                        self.messages += data.startswith(b"POST /v1/messages ")
                        if self._keep:
                            self._said[number] += data
                    if self.pace is not None:
                        time.sleep(len(data) / self.pace)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _requests(said: bytes) -> list[Request]:
    found = []
    while _HEAD_END in said:
        head, _end, rest = said.partition(_HEAD_END)
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:  # it is still under way, or was broken off
            break
        method, path, _version = head.split(b"\r\n", 1)[0].decode().split(" ")
        found.append(Request(method, path, head, rest[:size]))
        said = rest[size:]
    return found
