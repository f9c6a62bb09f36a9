"""A program on a terminal of its own, and somebody who types."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][AB0]?|[\x00\x0e\x0f]")
_CLEAR = "\f"
_PATIENCE_SECONDS = 60
_GROWTH_SECONDS = 0.3
_ASK_SECONDS = 0.08


class Terminal:
    """Runs one program; everything it writes is read at once, so that it never waits for us."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, rows: int, columns: int
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # setsid gives it the terminal as its own, so that it can open /dev/tty.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"PATH": os.environ["PATH"], **environment},
            cwd=folder,
        )
        os.close(slave)
        self._written = bytearray()
        self._news = Event()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # the program has ended
                return
            if not data:
                return
            self._written += data
            self._news.set()

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended, by itself or by a signal."""
        return self.process.poll() is not None

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def quiet(self, seconds: float) -> None:
        """Wait until the program has written nothing for so long."""
        while self._news.wait(seconds):
            self._news.clear()

    def forget(self) -> None:
        """Let ``written`` begin anew."""
        self._written.clear()

    def expect(self, words: str) -> None:
        """Wait until the program has written ``words``, whatever blanks are between them."""
        wait_until(lambda: words in " ".join(self.written().split()), self.written)

    def screen(self, ask: str, last: str) -> str:
        """Ask for the screen to be drawn anew with the keys ``ask``; return what is drawn up to ``last``.

        A program that waits for something else may swallow keys, so they are typed until there is an answer.
        """
        self._written.clear()
        limit = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < limit:
            self.type(ask)
            again = time.monotonic() + _ASK_SECONDS
            while (left := again - time.monotonic()) > 0:
                self._news.wait(left)
                self._news.clear()
                _before, cleared, drawn = self.written().rpartition(_CLEAR)
                if cleared and last in drawn:
                    return drawn
        raise AssertionError(self.written())

    def written(self) -> str:
        """Return what the program wrote lately, without the controls of the terminal."""
        return _CONTROL.sub(" ", self._written.decode(errors="replace").replace("\x1b[H\x1b[J", _CLEAR))

    def close(self) -> None:
        self.process.kill()
        self.process.wait(60)
        self._reader.join(10)
        os.close(self._master)


def wait_until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait until something is true, or fail with what ``what`` tells."""
    if not comes_true(true, _PATIENCE_SECONDS):
        raise AssertionError(what())


def comes_true(true: Callable[[], bool], seconds: float) -> bool:
    """Tell whether something comes true within so many seconds."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


def wait_for_file(path: Path, what: Callable[[], str]) -> None:
    """Wait until a file is there and has stopped growing."""
    wait_until(path.exists, what)
    sizes = [-1, -1, path.stat().st_size]
    while len(set(sizes[-3:])) > 1:
        time.sleep(_GROWTH_SECONDS)
        sizes.append(path.stat().st_size)
