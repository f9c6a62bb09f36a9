"""The published document, verified: who can be sealed to today, and who cannot and why. docs/protocol.md, section 7."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from whistle.errors import (
    KeyringExpired,
    KeyringMalformed,
    KeyringRolledBack,
    ProtocolError,
    RootSuperseded,
    SignatureInvalid,
    StatementRejected,
    UnsupportedVersion,
)
from whistle.protocol import labels
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.published import Memory, Published
from whistle.protocol.roots import fingerprint, succeed
from whistle.protocol.signing import Signed, Verifier
from whistle.protocol.standing import check_holder, standing
from whistle.protocol.statement import Statement


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
        check_holder(statement, known[person], self.site)
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
    roots = succeed(claimed, untrusted.successions, memory.roots if memory is not None else ())
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
    stand = standing(keyring, untrusted.statements, today, seen)
    # A number once seen is kept even while its person is closed, or the site could close them and then go back.
    numbers = seen | {person: statement.number for person, statement in stand.statements.items()}
    return Directory(
        keyring,
        today,
        roots,
        stand.statements,
        stand.signed,
        stand.closed,
        numbers,
        untrusted.challenge,
        untrusted.work,
    )
