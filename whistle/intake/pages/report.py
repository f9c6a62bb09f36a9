"""A new report, in three steps: the receipt, two of its words asked back, the form.

The receipt is made and shown before anything is sent, so that no lost answer strands a report. It travels from step to
step in the body of a request, never in an address, and nothing remembers it in between.
"""

from secrets import SystemRandom
from typing import Final

from flask import Blueprint, abort, render_template, request

from whistle.errors import ReceiptError
from whistle.intake.forms import CARRIED, MessageForm, number
from whistle.intake.pages import here
from whistle.intake.pages.message import Answer, message_page, submit
from whistle.language import _
from whistle.protocol.fields import PERSON_LIMIT
from whistle.protocol.labels import RECEIPT_WORDS
from whistle.protocol.receipt import Receipt

report_pages = Blueprint("report", __name__, url_prefix="/report")

_ASKED: Final = 2


@report_pages.post("")
def receipt() -> str:
    """Make a receipt and show it, or show again the one that was made."""
    channel = _channel()
    here.check_open(channel)
    made = _carried() if "receipt" in request.form else Receipt.generate()
    return render_template("intake/receipt.html", words=made.words(), channel=channel)


@report_pages.post("/words")
def words() -> str:
    """Ask two words back, so that nobody goes on without having written them down."""
    places = sorted(SystemRandom().sample(range(1, RECEIPT_WORDS + 1), _ASKED))
    return _ask_back(dict.fromkeys(places, ""))


@report_pages.post("/form")
def form() -> Answer:
    """Open the form if the two words are right, or if the visitor skips them."""
    made, channel = _carried(), _channel()
    if "skip" not in request.form:
        asked = _asked()
        wrong = [place for place, word in asked.items() if word.strip().lower() != made.words()[place - 1]]
        if wrong or not asked:
            return _ask_back(asked, _("Word {place} is not the one that you were shown.").format(place=wrong[0]))
    here.check_open(channel)
    blank = MessageForm(receipt=" ".join(made.words()), channel=channel, index=0)
    return message_page(blank, first=True)


@report_pages.post("/send")
def send() -> Answer:
    """Seal the report and store it."""
    return submit(first=True)


def _ask_back(asked: dict[int, str], wrong: str | None = None) -> str:
    carried = " ".join(_carried().words())
    return render_template("intake/words.html", receipt=carried, channel=_channel(), asked=asked, wrong=wrong)


def _asked() -> dict[int, str]:
    try:
        places = [number(place, 1, RECEIPT_WORDS) for place in request.form.getlist("place")]
    except ValueError:
        abort(400)
    if len(places) != _ASKED:
        abort(400)
    return dict(zip(places, [*request.form.getlist("word"), "", ""], strict=False))


def _channel() -> int:
    """Return the channel of the form; an unknown one is for ``check_open`` to refuse."""
    try:
        return number(request.form.get("channel"), 1, PERSON_LIMIT)
    except ValueError:
        abort(400)


def _carried() -> Receipt:
    try:
        return Receipt.parse(request.form.get("receipt", ""), CARRIED)
    except ReceiptError:
        abort(400)
