"""Whole reports by the form without JavaScript, and visits with a receipt, at 1, 8 and 32 clients.

Run with ``python -m bench.forms``. The server is the real one with a trial organisation of two reviewers and a
custodian. A report is the page with the form and its sending, as a browser does it: a new connection for each, since
a process that handled secrets ends with its answer. A visit sends twelve words and gets the page of what was found.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlencode

from whistle.protocol.receipt import Receipt

CLIENTS = (1, 8, 32)
SECONDS = 8.0
PORT = 18_765
_TEXT = "They met on the ninth at the harbour office, and the envelope was on the table before the tender. " * 20
_TICKS = os.sysconf("SC_CLK_TCK")
_HIDDEN = re.compile(r'<input(?=[^>]*type="hidden")(?=[^>]*name="([^"]+)")(?=[^>]*value="([^"]*)")[^>]*>')
_URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


class Server:
    """The intake of a fresh trial organisation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        whistle = [sys.executable, "-m", "whistle"]
        subprocess.run(
            [*whistle, "init", str(folder), "--intake-port", str(PORT)], check=True, stdout=subprocess.DEVNULL
        )
        serve = [*whistle, "intake", "--config", str(folder / "whistle.toml")]
        self._process = subprocess.Popen(serve, stderr=subprocess.DEVNULL)
        while self._status() != http.client.OK:
            time.sleep(0.1)
        self.worker = _children_of(self._process.pid)[0]

    def _status(self) -> int:
        try:
            return ask("GET", "/")[0]
        except OSError:
            return 0

    def cpu_seconds(self) -> float:
        """Return the CPU time of worker and nursery, and of all their children that have ended."""
        return sum(_cpu_seconds(process) for process in (self.worker, *_children_of(self.worker)))

    def memory(self) -> float:
        """Return the proportional memory (PSS, MiB) of master, worker, nursery and children together."""
        nursery = _children_of(self.worker)
        children = [child for process in nursery for child in _children_of(process)]
        return sum(_pss(process) for process in (self._process.pid, self.worker, *nursery, *children)) / 1024

    def disk(self) -> float:
        """Return what the files of the intake take up on the disk (MiB)."""
        return sum(file.stat().st_blocks for file in (self._folder / "intake").rglob("*")) * 512 / (1 << 20)

    def stop(self) -> None:
        """Stop it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


@dataclass
class Tally:
    """What so many clients did together."""

    done: int = 0
    failed: int = 0
    slowest: float = 0.0
    peak: float = 0.0


@contextmanager
def server() -> Iterator[Server]:
    """Run a server while something is measured."""
    with tempfile.TemporaryDirectory() as name:
        running = Server(Path(name) / "trial")
        try:
            yield running
        finally:
            running.stop()


def report() -> str:
    """Send one report as a browser does, and return its twelve words; raises ``AssertionError`` if it is lost."""
    words = " ".join(Receipt.generate().words())
    status, page = _post("/report/form", [("receipt", words), ("channel", "1"), ("skip", "1")])
    assert status == http.client.OK, status
    status, page = _post(_action(page, "/report/send"), [*_hidden(page), ("text", _TEXT)])
    assert status == http.client.OK, status
    assert "It has arrived" in page
    return words


def used() -> tuple[str, bytes]:
    """Send a report, and return place and body of its form, both used up."""
    words = " ".join(Receipt.generate().words())
    _status, page = _post("/report/form", [("receipt", words), ("channel", "1"), ("skip", "1")])
    target, fields = _action(page, "/report/send"), [*_hidden(page), ("text", _TEXT)]
    status, _page = _post(target, fields)
    assert status == http.client.OK, status
    return target.partition("?")[2], urlencode(fields).encode()


def journey() -> str:
    """Report as somebody who begins at the first page; raises ``AssertionError`` if it is lost."""
    status, page = ask("GET", "/")
    assert status == http.client.OK, status
    for path, more in (
        ("/report", []),
        ("/report/words", []),
        ("/report/form", [("skip", "1")]),
        ("/report/send", [("text", _TEXT)]),
    ):
        status, page = _post(_action(page, path), [*_hidden(page), *more])
        assert status == http.client.OK, (path, status)
    assert "It has arrived" in page
    return page


def visit(words: str) -> None:
    """Come back with twelve words."""
    status, page = _post("/replies", [("receipt", words)])
    assert status == http.client.OK, status
    assert "follow-up" in page


def measure(running: Server, act: Callable[[], object], clients: int) -> tuple[Tally, float, float]:
    """Let so many clients do ``act`` again and again; return the tally, acts a second, server CPU ms an act."""
    tally, lock, until = Tally(), Lock(), time.perf_counter() + SECONDS

    def go() -> None:
        while (begun := time.perf_counter()) < until:
            try:
                act()
            except (AssertionError, OSError, http.client.HTTPException):
                with lock:
                    tally.failed += 1
                continue
            with lock:
                tally.done += 1
                tally.slowest = max(tally.slowest, time.perf_counter() - begun)

    before, begun = running.cpu_seconds(), time.perf_counter()
    threads = [Thread(target=go) for _client in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        tally.peak = max(tally.peak, running.memory())
        time.sleep(1)
    elapsed = time.perf_counter() - begun
    return tally, tally.done / elapsed, 1000 * (running.cpu_seconds() - before) / max(1, tally.done)


def main() -> None:
    """Print a line for each number of clients."""
    with server() as running:
        print(f"reports by the form (page and post), server idle at {running.memory():.0f} MiB")
        words = report()
        for clients in CLIENTS:
            _print(clients, *measure(running, report, clients), "reports")
        print("visits with twelve words")
        for clients in CLIENTS:
            _print(clients, *measure(running, lambda: visit(words), clients), "visits")


def _print(clients: int, tally: Tally, rate: float, cpu: float, name: str) -> None:
    print(
        f"  {clients:2} clients: {rate:6.1f} {name}/s, {tally.failed} failed, {cpu:.1f} ms of server CPU each,"
        f" slowest {1000 * tally.slowest:.0f} ms, at most {tally.peak:.0f} MiB"
    )


def _hidden(page: str) -> list[tuple[str, str]]:
    return [(name, unescape(value)) for name, value in _HIDDEN.findall(page)]


def _action(page: str, path: str) -> str:
    """Return where the form leads that is sent to ``path``, with the place that the page keeps for whoever sends it."""
    found = re.search(rf'action="({re.escape(path)}(?:\?[^"]*)?)"', page)
    assert found is not None, path
    return unescape(found[1])


def _post(path: str, fields: list[tuple[str, str]]) -> tuple[int, str]:
    return ask("POST", path, urlencode(fields))


def ask(method: str, path: str, body: str | None = None) -> tuple[int, str]:
    """Send one request over a connection of its own, and return status and page of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    try:
        connection.request(method, path, body, _URLENCODED if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _children_of(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _pss(process: int) -> float:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
    return float(found[1]) if found else 0.0


if __name__ == "__main__":
    main()
