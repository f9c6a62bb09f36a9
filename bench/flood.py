"""Honest reports beside a flood on each endpoint in turn. Run with ``python -m bench.flood``.

The flood is a hundred requests a second, each over a connection of its own: forms with a ticket that was used and a
place that was shown before, requests of the interface with forged work. Beside it one honest report a second
(``honest.py``). Printed are the honest ones that got through, the time that 95 of 100 took at most, and what the
server held in memory.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Event, Process, Value
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event as Ended
from typing import Final, TypeAlias

from bench import forms, honest
from whistle.courier import wire
from whistle.protocol.labels import RECORD_SIZE

Sent: TypeAlias = "Synchronized[int]"

A_SECOND: Final = 100
HONEST: Final = 6
#: Bytes of a head that is nearly too long: a few at a time are read, so that it costs the most.
_LONG: Final = 7_900
_FORMS: Final = (
    "/report",
    "/report/words",
    "/report/form",
    "/report/send",
    "/replies",
    "/replies/open",
    "/replies/follow-up",
    "/withdraw",
    "/withdraw/now",
)
_BODIES: Final = {
    wire.MESSAGES_PATH: RECORD_SIZE,
    wire.CHUNKS_PATH: RECORD_SIZE,
    wire.LOOK_PATH: 128 * 32,
    wire.FETCH_PATH: 8 * 32,
    wire.BURN_PATH: 8 * 32,
    wire.STATEMENTS_PATH: 2_000,
}


def requests() -> Iterator[tuple[str, bytes]]:
    """Give out a name for each endpoint, and the request that floods it."""
    for path in ("/", "/replies", "/steps", wire.KEYRING_PATH):
        yield f"GET {path}", _head("GET", path)
    yield "GET / with a long head", _head("GET", "/", more="X: " + "x" * _LONG)
    place, body = forms.used()
    for path in _FORMS:
        yield f"POST {path}", _head("POST", f"{path}?{place}", len(body), "application/x-www-form-urlencoded") + body
    for path, size in _BODIES.items():
        forged = f"{wire.WORK_HEADER}: {'0' * 16}"
        yield f"POST {path}", _head("POST", path, size, wire.OCTETS, forged) + bytes(size)
    yield f"GET {wire.MESSAGES_PATH}", _head("GET", f"{wire.MESSAGES_PATH}?day=2026-01-01&after=")


def _head(method: str, target: str, length: int = 0, kind: str = "", more: str = "") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"Content-Type: {kind}", f"Content-Length: {length}"] if method == "POST" else []
    return "\r\n".join([*lines, *([more] if more else []), "", ""]).encode()


def flood(request: bytes, ended: Ended, sent: Sent) -> None:
    """Send ``request`` a hundred times a second, count, and take no notice of what comes of it."""
    waiting: list[socket.socket] = []
    begun, count = time.monotonic(), 0
    while not ended.is_set():
        count += 1
        with suppress(OSError):
            sock = socket.create_connection(("127.0.0.1", forms.PORT), timeout=1)
            sock.sendall(request)
            waiting.append(sock)
            sent.value += 1
        while len(waiting) > A_SECOND:
            waiting.pop(0).close()
        time.sleep(max(0.0, begun + count / A_SECOND - time.monotonic()))


@contextmanager
def flooded(request: bytes) -> Iterator[Sent]:
    """Flood the site meanwhile, from a process of its own; gives what it has sent."""
    ended, sent = Event(), Value("i")
    flooder = Process(target=flood, args=(request, ended, sent), daemon=True)
    flooder.start()
    try:
        yield sent
    finally:
        ended.set()
        flooder.join()


def main() -> None:
    """Print a line for each endpoint, and one for all."""
    with forms.server() as running:
        outcome = honest.Outcome()
        print(f"{A_SECOND} requests a second on each endpoint, one honest report a second beside it")
        for name, request in requests():
            with flooded(request) as sent:
                begun = time.monotonic()
                part = honest.reports(running, HONEST)
                rate = sent.value / (time.monotonic() - begun)
            outcome.add(part)
            print(f"  {name:24} {part}, {rate:.0f} a second", flush=True)
        print(f"  {'all':24} {outcome}")


if __name__ == "__main__":
    main()
