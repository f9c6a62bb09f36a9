"""The published document, verified: who can be sealed to today, and who cannot and why. docs/protocol.md, section 7."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from whistle.errors import (
    KeyringExpired,
    KeyringMalformed,
    KeyringRolledBack,
    ProtocolError,
    RootForked,
    RootSuperseded,
    SignatureInvalid,
    StatementError,
    StatementRejected,
    StatementRolledBack,
    UnsupportedVersion,
)
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import PERSON_LIMIT, Fields
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Channel, Keyring, Person, Role, Succession, site_of
from whistle.protocol.receipt import wordlist
from whistle.protocol.signing import Signed, Verifier
from whistle.protocol.statement import Statement

_SUCCESSION_LIMIT = 1_000
_WORK_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Published:
    """The document as the site shows it, unverified. ``challenge`` (32 bytes) and ``work`` (bits) are the day's."""

    keyring: Signed
    successions: tuple[Succession, ...]
    statements: tuple[Signed, ...]
    challenge: bytes
    work: int

    def __bytes__(self) -> bytes:
        """Return the JSON that ``GET /v1/keyring`` answers."""
        return encode(
            {
                "keyring": self.keyring.to_json(),
                "successions": [succession.to_json() for succession in self.successions],
                "statements": [statement.to_json() for statement in self.statements],
                "challenge": base64(self.challenge),
                "work": self.work,
            }
        )

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the document in JSON; raises ``KeyringMalformed``."""
        try:
            fields = Fields(decode(untrusted_bytes), "keyring", "successions", "statements", "challenge", "work")
            return cls(
                Signed.from_json(fields["keyring"]),
                fields.items("successions", Succession.from_json, _SUCCESSION_LIMIT),
                fields.items("statements", Signed.from_json, PERSON_LIMIT),
                fields.octets("challenge", labels.HASH_SIZE),
                fields.integer("work", 0, _WORK_LIMIT),
            )
        except ValueError as error:
            raise KeyringMalformed from error


@dataclass(frozen=True, slots=True)
class Memory:
    """What a client keeps between visits so that a site cannot take it back in time.

    The roots it has seen in order of succession, the highest serial, and the highest statement number of each person.
    """

    roots: tuple[Verifier, ...]
    serial: int = 0
    numbers: Mapping[int, int] | None = None

    @property
    def site(self) -> bytes:
        """The organisation that this memory is of (32 bytes)."""
        return site_of(self.roots[0])

    def __bytes__(self) -> bytes:
        """Return the memory as JSON, to be kept."""
        numbers: list[Json] = [[person, number] for person, number in sorted((self.numbers or {}).items())]
        return encode(
            {"roots": [base64(bytes(root)) for root in self.roots], "serial": self.serial, "numbers": numbers}
        )

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the memory in JSON; raises ``KeyringMalformed``."""
        try:
            fields = Fields(decode(untrusted_bytes), "roots", "serial", "numbers")
            roots = fields.items("roots", _root, _SUCCESSION_LIMIT + 1)
            numbers = dict(fields.items("numbers", _number, PERSON_LIMIT))
            if not roots:
                raise ValueError("no root")
            memory = cls(roots, fields.integer("serial"), numbers)
            if bytes(memory) != untrusted_bytes:
                raise ValueError("numbers out of order")
        except (ValueError, ProtocolError) as error:
            raise KeyringMalformed from error
        return memory


