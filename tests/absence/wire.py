"""A wire-tap: it passes on what a client and a server say to each other, and counts the bytes of each direction."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from typing import Self

_BLOCK = 1 << 16


class WireTap:
    """Listens on a port of its own, and connects every visitor to the server's."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[Thread] = []
        self._sockets: list[socket.socket] = []
        self._counts = {"up": 0, "down": 0}
        self._lock = Lock()
        self._accepting = Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(30)
        self.finish()

    def finish(self) -> tuple[int, int]:
        """Wait until every connection has ended; return how many bytes went up and down since the last time."""
        while self._threads:
            self._threads.pop().join(30)
        while self._sockets:
            self._sockets.pop().close()
        counted = self._counts["up"], self._counts["down"]
        self._counts = {"up": 0, "down": 0}
        return counted

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                for source, target, direction in ((client, server, "up"), (server, client, "down")):
                    self._threads.append(Thread(target=self._pass_on, args=(source, target, direction), daemon=True))
                    self._threads[-1].start()

    def _pass_on(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        with suppress(OSError):  # one side went away
            while data := source.recv(_BLOCK):
                with self._lock:
                    self._counts[direction] += len(data)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
