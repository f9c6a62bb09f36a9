"""Pre-sealed records through the blind interface, beside raw SQLite commits, and logins with a receipt.

Run with ``python -m bench.interface``. The server is the real one, on a fresh shelf; clients keep their connections.
"""

import os
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whistle.courier import wire
from whistle.protocol.labels import ADDRESS_SIZE, FETCH_COUNT, LOOK_ANSWER_SIZE, LOOK_COUNT, RECORD_SIZE

#: Makes a question anew: its path, its body, and the size of the answer's body.
Question = Callable[[], tuple[str, bytes, int]]

ROOT = Path(__file__).parent.parent
CLIENTS = (1, 8, 32)
SECONDS = 5.0
_SEALED = os.urandom(RECORD_SIZE - 64)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Result:
    """What one measurement gave: rounds a second, CPU milliseconds of the server for each, its memory in MiB."""

    rate: float
    cpu: float
    memory: float
    slowest: float


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the intake on a fresh shelf; gives its port and the process id of its worker."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        *("--config", str(ROOT / "config/gunicorn.conf.py"), "--bind", "127.0.0.1:0"),
        f"tests.intake.probe:site({str(folder)!r})",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = worker = 0
    for line in process.stderr:
        if "Listening at" in line:
            port = int(line.split(":")[3].split()[0])
        if "Booting worker" in line:
            worker = int(line.split(":")[-1])
            break
    try:
        yield port, worker
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stderr.close()


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class _Client:
    """One connection that asks the same questions again and again, each when the one before was answered."""

    def __init__(self, port: int, questions: Sequence[Question]) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rounds = 0
        self.slowest = 0.0
        self._questions = questions
        self._place = -1
        self._begun = time.perf_counter()
        self._ask()

    def _ask(self) -> None:
        self._place = (self._place + 1) % len(self._questions)
        path, body, self._missing = self._questions[self._place]()
        self._status = b""
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {wire.OCTETS}\r\nContent-Length: {len(body)}"
        self.sock.sendall(b"".join((head.encode(), b"\r\n\r\n", body)))

    def on_readable(self) -> None:
        """Take what has come of an answer, and ask on when it is whole."""
        received = self.sock.recv(1 << 18)
        if not self._status:
            head, _end, received = received.partition(b"\r\n\r\n")
            self._status = head[:12]
            assert self._status in {b"HTTP/1.1 200", b"HTTP/1.1 204"}, head[:40]
        self._missing -= len(received)
        if self._missing:
            return
        if self._place == len(self._questions) - 1:
            self.rounds += 1
            self.slowest = max(self.slowest, time.perf_counter() - self._begun)
            self._begun = time.perf_counter()
        self._ask()


def through_interface(clients: int, questions: Sequence[Question], seconds: float = SECONDS) -> Result:
    """Let so many clients ask these questions in turn; counted is the whole round of them."""
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as (port, worker):
        with selectors.DefaultSelector() as selector:
            asking = [_Client(port, questions) for _ in range(clients)]
            for client in asking:
                selector.register(client.sock, selectors.EVENT_READ, client)
            before, begun = _cpu_seconds(worker), time.perf_counter()
            while time.perf_counter() - begun < seconds:
                for key, _events in selector.select():
                    key.data.on_readable()
            elapsed = time.perf_counter() - begun
            used = _cpu_seconds(worker) - before
        count = sum(client.rounds for client in asking)
        for client in asking:
            client.sock.close()
        slowest = max(client.slowest for client in asking)
        return Result(count / elapsed, 1000 * used / count, _memory(worker), 1000 * slowest)


def put() -> tuple[str, bytes, int]:
    """Return a question that puts a new record: path, body, and size of the answer's body."""
    return wire.MESSAGES_PATH, os.urandom(64) + _SEALED, 0


def look() -> tuple[str, bytes, int]:
    """Return a question for 128 addresses."""
    return wire.LOOK_PATH, os.urandom(LOOK_COUNT * ADDRESS_SIZE), LOOK_ANSWER_SIZE


def fetch() -> tuple[str, bytes, int]:
    """Return a question for the records at 8 addresses."""
    return wire.FETCH_PATH, os.urandom(FETCH_COUNT * ADDRESS_SIZE), FETCH_COUNT * RECORD_SIZE


def raw_commits(batch: int, seconds: float = SECONDS) -> float:
    """Return how many records a second SQLite makes durable by itself, ``batch`` of them in each commit."""
    with tempfile.TemporaryDirectory() as name:
        connection = sqlite3.connect(Path(name) / "raw.sqlite", isolation_level=None)
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        connection.execute(
            "CREATE TABLE record (place INTEGER PRIMARY KEY, address BLOB, burn_hash BLOB, shelf INTEGER, day INTEGER,"
            " sealed BLOB) STRICT"
        )
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            connection.execute("BEGIN")
            for _ in range(batch):
                address = os.urandom(32)
                place = int.from_bytes(address[:8], "big") >> 1
                row = (place, address, os.urandom(32), 0, 1, _SEALED)
                connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("COMMIT")
            count += batch
        elapsed = time.perf_counter() - begun
        connection.close()
        return count / elapsed


def main() -> None:
    """Print a line for each number of clients."""
    print("pre-sealed records through the interface (each durable before its answer)")
    for clients in CLIENTS:
        raw = raw_commits(clients)
        result = through_interface(clients, [put])
        print(
            f"  {_line(clients, result)}; raw SQLite, {clients} a commit: {raw:6.0f}/s, ratio {result.rate / raw:.2f}"
        )
    print("logins with a receipt, as page and command do them: a look and a fetch")
    for clients in CLIENTS:
        print(f"  {_line(clients, through_interface(clients, [look, fetch]))}")


def _line(clients: int, result: Result) -> str:
    return (
        f"{clients:2} clients: {result.rate:6.0f}/s, {result.cpu:.2f} ms of server CPU each,"
        f" {result.memory:.0f} MiB, slowest {result.slowest:.0f} ms"
    )


if __name__ == "__main__":
    main()
