"""The reading half of a sync: what the shelf holds, day by day, tried, judged and kept.

docs/protocol.md, sections 7 and 9.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from secrets import token_bytes
from time import time

from whistle.console.book import Book
from whistle.console.case import Case, Item, ItemState
from whistle.console.events import Alarmed, Retired, Stored, Unstored
from whistle.console.hearing import Hearing
from whistle.console.judging import Judge, Tally, is_deleted
from whistle.console.meeting import ALARMING, meet, publish
from whistle.console.opening import Opener
from whistle.console.streams import store
from whistle.console.telling import INVENTORY_DAYS, report
from whistle.console.vault import member, retire
from whistle.courier import Courier, Pass, wire
from whistle.errors import AnswerMalformed, BodyMalformed, ProtocolError, StreamError, TooLarge
from whistle.protocol.acts import inventory_entry
from whistle.protocol.directory import Directory
from whistle.protocol.hashing import hashed
from whistle.protocol.listing import NONCE_SIZE, sign_listing
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of

#: A day is closed when it is so long ago: clocks differ, and a server's day may end later than ours.
OPEN_DAYS = timedelta(days=2)
#: So many events are made durable together.
_BATCH = 512
#: Files that could not be fetched whole are tried again for this many days.
_RETRY_DAYS = 7


@dataclass(frozen=True)
class Progress:
    """How many of the days are done. It never tells how many records there were: most are for others."""

    done: int
    days: int


#: While files are fetched the days are done.
_DONE = Progress(1, 1)


@dataclass(frozen=True)
class Synced:
    """What a sync brought, of what is for this reviewer, and what it did besides."""

    messages: int
    replies: int
    contacts: int
    faults: int
    alarms: tuple[str, ...]
    retired: tuple[int, ...]


@dataclass
class Sync:
    """Everything one sync needs.

    ``anonymous`` carries whatever should not be linked to our signed requests; ``seen`` are hashes of records that
    were tried since the vault was opened. They are never written down, so that the disk does not tell, either, how
    much there was for others. ``progress`` is called often; what it raises stops the sync. ``through`` is the last day
    that the courier knows of: today, or the day on which a carried file was written.
    """

    book: Book
    courier: Courier
    anonymous: Courier
    today: date
    through: date
    keep_days: int
    seen: set[bytes] = field(default_factory=set)
    progress: Callable[[Progress], None] = lambda _progress: None
    _entries: dict[date, list[bytes]] = field(default_factory=dict)

    def run(self) -> Synced:
        """Do all of it. What was done stays done if it is cut off, and the next sync goes on from there.

        Raises ``CourierError``, ``KeyringError`` and others for what stops it as a whole, and nothing for any record.
        """
        directory, alarms = self._meet()
        tally = self._take_all(directory)
        reached = self.through - OPEN_DAYS
        self.book.ledger.reach(max(reached, self.book.ledger.reached or reached))
        retired = retire(self.book.vault, self.through, self.keep_days)
        self.book.record(self.today, *((self.book.journal, Retired(number)) for number in retired))
        self._store_streams(tally)
        publish(self.book.vault, self.courier, directory, self.today)
        if self.book.vault.secrets.statements:  # without one nobody could believe, or answer, what this person says
            report(self.book, self.today)
        return Synced(tally.messages, tally.replies, tally.contacts, tally.faults, alarms, retired)

    def _meet(self) -> tuple[Directory, tuple[str, ...]]:
        try:
            met = meet(self.book.vault, self.courier, self.anonymous, self.today)
        except ALARMING as error:
            self._alarm(type(error).__name__)
            raise
        for alarm in met.alarms:
            self._alarm(alarm)
        return met.directory, met.alarms

    def _alarm(self, error: str) -> None:
        """Keep an alarm; the same one is kept once a day."""
        shown = {(alarm.error, alarm.day) for alarm in self.book.cases.journal.alarms}
        if self.book.vault.secrets.statements and (error, self.today) not in shown:
            self.book.record(self.today, (self.book.journal, Alarmed(error)))

    def _take_all(self, directory: Directory) -> Tally:
        own = member(self.book.vault)
        judge = Judge(self.book, directory, self.today)
        opener = Opener(self.book.vault.secrets.identities, own.person, own.memory.site)
        days = self._days()
        tried: set[bytes] = set()
        try:
            for done, day in enumerate(days):
                self._take_day(day, Progress(done, len(days)), opener, judge, tried)
            judge.settle()
            again = self._hear(judge, opener)
        finally:
            opener.close()
        # Only now: what was tried and not yet durable must be tried again if this is cut off.
        self.seen |= tried - again
        self.progress(Progress(len(days), len(days)))
        return judge.tally

    def _hear(self, judge: Judge, opener: Opener) -> set[bytes]:
        """Judge what colleagues tell; return the hashes of records that have to be tried again."""
        closed = self.through - OPEN_DAYS
        hearing = Hearing(self.book, judge, opener, self.anonymous, self._entries, closed, self._listed)
        hearing.settle()
        return {hashed(bytes(record), size=16) for record in hearing.again}

    def inventories(self) -> dict[date, list[bytes]]:
        """Return what names the records of each closed day that colleagues were not told of, the oldest first."""
        last = self.through - OPEN_DAYS
        done = self.book.cases.journal.inventoried or last - timedelta(days=1)
        first = max(done, last - INVENTORY_DAYS) + timedelta(days=1)
        days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        for day in days:
            if day not in self._entries:
                self._entries[day] = [inventory_entry(record) for record in self._listed(day)]
        return {day: self._entries[day] for day in days}

    def _listed(self, day: date) -> list[Record]:
        return [record for page in self._pages(day) for record in page]

    def _take_day(self, day: date, progress: Progress, opener: Opener, judge: Judge, tried: set[bytes]) -> None:
        entries = self._entries.setdefault(day, [])
        for page in self._pages(day):
            self.progress(progress)
            entries += map(inventory_entry, page)
            fresh = [(record, seen) for record in page if (seen := hashed(bytes(record), size=16)) not in self.seen]
            wanted = [record for record, _seen in fresh if not self._is_known(record)]
            for found in opener.open(wanted):
                judge.take(found, day)
            if judge.waiting >= _BATCH:
                judge.flush()
            tried.update(seen for _record, seen in fresh)

    def _is_known(self, record: Record) -> bool:
        commitment = commitment_of(record)
        return self.book.cases.knows(commitment) or is_deleted(self.book, commitment)

    def _pages(self, day: date) -> Iterator[tuple[Record, ...]]:
        after = b""
        while True:
            query = wire.listing_query(day, after)
            page = self.courier.messages(query, self._pass(query))
            if page and page[0].address <= after:
                raise AnswerMalformed  # a listing that goes back would never end
            yield page
            if len(page) < wire.LISTING_PAGE:
                return
            after = page[-1].address

    def _pass(self, query: str) -> Pass:
        own, now, nonce = member(self.book.vault), int(time()), token_bytes(NONCE_SIZE)
        signature = sign_listing(self.book.vault.secrets.signer, own.memory.site, query, now, nonce)
        return Pass(own.person, now, nonce, signature)

    def _days(self) -> list[date]:
        """Return the days that are not done: from the first open one, or from as far back as a record is kept."""
        reached = self.book.ledger.reached
        if reached is None:
            reached = self.through - OPEN_DAYS - timedelta(days=self.keep_days)
        first = min(reached, self.through - OPEN_DAYS) + timedelta(days=1)
        return [first + timedelta(days=day) for day in range((self.through - first).days + 1)]

    def _store_streams(self, tally: Tally) -> None:
        for case in list(self.book.cases.by_name.values()):
            for item in case.items:
                if self._should_store(item):
                    self._store(case, item, tally)

    def _should_store(self, item: Item) -> bool:
        if item.stream is None or item.outgoing is not None:
            return False
        if self.book.cases.stream_owner(item.stream.key) != item.commitment:
            return False
        recent = self.today - item.arrived <= timedelta(days=_RETRY_DAYS)
        return item.state is ItemState.WAITING or (item.state is ItemState.INCOMPLETE and recent)

    def _store(self, case: Case, item: Item, tally: Tally) -> None:
        if item.stream is None:
            return
        stored = self.book.stored(case.name, item.stream)
        try:
            content = store(self.anonymous, stored, item.stream, item.inside, lambda: self.progress(_DONE))
        except (StreamError, BodyMalformed, TooLarge) as error:
            self._unstored(case, item, error, tally)
            return
        self.book.record(self.today, (case.name, Stored(item.commitment, content)))

    def _unstored(self, case: Case, item: Item, error: ProtocolError, tally: Tally) -> None:
        if item.state is not ItemState.INCOMPLETE:
            self.book.record(self.today, (case.name, Unstored(item.commitment, type(error).__name__)))
            tally.faults += 1