@dataclass(frozen=True)
class Directory:
    """A verified published document, on a certain day.

    ``statements`` are the current ones by person; ``closed`` tells of everybody else why they cannot be sealed to;
    ``numbers`` are the highest statement numbers ever seen.
    """

    keyring: Keyring
    today: date
    roots: tuple[Verifier, ...]
    statements: Mapping[int, Statement]
    signed_statements: Mapping[int, Signed]
    closed: Mapping[int, ProtocolError]
    numbers: Mapping[int, int]
    challenge: bytes
    work: int

    @property
    def site(self) -> bytes:
        """The organisation's name in every derivation (32 bytes)."""
        return self.keyring.site

    @property
    def memory(self) -> Memory:
        """What to keep so that the next visit cannot go back behind this one."""
        return Memory(self.roots, self.keyring.serial, self.numbers)

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """Ten words for people to compare by another way than this site."""
        return fingerprint(self.roots)

    def person(self, person: int) -> Person:
        """Return somebody enrolled; raises ``StatementRejected`` for anybody else."""
        for candidate in self.keyring.people:
            if candidate.id == person:
                return candidate
        raise StatementRejected

    def channel(self, channel: int) -> Channel:
        """Return a channel by its id; raises ``KeyringMalformed`` where there is none."""
        for candidate in self.keyring.channels:
            if candidate.id == channel:
                return candidate
        raise KeyringMalformed

    def readers(self, channel: int) -> tuple[Person, ...]:
        """Return who reads reports of ``channel``, reviewers and oversight, whether or not they can be sealed to."""
        return tuple(person for person in self._people(channel) if person.role is not Role.CUSTODIAN)

    def custodians(self, channel: int) -> tuple[Person, ...]:
        """Return who may be told who the source is."""
        return tuple(person for person in self._people(channel) if person.role is Role.CUSTODIAN)

    def _people(self, channel: int) -> list[Person]:
        return [self.person(person) for person in self.channel(channel).people]

    def author(self, signed: Signed, person: int, day: date) -> tuple[Person, Statement]:
        """Return who ``person`` was on ``day`` and the statement of then.

        Raises ``StatementError`` and ``SignatureInvalid``.

        This judges what was written in the past: a former person counts until their last day, a lapsed window for
        the days it covers.
        """
        known = {each.id: each for each in self.keyring.people}
        known |= {former.person.id: former.person for former in self.keyring.former if day <= former.last}
        if person not in known:
            raise StatementRejected
        statement = Statement.verify(signed, known[person].signing)
        _judge(statement, known[person], self.site)
        if not statement.covers(day):
            raise StatementRejected
        return known[person], statement


def verify(untrusted: Published, today: date, memory: Memory | None = None, site: bytes | None = None) -> Directory:
    """Return what ``untrusted`` truly says on ``today``.

    ``site`` and ``memory`` pin the organisation; a client that has neither trusts the site for its name. Raises
    ``KeyringError`` of all kinds, ``SignatureInvalid`` and ``UnsupportedVersion``. A statement that does not hold
    closes its person, never the site.
    """
    claimed = Keyring.parse(untrusted.keyring.untrusted_payload)
    pins = (site, None if memory is None else memory.site)
    if any(pin is not None and pin != claimed.site for pin in pins):
        raise RootSuperseded
    roots = _succeed(claimed, untrusted.successions, memory)
    try:
        keyring = Keyring.parse(untrusted.keyring.verify(roots[-1], labels.KEYRING))
    except SignatureInvalid as error:
        raise RootSuperseded from error
    if keyring.minimum_version > labels.VERSION:
        raise UnsupportedVersion
    if memory is not None and keyring.serial < memory.serial:
        raise KeyringRolledBack
    if not keyring.issued <= today <= keyring.expires:
        raise KeyringExpired
    seen = dict((memory.numbers if memory is not None else None) or {})
    statements, signed, closed = _statements(keyring, untrusted.statements, today, seen)
    # A number once seen is kept even while its person is closed, or the site could close them and then go back.
    numbers = seen | {person: statement.number for person, statement in statements.items()}
    return Directory(keyring, today, roots, statements, signed, closed, numbers, untrusted.challenge, untrusted.work)


