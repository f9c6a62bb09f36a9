"""The pages for everything that goes wrong, with what was typed still there."""

import sys
import traceback
from http import HTTPStatus

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from whistle.console.pages import here
from whistle.errors import CaseUnknown, CourierError, FileUnknown, KeyringError, ShelfError, WhistleError
from whistle.language import _


def register(app: Flask) -> None:
    """Give every error its page."""
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(WhistleError, _ours)
    app.register_error_handler(Exception, _fault)


def _page(heading: str, sentence: str, status: int) -> tuple[str, int]:
    try:
        kept = request.form.get("text", "")
    except (HTTPException, OSError):
        kept = ""
    address = here.console().guard.address
    return render_template(
        "console/trouble.html", heading=heading, sentence=sentence, kept=kept, address=address
    ), status


def _stale(_error: CSRFError) -> tuple[str, int]:
    sentence = _("The console was started anew since this page was opened. Please open the page again.")
    return _page(_("This page is out of date"), sentence, HTTPStatus.BAD_REQUEST)


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    sentences = {
        HTTPStatus.NOT_FOUND: _("There is no such page."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("This is more than can be sent at once. Nothing was sent."),
        HTTPStatus.MISDIRECTED_REQUEST: _(
            "The console answers under its own name only, so that no other page can reach it."
        ),
    }
    sentence = sentences.get(
        HTTPStatus(status), _("The console expected something else. Please go back and try again.")
    )
    return _page(_("That did not work"), sentence, status)


def _ours(error: WhistleError) -> tuple[str, int]:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, CaseUnknown | FileUnknown):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, CourierError | ShelfError | KeyringError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _page(_("That did not work"), error.message(), status)


def _fault(error: Exception) -> tuple[str, int]:
    # Its kind and its place, and nothing that it says: that may quote a report.
    place = traceback.extract_tb(error.__traceback__)[-1]
    print(f"{type(error).__name__} in {place.name}, line {place.lineno}", file=sys.stderr)  # noqa: T201 - the terminal is the log
    sentence = _("Something went wrong inside the console. Nothing is lost; please go back and try again.")
    return _page(_("That did not work"), sentence, HTTPStatus.INTERNAL_SERVER_ERROR)
