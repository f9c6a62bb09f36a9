"""The real server in a process of its own, and the plainest of clients."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from whistle.courier import wire

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection. Everything it sends is given as bytes, so that it can send what no library would."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._stream = self.sock.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, *, has_body: bool = True) -> Answer:
        """Read one answer, past any "100 Continue"."""
        line = self._stream.readline()
        if not line:
            raise ConnectionResetError
        headers = {}
        while (header := self._stream.readline()) not in {b"\r\n", b""}:
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        status = int(line.split()[1])
        if status == 100:
            return self.answer(has_body=has_body)
        body = self._stream.read(int(headers.get("content-length", "0"))) if has_body else b""
        return Answer(status, headers, body)

    def ended(self) -> bool:
        """Whether the server has closed its side; waits until it says something."""
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True


def request(method: str, target: str, body: bytes = b"", /, **headers: str) -> bytes:
    """Return the bytes of a request; ``content_type="x"`` becomes ``Content-Type: x``."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def octets(path: str, body: bytes, **headers: str) -> bytes:
    """Return the bytes of a POST of the interface."""
    return request("POST", path, body, **{"Content_Type": wire.OCTETS, **headers})


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something becomes true within so many seconds."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


class Server:
    def __init__(self, process: subprocess.Popen[str], port: int, master: int, worker: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.master = master
        self.worker = worker
        self.log_file = log

    def log(self) -> str:
        return self.log_file.read_text()

    def ask(self, data: bytes, *, has_body: bool = True) -> Answer:
        """Send a request over a connection of its own."""
        with Client(self.port) as client:
            client.send(data)
            return client.answer(has_body=has_body)

    def get(self, target: str, **headers: str) -> Answer:
        return self.ask(request("GET", target, b"", **headers))

    def post(self, target: str, body: bytes, **headers: str) -> Answer:
        return self.ask(request("POST", target, body, **headers))

    def put(self, path: str, body: bytes, **headers: str) -> Answer:
        return self.ask(octets(path, body, **headers))

    @property
    def nursery(self) -> int:
        """The process that forks children."""
        assert eventually(lambda: len(children_of(self.worker)) == 1)
        return children_of(self.worker)[0]

    @property
    def lasting(self) -> tuple[int, int, int]:
        """The processes that live on after a request."""
        return self.master, self.worker, self.nursery

    def children(self) -> list[int]:
        """Return the process ids of the nursery's children."""
        return children_of(self.nursery)

    def kill(self) -> None:
        """Let master and worker end without a warning."""
        os.kill(self.master, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.worker, signal.SIGKILL)
        self.process.wait(60)

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.kill(self.master, number)
        return self.process.wait(60)


def children_of(process: int) -> list[int]:
    """Return the ids of the processes that ``process`` has forked and that have any memory left."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children if _has_memory(child)]


def _has_memory(process: str) -> bool:
    try:
        return not Path(f"/proc/{process}/statm").read_text().startswith("0 ")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_for(log: Path, process: subprocess.Popen[str], sign: str) -> str:
    """Return what follows ``sign`` in its line of the log."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        for line in log.read_text().splitlines(keepends=True):
            if sign in line and line.endswith("\n"):
                return line.split(sign)[1].strip()
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@contextmanager
def serving(
    folder: Path,
    arguments: str = "",
    *options: str,
    prefix: tuple[str, ...] = (),
    site: str = "tests.intake.probe:site",
) -> Iterator[Server]:
    """Run the server on a site in ``folder``; ``arguments`` are those of ``site`` in Python's spelling."""
    log = folder / "log"
    command = [*prefix, sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config/gunicorn.conf.py")]
    command += ["--bind", "127.0.0.1:0", "--log-level", "debug", *options]
    command.append(f"{site}({str(folder)!r}{arguments})")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=stream, stderr=stream, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
    try:
        port, master = _wait_for(log, process, "Listening at: http://127.0.0.1:").split()
        worker = int(_wait_for(log, process, "Booting worker with pid: "))
        server = Server(process, int(port), int(master.strip("()")), worker, log)
        assert server.get("/v1/keyring").status == 200  # everything is open
        yield server
        if process.poll() is None:
            server.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(60)
