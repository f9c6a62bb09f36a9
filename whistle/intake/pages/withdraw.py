"""Taking everything back, after one clear question."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template

from whistle.errors import CourierError, NobodyToRead, NothingFound, ReaderUnavailable, ReceiptError, ShelfError
from whistle.intake.forms import CARRIED, WithdrawForm
from whistle.intake.pages import here
from whistle.intake.pages.message import Answer
from whistle.intake.pages.replies import one_size
from whistle.language import _
from whistle.protocol.receipt import Receipt
from whistle.source import Source, Visit

withdraw_pages = Blueprint("withdraw", __name__, url_prefix="/withdraw")
withdraw_pages.after_request(one_size)


@withdraw_pages.post("")
def ask() -> Answer:
    """Ask whether to withdraw, and say what it does."""
    return _ask(_receipt(WithdrawForm()))


@withdraw_pages.post("/now")
def now() -> Answer:
    """Withdraw, once."""
    form = WithdrawForm()
    receipt = _receipt(form)
    if not form.validate():
        return _ask(receipt, wrong=" ".join(form.ticket.errors))
    if not here.link().claim(form.ticket_number):
        return render_template("intake/withdrawn.html", replies=form.also_replies.data)
    source = Source(here.link(), here.directory(), receipt)
    try:
        withdrawn = source.withdraw(form.chosen, here.LANGUAGE, also_replies=form.also_replies.data)
    except NothingFound:
        return _nothing()
    except NobodyToRead:
        return _ask(receipt, wrong=_("Somebody has to be told. Please leave at least one person unticked."))
    except (ReaderUnavailable, ShelfError, CourierError) as error:
        return _ask(receipt, wrong=error.message(), status=_status(error))
    here.link().spend(form.ticket_number)
    problems = [problem.message() for problem in withdrawn.problems]
    return render_template("intake/withdrawn.html", replies=form.also_replies.data, problems=problems)


def _ask(receipt: Receipt, *, wrong: str | None = None, status: int = HTTPStatus.OK) -> Answer:
    try:
        visit = Source(here.link(), here.directory(), receipt).visit()
    except NothingFound:
        return _nothing()
    channel = visit.channel or here.directory().keyring.channels[0].id
    form = WithdrawForm(receipt=" ".join(receipt.words()), excluded=_untold(visit, channel))
    page = render_template(
        "intake/withdraw.html", form=form, people=here.people(channel), wrong=wrong, known=bool(visit.preselected)
    )
    return page, status


def _untold(visit: Visit, channel: int) -> frozenset[int]:
    return here.reachable(channel) - set(visit.preselected)


def _nothing() -> str:
    return render_template("intake/not_found.html", keep_days=here.settings().message_days)


def _status(error: Exception) -> int:
    known = isinstance(error, ReaderUnavailable)
    return HTTPStatus.UNPROCESSABLE_ENTITY if known else HTTPStatus.SERVICE_UNAVAILABLE


def _receipt(form: WithdrawForm) -> Receipt:
    try:
        return Receipt.parse(form.receipt.data or "", CARRIED)
    except ReceiptError:
        abort(HTTPStatus.BAD_REQUEST)
