"""The forms of the pages. A form that stores something carries a signed ticket where others would set a cookie."""

import time
from typing import Any, Final

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, TextAreaField, ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.form import BaseForm

from whistle.errors import ReceiptError
from whistle.intake import signed_ticket
from whistle.intake.pages import here
from whistle.language import _
from whistle.protocol.fields import INDEX_LIMIT, PERSON_LIMIT
from whistle.protocol.labels import READER_LIMIT
from whistle.protocol.receipt import Receipt

#: Characters; about 30,000 words. A longer account is better sent as a file.
TEXT_LIMIT: Final = 200_000
#: Characters; in any script they fit into one record, for contact details have no stream.
CONTACT_LIMIT: Final = 2_000

#: The words that our own pages carry along are English, so that there is nothing to ask about their language.
CARRIED: Final = "english"


class TicketCSRF(CSRF):
    """WTForms' protection against forged forms, by a ticket that stands in the form and nowhere else."""

    def setup_form(self, form: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - a TicketForm, which WTForms calls BaseForm
        """Remember the form, whose purpose the ticket is good for."""
        self._form: TicketForm = form
        return list(super().setup_form(form))

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """Return a new ticket."""
        del csrf_token_field
        expires = int(time.time() + here.settings().ticket_seconds)
        return signed_ticket.issue(here.link().ticket_key, self._form.purpose, expires)

    def validate_csrf_token(self, form: BaseForm, field: CSRFTokenField) -> None:
        """Take down the ticket's number, or refuse a form whose ticket is not good any more."""
        del form
        number = signed_ticket.check(here.link().ticket_key, self._form.purpose, time.time(), field.data or "")
        if number is None:
            raise ValidationError(
                _("This page lay open for too long, or the site was started anew. Nothing was sent. Please send again.")
            )
        self._form.ticket_number = number


class PeopleField(Field):
    """Person ids, from as many fields of one name as there are people."""

    data: frozenset[int]

    def process_data(self, value: Any) -> None:  # noqa: ANN401 - the signature is WTForms'
        """Take the ids that a page begins with."""
        self.data = frozenset(value or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the ids that were sent; raises ``ValueError`` for anything else."""
        if len(valuelist) > 2 * READER_LIMIT:
            raise ValueError(_("These are more people than a report can have."))
        self.data = frozenset(number(value, 1, PERSON_LIMIT) for value in valuelist)


class TicketForm(FlaskForm):  # type: ignore[misc] # the package ships no types
    """A form that can be used with success once."""

    class Meta:
        """How WTForms makes the form."""

        csrf = True
        csrf_class = TicketCSRF
        csrf_field_name = "ticket"

    purpose = ""
    #: 16 bytes, once the form was validated
    ticket_number = b""

    receipt = HiddenField()
    shown = PeopleField()
    excluded = PeopleField()

    def __init__(self, **values: object) -> None:
        """Take what was sent with this request, or ``values`` to begin with."""
        super().__init__(formdata=None if values else request.form, **values)

    def validate_receipt(self, field: Field) -> None:
        """Accept what our own pages put there."""
        try:
            Receipt.parse(field.data or "", CARRIED)
        except ReceiptError as error:
            raise ValidationError(error.message()) from error

    @property
    def receipt_carried(self) -> Receipt:
        """The receipt, of a form that was validated."""
        return Receipt.parse(self.receipt.data or "", CARRIED)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Those who were shown and not excluded: somebody who joined after the page was made was never chosen."""
        return tuple(sorted(self.shown.data - self.excluded.data))


class MessageForm(TicketForm):
    """A report or a follow-up, as far as it is text."""

    purpose = "message"

    channel = HiddenField()
    index = HiddenField()
    text = TextAreaField()
    contact = TextAreaField()

    def validate_channel(self, field: Field) -> None:
        """Accept what our own pages put there."""
        _check_number(field, 1, PERSON_LIMIT)

    def validate_index(self, field: Field) -> None:
        """Accept what our own pages put there."""
        _check_number(field, 0, INDEX_LIMIT)

    def validate_text(self, field: Field) -> None:
        """Ask for at least a word, and for no more than a message takes."""
        if not (field.data or "").strip():
            raise ValidationError(_("Please write something here. A sentence is enough."))
        _check_length(field, TEXT_LIMIT)

    def validate_contact(self, field: Field) -> None:
        """Ask for no more than one record takes."""
        _check_length(field, CONTACT_LIMIT)

    @property
    def is_ours(self) -> bool:
        """Whether what our own pages carry along came back as they sent it, once the form was validated."""
        return not (self.receipt.errors or self.channel.errors or self.index.errors)

    @property
    def channel_id(self) -> int:
        """The channel, of a form that was validated."""
        return int(self.channel.data or 0)

    @property
    def message_index(self) -> int:
        """Which message this would be, from 0, of a form that was validated."""
        return int(self.index.data or 0)

    @property
    def typed_text(self) -> str:
        """What was written."""
        return lines(self.text.data or "")

    @property
    def typed_contact(self) -> str | None:
        """The contact details, or nothing where they were left out."""
        contact = lines(self.contact.data or "")
        return contact if contact.strip() else None


class WithdrawForm(TicketForm):
    """The last question before everything is taken back."""

    purpose = "withdraw"

    also_replies = BooleanField()


def number(untrusted: object, low: int, high: int) -> int:
    """Return a whole number from a form; raises ``ValueError`` for anything that our own pages would not send."""
    text = str(untrusted)
    if not text.isascii() or not text.isdigit() or not low <= int(text[:20]) <= high:
        raise ValueError("no number of ours")
    return int(text[:20])


def lines(text: str) -> str:
    """Return text as it was typed: browsers send every line end as two characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_number(field: Field, low: int, high: int) -> None:
    try:
        number(field.data, low, high)
    except ValueError as error:
        raise ValidationError from error


def _check_length(field: Field, limit: int) -> None:
    length = len(lines(field.data or ""))
    if length > limit:
        raise ValidationError(
            _("This is too long: {length} characters. At most {limit} fit. You can send more as a file.").format(
                length=f"{length:,}", limit=f"{limit:,}"
            )
        )
