"""A case as the command line shows it, and its files as it saves them."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from whistle.console import reports
from whistle.console.case import Case, Item, ItemKind, ItemState
from whistle.console.desk import Desk
from whistle.errors import ConsoleError
from whistle.language import _
from whistle.naming import file_name, screen_block, screen_line, screen_text


def shown(desk: Desk, case: Case) -> Iterator[str]:
    """Give the lines that show a case."""
    if case.withdrawn:
        yield _("The source has taken this back.")
    if case.missing:
        yield _("Not here: {numbers}.").format(numbers=case.missing_numbers)
    if case.misfits:
        yield _("Some messages of the source do not follow each other as they say.")
    for fault in case.faults:
        yield _("{day}: {what}").format(day=fault.day.isoformat(), what=fault.message())
    for item in case.items:
        yield ""
        yield from _item(desk, item)
        if opened := reports.opened_by(case, item, desk.name_of):
            yield _("Opened by {names}").format(names=screen_line(opened))
        for sentence in reports.troubles_with(case, item, desk.name_of):
            yield screen_text(sentence)


def _item(desk: Desk, item: Item) -> Iterator[str]:
    who = _("Source") if item.from_source else screen_line(desk.name_of(item.author))
    readers = ", ".join(screen_text(desk.name_of(person)) for person in item.readers)
    yield _("{who}, {day}, message {number}, read by {readers}").format(
        who=who, day=item.written.isoformat(), number=item.index + 1, readers=readers
    )
    notes = {
        ItemState.WAITING: _("Its files or its long text have not arrived yet."),
        ItemState.INCOMPLETE: _("Its files or its long text could not be fetched whole."),
        ItemState.SENDING: _("Not sent yet; the next sync sends it."),
    }
    if item.state in notes:
        yield notes[item.state]
    if item.kind is ItemKind.WITHDRAW:
        yield _("The source takes back what was said before.")
    if item.reference is not None:
        yield _("Contact details are with a custodian, under {reference}.").format(reference=item.reference.hex())
    if item.text:
        yield screen_block(item.text)
    for number, file in enumerate(item.files, 1):
        yield _("File {number}: {name}, {size} bytes").format(
            number=number, name=screen_line(file.name), size=file.size
        )


def save_files(desk: Desk, case: Case, folder: Path) -> None:
    """Save every file that is here, under its own name as far as that is safe, never over another one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for item in case.items:
        for number in range(len(item.files) if item.is_stored else 0):
            file, pieces = desk.file(case.name, item.commitment, number)
            of = "" if item.from_source else _("answer-")
            path = folder / f"{of}{item.index + 1}-{number + 1}-{file_name(file.name)}"
            with os.fdopen(_new(path), "wb") as out:
                for piece in pieces:
                    out.write(piece)
            click.echo(_("saved: {path}").format(path=screen_text(str(path))))


def _new(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConsoleError(_("{path} is already there, or cannot be written").format(path=path)) from error
