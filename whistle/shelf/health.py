"""Whether the files of a shelf that nobody has open are sound: read, and never written to.

A shelf that is open must not be looked at like this: another process would see half a change and take it for damage.
"""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final

from whistle.shelf.cabinet import ARRIVALS, CHUNKS, MESSAGES, SORTING

__all__ = ["ARRIVALS", "CHUNKS", "MESSAGES", "damaged", "oldest_arrival", "was_cut_off"]

_FILES: Final = (ARRIVALS, SORTING, MESSAGES, CHUNKS)


def was_cut_off(folder: Path) -> bool:
    """Return whether the process that had the shelf open died: a log is left, which the next start works in."""
    return any(log.stat().st_size for log in folder.glob("*-wal"))


def damaged(folder: Path) -> list[str]:
    """Return the names of the files that are no sound SQLite files; raises ``OSError`` where one cannot be read."""
    return [name for name in _FILES if (folder / name).exists() and not _is_sound(folder / name)]


def oldest_arrival(folder: Path) -> date | None:
    """Return the day of the oldest record that no tidy has sorted in, if there is one and the file can be read."""
    path = folder / ARRIVALS
    if not path.exists():
        return None
    with closing(_opened(path)) as connection:
        try:
            (day,) = connection.execute("SELECT min(day) FROM record").fetchone()
        except sqlite3.Error:
            return None
    return None if day is None else date.fromordinal(day)


def _is_sound(path: Path) -> bool:
    with closing(_opened(path)) as connection:
        try:
            return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            return False


def _opened(path: Path) -> sqlite3.Connection:
    """Open for reading alone, without a lock, a log or an index beside it."""
    path.open("rb").close()
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
