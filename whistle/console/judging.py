"""What was opened, judged: believed and placed in a case, or put down as a fault in plain words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from secrets import token_bytes

from whistle.console.book import Book, Happened
from whistle.console.case import LABEL_SIZE, Case
from whistle.console.events import Answered, Contacted, Faulty, Received, Unstored, Withdrawn
from whistle.console.opening import Found
from whistle.console.vault import MARK_SIZE, StorageKey
from whistle.errors import ProtocolError, RecordMisplaced, StreamKeyReused, UnknownKind
from whistle.protocol import labels
from whistle.protocol.content import Echo
from whistle.protocol.directory import Directory
from whistle.protocol.hashing import hashed
from whistle.protocol.message import Body, Contact, Event, Inventory, Message, Reply, Withdraw
from whistle.protocol.reading import Verified, check_contact, check_readers, check_reply, check_up
from whistle.protocol.thread import Thread

_FAULT = b"whistle/console/1/fault"


@dataclass
class Tally:
    """What a sync brought, of what is for this reviewer."""

    messages: int = 0
    replies: int = 0
    contacts: int = 0
    faults: int = 0


@dataclass
class Judge:
    """Collects the events that opened records become; ``flush`` makes them durable."""

    book: Book
    directory: Directory
    today: date
    tally: Tally = field(default_factory=Tally)
    #: What colleagues tell this console, yet to be verified.
    acts: list[Found] = field(default_factory=list)
    _happened: list[Happened] = field(default_factory=list)
    _keys: dict[bytes, StorageKey] = field(default_factory=dict)
    _threads: dict[Thread, bytes] = field(default_factory=dict)
    _commitments: set[bytes] = field(default_factory=set)
    _streams: dict[bytes, bytes] = field(default_factory=dict)
    _marks: set[bytes] = field(default_factory=set)
    _replies: list[tuple[Found, date]] = field(default_factory=list)
    _labels_taken: set[bytes] | None = None

    @property
    def waiting(self) -> int:
        """How many events wait to be made durable."""
        return len(self._happened)

    def take(self, found: Found, day: date) -> None:
        """Judge a record that opened and that the shelf lists under ``day``; replies wait until ``settle``."""
        untrusted = found.untrusted
        if isinstance(untrusted, ProtocolError):
            self.fault(found, untrusted, None)
        elif isinstance(untrusted.body, Event | Inventory):
            self.acts.append(found)
        elif isinstance(untrusted.body, Reply):
            self._replies.append((found, day))
        elif not self._known(untrusted.opened.commitment):
            self._attempt(found, lambda: self._take(found, untrusted, day), _claimed(self, untrusted))

    def settle(self) -> None:
        """Judge the replies, now that the messages that they answer have been taken."""
        self.flush()
        waiting, self._replies = self._replies, []
        for found, day in waiting:
            untrusted = found.untrusted
            if not isinstance(untrusted, ProtocolError) and not self._known(untrusted.opened.commitment):
                self._reply(found, untrusted, day)
        self.flush()

    def flush(self) -> None:
        """Make everything judged so far durable."""
        self.book.record(self.today, *self._happened, keys=self._keys)
        self._happened, self._keys = [], {}
        self._threads, self._streams = {}, {}
        self._commitments, self._marks = set(), set()

    def _take(self, found: Found, untrusted: Verified[Body], day: date) -> None:
        commitment = untrusted.opened.commitment
        if isinstance(untrusted.body, Contact):
            contact = check_contact(untrusted, found.reader)
            self._happen(self._new_case(), Contacted(contact.body, commitment, day, untrusted.opened.body))
            self.tally.contacts += 1
            return
        if not isinstance(untrusted.body, Message | Withdraw):
            raise UnknownKind
        body = check_up(untrusted, found.reader).body
        name = self._case_of(body.thread)
        if isinstance(body, Message):
            self._happen(name, Received(body, commitment, day, untrusted.opened.body))
            self._stream(name, body, commitment)
        else:
            self._happen(name, Withdrawn(body, commitment, day, untrusted.opened.body))
        self.tally.messages += 1

    def _reply(self, found: Found, untrusted: Verified[Body], day: date) -> None:
        # First whether a colleague wrote it: to look through every thread for it is more than strangers may ask for.
        if self._attempt(found, lambda: self._prove(found, untrusted), None):
            name = self.book.cases.at(found.record.address, labels.DOWN, _index(untrusted.body))
            self._attempt(found, lambda: self._answer(found, untrusted, day, name), name)

    def _prove(self, found: Found, untrusted: Verified[Body]) -> None:
        """Raise ``StatementError``, ``SignatureInvalid`` or ``SenderUnproven`` unless a colleague wrote a reply."""
        body, reader = untrusted.body, found.reader
        if not isinstance(body, Reply):
            raise UnknownKind
        person, statement = self.directory.author(body.statement, body.author, body.day)
        untrusted.opened.prove(reader.site, reader.identity, person.role, person.id, statement.recipient)

    def _answer(self, found: Found, untrusted: Verified[Body], day: date, name: bytes | None) -> None:
        if name is None:
            raise RecordMisplaced
        case = self.book.case(name)
        if case.thread is None:
            raise RecordMisplaced
        reply = check_reply(untrusted, found.reader, case.thread, self.directory).body
        check_readers(reply, _lists(case))
        commitment = untrusted.opened.commitment
        self._happen(name, Answered(reply, commitment, day, untrusted.opened.body))
        self._stream(name, reply, commitment)
        self.tally.replies += 1

    def _stream(self, name: bytes, body: Message | Reply, commitment: bytes) -> None:
        """Refuse the files of a message that claims a stream which another message brought."""
        if body.stream is None:
            return
        owner = self.book.cases.stream_owner(body.stream.key) or self._streams.get(body.stream.key)
        if owner is not None:
            self._happen(name, Unstored(commitment, StreamKeyReused.__name__))
            self.tally.faults += 1
        self._streams.setdefault(body.stream.key, commitment)

    def _attempt(self, found: Found, judge: Callable[[], None], name: bytes | None) -> bool:
        """Judge, and tell whether there was no fault in it."""
        try:
            judge()
        except ProtocolError as error:
            self.fault(found, error, name)
            return False
        return True

    def fault(self, found: Found, error: ProtocolError, name: bytes | None) -> None:
        """Put down, once, what did not verify: in the case ``name``, or in the journal."""
        mark = hashed(_FAULT, bytes(found.record), size=MARK_SIZE)
        if mark in self._marks or self.book.cases.has_mark(mark):
            return
        self._marks.add(mark)
        self._happened.append((name or self.book.journal, Faulty(type(error).__name__, mark)))
        self.tally.faults += 1

    def _happen(self, name: bytes, event: Received | Withdrawn | Answered | Contacted | Unstored) -> None:
        self._happened.append((name, event))
        self._commitments.add(event.commitment)

    def _known(self, commitment: bytes) -> bool:
        return commitment in self._commitments or self.book.cases.knows(commitment)

    def _case_of(self, thread: Thread) -> bytes:
        name = self.book.cases.of_thread(thread) or self._threads.get(thread)
        if name is None:
            name = self._threads[thread] = self._new_case()
        return name

    def _new_case(self) -> bytes:
        """Return a new name. Its label is no other case's: pages and commands know cases by that."""
        taken = self._labels()
        while (name := token_bytes(labels.CASE_SIZE))[:LABEL_SIZE] in taken:
            pass
        taken.add(name[:LABEL_SIZE])
        self._keys[name] = StorageKey.generate()
        return name

    def _labels(self) -> set[bytes]:
        if self._labels_taken is None:
            self._labels_taken = {name[:LABEL_SIZE] for name in self.book.vault.secrets.cases}
        return self._labels_taken


def is_deleted(book: Book, commitment: bytes) -> bool:
    """Tell whether the record with this commitment (32 bytes) belongs to a case that was deleted here."""
    return bool(book.vault.secrets.deleted) and book.deleted_mark(commitment) in book.vault.secrets.deleted


def _claimed(judge: Judge, untrusted: Verified[Body]) -> bytes | None:
    """Return the case at one of whose addresses the record lies, so that a fault is shown beside what it is about."""
    body = untrusted.body
    if not isinstance(body, Message | Withdraw):
        return None
    at_its_place = untrusted.opened.record.address == body.thread.address(labels.UP, body.index)
    return judge.book.cases.of_thread(body.thread) if at_its_place else None


def _lists(case: Case) -> Callable[[Echo], tuple[int, ...] | None]:
    """Return how to find the readers that the source chose in a message that is echoed."""

    def list_of(echo: Echo) -> tuple[int, ...] | None:
        item = case.item(echo.commitment)
        return item.readers if item is not None and item.from_source and item.index == echo.index else None

    return list_of


def _index(body: Body) -> int:
    return body.index if isinstance(body, Reply) else 0
