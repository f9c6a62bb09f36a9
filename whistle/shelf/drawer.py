"""A drawer: one SQLite file of records, and every statement that the shelf ever runs."""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import (
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    not_,
    select,
    union_all,
    update,
)
from sqlalchemy import Row as Found

from whistle.errors import ShelfUnavailable
from whistle.protocol.labels import BURN_HASH_SIZE, SEALED_SIZE
from whistle.protocol.record import Record
from whistle.shelf import folder
from whistle.shelf.sqlite import Use, connect
from whistle.shelf.tables import Horizon, Row, ShelfKind, leaving, record

#: The places as one parameter, a list in JSON: with a parameter for each, SQLAlchemy would write the statement anew
#: every time, which takes longer than SQLite needs to find the rows.
_PLACES: Final = select(func.json_each(bindparam("places", type_=Text)).table_valued("value").c.value)
_IN_PLACES: Final = record.c.place.in_(_PLACES)
_IS_LEAVING: Final = record.c.place.in_(select(leaving.c.place))
_HAS_EXPIRED: Final = record.c.day < case(
    (record.c.shelf == ShelfKind.MESSAGE, bindparam("messages_from")), else_=bindparam("chunks_from")
)
#: A burned or expired row is nothing to anybody but the listing and the tidy.
_IS_LIVE: Final = and_(not_(_IS_LEAVING), not_(_HAS_EXPIRED))

_ADDRESSES: Final = select(record.c.place, record.c.address).where(_IN_PLACES, _IS_LIVE)
_ROWS: Final = select(record).where(_IN_PLACES, _IS_LIVE)
#: Written into a statement as they stand: to use an index of one shelf for a shelf that is a parameter, SQLite would
#: have to plan anew at every call.
_IS_MESSAGE: Final = record.c.shelf == literal(int(ShelfKind.MESSAGE), literal_execute=True)
_IS_CHUNK: Final = record.c.shelf == literal(int(ShelfKind.CHUNK), literal_execute=True)

_PAGE: Final = (
    select(record)
    .where(_IS_MESSAGE, record.c.day == bindparam("day"), record.c.place > bindparam("after"))
    .order_by(record.c.place)
    .limit(bindparam("limit"))
)
_NEXT: Final = (
    select(record)
    .where(record.c.shelf == bindparam("shelf"), record.c.place > bindparam("after"), _IS_LIVE)
    .order_by(record.c.place)
    .limit(bindparam("limit"))
)
_GONE: Final = union_all(
    select(leaving.c.place), select(record.c.place).where(_IS_CHUNK, record.c.day < bindparam("first_day"))
)
_BURNABLE: Final = select(record.c.place, record.c.shelf).where(
    record.c.burn_hash.in_(bindparam("burn_hashes", expanding=True))
)
_CLEAR: Final = delete(record).where(_IN_PLACES, not_(_IS_LIVE))
_UNMARK: Final = delete(leaving).where(leaving.c.place.in_(_PLACES))
_OVERWRITE: Final = (
    update(record)
    .where(record.c.place == bindparam("at"))
    .values(burn_hash=bindparam("burn_hash"), sealed=bindparam("sealed"))
)
_COUNT: Final = select(func.count()).select_from(record)
_CHUNKS_OF: Final = _COUNT.where(_IS_CHUNK, record.c.day == bindparam("day"))
_NEWEST: Final = select(func.max(record.c.day)).where(_IS_MESSAGE)
_EARLIER: Final = select(record.c.place).where(record.c.day < bindparam("day")).limit(1)


@dataclass(frozen=True, slots=True)
class Ashes:
    """The random bytes that take the place of a burned record."""

    burn_hash: bytes
    sealed: bytes

    @classmethod
    def new(cls) -> Self:
        """Return random bytes that no other record has."""
        return cls(os.urandom(BURN_HASH_SIZE), os.urandom(SEALED_SIZE))


def _those(places: Collection[int]) -> dict[str, str]:
    return {"places": json.dumps(list(places))}


def _limits(horizon: Horizon) -> dict[str, int]:
    return {"messages_from": horizon.messages, "chunks_from": horizon.chunks}


def _row(found: "Found[Any]") -> Row:
    return Row(found.place, ShelfKind(found.shelf), found.day, Record(found.address, found.burn_hash, found.sealed))


