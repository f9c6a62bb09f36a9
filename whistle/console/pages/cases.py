"""The inbox, one conversation, an answer, a file, a deletion, and the journal."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from itertools import chain
from urllib.parse import quote

from flask import Blueprint, Response, flash, get_flashed_messages, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from whistle.console.answer import Answer, Attachment
from whistle.console.case import Case, ItemState
from whistle.console.pages import here
from whistle.console.pages.shown import items_of, names_of, warnings_of
from whistle.console.vault import FullBackup
from whistle.errors import CourierError, FileUnknown, ShelfError, WhistleError
from whistle.language import _, plural
from whistle.naming import file_name

cases_pages = Blueprint("cases", __name__)


@dataclass(frozen=True)
class Entry:
    """A line of the journal."""

    day: date
    sentence: str


@cases_pages.get("/")
def inbox() -> str:
    """Show every case, what is new first."""
    desk = here.desk()
    synced = desk.synced
    never = _("Nothing has been fetched yet.")
    return render_template(
        "console/inbox.html",
        cases=desk.inbox(),
        warnings=desk.warnings(),
        news=" ".join(map(str, get_flashed_messages())) or here.console().fetching.news(),
        outgoing=here.console().outgoing.state(),
        synced=never if synced is None else _("Last fetched on {day}.").format(day=synced.isoformat()),
    )


@cases_pages.get("/cases/<label>")
def case(label: str) -> str:
    """Show one conversation; to look at it is to have read it."""
    desk = here.desk()
    return show_case(desk.mark_read(desk.case(label).name))


@cases_pages.post("/cases/<label>/answer")
def reply(label: str) -> AnyResponse | tuple[str, int]:
    """Send an answer; the same page sent twice answers once."""
    found = here.desk().case(label)
    text, draft = request.form.get("text", ""), request.form.get("draft", "")
    if here.console().fetching.claim(draft):
        try:
            flash(_answer(found, Answer(text, here.LANGUAGE, _attachments())))
        except WhistleError as error:
            here.console().fetching.release(draft)
            return show_case(found, text=text, wrong=error.message()), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("cases.case", label=label), code=HTTPStatus.SEE_OTHER)


def _answer(found: Case, answer: Answer) -> str:
    """Seal an answer and send it, and return what became of it: once it is kept, a failure only delays it."""
    without = _without()
    desk, outgoing = here.desk(), here.console().outgoing
    with here.console().couriers() as (_signed, courier):
        if outgoing.is_spread:
            item = desk.keep(courier, found.name, answer, without)
        else:
            try:
                item = desk.reply(courier, found.name, answer, without)
            except (CourierError, ShelfError) as error:
                return error.message() + " " + _("Your answer is kept here, and the next fetch sends it.")
    if item.state is not ItemState.SENDING:
        return _("Your answer has been sent.")
    if outgoing.is_spread and outgoing.answer((found.name, item.commitment)):
        minutes = here.console().settings.post_minutes
        return plural(
            "Your answer leaves at a random moment of the next {count} minute. You need not wait for it.",
            "Your answer leaves at a random moment of the next {count} minutes. You need not wait for it.",
            minutes,
        ).format(count=minutes)
    return _("Your answer is kept here. No more records are sent today; the first fetch of tomorrow sends it.")


@cases_pages.post("/cases/<label>/items/<item>/files/<int:number>")
def save(label: str, item: str, number: int) -> Response:
    """Give a file to be saved, never to be shown: what is in it is a stranger's."""
    desk = here.desk()
    try:
        commitment = bytes.fromhex(item)
    except ValueError as error:
        raise FileUnknown from error
    file, pieces = desk.file(desk.case(label).name, commitment, number)
    # The first piece is checked before an answer is begun, so that most damage is said on a page.
    first = next(pieces, b"")
    return Response(
        chain([first], pieces),
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name(file.name))}",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(file.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


@cases_pages.get("/cases/<label>/delete")
def confirm_deletion(label: str) -> str:
    """Ask once more."""
    return _deletion(here.desk().case(label))


@cases_pages.post("/cases/<label>/delete")
def delete(label: str) -> AnyResponse | tuple[str, int]:
    """Destroy the key of a case."""
    found = here.desk().case(label)
    try:
        left = _delete(found, burn=bool(request.form.get("burn")))
    except (CourierError, ShelfError) as error:
        sentence = error.message() + " " + _("Nothing was deleted.")
        return _deletion(found, sentence), HTTPStatus.SERVICE_UNAVAILABLE
    flash(_("Case {label} is deleted.").format(label=found.label))
    for backup in left:
        flash(_("The full backup at {place} can still open it. Destroy it too.").format(place=backup.place))
    return redirect(url_for("cases.inbox"), code=HTTPStatus.SEE_OTHER)


def _delete(found: Case, *, burn: bool) -> tuple[FullBackup, ...]:
    if not burn:
        return here.desk().delete(found.name)
    with here.console().couriers() as (_signed, courier):
        return here.desk().delete(found.name, courier)


@cases_pages.get("/journal")
def journal() -> str:
    """Show what happened to the console itself."""
    return render_template(
        "console/journal.html",
        entries=sorted(_entries(), key=lambda entry: entry.day, reverse=True),
        warnings=here.desk().warnings(),
    )


def show_case(found: Case, text: str = "", wrong: str | None = None) -> str:
    """Return the page of a case, with what was typed."""
    desk = here.desk()
    to, closed = None, None
    if not found.is_contact:
        try:
            to = desk.addressees(found.name)
        except WhistleError as error:
            closed = error.message()
    return render_template(
        "console/case.html",
        case=found,
        items=items_of(found, desk),
        warnings=warnings_of(found),
        news=" ".join(map(str, get_flashed_messages())),
        to=to,
        closed=closed,
        readers="" if to is None else names_of(tuple(person.id for person in to.open), desk),
        text=text,
        wrong=wrong,
        draft=secrets.token_hex(16),
    )


def _deletion(found: Case, wrong: str | None = None) -> str:
    return render_template("console/delete.html", case=found, wrong=wrong, backups=())


def _without() -> list[int]:
    """Return the people who cannot be sealed to and whom the reviewer agreed to leave out."""
    return [int(person) for person in request.form.getlist("without") if person.isascii() and person.isdigit()]


def _attachments() -> list[Attachment]:
    chosen = [file for file in request.files.getlist("files") if file.filename]
    return [Attachment(file.filename or "", file.mimetype, file.stream) for file in chosen]


def _entries() -> Iterator[Entry]:
    journal = here.desk().journal
    for fault in (*journal.alarms, *journal.faults):
        yield Entry(fault.day, fault.message())
    for label, day in journal.deletions:
        yield Entry(day, _("Case {label} was deleted.").format(label=label))
    for number, day in journal.retired:
        yield Entry(day, _("Key number {number} was destroyed, as planned.").format(number=number))
