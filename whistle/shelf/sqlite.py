"""How SQLite is opened: settings that are checked to have taken effect, and the schema at its newest revision."""

import ctypes
import sqlite3
from enum import Enum
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from whistle.errors import ShelfUnavailable

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class Journal(Enum):
    """How SQLite gets over a crash: by a write-ahead log, or not at all for a file that would be made anew."""

    WAL = "wal"
    OFF = "off"


class Vacuum(Enum):
    """Whether the pages of removed rows can be given back in small steps; a file has to be born with it."""

    NONE = 0
    INCREMENTAL = 2


def connect(path: Path, journal: Journal, vacuum: Vacuum) -> Connection:
    """Return the one connection to the file at ``path``, which exists, with the newest schema."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        # One connection for as long as the file is open: with an exclusive lock there can be no second.
        poolclass=NullPool,
        # What goes into statements stays out of the texts of errors.
        hide_parameters=True,
        # isolation_level=None stops the driver from committing before DDL; without a timeout it never waits for a lock.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 0},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        _apply(connection, journal, vacuum)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    opened = engine.connect()
    _outlive_forks(opened)
    try:
        _migrate(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _outlive_forks(connection: Connection) -> None:
    """Let only ``close`` ever close this connection, and no garbage collector.

    A forked child has a copy of it. If the child's end destroyed that copy, SQLite would take itself for the last
    user of the file and remove the log that the parent is writing to.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _apply(connection: sqlite3.Connection, journal: Journal, vacuum: Vacuum) -> None:
    settings: tuple[tuple[str, object], ...] = (
        # Before the first look at a log: SQLite then keeps the log's index in memory, not in a file.
        ("locking_mode", "exclusive"),
        ("page_size", 4096),
        ("auto_vacuum", vacuum.value),
        ("journal_mode", journal.value),
        ("synchronous", 2),  # FULL: fsync before a commit returns
        ("secure_delete", 1),
        # 16 MiB of log: rows at random places change the same pages of an index over and over. The logs of all files
        # together fit into the room that is spared for burns.
        ("wal_autocheckpoint", 4096),
        ("temp_store", 2),  # MEMORY: no record in a temporary file
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    )
    for name, value in settings:
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
        found = connection.execute(f"PRAGMA {name}").fetchall()
        if found != [(value,)]:
            # SQLite takes a setting that it cannot follow without a word.
            raise ShelfUnavailable(f"SQLite does not accept {name} = {value}")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    # One transaction: a crash leaves the old schema or the new one.
    with connection.begin():
        command.upgrade(config, "head")
