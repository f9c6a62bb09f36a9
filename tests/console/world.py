"""A whole small world: an organisation with a root, a real shelf, reviewers with real vaults, and sources."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from whistle.console.answer import Answer
from whistle.console.case import Case
from whistle.console.desk import Desk
from whistle.console.sync import Synced
from whistle.courier import Courier, Pass, wire
from whistle.errors import Unreachable
from whistle.protocol import labels
from whistle.protocol.canonical import decode
from whistle.protocol.directory import Directory, verify
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.keys import Identity
from whistle.protocol.listing import check_listing
from whistle.protocol.lockbox import LEAST
from whistle.protocol.published import Published
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.roots import fingerprint
from whistle.protocol.sealing import decoy
from whistle.protocol.signing import Signed, Signer
from whistle.protocol.statement import Statement
from whistle.protocol.thread import SourceKeys
from whistle.shelf import Shelf
from whistle.source import Attachment, Draft, Sent, Source

PASSPHRASE = "correct horse battery staple"
FIRST_DAY = date(2026, 11, 21)
KEEP_DAYS = 30
ANA, BO, CHI = 1, 2, 3

T = TypeVar("T")


@dataclass
class World:
    """Everything, on one day at a time.

    ``forged`` is shown to signed visitors in place of the true document; ``chunks`` are all that were ever put.
    """

    folder: Path
    today: date = FIRST_DAY
    root: Signer = field(default_factory=Signer.generate)
    statements: dict[int, Signed] = field(default_factory=dict)
    desks: dict[int, Desk] = field(default_factory=dict)
    forged: Published | None = None
    chunks: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open_shelf()
        self.keyring = Keyring(
            "Bureau", self.root.verifier, (), (), (), labels.VERSION, 1, self.today, self.today + timedelta(days=700)
        )

    def open_shelf(self) -> None:
        self.shelf = Shelf(
            self.folder / "shelf",
            today=lambda: self.today,
            message_days=KEEP_DAYS,
            chunk_days=KEEP_DAYS,
            capacity=10**6,
        )

    # --- the organisation

    @property
    def site(self) -> bytes:
        return self.keyring.site

    @property
    def words(self) -> str:
        return " ".join(fingerprint((self.root.verifier,)))

    @property
    def published(self) -> Published:
        statements = tuple(self.statements[person] for person in sorted(self.statements))
        return Published(self.keyring.sign(self.root), (), statements, bytes(32), 0)

    @property
    def directory(self) -> Directory:
        return verify(self.published, self.today)

    def certify(self, request: bytes) -> Person:
        enrolment = Enrolment.parse(request)
        person = Person(len(self.keyring.people) + 1, enrolment.name, enrolment.role, enrolment.signing)
        people = (*self.keyring.people, person)
        channel = Channel(1, "Reports", "story/1", tuple(each.id for each in people))
        self.keyring = replace(self.keyring, people=people, channels=(channel,), serial=self.keyring.serial + 1)
        return person

    def employ(self, name: str, role: Role = Role.REVIEWER) -> int:
        """Enrol somebody with a vault of their own; they have joined, and everybody can write to them."""
        desk = self.desk_at(name)
        person = self.certify(desk.create(PASSPHRASE, name, role, LEAST))
        desk.join(bytes(self.published), self.words, "http://127.0.0.1:1")
        self.desks[person.id] = desk
        self.statements[person.id] = desk.rotate()
        return person.id

    def desk_at(self, name: str) -> Desk:
        return Desk(self.folder / name, KEEP_DAYS, lock_minutes=None, today=lambda: self.today)

    def rotate(self, person: int) -> None:
        self.statements[person] = self.desks[person].rotate()

    def reopen(self, person: int) -> Desk:
        """Lock a desk and unlock it from what its folder holds."""
        self.desks[person].lock()
        self.desks[person].unlock(PASSPHRASE)
        return self.desks[person]

    def sleep(self, days: int = 1) -> None:
        """Let days pass, with a tidy in the last night."""
        self.today += timedelta(days=days)
        for _step in self.shelf.tidy():
            pass

    # --- sources and reviewers

    def courier(self) -> "DirectCourier":
        return DirectCourier(self)

    def source(self, receipt: Receipt) -> Source:
        return Source(self.courier(), self.directory, receipt)

    def tell(
        self,
        receipt: Receipt,
        text: str,
        readers: Sequence[int] = (ANA, BO),
        files: Sequence[tuple[str, bytes]] = (),
        contact: str | None = None,
    ) -> Sent:
        """Send a first report, or a follow-up where there is one already."""
        source = self.source(receipt)
        keys = SourceKeys(receipt, self.site)
        begun = self.shelf.look([keys.thread.address(labels.UP, 0)])[0]
        draft = Draft(text, "en", 1, tuple(readers), contact=contact, custodians=() if contact is None else (CHI,))
        attachments = [Attachment(name, "text/plain", BytesIO(data)) for name, data in files]
        return source.prepare(draft, attachments, source.visit() if begun else None).send()

    def sync(self, person: int, courier: Courier | None = None) -> Synced:
        return self.desks[person].sync(courier or self.courier())

    def only_case(self, person: int) -> Case:
        (case,) = self.desks[person].inbox()
        return case

    def answer(self, person: int, text: str = "Thank you.", **more: object) -> None:
        case = self.only_case(person)
        self.desks[person].reply(self.courier(), case.name, Answer(text, **more))  # type: ignore[arg-type]

    def keys(self, receipt: Receipt) -> SourceKeys:
        return SourceKeys(receipt, self.site)

    def put(self, record: Record) -> None:
        self.shelf.put_messages([record])

    def put_decoys(self, count: int) -> None:
        self.shelf.put_messages([decoy() for _ in range(count)])

    def close(self) -> None:
        for desk in self.desks.values():
            desk.lock()
        self.shelf.close()


def without_and_with_report(folder: Path) -> Iterator[World]:
    """Give two worlds of Ana and Bo, one after the other: in the second somebody tells Ana, and not Bo, about Bo."""
    for report in (False, True):
        own = folder / str(report)
        own.mkdir()
        world = World(own)
        world.employ("ana")
        world.employ("bo")
        if report:
            world.tell(Receipt.generate(), "About Bo.", readers=(ANA,))
        yield world
        world.close()


@dataclass
class DirectCourier:
    """Goes straight to the shelf, does what an intake does at its border, and fails where it is told to."""

    world: World
    signed: bool = True
    calls: list[str] = field(default_factory=list)
    fail_at: int | None = None
    lost: bool = False
    nonces: set[bytes] = field(default_factory=set)
    meddle: Callable[[list[Record]], list[Record]] = lambda records: records

    def keyring(self) -> bytes:
        shown = self.world.forged if self.signed and self.world.forged is not None else self.world.published
        return self._do("keyring", lambda: bytes(shown))

    def publish(self, statement: bytes) -> None:
        signed = Signed.from_json(decode(statement))
        claimed = Statement.claimed(signed)
        Statement.verify(signed, self.world.directory.person(claimed.person).signing)
        self._do("publish", lambda: self.world.statements.update({claimed.person: signed}))

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        verifier = self.world.directory.person(admission.person).signing
        check_listing(verifier, self.world.site, query, admission.time, admission.nonce, admission.signature)
        assert admission.nonce not in self.nonces
        self.nonces.add(admission.nonce)
        fields = dict(part.split("=") for part in query.split("&"))
        day, after = date.fromisoformat(fields["day"]), bytes.fromhex(fields["after"])
        page = self._do("messages", lambda: self.world.shelf.messages_of(day, after, wire.LISTING_PAGE))
        return tuple(self.meddle(page))

    def put_message(self, record: Record) -> None:
        self._do("put message", lambda: _raise(self.world.shelf.put_messages([record])[0]))

    def put_chunks(self, records: Sequence[Record]) -> None:
        assert 1 <= len(records) <= labels.PUT_CHUNK_LIMIT
        self.world.chunks += records
        self._do("put chunks", lambda: _raise(self.world.shelf.put_chunks(records)))

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        assert len(set(addresses)) == labels.LOOK_COUNT
        return tuple(self._do("look", lambda: self.world.shelf.look(addresses)))

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        assert len(set(addresses)) == labels.FETCH_COUNT
        found = self._do("fetch", lambda: self.world.shelf.fetch(addresses))
        return tuple(bytes(labels.RECORD_SIZE) if each is None else each for each in found)

    def burn(self, tokens: Sequence[bytes]) -> None:
        assert len(set(tokens)) == labels.BURN_COUNT
        self._do("burn", lambda: self.world.shelf.burn(tokens))

    def _do(self, name: str, act: Callable[[], T]) -> T:
        self.calls.append(name)
        fails = self.fail_at == len(self.calls)
        if fails and not self.lost:
            raise Unreachable
        result = act()
        if fails:
            raise Unreachable
        return result


def _raise(outcome: object) -> None:
    if isinstance(outcome, Exception):
        raise outcome


def identity_of(desk: Desk) -> Identity:
    """Return the newest Identity in an open vault, to break things with."""
    session = desk._session
    assert session is not None
    return session.vault.secrets.identities[-1].identity
