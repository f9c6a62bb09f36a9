"""To whom of the people enrolled may be sealed today. docs/protocol.md, section 7, step 9."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from whistle.errors import ProtocolError, SignatureInvalid, StatementError, StatementRejected, StatementRolledBack
from whistle.protocol.keyring import Keyring, Person
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement


@dataclass(frozen=True, slots=True)
class Standing:
    """Of each person enrolled, by id: the statement that counts, read and as it was signed, or why there is none."""

    statements: Mapping[int, Statement]
    signed: Mapping[int, Signed]
    closed: Mapping[int, ProtocolError]


def standing(keyring: Keyring, untrusted: Iterable[Signed], today: date, numbers: Mapping[int, int]) -> Standing:
    """Return who can be sealed to on ``today``; ``numbers`` are the highest statement numbers seen before.

    A statement that does not hold closes its person, and nobody else.
    """
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
    return Standing(statements, signed, {id_: error for id_, error in closed.items() if id_ not in statements})


def current(signed: Signed, person: Person, site: bytes, today: date, number: int = 0) -> Statement:
    """Return the statement of ``person`` if it holds today and is not older than number ``number``.

    Raises ``SignatureInvalid``, ``StatementMalformed``, ``StatementRejected`` and ``StatementRolledBack``.
    """
    statement = Statement.verify(signed, person.signing)
    check_holder(statement, person, site)
    if statement.number < number:
        raise StatementRolledBack
    if not statement.covers(today):
        raise StatementRejected
    return statement


def check_holder(statement: Statement, person: Person, site: bytes) -> None:
    """Raise ``StatementRejected`` for a statement for another site or person, or below what the keyring asks for."""
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