class Drawer:
    """One SQLite file of records. Its methods raise what SQLAlchemy raises; ``Shelf`` maps that."""

    def __init__(self, path: Path, connection: Connection, use: Use) -> None:
        self.path = path
        self._connection = connection
        self._use = use
        # After a crash the log may hold what a burn or a tidy had removed.
        self._log_is_foul = use.has_log

    @classmethod
    def open(cls, path: Path, use: Use) -> Self:
        """Open the file at ``path``, made and durable if it is missing."""
        is_new = not path.exists()
        if is_new:
            folder.create(path)
        drawer = cls(path, connect(path, use), use)
        try:
            drawer.rinse()
            if is_new:
                folder.sync(path.parent)
        except BaseException:
            drawer.close()
            raise
        return drawer

    # --- reading

    def addresses(self, places: Collection[int], horizon: Horizon) -> dict[int, bytes]:
        """Return the whole address of every live record at ``places``."""
        with self._connection.begin():
            found = self._connection.execute(_ADDRESSES, {**_those(places), **_limits(horizon)})
            return {row.place: row.address for row in found}

    def live(self, places: Collection[int], horizon: Horizon) -> dict[int, Row]:
        """Return the live rows at ``places``."""
        with self._connection.begin():
            found = self._connection.execute(_ROWS, {**_those(places), **_limits(horizon)})
            return {row.place: row for row in map(_row, found)}

    def page(self, day: int, after: int, limit: int) -> list[Row]:
        """Return the first ``limit`` messages of a day beyond the place ``after``, burned ones among them."""
        parameters = {"day": day, "after": after, "limit": limit}
        with self._connection.begin():
            return [_row(found) for found in self._connection.execute(_PAGE, parameters)]

    def next_live(self, shelf: ShelfKind, after: int, limit: int, horizon: Horizon) -> list[Row]:
        """Return the first ``limit`` live rows beyond the place ``after``, of any day."""
        parameters = {"shelf": shelf, "after": after, "limit": limit, **_limits(horizon)}
        with self._connection.begin():
            return [_row(found) for found in self._connection.execute(_NEXT, parameters)]

    def gone(self, first_day: int) -> set[int]:
        """Return the places of all rows that are burned, and of all chunks older than ``first_day``."""
        with self._connection.begin():
            return set(self._connection.scalars(_GONE, {"first_day": first_day}))

    def burnable(self, burn_hashes: Collection[bytes]) -> dict[int, ShelfKind]:
        """Return the places of all rows with one of these burn hashes, each with the shelf it is on."""
        with self._connection.begin():
            found = self._connection.execute(_BURNABLE, {"burn_hashes": list(burn_hashes)})
            return {row.place: ShelfKind(row.shelf) for row in found}

    def count(self) -> int:
        """Return the number of rows, live or not."""
        with self._connection.begin():
            return self._connection.scalars(_COUNT).one()

    def chunks_of(self, day: int) -> int:
        """Return the number of chunks that came on ``day``, live or not."""
        with self._connection.begin():
            return self._connection.scalars(_CHUNKS_OF, {"day": day}).one()

    def newest_day(self) -> int | None:
        """Return the newest day on which a message came, live or not; nothing where there is none."""
        with self._connection.begin():
            newest: int | None = self._connection.scalars(_NEWEST).one()
            return newest

    def has_before(self, day: int) -> bool:
        """Return whether a row came on an earlier day than ``day``, live or not."""
        with self._connection.begin():
            return self._connection.scalars(_EARLIER, {"day": day}).first() is not None

    # --- writing: each method is one durable commit

    def add(self, rows: Sequence[Row], horizon: Horizon) -> None:
        """Insert rows, in their order, where nothing live lies."""
        places = _those([row.place for row in rows])
        with self._connection.begin():
            self._connection.execute(_CLEAR, {**places, **_limits(horizon)})
            self._connection.execute(_UNMARK, places)
            self._connection.execute(insert(record), [_values(row) for row in rows])

    def overwrite(self, ashes: Mapping[int, Ashes]) -> None:
        """Turn the rows at the places of ``ashes`` into random bytes that the next tidy takes away."""
        self._log_is_foul = self._use.has_log
        with self._connection.begin():
            self._connection.execute(
                _OVERWRITE,
                [{"at": at, "burn_hash": ash.burn_hash, "sealed": ash.sealed} for at, ash in ashes.items()],
            )
            self._connection.execute(insert(leaving).prefix_with("OR IGNORE"), [{"place": place} for place in ashes])

    def remove(self, places: Collection[int]) -> None:
        """Remove rows and their marks; secure_delete fills their pages with zeros."""
        self._log_is_foul = self._use.has_log
        with self._connection.begin():
            self._connection.execute(delete(record).where(_IN_PLACES), _those(places))
            self._connection.execute(_UNMARK, _those(places))

    def shrink(self, pages: int) -> bool:
        """Give up to ``pages`` freed pages back to the system; return whether there may be more."""
        with self._connection.begin():
            # The driver runs this pragma one page for every row that is fetched, and the rows have no columns.
            self._driver().execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        return bool(self._pragma("freelist_count"))

    def rinse(self) -> None:
        """Empty the log if it may hold bytes that were burned or removed: overwriting a page adds to the log first."""
        if self._log_is_foul:
            self.empty_log()
            self._log_is_foul = False

    def empty_log(self) -> None:
        """Bring everything from the log into the file itself and cut the log to nothing."""
        ((busy, *_),) = self._driver().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise ShelfUnavailable("the log could not be emptied")

    def finish(self) -> None:
        """Mark a file written without a log as one that will have a log, as any other drawer, and close it."""
        self._pragma("journal_mode = wal")
        self.close()

    def close(self) -> None:
        """Bring everything into the file itself, remove the log and let go."""
        if self._connection.closed:
            return
        try:
            if self._use.has_log:
                self.empty_log()
        finally:
            self._connection.close()

    def _pragma(self, pragma: str) -> Any:  # noqa: ANN401 - every pragma has an answer of its own type
        return self._driver().execute(f"PRAGMA {pragma}").fetchall()[0][0]

    def _driver(self) -> Any:  # noqa: ANN401 - SQLAlchemy does not type the driver's connection
        return self._connection.connection.driver_connection


def _values(row: Row) -> dict[str, int | bytes]:
    return {
        "place": row.place,
        "address": row.record.address,
        "burn_hash": row.record.burn_hash,
        "shelf": row.shelf,
        "day": row.day,
        "sealed": row.record.sealed,
    }


def merged(pages: Iterable[Sequence[Row]], limit: int) -> list[Row]:
    """Return the first ``limit`` rows of several ordered pages in their order; of one place, the last page's row."""
    by_place = {row.place: row for page in pages for row in page}
    return [by_place[place] for place in sorted(by_place)[:limit]]
