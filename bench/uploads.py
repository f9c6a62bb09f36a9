"""A large file in a form without JavaScript: speed, memory of all server processes, bytes written to the disk.

Run with ``python -m bench.uploads``. The speed stands beside what the same machine does at best: the chunk cipher over
the same bytes, and SQLite by itself writing the same rows to tables of the same layout, one after the other in one
process. Uploads and this take turns, each on a database of its own that grows to the same size.
"""

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.intake.server import Server, serving
from tests.journeys.visitor import Visitor, encoded
from whistle.protocol.labels import CHUNK_TEXT_SIZE, PUT_CHUNK_LIMIT
from whistle.protocol.stream import chunks_of, padded
from whistle.shelf.sqlite import PAGE_SIZE, Use

#: Bytes of the file, and how often it is sent.
SIZE = 200 << 20
ROUNDS = 3
_SETTINGS = ", form_mib=4096, day_mib=16384"
_PIECE = os.urandom(1 << 20)
_SITE = "tests.intake.pages_site:site"
_TABLE = (
    "CREATE TABLE record (place INTEGER PRIMARY KEY, address BLOB NOT NULL CHECK (length(address) = 32),"
    " burn_hash BLOB NOT NULL CHECK (length(burn_hash) = 32), shelf INTEGER NOT NULL CHECK (shelf IN (0, 1)),"
    " day INTEGER NOT NULL, sealed BLOB NOT NULL CHECK (length(sealed) = 32704)) STRICT;"
    "CREATE INDEX record_by_burn_hash ON record (burn_hash);"
    "CREATE INDEX message_by_day ON record (day) WHERE shelf = 0;"
)


def descendants(process: int) -> list[int]:
    """Return a process and everything below it."""
    found = [process]
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += descendants(int(child))
    return found


def memory(processes: list[int]) -> float:
    """Return the proportional memory (PSS, MiB) of processes together."""
    total = 0
    for process in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            total += int(Path(f"/proc/{process}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
    return total / 1024


@dataclass
class Watch:
    """The processes of a server while something goes on: their largest memory, and what each wrote so far."""

    server: Server
    peak: float = 0.0
    written: dict[int, int] = field(default_factory=dict)

    def look(self) -> None:
        """Take down what holds now."""
        processes = descendants(self.server.master)
        self.peak = max(self.peak, memory(processes))
        for process in processes:
            with suppress(FileNotFoundError, ProcessLookupError):
                lines = Path(f"/proc/{process}/io").read_text()
                self.written[process] = int(lines.split("write_bytes:")[1].split()[0])

    @property
    def total(self) -> int:
        """Bytes that all of them sent to the disk."""
        return sum(self.written.values())

    @contextmanager
    def kept(self, seconds: float = 0.1) -> Iterator[None]:
        """Look again and again while something goes on."""
        ended = Event()

        def go() -> None:
            while not ended.wait(seconds):
                self.look()

        thread = Thread(target=go)
        self.look()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.look()


def send(server: Server, size: int) -> float:
    """Send a report with a file of ``size`` bytes as a browser does, and return the seconds up to its answer."""
    visitor = Visitor(f"http://127.0.0.1:{server.port}")
    visitor.begin()
    form = visitor.page.form("/report/send").set("text", "A report with a large file.")
    mark = b"@the file@"
    body, kind = encoded(form, [("large.bin", mark)])
    before, after = body.split(mark)
    head = (
        f"POST /report/send HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(before) + size + len(after)}\r\n\r\n"
    ).encode()
    begun = perf_counter()
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(head + before)
        for start in range(0, size, len(_PIECE)):
            sock.sendall(_PIECE[: size - start])
        sock.sendall(after)
        answer = b"".join(iter(lambda: sock.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    assert b"Your report has arrived" in answer, answer[-2_000:]
    return perf_counter() - begun


def raw(folder: Path, size: int) -> tuple[float, float]:
    """Return the seconds of the bare cipher, and of bare SQLite, for the chunks of a file of ``size`` bytes."""
    count = padded(chunks_of(size))
    aead, text = AESGCM(os.urandom(32)), os.urandom(CHUNK_TEXT_SIZE)
    database = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {Use.ARRIVALS.log_size // PAGE_SIZE}")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA secure_delete = ON")
    database.executescript(_TABLE)
    cipher = writing = 0.0
    for start in range(0, count, PUT_CHUNK_LIMIT):
        numbers = range(start, min(start + PUT_CHUNK_LIMIT, count))
        begun = perf_counter()
        sealed = [aead.encrypt(number.to_bytes(12, "big"), text, bytes(64)) for number in numbers]
        cipher += perf_counter() - begun
        rows = []
        for data in sealed:
            address = os.urandom(32)
            rows.append((int.from_bytes(address[:8], "big") >> 1, address, os.urandom(32), 1, 739_000, data))
        begun = perf_counter()
        database.execute("BEGIN")
        database.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")
        writing += perf_counter() - begun
    database.close()
    return cipher, writing


def measure(size: int = SIZE, rounds: int = ROUNDS) -> dict[str, float]:
    """Print and return the figures."""
    speeds, ratios, written, peaks, raws = [], [], [], [], []
    for _round in range(rounds):
        with TemporaryDirectory() as name:
            cipher, writing = raw(Path(name), size)
        with TemporaryDirectory() as name, serving(Path(name), _SETTINGS, site=_SITE) as server:
            time.sleep(1)
            watch = Watch(server)
            watch.look()
            idle, before = watch.peak, watch.total
            with watch.kept():
                seconds = send(server, size)
            peaks.append(watch.peak - idle)
            written.append((watch.total - before) / size)
        speeds.append(size / seconds / 1e6)
        raws.append(size / (cipher + writing) / 1e6)
        ratios.append((cipher + writing) / seconds)
    figures = {
        "MB/s of an upload without JavaScript": median(speeds),
        "MB/s of the bare cipher and bare SQLite": median(raws),
        "ratio of the two (to reach: 0.6)": median(ratios),
        "bytes written for each byte (to reach: 2.7 or less)": median(written),
        "MiB of memory above idle (to reach: 100 or less)": max(peaks),
    }
    print(f"{size >> 20} MiB in one form")
    for name, value in figures.items():
        print(f"  {name:<56}{value:>8.2f}")
    return figures


def main() -> None:
    """Measure a file of ``SIZE`` bytes, or of as many MiB as the command line says."""
    measure(int(sys.argv[1]) << 20 if sys.argv[0].endswith("uploads.py") and sys.argv[1:] else SIZE)


if __name__ == "__main__":
    main()
