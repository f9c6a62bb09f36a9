"""Servers of a trial, started together and stopped together."""

import signal
import socket
import subprocess
import time
from types import FrameType
from typing import Self

from whistle.errors import StartFailed
from whistle.language import _

_START_SECONDS = 60
_STOP_SECONDS = 25
_PAUSE_SECONDS = 0.1


class Servers:
    """Server processes that end with this one."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *_error: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, *command: str) -> None:
        """Start one; Ctrl-C in the terminal reaches it through us, so that it can finish what it does."""
        self._processes.append(subprocess.Popen(command, start_new_session=True))  # noqa: S603 - our own commands

    def wait_for(self, port: int) -> None:
        """Wait until the server that was started last listens; raises ``StartFailed`` if it does not."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._processes[-1].poll() is None:
            if _listens(port):
                return
            time.sleep(_PAUSE_SECONDS)
        raise StartFailed(_("the server for port {port} did not start").format(port=port))

    def stay(self) -> None:
        """Return when a server ends by itself, or Ctrl-C is pressed."""
        try:
            while all(process.poll() is None for process in self._processes):
                time.sleep(_PAUSE_SECONDS)
        except KeyboardInterrupt:
            return
        raise StartFailed(_("a server has ended by itself"))


def refuse_taken(*ports: int) -> None:
    """Raise ``StartFailed`` where something else listens already: the trial would seem to run, and would not."""
    for port in ports:
        if _listens(port):
            raise StartFailed(_("something else listens on port {port}; choose another one").format(port=port))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
