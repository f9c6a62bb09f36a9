"""Signed entries: each names the one before it of its case, author and audience. docs/protocol.md, section 10."""

import zlib
from dataclasses import dataclass
from datetime import date
from typing import Self

from whistle.errors import ChainBroken, ProtocolError
from whistle.language import _
from whistle.protocol import canonical
from whistle.protocol.acts import check_event, event_hash, sign_event
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import PERSON_LIMIT, Fields, octets
from whistle.protocol.labels import CASE_SIZE, HASH_SIZE, SIGNATURE_SIZE
from whistle.protocol.message import Event
from whistle.protocol.signing import Signed, Signer, Verifier

_LENGTH_BYTES = 4
#: Entries are padded to whole kilobytes, so that the file on disk does not tell how long a note is.
_GRAIN = 1_024
_ENTRY_LIMIT = 1 << 27


@dataclass(frozen=True, slots=True)
class Link:
    """The last entry of a chain: whose and for whom the chain is, its last counter, and the hash of that entry."""

    case: bytes
    audience: tuple[int, ...]
    counter: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened to a case (its name, 32 bytes), for whom it is, on which day, as JSON."""

    case: bytes
    audience: tuple[int, ...]
    day: date
    payload: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who acts, for which organisation (32 bytes), and under which statement of theirs (and its number)."""

    site: bytes
    author: int
    number: int
    statement: Signed


def extend(stamp: Stamp, signer: Signer, act: Act, chain: bytes, last: Link | None) -> tuple[Event, Link]:
    """Return ``act`` as the next entry of ``chain`` behind ``last``, signed, and the link that it makes."""
    counter, previous = (0, None) if last is None else (last.counter + 1, last.hash)
    unsigned = bytes(SIGNATURE_SIZE)
    event = Event(chain, stamp.author, stamp.statement, act.audience, counter, previous, act.day, act.payload, unsigned)
    event = sign_event(signer, stamp.site, event)
    return event, Link(act.case, act.audience, counter, event_hash(stamp.site, event))


def follow(site: bytes, verifier: Verifier, case: bytes, event: Event, last: Link | None) -> Link:
    """Return the link that ``event`` makes behind ``last``; raises ``ChainBroken`` for what does not fit."""
    expected = (0, None) if last is None else (last.counter + 1, last.hash)
    if (event.counter, event.previous) != expected:
        raise ChainBroken(_("an entry does not follow the one before it"))
    if last is not None and (last.case, last.audience) != (case, event.audience):
        raise ChainBroken(_("an entry stands in the chain of another case or audience"))
    try:
        check_event(verifier, site, event)
    except ProtocolError as error:
        raise ChainBroken(_("an entry is not signed by its author")) from error
    return Link(case, event.audience, event.counter, event_hash(site, event))


@dataclass(frozen=True, slots=True)
class Written:
    """An event as it rests: with the number of its author's statement in place of the statement itself."""

    event: Event
    number: int

    def __bytes__(self) -> bytes:
        """Return length, compressed JSON, zeros to a whole kilobyte."""
        event = self.event
        audience: list[Json] = list(event.audience)
        value: Json = {
            "case": base64(event.case),
            "author": event.author,
            "statement": self.number,
            "audience": audience,
            "counter": event.counter,
            "previous": None if event.previous is None else base64(event.previous),
            "day": event.day.isoformat(),
            "payload": base64(event.payload),
            "signature": base64(event.signature),
        }
        packed = zlib.compress(canonical.encode(value), 1)
        whole = len(packed).to_bytes(_LENGTH_BYTES, "little") + packed
        return whole.ljust(-(-len(whole) // _GRAIN) * _GRAIN, b"\0")

    @classmethod
    def parse(cls, opened_bytes: bytes, statements: dict[int, Signed]) -> Self:
        """Return what ``bytes`` wrote; raises ``ValueError``."""
        end = _LENGTH_BYTES + int.from_bytes(opened_bytes[:_LENGTH_BYTES], "little")
        inflate = zlib.decompressobj()
        try:
            value = canonical.decode(inflate.decompress(opened_bytes[_LENGTH_BYTES:end], _ENTRY_LIMIT))
        except zlib.error as error:
            raise ValueError("not compressed") from error
        names = ("audience", "counter", "previous", "day", "payload", "signature")
        fields = Fields(value, "case", "author", "statement", *names)
        number = fields.integer("statement", 1)
        if number not in statements:
            raise ValueError("signed under a statement that is not here")
        event = Event(
            fields.octets("case", CASE_SIZE),
            fields.integer("author", 1, PERSON_LIMIT),
            statements[number],
            fields.people("audience"),
            fields.integer("counter"),
            fields.optional("previous", lambda previous: octets(previous, HASH_SIZE)),
            fields.day("day"),
            fields.octets("payload"),
            fields.octets("signature", SIGNATURE_SIZE),
        )
        return cls(event, number)
