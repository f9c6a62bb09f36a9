"""The post: what a console has to say takes places in a steady daily number of records; decoys take the others.

docs/protocol.md, section 9, "Cover". Whoever counts records learns nothing of what colleagues have to say, or whether.
All records of a day are sealed before the first is put, so that the time between two puts tells nothing either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from secrets import SystemRandom
from typing import TypeAlias

from whistle.console.answer import Writer
from whistle.console.book import Book
from whistle.console.events import AnyEvent, Inventoried, Posted, Told
from whistle.console.sending import send_one, waiting
from whistle.console.telling import Letters
from whistle.courier import Courier
from whistle.errors import ConsoleError, ShelfError
from whistle.protocol.directory import Directory
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy

#: Case and commitment of a reply that was kept and is to be sent.
Waiting: TypeAlias = tuple[bytes, bytes]


@dataclass(frozen=True, eq=False)
class Letter:
    """One record to be put, and what it is: an answer, of an inventory, an event, or else a decoy.

    The record of an answer is a decoy too, which takes its place where the answer cannot be sent.
    """

    record: Record
    answer: Waiting | None = None
    day: date | None = None
    told: Told | None = None

    @property
    def is_decoy(self) -> bool:
        """Whether nothing is said by it."""
        return self.answer is None and self.day is None and self.told is None


class Post:
    """The records that a console puts on ``today``: those ``left`` are in an order that tells nothing."""

    def __init__(self, letters: Sequence[Letter], today: date, per_day: int) -> None:
        self.left = [*letters]
        SystemRandom().shuffle(self.left)
        self.today = today
        self.per_day = per_day
        self._begun: Letter | None = None
        self._unnoted = 0
        self._days: set[date] = set()
        self._told: list[Told] = []

    def begin(self) -> Letter:
        """Return the next letter to be put, in whose place nothing else can go any more."""
        self._begun = self.left[0]
        return self._begun

    def put(self, letter: Letter, courier: Courier, writer: Writer | None) -> None:
        """Put a letter; raises ``CourierError`` and ``ShelfError``: then it is left.

        Without a ``writer``, since the vault is locked, an answer stays where it is, and a decoy takes its place.
        """
        if letter.answer is None or writer is None or not _answered(writer, *letter.answer):
            courier.put_message(letter.record)
        self.left.remove(letter)
        self._unnoted += 1
        if letter.day is not None:
            self._days.add(letter.day)
        if letter.told is not None:
            self._told.append(letter.told)

    @property
    def is_unnoted(self) -> bool:
        """Whether something was put and is not noted yet."""
        return self._unnoted > 0

    def join(self, answer: Waiting) -> bool:
        """Let an answer go in the place, and so at the moment, of a decoy that is left; tell whether there was one."""
        decoys = [place for place, letter in enumerate(self.left) if letter.is_decoy and letter is not self._begun]
        if not decoys:
            return False
        place = SystemRandom().choice(decoys)
        self.left[place] = replace(self.left[place], answer=answer)
        return True

    def add(self, answer: Waiting) -> None:
        """Let an answer go in a place of its own."""
        self.left.insert(SystemRandom().randrange(len(self.left) + 1), Letter(decoy(), answer))

    def note(self, book: Book) -> None:
        """Remember, durably, what was put: the places, the days that are whole, and how far each chain got."""
        if not self._unnoted:
            return
        first_day = min((letter.day for letter in self.left if letter.day is not None), default=date.max)
        days = sorted(day for day in self._days if day < first_day)
        told = sorted(filter(self._is_whole, self._told), key=lambda each: each.counter)
        events: list[AnyEvent] = [Posted(self._unnoted, self.per_day), *map(Inventoried, days), *told]
        book.record(self.today, *((book.journal, event) for event in events))
        self._unnoted = 0
        self._days.difference_update(days)
        self._told = [each for each in self._told if each not in told]

    def _is_whole(self, told: Told) -> bool:
        """Tell whether nothing is left of the chain that comes before it."""
        left = [letter.told for letter in self.left if letter.told is not None]
        return all(told.counter < each.counter for each in left if each.chain == told.chain)


def _answered(writer: Writer, name: bytes, commitment: bytes) -> bool:
    """Send an answer; where that fails it stays where it is, to be seen in its case: its place is not left empty."""
    try:
        send_one(writer, name, commitment)
    except (ConsoleError, ShelfError):
        return False
    return True


@dataclass(frozen=True)
class Drawer:
    """Where letters are made: of what waits in the ``book``, for the people of ``directory``."""

    book: Book
    directory: Directory
    today: date
    per_day: int

    def post(self, entries: Mapping[date, Sequence[bytes]]) -> Post:
        """Seal as many letters as there are places: answers first, then inventories, then events, then decoys.

        Answers alone may take half of tomorrow's places as well. ``entries`` has the inventories that can be made, by
        day. What finds no place waits for tomorrow.
        """
        places = self.book.cases.journal.places.left(self.today, self.per_day)
        answers = waiting(self.book)[: max(0, places + self.per_day // 2)]
        letters = [Letter(decoy(), answer) for answer in answers]
        letters += self._inventories(entries, places - len(letters))
        letters += self._events(places - len(letters))
        letters += [Letter(decoy()) for _ in range(places - len(letters))]
        return Post(letters, self.today, self.per_day)

    def may_answer(self, taken: int = 0) -> bool:
        """Tell whether an answer may go today, after ``taken`` others that are about to and that are not noted yet."""
        places = self.book.cases.journal.places.take(taken, self.today, self.per_day)
        return places.may_borrow(self.today, self.per_day)

    def answer(self, answer: Waiting) -> Post:
        """Return a post of one answer."""
        return Post([Letter(decoy(), answer)], self.today, self.per_day)

    def _inventories(self, entries: Mapping[date, Sequence[bytes]], places: int) -> list[Letter]:
        letters: list[Letter] = []
        for day in sorted(entries):
            records = Letters(self.book, self.directory).of_inventory(day, entries[day])
            if len(letters) + len(records) > places:
                break  # all parts of a day go together, and the days in their order
            letters += [Letter(record, day=day) for record in records]
        return letters

    def _events(self, places: int) -> list[Letter]:
        letters: list[Letter] = []
        for _name, event in self.book.untold:
            if len(letters) >= places:
                break
            told = Told(event.case, event.counter)
            record = Letters(self.book, self.directory).of_event(event)
            if record is None:
                self.book.record(self.today, (self.book.journal, told))
            else:
                letters.append(Letter(record, told=told))
        return letters
