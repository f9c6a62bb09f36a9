"""The sealed records that vectors start from, and the messages in them."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    EVE,
    NO_STREAM,
    SITE,
    TODAY,
    chance,
    identity,
    message,
    name_of,
    place_down,
    place_up,
    reply,
    seal_among_colleagues,
    seal_message,
    seal_reply,
    signed_statement,
    signer,
    source,
    state_for,
)
from tests.vectors.operations import HERE, bytes_of, text
from whistle.protocol import labels
from whistle.protocol.acts import make_inventory, sign_event
from whistle.protocol.content import Answers, Content, File, StreamReference
from whistle.protocol.keyring import Role
from whistle.protocol.message import Contact, Event, Withdraw, encode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, decoy, pack, seal
from whistle.protocol.state import State

KEYS = source()
ENTROPY = text(chance("source", labels.RECEIPT_SIZE))
SITE_TEXT = text(SITE)
Vector = dict[str, Any]


def event(**changes: Any) -> Event:
    plain = Event(
        chance("case", 32), ANA, signed_statement(ANA), (ANA, BO), 0, None, TODAY, b'{"act":"note"}', bytes(64)
    )
    return sign_event(signer("Ana"), SITE, replace(plain, **changes))


def contact(**changes: Any) -> Contact:
    recipient = KEYS.contact_identity.recipient
    plain = Contact(recipient, chance("reference", 16), TODAY, "en", 1, (CHI,), "Ask for Q. at the harbour.")
    return replace(plain, **changes)


def seal_contact(body: Contact, role: int = 0) -> Record:
    address = KEYS.contact_address(0)
    place = Place(address, burn_hash(KEYS.contact_burn_token(0)))
    return seal(place, pack(encode(body)), Author(KEYS.contact_identity, role, 0), SITE, [identity("Chi").recipient])


def seal_withdraw() -> Record:
    body = Withdraw(KEYS.thread, 2, "unknown", TODAY, "en", 1, (ANA, BO), (chance("a commitment", 32),))
    address = KEYS.thread.address(labels.UP, 2)
    place = Place(address, burn_hash(KEYS.withdraw_burn_token(address)))
    readers = [identity(name_of(number)).recipient for number in body.readers]
    own = (KEYS, State(1, 0, NO_STREAM, (ANA, BO)))
    return seal(place, pack(encode(body)), Author(KEYS.identity, 0, 0), SITE, readers, own)


def inventories() -> list[Any]:
    records = [Record(chance(f"address {number}", 32), bytes(32), bytes(32_704)) for number in range(801)]
    return list(make_inventory(signer("Ana"), SITE, ANA, signed_statement(ANA), TODAY, records))


def seal_unnamed() -> Record:
    """Return a report that is sealed to Ana, whom it does not name as a reader."""
    body = message(KEYS, readers=(BO,))
    readers = [identity("Ana").recipient, identity("Bo").recipient]
    author = Author(KEYS.identity, 0, 0)
    return seal(place_up(KEYS, 0), pack(encode(body)), author, SITE, readers, (KEYS, state_for(body)))


def seal_bytes(packed: bytes) -> Record:
    return seal(place_up(KEYS, 0), packed, Author(KEYS.identity, 0, 0), SITE, [identity("Ana").recipient])


def elsewhere(place: Place, **changes: bytes) -> Place:
    return replace(place, **changes)


ANAS_PLACE = place_down(KEYS, identity("Ana"), 0)
STREAM = StreamReference(chance("stream key", 32), b"12345678", 8, chance("digest", 32))
RICH = message(
    KEYS,
    index=1,
    previous="unknown",
    language="ru",
    readers=(ANA,),
    content=Content(
        "Контракт подписан задним числом. 契约 🚢",
        Answers("story/1", {"when": "May"}),
        (File("счёт.pdf", "application/pdf", 3, 0),),
    ),
    stream=STREAM,
)
LAPSED = signed_statement(ANA, last=date(2026, 11, 20))
EARLY = date(2026, 11, 10)
FORMERLY = reply(author=EVE, statement=signed_statement(EVE), readers=(ANA, EVE), day=EARLY)
LATE = replace(FORMERLY, day=date(2026, 11, 11))

SEALED: dict[str, Callable[[], Record]] = {
    "report": lambda: seal_message(KEYS, message(KEYS)),
    "follow-up": lambda: seal_message(KEYS, RICH),
    "withdraw": seal_withdraw,
    "report of another source": lambda: seal_message(source("another"), message(source("another"))),
    "report that names Bo alone": seal_unnamed,
    "report by Bo": lambda: seal_message(KEYS, message(KEYS), author=Author(identity("Bo"), 0, 0)),
    "report as a reviewer": lambda: seal_message(KEYS, message(KEYS), author=Author(KEYS.identity, 1, 0)),
    "report as person 1": lambda: seal_message(KEYS, message(KEYS), author=Author(KEYS.identity, 0, 1)),
    "report at the next address": lambda: seal_message(KEYS, message(KEYS), place=place_up(KEYS, 1)),
    "padding": lambda: seal_bytes(pack(b"{}")[:-1] + b"\1"),
    "no json": lambda: seal_bytes(pack(b"hello")),
    "unknown kind": lambda: seal_bytes(pack(b'{"kind":"referral"}')),
    "slots of a stranger": lambda: seal_bytes(pack(b"{}")),
    "decoy": decoy,
    "contact": lambda: seal_contact(contact()),
    "contact as a reviewer": lambda: seal_contact(contact(), 1),
    "contact under the key of the thread": lambda: seal_contact(contact(recipient=KEYS.identity.recipient)),
    "contact for Ana": lambda: seal_contact(contact(readers=(ANA,))),
    "reply": lambda: seal_reply(KEYS, reply()),
    "reply by Bo as Ana": lambda: seal_reply(KEYS, reply(), author=Author(identity("Bo"), Role.REVIEWER, ANA)),
    "reply as a custodian": lambda: seal_reply(KEYS, reply(), author=Author(identity("Ana"), Role.CUSTODIAN, ANA)),
    "reply by one who does not read": lambda: seal_reply(KEYS, reply(readers=(BO,))),
    "reply sealed to Bo too": lambda: seal_reply(KEYS, reply(readers=(ANA,)), only=(ANA, BO)),
    "reply at the next address": lambda: seal_reply(KEYS, reply(), place=place_down(KEYS, identity("Ana"), 1)),
    "reply that she cannot burn": lambda: seal_reply(KEYS, reply(), place=elsewhere(ANAS_PLACE, burn_hash=bytes(32))),
    "reply under a lapsed statement": lambda: seal_reply(KEYS, reply(statement=LAPSED)),
    "reply under the statement of Bo": lambda: seal_reply(KEYS, reply(statement=signed_statement(BO))),
    "reply of Eve, on her last day": lambda: seal_reply(KEYS, FORMERLY),
    "reply of Eve, a day later": lambda: seal_reply(KEYS, LATE),
    "reply to another source": lambda: seal_reply(source("another"), reply()),
    "event": lambda: seal_among_colleagues(event(), ANA, (ANA, BO)),
    "event changed after signing": lambda: seal_among_colleagues(replace(event(), payload=b"{}"), ANA, (ANA, BO)),
    "event sealed by Bo": lambda: seal_among_colleagues(event(), BO, (ANA, BO)),
    "event for Ana alone": lambda: seal_among_colleagues(event(audience=(ANA,)), ANA, (ANA, BO)),
    "event by one outside": lambda: seal_among_colleagues(event(audience=(BO,)), ANA, (ANA, BO)),
    "event under a lapsed statement": lambda: seal_among_colleagues(event(statement=LAPSED), ANA, (ANA, BO)),
    "inventory": lambda: seal_among_colleagues(inventories()[1], ANA, (ANA, BO)),
    "inventory with an entry less": lambda: seal_among_colleagues(replace(inventories()[1], entries=b""), ANA, (ANA, BO)),
}  # fmt: skip


def fill_pool(*, fresh: bool) -> dict[str, Record]:
    """Return every sealed record: those that are kept already, and new ones for the rest."""
    path = HERE / "records.json"
    kept = {} if fresh or not path.exists() else json.loads(path.read_text())
    pool = {name: kept.get(name) or text(bytes(make())) for name, make in SEALED.items()}
    write("records.json", dumped(pool))
    return {name: Record.parse(bytes_of(record)) for name, record in pool.items()}


def dumped(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write(name: str, content: str) -> None:
    """Write a file unless it says this already: tests in other processes may be reading it."""
    path = HERE / name
    if not path.exists() or path.read_text() != content:
        path.write_text(content)
