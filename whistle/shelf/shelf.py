"""The shelf itself: put, look, fetch, burn, list and tidy, for one process that has it alone."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final, Self

from whistle.errors import ShelfError, ShelfFull, ShelfUnavailable
from whistle.protocol.labels import PUT_CHUNK_LIMIT
from whistle.protocol.record import Record, burn_hash
from whistle.shelf import tidy
from whistle.shelf.cabinet import Cabinet
from whistle.shelf.drawer import Ashes, merged
from whistle.shelf.failures import FOREIGN, forbids_trust, shelf_error
from whistle.shelf.puts import Outcome, Plan, Put
from whistle.shelf.tables import Horizon, Row, ShelfKind, place_of

#: Records burned in one transaction, so that a burn hash shared by many does not need memory for all of them.
_BURN_STEP: Final = 64
#: One part in so many of all room is for messages alone.
_RESERVE: Final = 8


class Shelf:
    """Every record of an intake, in one folder that no other process has open.

    ``today`` gives the day in UTC. A record is kept on the day it comes and ``message_days`` or ``chunk_days`` after
    it. ``capacity`` is the number of records, on both shelves, from which on puts are answered with ``ShelfFull``;
    chunks are answered so earlier, by an eighth of it and after ``chunks_a_day``: no flood of files keeps reports out.

    Any thread may call. A forked child may not, whatever it forked from: it has to ask the process that opened the
    shelf. Every method raises ``ShelfUnavailable`` in a child, on a closed shelf and where SQLite or the system
    fails; addresses and tokens of a wrong size raise ``RecordMalformed``.

    A burned record is absent from the moment of the burn: ``look`` says no, ``fetch`` has nothing, and another record
    can be put at its address, just as where nothing ever lay or where a record expired. Only the listing shows its
    row, with random bytes, until the next tidy.
    """

    def __init__(
        self,
        folder: Path,
        *,
        today: Callable[[], date],
        message_days: int,
        chunk_days: int,
        capacity: int,
        chunks_a_day: int | None = None,
    ) -> None:
        """Open the shelf in ``folder``.

        Raises ``ShelfUnsafe``, ``ShelfInUse``, ``ShelfDamaged``, ``ShelfFull`` or ``ShelfUnavailable``.
        """
        self._today = today
        self._message_days = message_days
        self._chunk_days = chunk_days
        self._capacity = capacity
        self._chunks_a_day = capacity if chunks_a_day is None else chunks_a_day
        self._chunks_on: dict[date, int] = {}
        self._lock = RLock()
        self._process = os.getpid()
        self._is_open = False
        self._is_trusted = True
        self._is_tidying = False
        with self._foreign_errors_mapped():
            self._cabinet = Cabinet(folder)
            self._is_open = True
            try:
                self._count = self._counted()
            except FOREIGN:
                self.close()
                raise

    # --- put

    def commit(self, batch: Sequence[Put]) -> list[Outcome]:
        """Store many puts in one durable commit and return the outcome of each, in their order.

        Each put is stored as a whole or not at all. The same bytes on the same shelf again are ``ALREADY_THERE`` and
        keep their first day; other bytes at an address that is in use on either shelf are ``AddressTaken``. Of two
        puts in one batch that clash, the first wins.
        """
        with self._working():
            today = self._today()
            places = {place_of(record.address) for put in batch for record in put.records}
            resting = self._live(places, self._horizon(today))
            plan = Plan(resting, self._room(today), today.toordinal())
            outcomes = [plan.decide(put) for put in batch]
            failure = self._written(plan, today)
            if failure is None:
                return outcomes
            return [failure if plan.touches(put) else outcome for put, outcome in zip(batch, outcomes, strict=True)]

    def put_messages(self, records: Sequence[Record]) -> list[Outcome]:
        """Put messages that have nothing to do with each other in one commit; returns the outcome of each."""
        return self.commit([Put.message(record) for record in records])

    def put_chunks(self, records: Sequence[Record]) -> Outcome:
        """Put chunks that are stored all or none."""
        return self.commit([Put.chunks(records)])[0]

    def check_room(self) -> bool:
        """Return whether there is room for files too; asked before anybody writes a report.

        Raises ``ShelfFull`` or ``ShelfUnavailable`` where not even a message would be taken.
        """
        with self._working():
            self._cabinet.check_room()
            room = self._room(self._today())
            if room[ShelfKind.MESSAGE] <= 0:
                raise ShelfFull
            return room[ShelfKind.CHUNK] >= PUT_CHUNK_LIMIT

    # --- look, fetch, list

    def look(self, addresses: Sequence[bytes]) -> list[bool]:
        """Return for each address (32 bytes) whether a record lies there, on either shelf."""
        with self._working():
            horizon = self._horizon(self._today())
            places = {place_of(address) for address in addresses}
            in_use = {a for drawer in self._cabinet.drawers for a in drawer.addresses(places, horizon).values()}
            return [address in in_use for address in addresses]

    def fetch(self, addresses: Sequence[bytes]) -> list[bytes | None]:
        """Return for each address (32 bytes) the 32,768 bytes there, or None where nothing is."""
        with self._working():
            rows = self._live({place_of(address) for address in addresses}, self._horizon(self._today()))
            records = {row.record.address: bytes(row.record) for row in rows.values()}
            return [records.get(address) for address in addresses]

    def messages_of(self, day: date, after: bytes, limit: int) -> list[Record]:
        """Return up to ``limit`` messages of a day in the order of their addresses, those beyond ``after``.

        ``after`` is an address (32 bytes), or empty for the first page.
        """
        with self._working():
            if day.toordinal() < self._horizon(self._today()).messages:
                return []
            beyond = place_of(after) if after else -1
            pages = [drawer.page(day.toordinal(), beyond, limit) for drawer in self._cabinet.message_drawers]
            return [row.record for row in merged(pages, limit)]

    def chunks_after(self, after: bytes, limit: int) -> list[Record]:
        """Return up to ``limit`` chunks of all days in the order of their addresses, those beyond ``after``.

        Nobody on the network is ever given this; it is for a file that is carried to consoles without one.
        """
        with self._working():
            beyond = place_of(after) if after else -1
            horizon = self._horizon(self._today())
            pages = [drawer.next_live(ShelfKind.CHUNK, beyond, limit, horizon) for drawer in self._cabinet.drawers]
            return [row.record for row in merged(pages, limit)]

    # --- burn, tidy

    def burn(self, tokens: Sequence[bytes]) -> int:
        """Turn every record with the burn hash of one of ``tokens`` (32 bytes each) into random bytes, durably.

        When it returns, no file of the shelf holds the sealed bytes or the burn hash any more. Returns how many of
        them were messages, which the listing shows to have gone; that is for the cover, and for no visitor.
        """
        with self._working():
            burn_hashes = {burn_hash(token) for token in tokens}
            found = [(drawer, drawer.burnable(burn_hashes)) for drawer in self._cabinet.every_copy]
            kinds = {place: kind for _, places in found for place, kind in places.items()}
            places = sorted(kinds)
            for start in range(0, len(places), _BURN_STEP):
                ashes = {place: Ashes.new() for place in places[start : start + _BURN_STEP]}
                for drawer, its_places in found:
                    self._cabinet.overwrite(drawer, {at: ash for at, ash in ashes.items() if at in its_places})
            for drawer in self._cabinet.drawers:
                drawer.rinse()
            return sum(kind is ShelfKind.MESSAGE for kind in kinds.values())

    def tidy(self) -> Generator[None]:
        """Sort the arrivals in, and take away what was burned or has expired, one short step with every ``next``.

        Between the steps everything else may be called. A tidy that is not finished, or that fails, loses nothing;
        the next one goes on. Raises ``ShelfUnavailable`` while another runs.
        """
        with self._working():
            if self._is_tidying:
                raise ShelfUnavailable("a tidy is already running")
            self._is_tidying = True
            steps = tidy.steps(self._cabinet, self._horizon(self._today()))
        try:
            while self._stepped(steps):
                yield
        finally:
            # A child that forked between two steps throws its copy of this generator away when it ends.
            if os.getpid() == self._process:
                with self._lock, self._foreign_errors_mapped():
                    self._is_tidying = False
                    steps.close()

    def needs_tidy(self) -> bool:
        """Return whether a night was missed: a tidy was cut off, or what came on an earlier day is not sorted in."""
        with self._working():
            missed = self._cabinet.arrivals.has_before(self._today().toordinal())
            return missed or self._cabinet.sorting is not None

    def newest_day(self) -> date | None:
        """Return the newest day on which a message came that still has a row; nothing where there is none."""
        with self._working():
            days = [day for drawer in self._cabinet.message_drawers if (day := drawer.newest_day()) is not None]
            return date.fromordinal(max(days)) if days else None

    @property
    def is_usable(self) -> bool:
        """Whether it can work. If not, it stays so until it is closed and opened again."""
        return self._is_open and self._is_trusted and self._cabinet.is_sound

    def close(self) -> None:
        """Close every file. Calling it again, or in a forked child, does nothing."""
        if os.getpid() == self._process:
            with self._lock, self._foreign_errors_mapped():
                if self._is_open:
                    self._is_open = False
                    self._cabinet.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # --- inside

    def _horizon(self, today: date) -> Horizon:
        return Horizon.seen_from(today, message_days=self._message_days, chunk_days=self._chunk_days)

    def _live(self, places: set[int], horizon: Horizon) -> dict[int, Row]:
        return {at: row for drawer in self._cabinet.drawers for at, row in drawer.live(places, horizon).items()}

    def _room(self, today: date) -> dict[ShelfKind, int]:
        """Return how many records each shelf still takes today."""
        left = self._capacity - self._count
        for_chunks = min(left - self._capacity // _RESERVE, self._chunks_a_day - self._chunks_so_far(today))
        return {ShelfKind.MESSAGE: left, ShelfKind.CHUNK: for_chunks}

    def _chunks_so_far(self, today: date) -> int:
        """Return how many chunks came today. A day that begins while the shelf is open begins with none."""
        if today not in self._chunks_on:
            is_new = bool(self._chunks_on) and today > max(self._chunks_on)
            drawers = () if is_new else self._cabinet.chunk_drawers
            self._chunks_on[today] = sum(drawer.chunks_of(today.toordinal()) for drawer in drawers)
        return self._chunks_on[today]

    def _counted(self) -> int:
        return sum(drawer.count() for drawer in self._cabinet.drawers)

    def _written(self, plan: Plan, today: date) -> ShelfError | None:
        """Commit what is planned; return what went wrong, which then is the outcome of the puts it concerns."""
        if plan.rows:
            try:
                self._cabinet.check_room()
                self._cabinet.arrivals.add(list(plan.rows.values()), self._horizon(today))
            except ShelfError as error:
                return error
            except FOREIGN as error:
                return self._mapped(error)
            self._count += len(plan.rows)
            self._chunks_on[today] += plan.count(ShelfKind.CHUNK)
        return None

    def _stepped(self, steps: Iterator[None]) -> bool:
        """Do one step of a tidy; return whether there are more."""
        with self._working():
            for _ in steps:
                return True
            self._count = self._counted()
            return False

    @contextmanager
    def _working(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise ShelfUnavailable("a forked child has to ask the process that opened the shelf")
        with self._lock, self._foreign_errors_mapped():
            if not self.is_usable:
                raise ShelfUnavailable("the shelf is closed, or has to be opened again")
            yield

    @contextmanager
    def _foreign_errors_mapped(self) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            raise self._mapped(error) from error

    def _mapped(self, error: BaseException) -> ShelfError:
        self._is_trusted = self._is_trusted and not forbids_trust(error)
        failure = shelf_error(error)
        failure.__cause__ = error  # an outcome is handed back and not raised, and should tell its cause as well
        return failure
