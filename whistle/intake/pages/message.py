"""Sending what somebody wrote, a report or a follow-up. Whatever goes wrong, the page that says so keeps the text."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import TypeAlias

from flask import render_template

from whistle.errors import (
    AlreadySent,
    CourierError,
    NobodyToRead,
    NothingFound,
    ReaderUnavailable,
    RequestRefused,
    ShelfError,
    ShelfFull,
    TooLarge,
    WhistleError,
)
from whistle.intake.forms import MessageForm
from whistle.intake.pages import here
from whistle.intake.request import page_request
from whistle.language import _
from whistle.protocol.content import Answers
from whistle.source import Attachment, Draft, Sending, Sent, Source

Answer: TypeAlias = str | tuple[str, int]


def message_page(form: MessageForm, *, first: bool, wrong: str | None = None, status: int = HTTPStatus.OK) -> Answer:
    """Return the form, with what was typed in it."""
    return render_template("intake/message.html", form=form, first=first, wrong=wrong, **parts_of(form)), status


def parts_of(form: MessageForm) -> dict[str, object]:
    """Return what a page needs to show a form for a message."""
    channel = here.directory().channel(form.channel_id)
    settings = here.settings()
    return {
        "people": here.people(channel.id),
        "question": here.questionnaire(channel).story,
        "files_limit": settings.form_files,
        "size_limit": here.size_limit(),
        "files_open": here.takes_files(),
        "files_again": page_request().had_files,
    }


def submit(*, first: bool) -> Answer:
    """Seal and store what was sent with this request, once."""
    form = MessageForm()
    valid = form.validate()
    if not form.is_ours:
        raise RequestRefused(HTTPStatus.BAD_REQUEST)
    here.asked_channel(form.channel_id)
    if page_request().refused is not None:
        return _refused(form, page_request().refused, first=first)
    if valid and form.typed_contact is not None and not _custodians(form):
        form.contact.errors = [_("Nobody is left who could have this. Leave somebody unticked, or leave this out.")]
        valid = False
    if not valid:
        return message_page(form, first=first, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    source = Source(here.link(), here.directory(), form.receipt_carried)
    if here.link().claim(form.ticket_number):
        return _send(form, source, first=first)
    return _stored(form, source, form.message_index)


def _send(form: MessageForm, source: Source, *, first: bool) -> Answer:
    try:
        sent = _prepared(form, source, first=first).send()
    except AlreadySent as already:
        return _stored(form, source, already.index)
    except RequestRefused as refused:
        return _refused(form, refused, first=first)
    except WhistleError as error:
        return _unsent(form, error, first=first)
    here.link().spend(form.ticket_number)
    return _arrived(form, sent)


def _prepared(form: MessageForm, source: Source, *, first: bool) -> Sending:
    visit = None
    if not first:
        try:
            visit = source.visit()
        except NothingFound:  # all of it has expired: what is written now begins anew
            visit = None
    # The form's own index, so that a form that is sent twice meets itself; never one that nobody would look at.
    index = 0 if visit is None else min(form.message_index, visit.next_index)
    return source.prepare(_draft(form, first=first), _attachments(), visit, index)


def _draft(form: MessageForm, *, first: bool) -> Draft:
    channel = here.directory().channel(form.channel_id)
    custodians = _custodians(form)
    return Draft(
        text=form.typed_text,
        language=here.LANGUAGE,
        channel=channel.id,
        readers=tuple(person for person in form.chosen if person not in custodians),
        # The only question yet is answered by the text itself.
        answers=Answers(here.questionnaire(channel).name, {}) if first else None,
        contact=form.typed_contact,
        custodians=() if form.typed_contact is None else custodians,
    )


def _custodians(form: MessageForm) -> tuple[int, ...]:
    custodians = {person.id for person in here.directory().custodians(form.channel_id)}
    return tuple(person for person in form.chosen if person in custodians)


def _attachments() -> Iterator[Attachment]:
    for count, upload in enumerate(page_request().uploads, 1):
        if count > here.settings().form_files:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        yield Attachment(upload.name, upload.type, upload)


def _arrived(form: MessageForm, sent: Sent) -> str:
    day = here.day() + timedelta(days=here.settings().message_days)
    return render_template(
        "intake/arrived.html",
        number=sent.index + 1,
        readers=sent.readers,
        contact=form.typed_contact is not None,
        last_day=day.isoformat(),
        words=form.receipt_carried.words(),
    )


def _stored(form: MessageForm, source: Source, index: int) -> Answer:
    """Say that message ``index`` is there, and offer what was typed as the next one: it may be something new."""
    try:
        next_index = source.visit().next_index
    except NothingFound:
        next_index = index + 1
    form.index.data = str(max(next_index, index + 1))
    return render_template(
        "intake/stored.html", form=form, number=index + 1, next_number=form.message_index + 1, **parts_of(form)
    )


def _refused(form: MessageForm, refused: RequestRefused | None, *, first: bool) -> Answer:
    if refused is not None and refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        wrong = _(
            "This is more than the site can take at once. Nothing was sent. Please choose fewer or smaller files."
        )
        return message_page(form, first=first, wrong=wrong, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    wrong = _("This did not arrive as a browser sends it. Nothing was sent. Please try again.")
    return message_page(form, first=first, wrong=wrong, status=HTTPStatus.BAD_REQUEST)


def _unsent(form: MessageForm, error: WhistleError, *, first: bool) -> Answer:
    """Show the form again with the reason. Whoever cannot be reached any more is shown so in the list."""
    wrong: str | None = error.message()
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, NobodyToRead):
        form.excluded.errors = [_("Nobody is left who could read this. Please leave somebody unticked.")]
        wrong = None
    elif isinstance(error, TooLarge):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    elif isinstance(error, ShelfError | CourierError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        wrong = _("{reason} What you wrote is still here. Please try again later.").format(reason=wrong)
        if isinstance(error, ShelfFull) and page_request().had_files and not here.takes_files():
            wrong = _("The site has no room for these files today. What you wrote is still here: send it without them.")
    elif not isinstance(error, ReaderUnavailable):
        raise error
    return message_page(form, first=first, wrong=wrong, status=status)
