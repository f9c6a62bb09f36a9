"""How failures of SQLite and of the system become errors of ours."""

import errno
import sqlite3
from typing import Final

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from whistle.errors import ShelfDamaged, ShelfError, ShelfFull, ShelfInUse, ShelfUnavailable

#: Everything that the libraries below the shelf raise.
FOREIGN: Final = (SQLAlchemyError, sqlite3.Error, CommandError, OSError)

_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_IN_USE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SYNC_FAILED: Final = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})


class SyncFailed(OSError):
    """The system could not make a file or a folder durable."""


def _sqlite_code(error: BaseException) -> int:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) if isinstance(cause, sqlite3.Error) else 0


def shelf_error(error: BaseException) -> ShelfError:
    """Return the error of ours that says what ``error`` means: ``ShelfFull`` or ``ShelfUnavailable``."""
    primary = _sqlite_code(error) & 0xFF
    no_space = isinstance(error, OSError) and error.errno in _NO_SPACE
    return ShelfFull() if primary == sqlite3.SQLITE_FULL or no_space else ShelfUnavailable()


def opening_error(error: BaseException, name: str) -> ShelfError:
    """Return what ``shelf_error`` does; where whoever starts the site can mend it, an error that names the file."""
    primary = _sqlite_code(error) & 0xFF
    if primary in _DAMAGED:
        return ShelfDamaged(name)
    return ShelfInUse(name) if primary in _IN_USE else shelf_error(error)


def forbids_trust(error: BaseException) -> bool:
    """Return whether no later success can be believed.

    After a failed fsync, Linux may drop the pages it could not write and report success the next time.
    """
    return isinstance(error, SyncFailed) or _sqlite_code(error) in _SYNC_FAILED
