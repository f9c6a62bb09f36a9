"""What the shelf writes down, and nothing else: the tables, the same in each of its files, and their indices.

The whole schema is here. tests/shelf/test_tables.py fails when a column is added, because every column is
something that whoever seizes the server learns.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, Table, text

from whistle.errors import RecordMalformed
from whistle.protocol.labels import ADDRESS_SIZE, BURN_HASH_SIZE, SEALED_SIZE
from whistle.protocol.record import Record


class ShelfKind(IntEnum):
    """On which of the two shelves a record lies. Only messages are listed; an address is in use on both or none."""

    MESSAGE = 0
    CHUNK = 1


metadata = MetaData()

record: Final = Table(
    "record",
    metadata,
    # 63 bits of the address. As the key of the b-tree they order rows by address; SQLite's own row number would
    # record the order of arrival instead.
    Column("place", Integer, primary_key=True),
    Column("address", LargeBinary, CheckConstraint(f"length(address) = {ADDRESS_SIZE}"), nullable=False),
    Column("burn_hash", LargeBinary, CheckConstraint(f"length(burn_hash) = {BURN_HASH_SIZE}"), nullable=False),
    Column("shelf", Integer, CheckConstraint("shelf IN (0, 1)"), nullable=False),
    Column("day", Integer, nullable=False),  # days since 0001-01-01 plus one, as date.toordinal counts
    Column("sealed", LargeBinary, CheckConstraint(f"length(sealed) = {SEALED_SIZE}"), nullable=False),
    Index("record_by_burn_hash", "burn_hash"),
    sqlite_strict=True,
)

#: Only messages are listed by day.
message_by_day: Final = Index("message_by_day", record.c.day, sqlite_where=record.c.shelf == text("0"))

#: For the expiry of chunks, and only in the file where they rest. There, they are written a day at a time in the order
#: of their places, and so is this index; in the file of arrivals each would cost a page of it.
chunk_by_day: Final = Index("chunk_by_day", record.c.day, sqlite_where=record.c.shelf == text("1"))

#: The places of burned records whose rows the next tidy takes away.
#:
#: A mark has to last through a restart, or a burned row would stay until its keep-days pass. It shows whoever seizes
#: the disk between a burn and the tidy which rows were burned in these hours. For messages that is nothing new: the
#: random bytes have no version and no well-formed slots, unlike sealed ones. For chunks it tells that this row was
#: burned and not just put. A column would tell the same for ever; this table is empty after every tidy.
leaving: Final = Table("leaving", metadata, Column("place", Integer, primary_key=True), sqlite_strict=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it rests: on which shelf, and since which day (``date.toordinal``)."""

    place: int
    shelf: ShelfKind
    day: int
    record: Record


@dataclass(frozen=True, slots=True)
class Horizon:
    """The oldest days (``date.toordinal``) whose messages and chunks are still kept."""

    messages: int
    chunks: int

    @classmethod
    def seen_from(cls, today: date, *, message_days: int, chunk_days: int) -> "Horizon":
        """Return the horizon of ``today``: a record is kept on the day it comes and the given number of days after."""
        return cls(today.toordinal() - message_days, today.toordinal() - chunk_days)


def place_of(address: bytes) -> int:
    """Return where a record with this address (32 bytes) lies; addresses in order have places in order.

    Two addresses with one place are answered as a conflict. Honest ones are hashes and share their first 63 bits
    never; who makes such a pair on purpose could as well put a record at the address itself.
    Raises ``RecordMalformed``.
    """
    if len(address) != ADDRESS_SIZE:
        raise RecordMalformed
    return int.from_bytes(address[:8], "big") >> 1
