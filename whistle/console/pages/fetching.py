"""Fetching in the background, with a page that says how far it is; and which answers were sent already."""

from collections import OrderedDict
from http import HTTPStatus
from threading import Lock, Thread
from typing import Final

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from whistle import language
from whistle.console.desk import Desk
from whistle.console.pages import here
from whistle.console.pages.outgoing import Outgoing
from whistle.console.sync import Progress, Synced
from whistle.errors import WhistleError
from whistle.language import _, plural

fetching_pages = Blueprint("fetching", __name__)
_DRAFTS: Final = 1_000


class Fetching:
    """One fetch at a time, in a thread of its own."""

    def __init__(self, desk: Desk, couriers: here.Couriers, outgoing: Outgoing) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._couriers = couriers
        self._lock = Lock()
        self._thread: Thread | None = None
        self._outcome: Synced | str | None = None
        self._drafts: OrderedDict[str, None] = OrderedDict()
        self.progress: Progress | None = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin, unless it goes on already."""
        with self._lock:
            if not self.is_running:
                self.progress = self._outcome = None
                self._thread = Thread(target=self._run, daemon=True)
                self._thread.start()

    def news(self) -> str:
        """Return what the last fetch brought, once."""
        with self._lock:
            outcome, self._outcome = self._outcome, None
        return _sentence(outcome) if isinstance(outcome, Synced) else outcome or ""

    def claim(self, draft: str) -> bool:
        """Tell whether the answer page ``draft`` was not sent before, and note that it is being sent now."""
        with self._lock:
            fresh = draft not in self._drafts
            self._drafts[draft] = None
            while len(self._drafts) > _DRAFTS:
                self._drafts.popitem(last=False)
        return fresh

    def release(self, draft: str) -> None:
        """Let the answer page ``draft`` be sent again, because nothing was kept of it."""
        with self._lock:
            self._drafts.pop(draft, None)

    def _run(self) -> None:
        language.use(here.LANGUAGE)
        try:
            with self._couriers() as (signed, anonymous):
                self._outcome = self._desk.fetch(signed, anonymous, self._show)
                if not self._outgoing.is_spread:
                    self._outgoing.send(anonymous)
            if self._outgoing.is_spread:
                self._outgoing.start()
        except WhistleError as error:
            self._outcome = error.message()
        except Exception:
            self._outcome = _("Something went wrong on this machine. What was fetched until then is kept.")
            raise

    def _show(self, progress: Progress) -> None:
        self.progress = progress


@fetching_pages.post("/fetch")
def start() -> Response:
    """Begin to fetch."""
    here.console().fetching.start()
    return redirect(url_for("fetching.show"), code=HTTPStatus.SEE_OTHER)


@fetching_pages.get("/fetch")
def show() -> Response | str:
    """Show how far it is, until it has ended."""
    fetching = here.console().fetching
    if not fetching.is_running:
        return redirect(url_for("cases.inbox"))
    return render_template("console/fetching.html", progress=fetching.progress)


def _sentence(synced: Synced) -> str:
    count = synced.messages + synced.replies + synced.contacts
    if not count:
        return _("Nothing new has come.")
    return plural("{count} new message has come.", "{count} new messages have come.", count).format(count=count)
