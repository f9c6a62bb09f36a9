"""Puts: what is to be stored together, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Self, TypeAlias

from whistle.errors import AddressTaken, RecordMalformed, ShelfError, ShelfFull
from whistle.protocol.record import Record
from whistle.shelf.tables import Row, ShelfKind, place_of


class Kept(Enum):
    """The record rests durably on the shelf, since now or since an earlier put of the same bytes."""

    STORED = "stored"
    ALREADY_THERE = "already there"


#: What became of a put. An error is handed back and not raised, so that one put of a batch cannot fail the others.
Outcome: TypeAlias = Kept | ShelfError


@dataclass(frozen=True, slots=True)
class Put:
    """Records that are stored all or none, on one shelf; none at all raise ``RecordMalformed``."""

    shelf: ShelfKind
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Refuse a put of nothing, of which nobody could say that it was stored."""
        if not self.records:
            raise RecordMalformed

    @classmethod
    def message(cls, record: Record) -> Self:
        """Return the put of one message."""
        return cls(ShelfKind.MESSAGE, (record,))

    @classmethod
    def chunks(cls, records: Sequence[Record]) -> Self:
        """Return the put of chunks that belong together; the interface allows 1 to 32."""
        return cls(ShelfKind.CHUNK, tuple(records))


@dataclass(slots=True)
class Plan:
    """Decides about the puts of one commit, in their order, before anything is written.

    ``resting`` holds the rows that already lie at places of the batch, ``room`` is the number of records that each
    shelf still takes, ``day`` (``date.toordinal``) is written into every new row.
    """

    resting: Mapping[int, Row]
    room: dict[ShelfKind, int]
    day: int
    rows: dict[int, Row] = field(default_factory=dict)

    def decide(self, put: Put) -> Outcome:
        """Add the new rows of ``put`` to ``rows``, or none of them, and return what becomes of it on commit."""
        wanted: dict[int, Row] = {}
        for record in put.records:
            place = place_of(record.address)
            there = wanted.get(place) or self.rows.get(place) or self.resting.get(place)
            if there is None:
                wanted[place] = Row(place, put.shelf, self.day, record)
            elif (there.shelf, there.record) != (put.shelf, record):
                return AddressTaken()
        if wanted and len(wanted) > self.room[put.shelf]:
            return ShelfFull()
        for shelf in ShelfKind:
            self.room[shelf] -= len(wanted)
        self.rows |= wanted
        return Kept.STORED if wanted else Kept.ALREADY_THERE

    def count(self, shelf: ShelfKind) -> int:
        """Return the number of new rows on ``shelf``."""
        return sum(row.shelf is shelf for row in self.rows.values())

    def touches(self, put: Put) -> bool:
        """Return whether the outcome of ``put`` hangs on this commit."""
        return any(place_of(record.address) in self.rows for record in put.records)
