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


#: Bytes. An index on what is random touches a page of its own for every row, in the log and in the file: the smaller
#: the page, the less is written beside the record. With 1,024 bytes SQLite takes twice the time.
PAGE_SIZE: Final = 2048
#: That of files whose schema began at revision 0001.
_FIRST_PAGE_SIZE: Final = 4096
_MIB: Final = 1 << 20


class Use(Enum):
    """What a file is for, and so how it is built and opened."""

    ARRIVALS = "rows come at random places"
    SORTED = "messages in the order of their places, or arrivals that are being sorted in"
    CHUNKS = "chunks, whose pages are given back in small steps when they expire"
    UNFINISHED = "would be made anew after a crash"

    @property
    def has_log(self) -> bool:
        """Whether a write-ahead log carries it over a crash."""
        return self is not Use.UNFINISHED

    @property
    def log_size(self) -> int:
        """From how many bytes on the log is brought into the file.

        Rows at random places change the same pages over and over, so a long log saves writing. The logs of all files
        together fit into the room that is spared for burns.
        """
        return (32 if self is Use.ARRIVALS else 8) * _MIB


def connect(path: Path, use: Use) -> Connection:
    """Return the one connection to the file at ``path``, which exists, with the newest schema."""
    page_size = _page_size(path)
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
        # Before the first look at a log: SQLite then keeps the log's index in memory, not in a file.
        _apply(connection, "locking_mode", "exclusive")
        _apply(connection, "page_size", page_size)
        for name, value in _settings(use, page_size):
            _apply(connection, name, value)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    opened = engine.connect()
    _outlive_forks(opened)
    try:
        _migrate(opened, use)
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


def _page_size(path: Path) -> int:
    """Return the page size of a file that begins or goes on: it cannot be changed, and files of before had another."""
    with path.open("rb") as file:
        return _FIRST_PAGE_SIZE if file.read(18)[16:] == _FIRST_PAGE_SIZE.to_bytes(2, "big") else PAGE_SIZE


def _settings(use: Use, page_size: int) -> tuple[tuple[str, object], ...]:
    return (
        ("auto_vacuum", 2 if use is Use.CHUNKS else 0),  # INCREMENTAL or NONE; a file has to be born with it
        ("journal_mode", "wal" if use.has_log else "off"),
        ("synchronous", 2),  # FULL: fsync before a commit returns
        ("secure_delete", 1),
        ("wal_autocheckpoint", use.log_size // page_size),
        ("temp_store", 2),  # MEMORY: no record in a temporary file
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    )


def _apply(connection: sqlite3.Connection, name: str, value: object) -> None:
    connection.execute(f"PRAGMA {name} = {value}").fetchall()
    found = connection.execute(f"PRAGMA {name}").fetchall()
    if found != [(value,)]:
        # SQLite takes a setting that it cannot follow without a word.
        raise ShelfUnavailable(f"SQLite does not accept {name} = {value}")


def _migrate(connection: Connection, use: Use) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["rests_chunks"] = use is Use.CHUNKS
    # One transaction: a crash leaves the old schema or the new one.
    with connection.begin():
        command.upgrade(config, "head")
