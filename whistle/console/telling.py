"""What this console tells colleagues: which messages it opened, and what it was shown of a day.

docs/protocol.md, section 10.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from secrets import token_bytes

from whistle.console.book import Book
from whistle.console.case import Item
from whistle.console.events import Seen
from whistle.console.sighting import Sight, Sighting
from whistle.console.vault import KeptIdentity
from whistle.protocol import labels
from whistle.protocol.acts import sign_inventory
from whistle.protocol.directory import Directory
from whistle.protocol.message import Event, Inventory, encode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, pack, seal
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement

#: So many sightings are told in one event: with their hashes, which cannot be compressed, they fit a body.
_AT_ONCE = 32
#: So far back a day is still told of, and compared: a console that was off for longer leaves the days before out.
INVENTORY_DAYS = timedelta(days=14)


def report(book: Book, today: date) -> None:
    """Tell the readers of every message that this console opened and has not told them of."""
    waiting: dict[tuple[bytes, tuple[int, ...]], list[Sighting]] = {}
    for case in book.cases.by_name.values():
        for item in case.items:
            if case.thread is not None and _is_news(book, item):
                address = case.thread.address(labels.UP, item.index)
                found = Sighting(item.commitment, address, item.arrived, Sight.OPENED)
                waiting.setdefault((case.name, item.readers), []).append(found)
    for (name, readers), sightings in waiting.items():
        for start in range(0, len(sightings), _AT_ONCE):
            book.tell(today, name, Seen(tuple(sightings[start : start + _AT_ONCE])), readers)


def _is_news(book: Book, item: Item) -> bool:
    told = item.commitment in book.cases.reported
    return item.from_source and not told and book.person in item.readers and len(item.readers) > 1


@dataclass(frozen=True)
class Letters:
    """Seals events and inventories of this person for colleagues, with random addresses and tokens."""

    book: Book
    directory: Directory

    def of_event(self, event: Event) -> Record | None:
        """Return the record of an event, or ``None`` where nobody is left who could open it."""
        return self._seal(event, event.statement, event.audience)

    def of_inventory(self, day: date, entries: Sequence[bytes]) -> list[Record]:
        """Return the records of an inventory of ``day``, for everybody; none where nobody could open or judge them."""
        secrets = self.book.vault.secrets
        covering = [kept for kept in secrets.identities if kept.first <= day <= kept.last]
        if not covering:
            return []
        signed = secrets.statements[max(covering, key=lambda kept: kept.number).number]
        parts = sign_inventory(secrets.signer, self.directory.site, self.book.person, signed, day, entries)
        return [
            record
            for part in parts
            for people in self._groups()
            if (record := self._seal(part, signed, people)) is not None
        ]

    def _groups(self) -> Iterator[tuple[int, ...]]:
        others = sorted(person for person in self.directory.statements if person != self.book.person)
        for start in range(0, len(others), labels.READER_LIMIT):
            yield tuple(others[start : start + labels.READER_LIMIT])

    def _seal(self, body: Event | Inventory, signed: Signed, people: Sequence[int]) -> Record | None:
        statements: Mapping[int, Statement] = self.directory.statements
        to = [statements[person].recipient for person in people if person in statements and person != self.book.person]
        kept = self._identity(signed)
        if not to or kept is None:
            return None
        place = Place(token_bytes(labels.ADDRESS_SIZE), burn_hash(token_bytes(labels.BURN_TOKEN_SIZE)))
        author = Author(kept.identity, self.directory.person(self.book.person).role, self.book.person)
        return seal(place, pack(encode(body)), author, self.directory.site, to)

    def _identity(self, signed: Signed) -> KeptIdentity | None:
        number = Statement.claimed(signed).number
        return next((kept for kept in self.book.vault.secrets.identities if kept.number == number), None)
