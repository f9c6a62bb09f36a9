"""From a record to a message that is what it claims to be. docs/protocol.md, section 6.

Whoever reads goes through one of these functions: it opens the record, decodes the body, and checks its address, its
sender and its readers. What is returned may be believed; everything else is raised as a ``ProtocolError``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Generic, TypeVar

from whistle.errors import ReadersRejected, RecordMisplaced, UnknownKind
from whistle.protocol import labels
from whistle.protocol.acts import check_event, check_inventory
from whistle.protocol.content import Echo
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Person, Role
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.message import Body, Contact, Event, Inventory, Message, Reply, Withdraw, decode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Opened, open_sealed
from whistle.protocol.thread import SourceKeys, Thread, reply_burn_token

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Verified(Generic[B]):
    """A message, and the opened record it was in."""

    body: B
    opened: Opened


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: an Identity, the person it belongs to (0 for the source), and for which site."""

    identity: Identity
    person: int
    site: bytes


def open_any(record: Record, identity: Identity) -> Verified[Body]:
    """Open and decode a record of any kind, without believing it yet."""
    opened = open_sealed(record, identity)
    return Verified(decode(opened.body), opened)


def check_up(untrusted: Verified[Body], reader: Reader) -> Verified[Message] | Verified[Withdraw]:
    """Return a message of a source; raises ``RecordMisplaced``, ``SenderUnproven`` and ``ReadersRejected``."""
    body, opened = untrusted.body, untrusted.opened
    if not isinstance(body, Message | Withdraw):
        raise UnknownKind
    if opened.record.address != body.thread.address(labels.UP, body.index):
        raise RecordMisplaced
    opened.prove(reader.site, reader.identity, Role.SOURCE, 0, body.thread.recipient)
    if reader.person not in body.readers:
        raise ReadersRejected
    return Verified(body, opened)  # type: ignore[return-value] # the type was checked above


def check_contact(untrusted: Verified[Body], reader: Reader) -> Verified[Contact]:
    """Return contact details; raises ``SenderUnproven`` and ``ReadersRejected``."""
    body, opened = untrusted.body, untrusted.opened
    if not isinstance(body, Contact):
        raise UnknownKind
    opened.prove(reader.site, reader.identity, Role.SOURCE, 0, body.recipient)
    if reader.person not in body.readers:
        raise ReadersRejected
    return Verified(body, opened)


def check_reply(untrusted: Verified[Body], reader: Reader, thread: Thread, directory: Directory) -> Verified[Reply]:
    """Return a reply in ``thread``; raises ``RecordMisplaced``, ``SenderUnproven``, ``ReadersRejected`` and others.

    Whether its readers are those whom the source chose is for ``check_readers``, which needs the source's messages.
    """
    body, opened = untrusted.body, untrusted.opened
    if not isinstance(body, Reply):
        raise UnknownKind
    if opened.record.address != thread.address(labels.DOWN, body.index):
        raise RecordMisplaced
    person, statement = directory.author(body.statement, body.author, body.day)
    _prove(opened, reader, person, statement.recipient)
    if body.author not in body.readers or reader.person not in (0, *body.readers):
        raise ReadersRejected
    return Verified(body, opened)


def check_reply_as_source(untrusted: Verified[Body], keys: SourceKeys, directory: Directory) -> Verified[Reply]:
    """Return a reply to the source; raises as ``check_reply``, and ``RecordMisplaced`` where she could not burn it."""
    reader = Reader(keys.identity, 0, keys.site)
    reply = check_reply(untrusted, reader, keys.thread, directory)
    _person, statement = directory.author(reply.body.statement, reply.body.author, reply.body.day)
    record = reply.opened.record
    token = reply_burn_token(keys.identity.shared_secret(statement.recipient), record.address)
    if not compare_digest(burn_hash(token), record.burn_hash):
        raise RecordMisplaced
    return reply


def check_readers(reply: Reply, list_of: Callable[[Echo], tuple[int, ...] | None]) -> None:
    """Raise ``ReadersRejected`` unless the readers are within the list of the newest message that ``reply`` echoes.

    ``list_of`` gives the readers of a verified message of the source by its index and commitment, or ``None``.
    """
    allowed = list_of(reply.echoes[-1]) if reply.echoes else None
    if allowed is None or not set(reply.readers) <= set(allowed):
        raise ReadersRejected


def check_act(untrusted: Verified[Body], reader: Reader, directory: Directory) -> Verified[Event] | Verified[Inventory]:
    """Return an act of a colleague; raises ``SignatureInvalid``, ``SenderUnproven`` and ``ReadersRejected``."""
    body, opened = untrusted.body, untrusted.opened
    if not isinstance(body, Event | Inventory):
        raise UnknownKind
    person, statement = directory.author(body.statement, body.author, body.day)
    _prove(opened, reader, person, statement.recipient)
    if isinstance(body, Inventory):
        check_inventory(person.signing, reader.site, body)
        return Verified(body, opened)
    check_event(person.signing, reader.site, body)
    if not {reader.person, body.author} <= set(body.audience):
        raise ReadersRejected
    return Verified(body, opened)


def _prove(opened: Opened, reader: Reader, person: Person, sender: Recipient) -> None:
    opened.prove(reader.site, reader.identity, person.role, person.id, sender)