def fingerprint(roots: Sequence[Verifier]) -> tuple[str, ...]:
    """Return ten words (110 bits of hash over first and current root) for people to compare aloud."""
    digest = int.from_bytes(hashed(labels.FINGERPRINT, bytes(roots[0]), bytes(roots[-1])), "big")
    words = wordlist("english")
    top = 8 * labels.HASH_SIZE - 11
    return tuple(words[digest >> (top - 11 * place) & 2047] for place in range(labels.FINGERPRINT_WORDS))


def _succeed(claimed: Keyring, successions: Iterable[Succession], memory: Memory | None) -> tuple[Verifier, ...]:
    """Return the chain of roots from the first to the current one.

    Every succession shown must be good; two of one root stop everything, and so does one that memory contradicts.
    """
    successors: dict[Verifier, Verifier] = {}
    for succession in successions:
        old, new = succession.verify(claimed.site)
        if successors.setdefault(old, new) != new:
            raise RootForked
    roots = [claimed.first_root]
    while roots[-1] in successors:
        roots.append(successors.pop(roots[-1]))
        if roots[-1] in roots[:-1]:
            raise RootForked
    if successors:
        raise KeyringMalformed
    known = memory.roots if memory is not None else ()
    for seen, shown in zip(known, roots, strict=False):
        if seen != shown:
            raise RootForked
    if len(known) > len(roots):
        raise KeyringRolledBack
    return tuple(roots)


def _statements(
    keyring: Keyring, untrusted: Iterable[Signed], today: date, numbers: Mapping[int, int]
) -> tuple[dict[int, Statement], dict[int, Signed], dict[int, ProtocolError]]:
    people = {person.id: person for person in keyring.people}
    statements: dict[int, Statement] = {}
    signed: dict[int, Signed] = {}
    closed: dict[int, ProtocolError] = {}
    for candidate in untrusted:
        person = people.get(_claimed_person(candidate))
        if person is None:
            continue
        try:
            statement = current(candidate, person, keyring.site, today, numbers.get(person.id, 0))
        except (StatementError, SignatureInvalid) as error:
            closed[person.id] = error
            continue
        if person.id not in statements or statements[person.id].number < statement.number:
            statements[person.id], signed[person.id] = statement, candidate
    _part_twins(statements, signed, closed)
    for person in keyring.people:
        if person.id not in statements:
            closed.setdefault(person.id, StatementRejected())
    return statements, signed, {person: error for person, error in closed.items() if person not in statements}


def current(signed: Signed, person: Person, site: bytes, today: date, number: int = 0) -> Statement:
    """Return the statement of ``person`` if it holds today and is not older than number ``number``.

    Raises ``SignatureInvalid``, ``StatementMalformed``, ``StatementRejected`` and ``StatementRolledBack``.
    """
    statement = Statement.verify(signed, person.signing)
    _judge(statement, person, site)
    if statement.number < number:
        raise StatementRolledBack
    if not statement.covers(today):
        raise StatementRejected
    return statement


def _judge(statement: Statement, person: Person, site: bytes) -> None:
    ours = statement.site == site and statement.person == person.id
    if not ours or statement.number < person.statement_minimum:
        raise StatementRejected


def _part_twins(statements: dict[int, Statement], signed: dict[int, Signed], closed: dict[int, ProtocolError]) -> None:
    """Close everybody whose key somebody else states too: to exclude one of them would exclude nobody."""
    holders: dict[bytes, list[int]] = {}
    for person, statement in statements.items():
        holders.setdefault(statement.recipient.x25519, []).append(person)
    for people in holders.values():
        for person in people if len(people) > 1 else ():
            del statements[person], signed[person]
            closed[person] = StatementRejected()


def _claimed_person(signed: Signed) -> int:
    try:
        return Statement.claimed(signed).person
    except StatementError:
        return 0


def _root(value: Json) -> Verifier:
    return Verifier(Fields({"root": value}, "root").octets("root"))


def _number(value: Json) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise ValueError("no pair")
    pair = Fields({"person": value[0], "number": value[1]}, "person", "number")
    return pair.integer("person", 1, PERSON_LIMIT), pair.integer("number", 1)
