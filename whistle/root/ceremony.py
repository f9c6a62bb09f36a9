"""What the root may decide, as pure functions from one keyring to the next. docs/protocol.md, section 7."""

from dataclasses import replace
from datetime import date, timedelta

from whistle.errors import CeremonyError
from whistle.language import _
from whistle.protocol import labels
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.fields import PERSON_LIMIT
from whistle.protocol.keyring import Channel, Former, Keyring, Person
from whistle.protocol.signing import Verifier


def found(organisation: str, root: Verifier, today: date, days: int) -> Keyring:
    """Return the first keyring of an organisation: nobody is enrolled, nothing can be reported yet."""
    expires = today + timedelta(days=days)
    return Keyring(organisation, root, (), (), (), labels.VERSION, 1, today, expires)


def renew(keyring: Keyring, today: date, days: int) -> Keyring:
    """Return the next keyring, valid from ``today``; every change of the root goes through here."""
    return replace(keyring, serial=keyring.serial + 1, issued=today, expires=today + timedelta(days=days))


def open_channel(keyring: Keyring, name: str, questionnaire: str) -> Keyring:
    """Add a channel, with nobody in it yet."""
    number = 1 + max((channel.id for channel in keyring.channels), default=0)
    return replace(keyring, channels=(*keyring.channels, Channel(number, name, questionnaire, ())))


def certify(keyring: Keyring, enrolment: Enrolment, channels: tuple[int, ...]) -> Keyring:
    """Enrol somebody in ``channels``, under an id that nobody ever had; raises ``CeremonyError``."""
    if any(person.signing == enrolment.signing for person in _everybody(keyring)):
        raise CeremonyError(_("this signing key was enrolled before; a role never changes under one key"))
    number = 1 + max((person.id for person in _everybody(keyring)), default=0)
    if number > PERSON_LIMIT:
        raise CeremonyError(_("every person number has been used"))
    missing = set(channels) - {channel.id for channel in keyring.channels}
    if missing:
        raise CeremonyError(_("there is no channel {numbers}").format(numbers=", ".join(map(str, sorted(missing)))))
    person = Person(number, enrolment.name, enrolment.role, enrolment.signing)
    joined = tuple(
        replace(channel, people=(*channel.people, number)) if channel.id in channels else channel
        for channel in keyring.channels
    )
    if any(len(channel.people) > labels.READER_LIMIT for channel in joined):
        raise CeremonyError(_("a channel has room for 15 people"))
    return replace(keyring, channels=joined, people=(*keyring.people, person))


def revoke(keyring: Keyring, person: int, last: date) -> Keyring:
    """Let somebody go at the end of ``last``: out of every channel, provable until then; raises ``CeremonyError``."""
    leaver = _find(keyring, person)
    channels = tuple(
        replace(channel, people=tuple(each for each in channel.people if each != person))
        for channel in keyring.channels
    )
    people = tuple(each for each in keyring.people if each.id != person)
    return replace(keyring, channels=channels, people=people, former=(*keyring.former, Former(leaver, last)))


def require_statement(keyring: Keyring, person: int, minimum: int) -> Keyring:
    """Accept no statement of ``person`` below number ``minimum``, because an older key was stolen."""
    found_person = _find(keyring, person)
    if minimum < found_person.statement_minimum:
        raise CeremonyError(
            _("the minimum only rises; it is {minimum} now").format(minimum=found_person.statement_minimum)
        )
    changed = replace(found_person, statement_minimum=minimum)
    return replace(keyring, people=tuple(changed if each.id == person else each for each in keyring.people))


def _find(keyring: Keyring, person: int) -> Person:
    for each in keyring.people:
        if each.id == person:
            return each
    raise CeremonyError(_("nobody with number {number} is enrolled").format(number=person))


def _everybody(keyring: Keyring) -> tuple[Person, ...]:
    return (*keyring.people, *(former.person for former in keyring.former))
