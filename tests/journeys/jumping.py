"""gunicorn with a clock that a test can change: ``python -m tests.journeys.jumping FILE python -m gunicorn …``.

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

_OFFSET = Path(sys.argv[1])
_true_time = time.time


def _ahead() -> int:
    return int(_OFFSET.read_text() or "0")


class _Jumping(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(seconds=_ahead())


if __name__ == "__main__":
    for module in (night, published):
        module.datetime = _Jumping  # type: ignore[misc]
    time.time = lambda: _true_time() + _ahead()
    sys.argv = sys.argv[4:]  # without FILE, python and -m
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)
