"""A server's clock that a test can change: ``python -m tests.journeys.jumping FILE python -m gunicorn …``.

FILE holds by how many seconds the server's clock is ahead. The time that has passed since some moment is left as it is:
a clock that is set does not make time pass.
"""

import runpy
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

from whistle.intake import night, published

#: The server looks at the day once a second.
_NOTICED_SECONDS = 1.2
_true_time = time.time


class Clock:
    """The clock of a server that is started with ``prefix``."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.prefix = (sys.executable, "-m", "tests.journeys.jumping", str(file))
        self.ahead = timedelta()
        self.set(timedelta())

    def set(self, ahead: timedelta) -> None:
        """Make it differ from the true time by so much, and wait until the server has noticed."""
        self.ahead = ahead
        draft = self._file.with_suffix(".new")
        draft.write_text(str(int(ahead.total_seconds())))
        draft.replace(self._file)
        time.sleep(_NOTICED_SECONDS)


class _Jumping(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(seconds=_ahead())


def _ahead() -> int:
    return int(Path(sys.orig_argv[3]).read_text())


if __name__ == "__main__":
    for module in (night, published):
        module.datetime = _Jumping  # type: ignore[attr-defined]
    time.time = lambda: _true_time() + _ahead()
    sys.argv = sys.argv[4:]  # without FILE, python and -m
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)
