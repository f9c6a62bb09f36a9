"""The post: what a console has to say takes places in a steady daily number of records; decoys take the others.

docs/protocol.md, section 9, "Cover". Whoever counts records learns nothing of what colleagues have to say, or whether.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from secrets import SystemRandom

from whistle.console.answer import Writer
from whistle.console.events import AnyEvent, Inventoried, Posted, Told
from whistle.console.sending import send_one, waiting
from whistle.console.telling import Letters
from whistle.errors import ConsoleError, ShelfError
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy


@dataclass(frozen=True, eq=False)
class _Letter:
    """One record to be put, and which of several that belong together it is: of a day, or of a chain of events."""

    put: Callable[[], None]
    day: date | None = None
    told: Told | None = None


@dataclass
class Post:
    """The post of one sync. ``entries`` has the inventories that can be made now, by day."""

    writer: Writer
    per_day: int
    entries: Mapping[date, Sequence[bytes]] = field(default_factory=dict)

    def send(self) -> None:
        """Use up the places that are left today; what finds none waits for tomorrow. Raises ``CourierError``."""
        journal, today = self.writer.book.cases.journal, self.writer.today
        letters = self._letters(journal.places.left(today, self.per_day))
        SystemRandom().shuffle(letters)
        done: list[_Letter] = []
        try:
            for letter in letters:
                letter.put()
                done.append(letter)
        finally:
            self._note(letters, done)

    def _letters(self, places: int) -> list[_Letter]:
        """Return as many letters as there are places: answers first, then inventories, then events, then decoys.

        Answers alone may take half of tomorrow's places as well.
        """
        borrowed = self.per_day // 2
        answers = waiting(self.writer.book)[: max(0, places + borrowed)]
        letters = [_Letter(partial(self._answer, *each)) for each in answers]
        sealing = Letters(self.writer.book, self.writer.directory)
        for day in sorted(self.entries):
            records = sealing.of_inventory(day, self.entries[day])
            if len(letters) + len(records) > places:
                break  # all parts of a day go together, and the days in their order
            letters += [_Letter(partial(self._put, record), day) for record in records]
        for _name, event in self.writer.book.untold:
            if len(letters) >= places:
                break
            told = Told(event.case, event.counter)
            record = sealing.of_event(event)
            if record is None:
                self.writer.book.record(self.writer.today, (self.writer.book.journal, told))
            else:
                letters.append(_Letter(partial(self._put, record), None, told))
        return letters + [_Letter(self._decoy) for _ in range(places - len(letters))]

    def _answer(self, name: bytes, commitment: bytes) -> None:
        try:
            send_one(self.writer, name, commitment)
        except (ConsoleError, ShelfError):
            self._decoy()  # it stays where it is, to be seen in its case; its place is not left empty

    def _put(self, record: Record) -> None:
        self.writer.courier.put_message(record)

    def _decoy(self) -> None:
        self._put(decoy())

    def _note(self, letters: Sequence[_Letter], done: Sequence[_Letter]) -> None:
        """Remember, durably, what was put: the places, the days that are whole, and how far each chain got."""
        if not done:
            return
        book, left = self.writer.book, [letter for letter in letters if letter not in done]
        days = {letter.day for letter in done if letter.day is not None} - {letter.day for letter in left}
        unput = sorted((letter.told.counter, letter.told.chain) for letter in left if letter.told)
        first_unput = {chain: counter for counter, chain in reversed(unput)}
        told = [letter.told for letter in done if letter.told]
        whole = [each for each in told if each.counter < first_unput.get(each.chain, each.counter + 1)]
        events: list[AnyEvent] = [
            Posted(len(done), self.per_day),
            *map(Inventoried, sorted(days)),
            *sorted(whole, key=lambda each: each.counter),
        ]
        book.record(self.writer.today, *((book.journal, event) for event in events))
