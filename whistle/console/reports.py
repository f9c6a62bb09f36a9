"""What colleagues' consoles said, in sentences for the reviewer."""

from collections.abc import Callable, Iterator
from datetime import date

from whistle.console.case import Case, Difference, Item, Journal
from whistle.console.cases import Cases
from whistle.console.sighting import Sight
from whistle.language import _, plural

#: Gives the name of a person.
NameOf = Callable[[int], str]


def opened_by(case: Case, item: Item, name_of: NameOf) -> str:
    """Return the names of the colleagues who opened a message; empty where nobody said so."""
    return ", ".join(name_of(person) for person in _who(case, item, Sight.OPENED))


def troubles_with(case: Case, item: Item, name_of: NameOf) -> Iterator[str]:
    """Give a sentence for each colleague who reads a message and could not open or verify it."""
    sentences = {
        Sight.FAULTY: _("{name} was shown this message, and it did not verify there. Tell {name} what it says."),
        Sight.CLOSED: _("{name} is named as a reader of this message, and it was not sealed to them."),
        Sight.ABSENT: _("The server has kept this message from {name}, who is a reader of it."),
    }
    opened = _who(case, item, Sight.OPENED)
    for sight, sentence in sentences.items():
        for person in _who(case, item, sight):
            if person not in opened:
                yield sentence.format(name=name_of(person))


def warnings(journal: Journal, cases: Cases, name_of: NameOf) -> Iterator[str]:
    """Give a sentence for everything in which the server, or a colleague, contradicts what was seen here."""
    for difference in journal.differences:
        yield _differed(difference, name_of(difference.person))
    missed = {
        (report.person, report.sighting.commitment): report.sighting.day
        for report in journal.reports
        if report.sighting.sight is Sight.OPENED and not cases.knows(report.sighting.commitment)
    }
    for (person, commitment), day in missed.items():
        if not cases.was_taken_back(commitment):
            yield _(
                "{name} opened a message of {day} that was meant for you too, and that you cannot read. Ask {name}."
            ).format(name=name_of(person), day=day_text(day))
    for person, count in sorted(_unheard(cases).items()):
        yield plural(
            "{count} note of {name} has not come to you. The server may be keeping it back.",
            "{count} notes of {name} have not come to you. The server may be keeping them back.",
            count,
        ).format(count=count, name=name_of(person))


def day_text(day: date) -> str:
    """Return a day as people say it, with its date."""
    weekdays = (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )
    return _("{weekday} ({day})").format(weekday=weekdays[day.weekday()], day=day.isoformat())


def _differed(difference: Difference, name: str) -> str:
    if difference.kept_from_me:
        sentence = plural(
            "The server has kept a record of {day} from you: {name} was shown it. Ask {name}, and the server’s "
            "operator.",
            "The server has kept {count} records of {day} from you: {name} was shown them. Ask {name}, and the "
            "server’s operator.",
            difference.count,
        )
    else:
        sentence = plural(
            "The server has kept a record of {day} from {name}: you were shown it. Tell {name}, and ask the server’s "
            "operator.",
            "The server has kept {count} records of {day} from {name}: you were shown them. Tell {name}, and ask the "
            "server’s operator.",
            difference.count,
        )
    return sentence.format(count=difference.count, day=day_text(difference.listed), name=name)


def _who(case: Case, item: Item, sight: Sight) -> list[int]:
    found = (
        report.person
        for report in case.reports
        if report.sighting.commitment == item.commitment and report.sighting.sight is sight
    )
    return sorted(set(found))


def _unheard(cases: Cases) -> dict[int, int]:
    """Return by person how many events are missing below the last one of a chain that came."""
    missing: dict[int, int] = {}
    for (author, _chain), heard in cases.heard.items():
        count = max(heard) + 1 - len(heard)
        if count:
            missing[author] = missing.get(author, 0) + count
    return missing
