"""What the intake writes down: that it started and stopped, and how often our own code failed. No visitor is in it.

Lines carry the day and no time of day, in UTC. A fault is counted under its place in the code and written at the
nightly tidy, at the stop, or when the operator asks (SIGUSR1): a line written at once would tell, by its own date or
that of the file or journal it goes to, when somebody was here.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from errno import errorcode
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final

from gunicorn.config import Config
from gunicorn.glogging import Logger

_PLACES_LIMIT: Final = 200
_CAUSES_LIMIT: Final = 10
_ROOT: Final = Path(__file__).parent.parent.parent

#: The only lines of gunicorn that may be shown as they are: none of them carries anything of a request.
_KNOWN: Final = frozenset(
    {
        "Starting gunicorn %s",
        "Listening at: %s (%s)",
        "Handling signal: %s",
        "Hang up: %s",
        "Shutting down: %s",
        "Reason: %s",
        "Booting worker with pid: %s",
        "Exception in worker process",
        "Worker exiting (pid: %s)",
        "Worker (pid:%s) exited with code %s.",
        "Worker (pid:%s) was sent %s!",
        "Worker (pid:%s) was sent %s! Perhaps out of memory?",
        "WORKER TIMEOUT (pid:%s)",
        "Connection in use: %s",
        "Invalid address: %s",
        "Can't connect to %s",
    }
)


def place_of(error: BaseException) -> str:
    """Return the kinds of an error and of its first cause, and where that happened.

    Their own words are left out: they may quote a visitor. Of the system and of SQLite the name of the fault is kept.
    """
    chain = list(_causes(error))
    places = [(frame.f_code.co_filename, line) for each in chain for frame, line in walk_tb(each.__traceback__)]
    ours = [place for place in places if Path(place[0]).is_relative_to(_ROOT / "whistle")]
    shown = dict.fromkeys([*ours[-1:], *places[-1:]])
    where = ", ".join(f"{_short(file)}:{line}" for file, line in shown)
    kinds = dict.fromkeys(map(_kind_of, (chain[0], chain[-1])))
    return f"{' from '.join(kinds)} at {where or 'an unknown place'}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give out an error, what it was raised from, and so on."""
    cause: BaseException | None = error
    for _ in range(_CAUSES_LIMIT):
        if cause is not None:
            yield cause
            cause = cause.__cause__


def _kind_of(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    # Errors of SQLite alone have such a name, and it is one of a list.
    name = errorcode.get(number or 0) or getattr(error, "sqlite_errorname", "")
    return type(error).__qualname__ + (f" {name}" if name else "")


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-2:])


class Troubles:
    """Counts our own faults by place until somebody may be told."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, place: str) -> None:
        """Count one more fault at ``place``."""
        self._counts[place if place in self._counts or len(self._counts) < _PLACES_LIMIT else "other places"] += 1

    def add_error(self, error: BaseException) -> None:
        """Count one more fault, by its place."""
        self.add(place_of(error))

    def drain(self) -> list[str]:
        """Return a line for each place in the code, and begin to count anew."""
        lines = [f"{count} × {place}" for place, count in sorted(self._counts.items())]
        self._counts.clear()
        return lines


class QuietLogger(Logger):
    """gunicorn's log without requests: what it knows nothing harmful of passes, everything else is kept silent."""

    error_fmt = "%(asctime)s %(levelname)s %(message)s"
    datefmt = "%Y-%m-%d"

    def setup(self, cfg: Config) -> None:
        """Set the handlers up as gunicorn does, with days in UTC, and no access log whatever the settings say."""
        super().setup(cfg)
        self.access_log.handlers.clear()
        for handler in self.error_log.handlers:
            if handler.formatter is not None:
                handler.formatter.converter = time.gmtime

    def say(self, level: int, line: str) -> None:
        """Write a line of our own."""
        self.error_log.log(level, "%s", line)

    def _pass_on(self, level: int, template: object, *args: object) -> None:
        if template in _KNOWN:
            self.error_log.log(level, str(template), *args)
        elif level >= logging.WARNING:
            self.error_log.log(level, "gunicorn reports something that is not shown, since it could name a visitor")

    def critical(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - the signature is gunicorn's
        """Pass on what is known to be harmless."""
        self._pass_on(logging.CRITICAL, msg, *args)

    def error(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Pass on what is known to be harmless."""
        self._pass_on(logging.ERROR, msg, *args)

    def warning(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Pass on what is known to be harmless."""
        self._pass_on(logging.WARNING, msg, *args)

    def info(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Pass on what is known to be harmless."""
        self._pass_on(logging.INFO, msg, *args)

    def debug(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Pass on what is known to be harmless."""
        self._pass_on(logging.DEBUG, msg, *args)

    def exception(self, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Tell where an error happened, but not its words."""
        error = sys.exc_info()[1]
        self._pass_on(logging.ERROR, msg, *args)
        if error is not None:
            self.say(logging.ERROR, place_of(error))

    def log(self, lvl: int | str, msg: object, *args: object, **_options: Any) -> None:  # noqa: ANN401 - as critical
        """Pass on what is known to be harmless."""
        level = lvl if isinstance(lvl, int) else logging.getLevelNamesMapping().get(lvl.upper(), logging.INFO)
        self._pass_on(level, msg, *args)

    def access(self, *_request: object) -> None:
        """Write nothing: there is no access log."""
