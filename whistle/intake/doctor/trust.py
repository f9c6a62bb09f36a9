"""Whether what the site publishes lets anybody report today, and for how long: the keyring, the statements."""

from collections.abc import Iterator
from datetime import date

from whistle.errors import KeyringExpired, StatementRejected, WhistleError
from whistle.intake import questionnaires
from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.intake.published import Bulletin
from whistle.language import _
from whistle.protocol.directory import Directory, verify
from whistle.protocol.keyring import Keyring, Role
from whistle.protocol.published import Published

_KEYRING_DAYS = 30
_STATEMENT_DAYS = 7


def examine(installation: Installation) -> Iterator[Finding]:
    """Look at the keyring and the statements as a visitor's browser would."""
    settings = installation.settings
    if not settings.keyring.is_file() or not settings.statements.is_dir():
        missing = settings.statements if settings.keyring.is_file() else settings.keyring
        yield problem(
            "keyring-missing",
            _("{path} is missing, so the site has nothing to publish.").format(path=missing),
            _("Copy keyring.json from `whistle keys publish` there, and make the folder statements beside it."),
        )
        return
    try:
        bulletin = Bulletin(settings.keyring, settings.statements, settings.work_bits, lambda: installation.today)
        published = Published.parse(bulletin.document)
        yield from _keyring(Keyring.parse(published.keyring.untrusted_payload), installation.today)
        directory = verify(published, installation.today)
    except KeyringExpired:
        return  # said already
    except WhistleError as error:
        yield problem(
            "keyring-broken",
            _("No visitor would trust {path}: {reason}").format(path=settings.keyring, reason=error.message()),
            _("Publish it anew with `whistle keys publish` on the root's machine, and copy it here."),
        )
        return
    yield from _statements(directory)
    yield from _channels(directory, installation)


def _keyring(keyring: Keyring, today: date) -> Iterator[Finding]:
    mend = _("Run `whistle keys publish` on the root's machine, and copy keyring.json here.")
    if today < keyring.issued:
        yield problem(
            "keyring-early",
            _("The keyring is good from {day} on only. Either that day has not come, or the clock is wrong.").format(
                day=keyring.issued.isoformat()
            ),
            _("Check the clock with `timedatectl`."),
        )
    elif today > keyring.expires:
        yield problem(
            "keyring-expired",
            _("The keyring expired on {day}: nobody can report.").format(day=keyring.expires.isoformat()),
            mend,
        )
    elif (keyring.expires - today).days <= _KEYRING_DAYS:
        yield warning(
            "keyring-expiring",
            _("The keyring expires on {day}. From the day after, nobody can report.").format(
                day=keyring.expires.isoformat()
            ),
            mend,
        )


def _statements(directory: Directory) -> Iterator[Finding]:
    named = {number for channel in directory.keyring.channels for number in channel.people}
    rotate = _("{name} runs `whistle keys rotate`, then `whistle sync`.")
    for person in directory.keyring.people:
        if person.id not in named:
            continue
        closed, mend = directory.closed.get(person.id), rotate.format(name=person.name)
        if isinstance(closed, StatementRejected):
            words = _("Person {number} ({name}) has no sealing statement for today, and cannot be reported to.")
            yield warning("statement-missing", words.format(number=person.id, name=person.name), mend)
        elif closed is not None:
            words = _("The sealing statement of person {number} ({name}) cannot be trusted: {reason}")
            yield problem(
                "statement-broken", words.format(number=person.id, name=person.name, reason=closed.message()), mend
            )
        elif (left := (directory.statements[person.id].last - directory.today).days) < _STATEMENT_DAYS:
            words = _("The sealing statement of person {number} ({name}) lapses after {day}, in {left} days.")
            last = directory.statements[person.id].last.isoformat()
            yield warning(
                "statement-lapsing", words.format(number=person.id, name=person.name, day=last, left=left), mend
            )


def _channels(directory: Directory, installation: Installation) -> Iterator[Finding]:
    try:
        known = questionnaires.load(installation.settings.questionnaires)
    except WhistleError as error:
        yield problem(
            "questionnaires-broken",
            error.message(),
            _("Set questionnaires to the folder config/questionnaires of the version that is installed."),
        )
        return
    for channel in directory.keyring.channels:
        if channel.questionnaire not in known:
            yield problem(
                "questionnaire-missing",
                _("Channel {name} asks {questionnaire}, which is not installed here.").format(
                    name=channel.name, questionnaire=channel.questionnaire
                ),
                _("Update this installation, or certify the channel with another questionnaire."),
            )
        readers = [person for person in directory.readers(channel.id) if person.role is not Role.CUSTODIAN]
        if all(person.id in directory.closed for person in readers):
            yield problem(
                "channel-closed",
                _("Nobody of channel {name} can be reported to today: it is closed.").format(name=channel.name),
                _("At least one of its people runs `whistle keys rotate`, then `whistle sync`."),
            )
