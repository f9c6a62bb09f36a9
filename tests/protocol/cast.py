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
from whistle.protocol.directory import Directory, verify
from whistle.protocol.keyring import Channel, Former, Keyring, Person, Role
from whistle.protocol.keys import Identity
from whistle.protocol.message import Body, Message, Reply, encode
from whistle.protocol.published import Published
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


#: Why parsers refuse, for a developer's eye: none of it repeats what was read.
REASONS = {
    "a channel id used twice",
    "a channel with somebody who is not enrolled",
    "a control character",
    "a day in another form",
    "a first message has no previous one, every other has",
    "a lone surrogate",
    "a name made of digits",
    "a person id used twice",
    "a succession of another organisation",
    "an integer that is not from 0 to 2^53-1",
    "a value of another type",
    "base64 in another spelling",
    "bytes of another size",
    "content must be in the body or in the stream, and in one of them only",
    "echoes out of order",
    "expired before it was issued",
    "files need a stream, and a stream without a part needs files",
    "nested too deep",
    "no answers to a questionnaire",
    "no day",
    "no integer, or out of range",
    "no language tag",
    "no line of printable ASCII",
    "no list, or too long a one",
    "no name",
    "no name of a header",
    "no pair",
    "no path of a site",
    "no questionnaire",
    "no role",
    "no root",
    "no sorted inventory",
    "no text, or too long a one",
    "not in canonical form",
    "numbers out of order",
    "other fields than expected",
    "out of order, or twice",
    "people out of order",
    "the nonce that means no stream",
    "too large",
    "too many values",
    # Not ours: of Python's base64 and integers, and of cryptography's keys.
    "string argument should contain only ASCII characters",
    (
        "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
        "use sys.set_int_max_str_digits() to increase the limit"
    ),
    "An ML-KEM-768 public key is 1184 bytes long",
}


def refuses(error: type[ProtocolError], act: Callable[[], object]) -> None:
    """Fail unless ``act`` raises exactly ``error``, and not one of its kinds, for a reason that tells no secret."""
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error
    refused_for_a_reason(raised.value)


def refused_for_a_reason(error: BaseException | None) -> None:
    """Fail where a ``ValueError`` behind ``error`` says something that is not among the known reasons."""
    while error is not None:
        assert type(error) is not ValueError or str(error) in REASONS, str(error)
        error = error.__cause__


def malformed(act: Callable[[], object]) -> None:
    """Fail unless ``act`` raises a ``ValueError``, for a reason that tells no secret."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the reasons are checked below
        act()
    refused_for_a_reason(raised.value)


def only_protocol_errors(act: Callable[[], object]) -> None:
    """Fail where ``act`` raises anything but an error of the protocol's own."""
    with suppress(ProtocolError):
        act()
