"""The people of the tests and of the vectors, every key of theirs from a name: the same in every run."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from hashlib import shake_256
from typing import Any

import pytest

from whistle.errors import ProtocolError
from whistle.protocol import labels
from whistle.protocol.content import Content, Echo, StreamReference
from whistle.protocol.directory import Directory, Published, verify
from whistle.protocol.keyring import Channel, Former, Keyring, Person, Role
from whistle.protocol.keys import Identity
from whistle.protocol.message import Body, Message, Reply, encode
from whistle.protocol.reading import Reader
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, pack, seal
from whistle.protocol.signing import Signed, Signer
from whistle.protocol.state import State
from whistle.protocol.statement import Statement
from whistle.protocol.thread import SourceKeys, reply_burn_token

TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
FIRST = date(2026, 11, 1)
LAST = date(2026, 11, 30)
NO_STREAM = bytes(labels.STREAM_NONCE_SIZE)

ANA, BO, CHI, DEDE, EVE = 1, 2, 3, 4, 5
_PEOPLE = {
    ANA: ("Ana", Role.REVIEWER),
    BO: ("Bo", Role.REVIEWER),
    CHI: ("Chi", Role.CUSTODIAN),
    DEDE: ("Dede", Role.OVERSIGHT),
    EVE: ("Eve", Role.REVIEWER),
}
EVES_LAST_DAY = date(2026, 11, 10)


def chance(name: str, size: int) -> bytes:
    """Return ``size`` bytes that anybody can make again from ``name``."""
    return shake_256(name.encode()).digest(size)


def signer(name: str) -> Signer:
    return Signer(chance(f"{name} signs", 32))


def identity(name: str) -> Identity:
    return Identity(chance(f"{name} opens", labels.IDENTITY_SIZE))


def name_of(person: int) -> str:
    return _PEOPLE[person][0]


def person(number: int) -> Person:
    name, role = _PEOPLE[number]
    return Person(number, name, role, signer(name).verifier)


def keyring(**changes: Any) -> Keyring:
    """Return Harbour Watch: two reviewers, a custodian, oversight, and Eve, who has left."""
    usual = Keyring(
        "Harbour Watch",
        signer("root").verifier,
        (Channel(1, "Everything", "story/1", (ANA, BO, CHI, DEDE)), Channel(2, "Port", "story/1", (BO,))),
        tuple(person(number) for number in (ANA, BO, CHI, DEDE)),
        (Former(person(EVE), EVES_LAST_DAY),),
        1,
        7,
        FIRST,
        date(2027, 5, 1),
    )
    return replace(usual, **changes)


SITE = keyring().site


def statement(number: int, /, **changes: Any) -> Statement:
    usual = Statement(SITE, number, 3, identity(name_of(number)).recipient, FIRST, LAST)
    return replace(usual, **changes)


def signed_statement(number: int, /, **changes: Any) -> Signed:
    return statement(number, **changes).sign(signer(name_of(number)))


def published(**changes: Any) -> Published:
    statements = tuple(signed_statement(number) for number in (ANA, BO, CHI, DEDE))
    usual = Published(keyring().sign(signer("root")), (), statements, chance("challenge", 32), 8)
    return replace(usual, **changes)


def directory(today: date = TODAY, **changes: Any) -> Directory:
    return verify(published(**changes), today, site=SITE)


def source(name: str = "source") -> SourceKeys:
    return SourceKeys(Receipt(chance(name, labels.RECEIPT_SIZE)), SITE)


def reader(number: int) -> Reader:
    return Reader(identity(name_of(number)), number, SITE)


def message(keys: SourceKeys, **changes: Any) -> Message:
    usual = Message(keys.thread, 0, None, TODAY, "en", 1, (ANA, BO), None, Content("The tender was fixed."), None)
    return replace(usual, **changes)


def place_up(keys: SourceKeys, index: int) -> Place:
    address = keys.thread.address(labels.UP, index)
    return Place(address, burn_hash(keys.burn_token(address)))


def state_for(body: Message, stream: StreamReference | None = None) -> State:
    if stream is None:
        return State(body.channel, 0, NO_STREAM, body.readers)
    return State(body.channel, stream.chunks, stream.nonce, body.readers)


def seal_message(
    keys: SourceKeys, body: Message, *, place: Place | None = None, author: Author | None = None
) -> Record:
    """Seal ``body`` as a source does, for the readers it names."""
    readers = [identity(name_of(number)).recipient for number in body.readers]
    own = (keys, state_for(body, body.stream))
    place = place or place_up(keys, body.index)
    return seal(place, pack(encode(body)), author or Author(keys.identity, 0, 0), SITE, readers, own)


def reply(**changes: Any) -> Reply:
    usual = Reply(
        0,
        TODAY,
        "en",
        ANA,
        signed_statement(ANA),
        (ANA, BO),
        (Echo(0, chance("a commitment", 32)),),
        Content("Thank you. When was this?"),
        None,
    )
    return replace(usual, **changes)


def place_down(keys: SourceKeys, author: Identity, index: int) -> Place:
    address = keys.thread.address(labels.DOWN, index)
    return Place(address, burn_hash(reply_burn_token(author.shared_secret(keys.identity.recipient), address)))


def seal_reply(
    keys: SourceKeys, body: Reply, *, place: Place | None = None, author: Author | None = None, only: Iterable[int] = ()
) -> Record:
    """Seal ``body`` as a console does: for the source and for the readers it names."""
    author = author or Author(identity(name_of(body.author)), Role.REVIEWER, body.author)
    readers = [identity(name_of(number)).recipient for number in only or body.readers]
    place = place or place_down(keys, identity(name_of(body.author)), body.index)
    return seal(place, pack(encode(body)), author, SITE, [keys.identity.recipient, *readers])


def seal_among_colleagues(body: Body, author: int, readers: Iterable[int], role: Role | None = None) -> Record:
    """Seal an event or an inventory, at a random place."""
    who = identity(name_of(author))
    place = Place(chance("somewhere", 32), burn_hash(chance("token", 32)))
    recipients = [identity(name_of(number)).recipient for number in readers]
    sealed_as = Author(who, _PEOPLE[author][1] if role is None else role, author)
    return seal(place, pack(encode(body)), sealed_as, SITE, recipients)


def flip(data: bytes, position: int, bit: int = 1) -> bytes:
    return data[:position] + bytes([data[position] ^ bit]) + data[position + 1 :]


def flipped(record: Record, position: int, bit: int = 1) -> Record:
    return Record.parse(flip(bytes(record), position, bit))


def refuses(error: type[ProtocolError], act: Callable[[], object]) -> None:
    """Fail unless ``act`` raises exactly ``error``, and not one of its kinds."""
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error


def only_protocol_errors(act: Callable[[], object]) -> None:
    """Fail where ``act`` raises anything but an error of the protocol's own."""
    with suppress(ProtocolError):
        act()
