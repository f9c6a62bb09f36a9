"""A reply to a source: to whom, under which number, and sealed. docs/protocol.md, section 6."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import islice
from secrets import token_bytes
from typing import Protocol

from whistle.console.book import Book
from whistle.console.case import Case, Item, ItemKind
from whistle.console.events import Drafted
from whistle.console.events.drafted import DRAFT_SIZE
from whistle.console.stored import StoredStream
from whistle.console.vault import KeptIdentity, current
from whistle.courier import Courier
from whistle.courier.asking import look
from whistle.errors import (
    AddressTaken,
    BodyMalformed,
    CourierError,
    NobodyChoseYou,
    NothingToSay,
    ProtocolError,
    ReaderClosed,
    ShelfError,
    TooLarge,
)
from whistle.protocol import labels
from whistle.protocol.content import Content, Echo, StreamReference
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Person
from whistle.protocol.message import Reply, encode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, commitment_of, pack, seal
from whistle.protocol.stream import StreamWriter
from whistle.protocol.thread import Thread, reply_burn_token, reply_chunk_burn_tokens

#: 64 MiB of files: the tokens that burn them are kept in the ledger.
CHUNK_LIMIT = 2_048
_WINDOW = 64
#: So many replies may lie in a thread. A shelf that shows more of them must not keep a console busy without end.
_WINDOWS = 64
_BATCH = 32
_READ_SIZE = 1 << 20
#: Room that a body must have left, since the reference of its stream is not known before the stream is.
_MARGIN = 64
_UNNAMED = "file"
_UNTYPED = "application/octet-stream"


class Readable(Protocol):
    """Anything that gives up its bytes once, such as an open file or a part of an upload."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none at the end."""


