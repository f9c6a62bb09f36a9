"""A case as its page shows it: names instead of numbers, sentences instead of states."""

from dataclasses import dataclass

from whistle.console import reports
from whistle.console.case import Case, Item, ItemKind, ItemState
from whistle.console.desk import Desk
from whistle.language import _, size_of
from whistle.naming import screen_line


@dataclass(frozen=True)
class ShownFile:
    """A file as it is listed."""

    name: str
    size: str


@dataclass(frozen=True)
class ShownItem:
    """One message of a case, ready to be read. ``key`` is its commitment in hex."""

    key: str
    from_source: bool
    heading: str
    dates: str
    readers: str
    opened_by: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    text: str
    language: str
    files: tuple[ShownFile, ...]


def items_of(case: Case, desk: Desk) -> list[ShownItem]:
    """Return the messages of a case in their order."""
    return [_item(case, item, desk) for item in case.items]


def warnings_of(case: Case) -> list[str]:
    """Return what does not add up in the conversation as a whole."""
    found = [_("{day}: {what}").format(day=fault.day.isoformat(), what=fault.message()) for fault in case.faults]
    if case.missing:
        sentence = _("Not here: message {numbers} of the source. It may come later.")
        found.append(sentence.format(numbers=case.missing_numbers))
    odd = _("Message {number} of the source does not follow on what is here before it.")
    found += [odd.format(number=item.index + 1) for item in case.misfits]
    if case.withdrawn:
        found.append(_("The source took this report back. What the law says about that is for you to follow."))
    return found


def names_of(people: tuple[int, ...], desk: Desk) -> str:
    """Return the names of people, for a sentence."""
    return ", ".join(desk.name_of(person) or _("number {number}").format(number=person) for person in people)


def _item(case: Case, item: Item, desk: Desk) -> ShownItem:
    dates = _("written {written}").format(written=item.written.isoformat())
    if item.arrived != item.written:
        dates += ", " + _("arrived {arrived}").format(arrived=item.arrived.isoformat())
    return ShownItem(
        item.commitment.hex(),
        item.from_source,
        _heading(item, desk),
        dates,
        names_of(item.readers, desk),
        reports.opened_by(case, item, desk.name_of),
        tuple(_warnings(case, item, desk)),
        tuple(_notes(case, item)),
        item.text,
        item.language,
        tuple(ShownFile(screen_line(file.name), size_of(file.size)) for file in item.files),
    )


def _heading(item: Item, desk: Desk) -> str:
    if item.kind is ItemKind.CONTACT:
        return _("Contact details")
    if item.kind is ItemKind.WITHDRAW:
        return _("The source takes back what it wrote")
    if item.from_source:
        return _("Report") if item.index == 0 else _("Message {number} of the source").format(number=item.index + 1)
    return _("Answer of {name}").format(name=names_of((item.author,), desk))


def _notes(case: Case, item: Item) -> list[str]:
    """Return what is as it should be, and still worth saying."""
    notes = []
    if item.state is ItemState.WAITING:
        notes.append(_("Its files or its long text will be fetched next time."))
    if item.state is ItemState.SENDING:
        notes.append(_("This has not left yet. It leaves by itself, or with the next fetch."))
    if item.reference is not None and not case.is_contact:
        notes.append(
            _("The source left contact details with the custodian under reference {reference}.").format(
                reference=item.reference.hex()[:8]
            )
        )
    if item.reference is not None and case.is_contact:
        notes.append(_("Reference {reference}.").format(reference=item.reference.hex()[:8]))
    return notes


def _warnings(case: Case, item: Item, desk: Desk) -> list[str]:
    """Return what is not as whoever reads this would expect."""
    warnings = []
    if item.state is ItemState.INCOMPLETE:
        warnings.append(_("Its files or its long text could not be fetched whole, or were altered."))
    if item.withdrawn:
        warnings.append(_("The source took this back."))
    return [*warnings, *reports.troubles_with(case, item, desk.name_of)]
