"""Pre-sealed records through the blind interface: puts a second, server CPU and memory, beside raw SQLite commits.

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whistle.protocol.labels import RECORD_SIZE

ROOT = Path(__file__).parent.parent
CLIENTS = (1, 8, 32)
SECONDS = 5.0
_HEAD = (
    b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: 32768\r\n\r\n"
)
_SEALED = os.urandom(RECORD_SIZE - 64)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Result:
    """What one measurement gave: puts a second, CPU milliseconds of the server for each, its memory in MiB."""

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


def through_interface(clients: int, seconds: float = SECONDS) -> Result:
    """Put records with so many clients at once, each waiting for its answer before it puts the next."""
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as (port, worker):
        with selectors.DefaultSelector() as selector:
            for _ in range(clients):
                sock = socket.create_connection(("127.0.0.1", port))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _put(sock)
                selector.register(sock, selectors.EVENT_READ, time.perf_counter())
            before, begun = _cpu_seconds(worker), time.perf_counter()
            count, slowest = 0, 0.0
            while time.perf_counter() - begun < seconds:
                for key, _events in selector.select():
                    sock = key.fileobj  # type: ignore[assignment]
                    answer = sock.recv(4096)
                    assert answer.startswith(b"HTTP/1.1 204 "), answer[:40]
                    count += 1
                    slowest = max(slowest, time.perf_counter() - key.data)
                    _put(sock)
                    selector.modify(sock, selectors.EVENT_READ, time.perf_counter())
            elapsed = time.perf_counter() - begun
            used = _cpu_seconds(worker) - before
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
        return Result(count / elapsed, 1000 * used / count, _memory(worker), 1000 * slowest)


def _put(sock: socket.socket) -> None:
    sock.sendall(b"".join((_HEAD, os.urandom(64), _SEALED)))


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
        result = through_interface(clients)
        print(
            f"  {clients:2} clients: {result.rate:6.0f}/s, {result.cpu:.2f} ms of server CPU each, "
            f"{result.memory:.0f} MiB, slowest {result.slowest:.0f} ms; "
            f"raw SQLite, {clients} a commit: {raw:6.0f}/s, ratio {result.rate / raw:.2f}"
        )


if __name__ == "__main__":
    main()
