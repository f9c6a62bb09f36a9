"""Coming back with 12 words: answers, their files, a follow-up. Every page here has one size (``padding.py``).

They also have one status, 200: another one would be a few bytes longer or shorter.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request

from whistle.errors import AmbiguousReceipt, NothingFound, ReceiptError
from whistle.intake.forms import CARRIED, MessageForm, number
from whistle.intake.padding import FRAME_SIZE, PAGE_SIZE, padded
from whistle.intake.pages import here
from whistle.intake.pages.message import Answer, parts_of, submit
from whistle.language import _
from whistle.protocol.fields import INDEX_LIMIT
from whistle.protocol.labels import FILE_LIMIT
from whistle.protocol.receipt import LANGUAGES, Receipt
from whistle.source import ReceivedReply, Source, Visit

replies_pages = Blueprint("replies", __name__, url_prefix="/replies")

_PROBLEMS_SHOWN: Final = 5
#: Marks without a shape of their own, among them those that turn the direction of writing: they disguise names.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\\\]")


@replies_pages.after_request
def one_size(response: Response) -> Response:
    """Fill every page up to one size."""
    if response.mimetype == "text/html":
        response.set_data(padded(response.get_data()))
    return response


@replies_pages.get("")
def enter() -> str:
    """Ask for the 12 words."""
    return _enter(script=True)


@replies_pages.get("/without-script")
def enter_without_script() -> str:
    """Ask for the 12 words, and let no script take over."""
    return _enter()


@replies_pages.post("")
def read() -> str:
    """Look for answers and show the newest, or older ones."""
    entered = request.form.get("receipt", "")
    try:
        receipt = Receipt.parse(entered, _wordlist())
        before = _index("before") if "before" in request.form else None
        visit = Source(here.link(), here.directory(), receipt).visit(before)
    except AmbiguousReceipt as ambiguous:
        return _enter(entered, wrong=ambiguous.message(), wordlists=ambiguous.languages)
    except ReceiptError as error:
        return _enter(entered, wrong=error.message())
    except NothingFound:
        return render_template("intake/not_found.html", keep_days=here.settings().message_days)
    return _replies_page(receipt, visit, older=before is not None)


@replies_pages.post("/open")
def open_one() -> str:
    """Show one answer in full, however long."""
    reply, source, receipt = _reply()
    return render_template("intake/reply.html", reply=source.load(reply), receipt=" ".join(receipt.words()))


@replies_pages.post("/file")
def file() -> Response:
    """Give out one file of an answer, after the whole of it was found to be right."""
    reply, source, _receipt = _reply()
    reply = source.load(reply)
    place = _index("file", FILE_LIMIT)
    if place >= len(reply.files):
        abort(404)
    wanted = reply.files[place]
    response = Response(source.file(reply, wanted), mimetype="application/octet-stream")
    response.content_length = wanted.size
    response.headers["Content-Disposition"] = disposition(wanted.name)
    return response


@replies_pages.post("/follow-up")
def follow_up() -> Answer:
    """Seal what was added and store it."""
    return submit(first=False)


def disposition(name: str) -> str:
    """Return the header by which a browser saves a file under ``name``, in any script. RFC 6266, RFC 8187."""
    seen = _UNSEEN.sub("_", name) or "file"
    plain = re.sub(r'[^ -~]|["%\\;]', "_", seen)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(seen, safe='')}"


def word_lists() -> dict[str, str]:
    """Return what the languages of receipts are called, by their names in the protocol."""
    return {
        "chinese_simplified": _("Chinese, simplified"),
        "chinese_traditional": _("Chinese, traditional"),
        "czech": _("Czech"),
        "english": _("English"),
        "french": _("French"),
        "italian": _("Italian"),
        "japanese": _("Japanese"),
        "korean": _("Korean"),
        "portuguese": _("Portuguese"),
        "russian": _("Russian"),
        "spanish": _("Spanish"),
        "turkish": _("Turkish"),
    }


def _enter(entered: str = "", *, wrong: str | None = None, wordlists: Sequence[str] = (), script: bool = False) -> str:
    titles = word_lists()
    return render_template(
        "intake/enter.html",
        entered=entered,
        wrong=wrong,
        wordlists=[(name, titles.get(name, name)) for name in wordlists],
        script=script,
    )


def _replies_page(receipt: Receipt, visit: Visit, *, older: bool) -> str:
    """Return the page with as many answers in full as fit into its size, the newest first; others can be opened."""
    channel = visit.channel or here.directory().keyring.channels[0].id
    open_to = here.reachable(channel)
    form = MessageForm(
        receipt=" ".join(receipt.words()),
        channel=channel,
        index=visit.next_index,
        excluded=open_to - set(visit.preselected),
    )

    def page(full: frozenset[int]) -> str:
        return render_template(
            "intake/replies.html",
            visit=visit,
            numbers=[index + 1 for index in visit.stored],
            problems=[problem.message() for problem in visit.problems[:_PROBLEMS_SHOWN]],
            full=full,
            form=form,
            older=older,
            **parts_of(form),
        )

    full: frozenset[int] = frozenset()
    room = PAGE_SIZE - len(page(full).encode()) - FRAME_SIZE
    for reply in visit.replies:
        if reply.content is None:
            continue
        room -= _size(reply, form, full=True) - _size(reply, form, full=False)
        if room < 0:
            break
        full |= {reply.index}
    return page(full)


def _size(reply: ReceivedReply, form: MessageForm, *, full: bool) -> int:
    whole = render_template("intake/_answer.html", reply=reply, receipt=form.receipt.data, full=full)
    return len(whole.encode())


def _reply() -> tuple[ReceivedReply, Source, Receipt]:
    """Return the answer that the form names."""
    try:
        receipt = Receipt.parse(request.form.get("receipt", ""), CARRIED)
    except ReceiptError:
        abort(400)
    source, index = Source(here.link(), here.directory(), receipt), _index("reply")
    try:
        newest_first = source.visit(before=index + 1).replies
    except NothingFound:
        abort(404)
    if not newest_first or newest_first[0].index != index:
        abort(404)
    return newest_first[0], source, receipt


def _index(name: str, limit: int = INDEX_LIMIT) -> int:
    try:
        return number(request.form.get(name), 0, limit)
    except ValueError:
        abort(400)


def _wordlist() -> str | None:
    named = request.form.get("wordlist")
    return named if named in LANGUAGES else None
