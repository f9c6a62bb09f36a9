"""Honest reports beside slow clients of each kind. Run with ``python -m bench.slow``.

The slow clients are those of Debian's slowhttptest: heads that never end, bodies that come in crumbs (of a form, of one
record, of many), readers who take a few bytes a second of a page, of the code and of a small answer that is asked for
again and again, and requests for overlapping ranges. 200 of each kind, then all kinds at once, which are more than the
site has room for; when all have been shown out, they come again a little later. Beside them one honest report a second
(``honest.py``). Printed are the honest ones that got through, the time that 95 of 100 took at most, the memory of all
processes of the server, the growth of its files, and how long slowhttptest itself found the site out of reach.
"""

import csv
import signal
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final, Self

from bench import forms, honest
from whistle.courier import wire
from whistle.protocol.labels import PUT_CHUNK_LIMIT, RECORD_SIZE

CLIENTS: Final = 200
HONEST: Final = 26
_FORM: Final = 50_000
#: So long one run of slowhttptest lasts at most (seconds); it ends sooner when all of its clients have been shown out.
_RUN_SECONDS: Final = 60
#: So long later they come again: without it those who are refused at once would be a flood, as in ``flood.py``.
_PAUSE_SECONDS: Final = 5

_HEADS: Final = ("-H", "-i", "5")
_BODIES: Final = ("-B", "-i", "5", "-x", "16")
_READERS: Final = ("-X", "-n", "5", "-z", "5", "-w", "1", "-y", "64")
_SEALED: Final = ("-f", wire.OCTETS)
KINDS: Final = {
    "heads": (*_HEADS, "-u", "/"),
    "bodies of a form": (*_BODIES, "-s", str(_FORM), "-u", "/report/form"),
    "bodies of a record": (*_BODIES, "-s", str(RECORD_SIZE), *_SEALED, "-u", wire.MESSAGES_PATH),
    "bodies of 32 records": (*_BODIES, "-s", str(PUT_CHUNK_LIMIT * RECORD_SIZE), *_SEALED, "-u", wire.CHUNKS_PATH),
    "readers of a page": (*_READERS, "-k", "10", "-u", "/"),
    "readers of the code": (*_READERS, "-u", "/static/code/pages.js"),
    "readers of the keyring": (*_READERS, "-k", "10", "-u", wire.KEYRING_PATH),
    "ranges": ("-R", "-a", "1", "-b", "3000", "-u", "/static/code/pages.js"),
}


class Crowd:
    """Slow clients of one kind for as long as the block lasts: when all have been shown out, they come again."""

    def __init__(self, options: Iterable[str], folder: Path) -> None:
        *others, path = options
        self._command = ["slowhttptest", "-c", str(CLIENTS), "-r", str(CLIENTS), "-l", str(_RUN_SECONDS), "-p", "5"]
        self._command += ["-v", "0", "-g", "-o", str(folder / "crowd"), *others, f"http://127.0.0.1:{forms.PORT}{path}"]
        self._counts = folder / "crowd.csv"
        self._ended = Event()
        self._thread = Thread(target=self._come)
        #: how many were connected at most
        self.most = 0
        #: for how long they were there, and for how much of it slowhttptest got no answer to a request of its own
        self.seconds = self.unanswered = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _come(self) -> None:
        while not self._ended.is_set():
            slow = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while slow.poll() is None:
                if self._ended.wait(0.2):
                    slow.send_signal(signal.SIGINT)  # at which it writes down what it counted
                    slow.wait()
            self._count()
            self._ended.wait(_PAUSE_SECONDS)

    def _count(self) -> None:
        with self._counts.open(newline="") as lines:
            seconds = list(csv.DictReader(lines))
        self.most = max([self.most, *(int(second["Connected"]) for second in seconds)])
        self.seconds += len(seconds)
        self.unanswered += sum(second["Service Available"] == "0" for second in seconds)


def beside(running: forms.Server, kinds: Iterable[str]) -> tuple[honest.Outcome, str]:
    """Send honest reports while slow clients of these kinds are there; return what became of both."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        crowds = []
        for number, kind in enumerate(kinds):
            folder = Path(name, str(number))
            folder.mkdir()
            crowds.append(stack.enter_context(Crowd(KINDS[kind], folder)))
        before = running.disk()
        outcome = honest.reports(running, HONEST)
        grown = running.disk() - before
    there, unanswered = (sum(getattr(crowd, name) for crowd in crowds) for name in ("most", "unanswered"))
    seconds = sum(crowd.seconds for crowd in crowds)
    seen = f"disk {grown:+.1f} MiB; {there} slow clients, {unanswered} of their {seconds} s without an answer"
    return outcome, seen


def main() -> None:
    """Print a line for each kind, one for all kinds at once, and one for all reports."""
    with forms.server() as running:
        whole = honest.Outcome()
        print(f"{CLIENTS} slow clients of a kind, one honest report a second beside them")
        print(f"idle at {running.memory():.0f} MiB")
        for name, kinds in [*((kind, [kind]) for kind in KINDS), ("all of these at once", list(KINDS))]:
            outcome, seen = beside(running, kinds)
            whole.add(outcome)
            print(f"  {name:24} {outcome}; {seen}", flush=True)
        print(f"  {'all reports':24} {whole}")


if __name__ == "__main__":
    main()
