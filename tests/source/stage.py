"""Where the tests of a source play: a real shelf, a courier that counts and can fail, and reviewers who answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from tests.protocol import cast
from whistle.courier import Pass
from whistle.errors import Unreachable
from whistle.protocol import labels
from whistle.protocol.content import Content, Echo
from whistle.protocol.directory import Directory
from whistle.protocol.message import Message, Withdraw
from whistle.protocol.reading import Reader, Verified, check_contact, check_up, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.stream import StreamWriter
from whistle.protocol.thread import SourceKeys, reply_chunk_burn_tokens
from whistle.shelf import Shelf
from whistle.source import Attachment, Draft, Sent, Source

RECEIPT = Receipt(cast.chance("a receipt", labels.RECEIPT_SIZE))
KEYS = SourceKeys(RECEIPT, cast.SITE)


@dataclass
class ShelfCourier:
    """Goes straight to a shelf, writes down what an observer would see, and fails where it is told to.

    A call that fails may have been carried out or not: ``lost`` tells whether only its answer was lost.
    """

    shelf: Shelf
    calls: list[tuple[str, int]] = field(default_factory=list)
    fail_at: int | None = None
    lost: bool = False
    put: list[bytes] = field(default_factory=list)

    def keyring(self) -> bytes:
        return bytes(cast.published())

    def publish(self, statement: bytes) -> None:
        raise NotImplementedError

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        raise NotImplementedError

    def put_message(self, record: Record) -> None:
        self.put.append(bytes(record))
        self._do("put message", labels.RECORD_SIZE, lambda: self._raise(self.shelf.put_messages([record])[0]))

    def put_chunks(self, records: Sequence[Record]) -> None:
        assert 1 <= len(records) <= labels.PUT_CHUNK_LIMIT
        self.put += map(bytes, records)
        size = labels.RECORD_SIZE * len(records)
        self._do("put chunks", size, lambda: self._raise(self.shelf.put_chunks(records)))

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        assert len(set(addresses)) == labels.LOOK_COUNT
        found: list[bool] = []
        self._do("look", len(b"".join(addresses)), lambda: found.extend(self.shelf.look(addresses)))
        return tuple(found)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        assert len(set(addresses)) == labels.FETCH_COUNT
        found: list[bytes | None] = []
        self._do("fetch", len(b"".join(addresses)), lambda: found.extend(self.shelf.fetch(addresses)))
        return tuple(cast.chance("noise", labels.RECORD_SIZE) if each is None else each for each in found)

    def burn(self, tokens: Sequence[bytes]) -> None:
        assert len(set(tokens)) == labels.BURN_COUNT
        self._do("burn", len(b"".join(tokens)), lambda: self.shelf.burn(tokens))

    @staticmethod
    def _raise(outcome: object) -> None:
        if isinstance(outcome, Exception):
            raise outcome

    def _do(self, name: str, size: int, act: Callable[[], object]) -> None:
        self.calls.append((name, size))
        fails = self.fail_at == len(self.calls)
        if not fails or self.lost:
            act()
        if fails:
            raise Unreachable


@dataclass
class Stage:
    """A source with its receipt, its shelf, and the reviewers of ``cast``."""

    shelf: Shelf
    courier: ShelfCourier
    directory: Directory

    @property
    def source(self) -> Source:
        """The source as it comes back: nothing but the receipt."""
        return Source(self.courier, self.directory, RECEIPT)

    def tell(self, text: str = "The tender was fixed.", *attachments: Attachment, **changes: object) -> Sent:
        """Send the first message, or the next one."""
        visit = self.source.visit() if self.rests(cast.place_up(KEYS, 0).address) else None
        return self.source.prepare(draft(text, **changes), attachments, visit).send()

    def rests(self, address: bytes) -> bool:
        return self.shelf.look([address])[0]

    def record_up(self, index: int) -> Record:
        return self.record(KEYS.thread.address(labels.UP, index))

    def record(self, address: bytes) -> Record:
        (found,) = self.shelf.fetch([address])
        assert found is not None
        return Record.parse(found)

    def everything(self, today: date = cast.TODAY) -> list[Record]:
        """Every message on the shelf, as the listing shows them."""
        return self.shelf.messages_of(today, b"", 1000)

    def put(self, record: Record) -> None:
        self.shelf.put_messages([record])

    def read_up(self, index: int, person: int = cast.ANA) -> Verified[Message] | Verified[Withdraw]:
        """Open a message of the source as ``person``."""
        reader = cast.reader(person)
        return check_up(open_any(self.record_up(index), reader.identity), reader)

    def contacts(self) -> list[str]:
        """Open every contact record as the custodian."""
        reader: Reader = cast.reader(cast.CHI)
        texts = []
        for record in self.everything():
            try:
                texts.append(check_contact(open_any(record, reader.identity), reader).body.text)
            except Exception:  # noqa: BLE001, S112 - what is not for the custodian is not looked at
                continue
        return texts

    def echo(self, index: int) -> Echo:
        return Echo(index, self.record_up(index).sealed[1:33])

    def answer(self, index: int, text: str = "Thank you.", **changes: object) -> Record:
        """Put a reply by Ana (or ``author``) at ``index``, echoing the newest message unless told otherwise."""
        author = changes.get("author", cast.ANA)
        assert isinstance(author, int)
        usual: dict[str, object] = {
            "index": index,
            "content": Content(text),
            "statement": cast.signed_statement(author),
            "echoes": (self.echo(self._newest()),),
        }
        record = cast.seal_reply(KEYS, cast.reply(**usual | changes))
        self.put(record)
        return record

    def answer_at_hand(self, index: int) -> Record:
        """Return a reply by Ana that nobody has put yet."""
        return cast.seal_reply(KEYS, cast.reply(index=index, echoes=(self.echo(self._newest()),)))

    def answer_with_files(self, index: int, files: dict[str, bytes], text: str = "See the files.") -> Record:
        """Put a reply with a stream; a text of more than a body moves to the stream's last part."""
        ana = cast.identity(cast.name_of(cast.ANA))
        shared = ana.shared_secret(KEYS.identity.recipient)
        writer = StreamWriter(lambda nonce: reply_chunk_burn_tokens(shared, nonce))
        records: list[Record] = []
        for name, data in files.items():
            records += [*writer.begin(name, "text/plain"), *writer.write(data)]
        content = Content(text, None, writer.files)
        part = bytes(content) if len(text) > labels.BODY_SIZE else None
        records += writer.finish(part)
        for at in range(0, len(records), labels.PUT_CHUNK_LIMIT):
            self.shelf.put_chunks(records[at : at + labels.PUT_CHUNK_LIMIT])
        return self.answer(index, content=content if part is None else None, stream=writer.reference)

    def _newest(self) -> int:
        return max(index for index in range(80) if self.rests(KEYS.thread.address(labels.UP, index)))


def draft(text: str = "The tender was fixed.", **changes: object) -> Draft:
    usual: dict[str, object] = {"language": "en", "channel": 1, "readers": (cast.ANA, cast.BO)}
    return Draft(text, **usual | changes)  # type: ignore[arg-type]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    shelf = Shelf(tmp_path, today=lambda: cast.TODAY, message_days=30, chunk_days=30, capacity=1_000_000)
    return Stage(shelf, ShelfCourier(shelf), cast.directory())