@dataclass(frozen=True)
class Attachment:
    """A file to be sent: its name, its media type, and its bytes, which are read once."""

    name: str
    type: str
    stream: Readable = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What a reviewer wants to tell a source, in which language (a BCP 47 tag)."""

    text: str = field(repr=False)
    language: str = "en"
    attachments: Sequence[Attachment] = ()

    def check(self) -> None:
        """Raise ``NothingToSay``, or ``BodyMalformed`` for text that is not Unicode."""
        if not self.text.strip() and not self.attachments:
            raise NothingToSay
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise BodyMalformed from error


@dataclass(frozen=True)
class Addressees:
    """Who would read a reply besides the source: those who can be sealed to today, and the others, with the reason."""

    open: tuple[Person, ...]
    closed: tuple[tuple[Person, ProtocolError], ...]


def addressees(case: Case, directory: Directory, own: int) -> Addressees:
    """Return the people whom the source chose by its newest message; raises ``NobodyChoseYou``.

    They are all that a reply may go to. Somebody who left the organisation since is not among them.
    """
    if own not in case.readers:
        raise NobodyChoseYou
    chosen = [person for person in directory.keyring.people if person.id in case.readers]
    return Addressees(
        tuple(person for person in chosen if person.id == own or person.id in directory.statements),
        tuple(
            (person, directory.closed[person.id])
            for person in chosen
            if person.id != own and person.id in directory.closed
        ),
    )


@dataclass(frozen=True)
class Writer:
    """Seals replies: with our newest Identity, for the people of ``directory``, on ``today``."""

    book: Book
    courier: Courier
    directory: Directory
    today: date

    def write(self, name: bytes, answer: Answer, without: Collection[int] = ()) -> Drafted:
        """Return a reply in the case ``name``, sealed; its files are in the case's store, nothing was sent.

        ``without`` are the ids of people to whom nothing can be sealed today, as confirmed by the author. Raises
        ``NothingToSay``, ``NobodyChoseYou``, ``ReaderClosed``, ``KeyLapsed`` and ``TooLarge``. It needs no answer of
        the shelf: a number that turns out to be taken is replaced when the reply is sent.
        """
        answer.check()
        kept, signed = current(self.book.vault, self.today)
        case = self.book.case(name)
        to = addressees(case, self.directory, self.book.person)
        if any(person.id not in without for person, _reason in to.closed) or case.thread is None:
            raise ReaderClosed(", ".join(person.name for person, _reason in to.closed))
        reply = Reply(
            self._likely_index(case, case.thread),
            self.today,
            answer.language,
            self.book.person,
            signed,
            tuple(sorted(person.id for person in to.open)),
            _echoes(case),
            Content(answer.text),
            None,
        )
        shared = kept.identity.shared_secret(case.thread.recipient)
        reply, content = self._attach(name, shared, reply, answer)
        return self._seal(token_bytes(DRAFT_SIZE), case.thread, kept, reply, content)

    def write_again(self, name: bytes, item: Item) -> Drafted:
        """Seal a drafted reply once more, under the next free number, because the first was taken.

        Raises ``ReaderClosed`` where somebody who was to read it cannot be sealed to any more, and ``KeyLapsed``.
        """
        case = self.book.case(name)
        if case.thread is None or item.outgoing is None:
            raise NobodyChoseYou
        kept, signed = current(self.book.vault, self.today)
        index = self._next_index(case, case.thread)
        reply = Reply(
            index,
            self.today,
            item.language,
            self.book.person,
            signed,
            item.readers,
            item.echoes,
            item.inside,
            item.stream,
        )
        content = None if item.inside is not None else Content(item.text, item.answers, item.files)
        again = self._seal(item.outgoing.draft, case.thread, kept, reply, content)
        # The chunks were sealed with the tokens of then, and may be on the shelf already.
        return replace(again, chunk_tokens=item.outgoing.chunk_tokens)

    def _attach(self, name: bytes, shared: bytes, reply: Reply, answer: Answer) -> tuple[Reply, Content | None]:
        """Return the reply with its files, and its content where that had to move to the stream."""
        writer = StreamWriter(partial(reply_chunk_burn_tokens, shared))
        stored = StoredStream(self.book.files, self.book.key(name), writer.key)
        count = _keep(stored, 0, _files(writer, answer.attachments))
        content = Content(answer.text, None, writer.files)
        fits = _fits(reply, content)
        if fits and not writer.files:
            return reply, None
        _keep(stored, count, writer.finish(None if fits else bytes(content)))
        stored.settle()
        if fits:
            return replace(reply, content=content, stream=writer.reference), None
        return replace(reply, content=None, stream=writer.reference), content

    def _seal(self, draft: bytes, thread: Thread, kept: KeptIdentity, reply: Reply, content: Content | None) -> Drafted:
        address = thread.address(labels.DOWN, reply.index)
        shared = kept.identity.shared_secret(thread.recipient)
        token = reply_burn_token(shared, address)
        missing = [person for person in reply.readers if person != reply.author and not self._is_open(person)]
        if missing:
            raise ReaderClosed
        colleagues = [self.directory.statements[person].recipient for person in reply.readers if person != reply.author]
        record = seal(
            Place(address, burn_hash(token)),
            pack(encode(reply)),
            Author(kept.identity, self.directory.person(reply.author).role, reply.author),
            self.directory.site,
            [thread.recipient, kept.identity.recipient, *colleagues],
        )
        tokens = _chunk_tokens(shared, reply.stream)
        return Drafted(draft, reply, content, commitment_of(record), bytes(record), token, tokens)

    def _is_open(self, person: int) -> bool:
        return person in self.directory.statements

    def _likely_index(self, case: Case, thread: Thread) -> int:
        """Return the next index, or the one above every known reply while the shelf does not answer."""
        try:
            return self._next_index(case, thread)
        except (CourierError, ShelfError):
            return _above_known(case)

    def _next_index(self, case: Case, thread: Thread) -> int:
        """Return the number above every reply that is known and everything that lies on the shelf.

        Raises ``AddressTaken`` for a thread that was filled up.
        """
        index = _above_known(case)
        for _window in range(_WINDOWS):
            window = [thread.address(labels.DOWN, index + step) for step in range(_WINDOW)]
            taken = [step for step, used in enumerate(look(self.courier, window)) if used]
            if not taken:
                return index
            index += taken[-1] + 1
        raise AddressTaken


def _above_known(case: Case) -> int:
    return 1 + max((item.index for item in case.items if item.kind is ItemKind.REPLY), default=-1)


def _echoes(case: Case) -> tuple[Echo, ...]:
    """Return the newest messages of the source that are here, each number once, ascending."""
    newest = {item.index: item.commitment for item in case.items if item.from_source}
    return tuple(Echo(index, newest[index]) for index in sorted(newest)[-labels.ECHO_LIMIT :])


def _files(writer: StreamWriter, attachments: Sequence[Attachment]) -> Iterator[Record]:
    for attachment in attachments:
        # Without the folders before it, which may hold the name of their owner.
        name = attachment.name.replace("\\", "/").rsplit("/", 1)[-1].encode(errors="replace").decode()
        yield from writer.begin(name or _UNNAMED, attachment.type or _UNTYPED)
        while data := attachment.stream.read(_READ_SIZE):
            yield from writer.write(data)


def _keep(stored: StoredStream, start: int, records: Iterator[Record]) -> int:
    """Write chunk records as they come; return how many there are now, or raise ``TooLarge``."""
    while batch := list(islice(records, _BATCH)):
        stored.append(start, batch)
        start += len(batch)
        if start > CHUNK_LIMIT:
            stored.remove()
            raise TooLarge
    return start


def _fits(reply: Reply, content: Content) -> bool:
    """Tell whether text and table of files fit the body, beside a reference to a stream if there are files."""
    nonce = token_bytes(labels.STREAM_NONCE_SIZE - 1) + b"\x01"
    reference = StreamReference(token_bytes(labels.STREAM_KEY_SIZE), nonce, CHUNK_LIMIT, token_bytes(labels.HASH_SIZE))
    longer = replace(content, text=content.text + token_bytes(_MARGIN).hex())
    body = replace(reply, content=longer, stream=reference if content.files else None)
    try:
        pack(encode(body))
    except TooLarge:
        return False
    return True


def _chunk_tokens(shared: bytes, stream: StreamReference | None) -> tuple[bytes, ...]:
    if stream is None:
        return ()
    tokens = reply_chunk_burn_tokens(shared, stream.nonce)
    return tuple(tokens.at(index) for index in range(stream.chunks))
