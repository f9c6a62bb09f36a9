"""What colleagues tell this console: what they found of a message, and what they were shown of a day.

docs/protocol.md, section 10. A colleague's word is kept as theirs; what it says of the shelf is looked into.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from whistle.console.book import Book
from whistle.console.events import Differed, Heard, Seen, Shown, Sighted, decode
from whistle.console.events.shown import ADDRESSES_LIMIT
from whistle.console.judging import Judge, is_deleted
from whistle.console.opening import Found, Opener
from whistle.console.sighting import Sight, Sighting
from whistle.console.telling import INVENTORY_DAYS
from whistle.courier import Courier
from whistle.courier.asking import batches, fetch
from whistle.errors import BodyMalformed, ChainBroken, ProtocolError, SignatureInvalid
from whistle.protocol import labels
from whistle.protocol.acts import event_hash, inventory_entry
from whistle.protocol.message import Event, Inventory
from whistle.protocol.reading import check_act
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of, has_form

#: What is fetched because a colleague told of it may be another act of a colleague, and so on.
_ROUNDS = 4
#: The days that a sync listed: of each, what names its records in an inventory.
Entries = Mapping[date, Sequence[bytes]]


@dataclass
class Hearing:
    """Judges what colleagues told, once all messages of a sync were taken.

    ``entries`` are of the days that this sync listed, ``closed`` is the last of them that nothing can be added to, and
    ``listing`` asks for a day anew. ``again`` collects the records that a later sync has to try once more.
    """

    book: Book
    judge: Judge
    opener: Opener
    anonymous: Courier
    entries: Entries
    closed: date
    listing: Callable[[date], list[Record]]
    again: list[Record] = field(default_factory=list)

    def settle(self) -> None:
        """Judge everything, and what is found by it; raises ``CourierError``."""
        for _ in range(_ROUNDS):
            if self.judge.acts:
                self._settle()

    def _settle(self) -> None:
        waiting, self.judge.acts = self.judge.acts, []
        verified = [(found, act) for found in waiting if (act := self._verified(found)) is not None]
        events = [(found, act) for found, act in verified if isinstance(act, Event)]
        for found, event in sorted(events, key=lambda each: (each[1].author, each[1].case, each[1].counter)):
            try:
                self._take_event(event)
            except ProtocolError as error:
                self.judge.fault(found, error, None)
        self._take_inventories([(found, act) for found, act in verified if isinstance(act, Inventory)])
        self.judge.settle()

    def _verified(self, found: Found) -> Event | Inventory | None:
        if isinstance(found.untrusted, ProtocolError):
            return None
        try:
            return check_act(found.untrusted, found.reader, self.judge.directory).body
        except ProtocolError as error:
            self.judge.fault(found, error, None)
            return None

    # --- events

    def _take_event(self, event: Event) -> None:
        """Keep an event; raises ``SignatureInvalid`` where it contradicts its own chain, and ``BodyMalformed``."""
        heard = self.book.cases.heard.get((event.author, event.case), {})
        hash_ = event_hash(self.judge.directory.site, event)
        if event.counter in heard:
            if heard[event.counter][0] != hash_:
                raise SignatureInvalid
            return
        before, after = heard.get(event.counter - 1), heard.get(event.counter + 1)
        if (before and before[0] != event.previous) or (after and after[1] != hash_):
            raise SignatureInvalid
        try:
            told = decode(event.payload)
        except ChainBroken as error:
            raise BodyMalformed from error
        if isinstance(told, Seen):
            self._take_sightings(event, told.sightings)
        elif isinstance(told, Shown):
            self._take_shown(event, told)
        else:
            raise BodyMalformed  # a kind that this console keeps for itself
        link = Heard(event.author, event.case, event.counter, hash_, event.previous)
        self.book.record(self.judge.today, (self.book.journal, link))

    def _take_sightings(self, event: Event, sightings: Sequence[Sighting]) -> None:
        by_case: dict[bytes, list[Sighting]] = {}
        for sighting in sightings:
            name = self._case_of(sighting) or self._looked_into(event, sighting)
            if name is not None:
                by_case.setdefault(name, []).append(sighting)
        for name, found in by_case.items():
            self.book.record(self.judge.today, (name, Sighted(event.author, tuple(found))))

    def _case_of(self, sighting: Sighting) -> bytes | None:
        return self.book.cases.of_commitment(sighting.commitment)

    def _looked_into(self, event: Event, sighting: Sighting) -> bytes | None:
        """Return where to keep a colleague's word of a message that is not here, having asked for it: or nowhere."""
        commitment, cases = sighting.commitment, self.book.cases
        if is_deleted(self.book, commitment) or cases.was_taken_back(commitment) or commitment in cases.reported:
            return None
        sight = self._found(sighting)
        if sight is Sight.OPENED:
            return self._case_of(sighting)
        mine = Sighting(commitment, sighting.address, sighting.day, sight)
        self.book.tell(self.judge.today, self.book.journal, Seen((mine,)), event.audience)
        return self.book.journal

    def _found(self, sighting: Sighting) -> Sight:
        (record,) = self._fetched([sighting.address])
        if record is None or commitment_of(record) != sighting.commitment:
            return Sight.ABSENT
        opened = list(self.opener.open([record]))
        if not opened:
            return Sight.CLOSED
        self._judge_now(opened[0], sighting.day)
        return Sight.OPENED if self._case_of(sighting) else Sight.FAULTY

    def _take_shown(self, event: Event, told: Shown) -> None:
        """Note that the server showed a colleague what it kept from us, and read it by its address if it is for us."""
        if not told.addresses:
            raise BodyMalformed
        found = Differed(event.author, told.listed, kept_from_me=True, count=len(told.addresses))
        self.book.record(self.judge.today, (self.book.journal, found))
        records = [record for record in self._fetched(told.addresses) if record is not None]
        for opened in self.opener.open(records):
            self._judge_now(opened, told.listed)

    def _fetched(self, addresses: Sequence[bytes]) -> list[Record | None]:
        """Ask for records as nobody in particular."""
        shares = batches(dict.fromkeys(addresses), labels.FETCH_COUNT)
        return [record for share in shares for record in fetch(self.anonymous, share)]

    def _judge_now(self, found: Found, day: date) -> None:
        self.judge.take(found, day)
        self.judge.settle()

    # --- inventories

    def _take_inventories(self, told: Sequence[tuple[Found, Inventory]]) -> None:
        parts: dict[tuple[int, date, int], dict[int, tuple[Found, Inventory]]] = {}
        for found, each in told:
            parts.setdefault((each.author, each.day, each.parts), {})[each.part] = found, each
        for (author, day, count), its in sorted(parts.items(), key=lambda each: each[0]):
            if len(its) < count or day > self.closed:
                self.again += [found.record for found, _each in its.values()]
            elif self.closed - day <= INVENTORY_DAYS:
                size = labels.INVENTORY_ENTRY_SIZE
                joined = b"".join(its[part][1].entries for part in range(count))
                self._compare(author, day, Counter(joined[at : at + size] for at in range(0, len(joined), size)))

    def _compare(self, person: int, day: date, theirs: Counter[bytes]) -> None:
        """Find what the server shows us of a closed day and kept from a colleague.

        What is there now was there when the colleague asked, since nothing is added to a closed day. What they were
        shown and we are not may have been burned since: whether it was is for their console to find.
        """
        if day in self.entries and not Counter(self.entries[day]) - theirs:
            return
        # Asked anew: what was burned after we asked and before they did is gone by now, or has lost its form.
        records = self.listing(day)
        addresses = {inventory_entry(record): record.address for record in records}
        kept = Counter(inventory_entry(record) for record in records if has_form(record)) - theirs
        known = {(each.person, each.listed) for each in self.book.cases.journal.differences if not each.kept_from_me}
        if not kept or (person, day) in known:
            return
        found = Differed(person, day, kept_from_me=False, count=kept.total())
        self.book.record(self.judge.today, (self.book.journal, found))
        shown = Shown(day, tuple(addresses[entry] for entry in sorted(kept)[:ADDRESSES_LIMIT]))
        self.book.tell(self.judge.today, self.book.journal, shown, tuple(sorted((self.book.person, person))))
