"""The pages for everything that goes wrong: calm, without a trace, and with what was typed still there."""

from http import HTTPStatus
from typing import Final

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException

from whistle.errors import CourierError, KeyringError, ProtocolError, RequestRefused, ShelfError, WhistleError
from whistle.intake.log import place_of
from whistle.intake.pages import here
from whistle.intake.pages.start import why_closed
from whistle.language import _, later

_SENTENCES: Final[dict[int, tuple[str, str]]] = {
    400: (
        later("This request makes no sense here"),
        later("The site expected what one of its own pages sends. Please begin again at the first page."),
    ),
    403: (
        later("This form came from another site"),
        later("Your browser says that it was not one of our own pages that sent this, so nothing was done with it."),
    ),
    404: (later("There is nothing here"), later("This address leads nowhere. Please begin again at the first page.")),
    405: (
        later("This page cannot be opened like this"),
        later("It only follows on another one, so that nothing secret is ever part of an address. Please begin again."),
    ),
    413: (
        later("This is too large"),
        later(
            "It is more than the site can take at once, and nothing was stored. Please go back in your browser: what"
            " you wrote may still be there. Then choose fewer or smaller files."
        ),
    ),
    500: (
        later("Something went wrong on our side"),
        later("It is our fault, not yours. Please go back and try again; if it happens again, come back tomorrow."),
    ),
    503: (
        later("The site cannot do this now"),
        later("Please try again later. What was stored before is safe."),
    ),
}


def register(app: Flask) -> None:
    """Give every error its page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RequestRefused, _refused)
    app.register_error_handler(WhistleError, _ours)
    app.register_error_handler(Exception, _fault)


def refusal_pages(app: Flask) -> dict[int, bytes]:
    """Return the pages with which the server refuses a request before any child is forked for it."""
    with app.test_request_context("/"):
        return {status: page(status).encode() for status in _SENTENCES}


def page(status: int, reason: str | None = None, kept: str = "") -> str:
    """Return the page for ``status``; ``reason`` is a better sentence than the general one, ``kept`` what was typed."""
    heading, sentence = _SENTENCES.get(status, _SENTENCES[400])
    return render_template("intake/trouble.html", heading=_(heading), reason=reason or _(sentence), kept=kept)


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return page(status, kept=_kept()), status


def _refused(refused: RequestRefused) -> tuple[str, int]:
    return page(refused.status, kept=_kept()), refused.status


def _ours(error: WhistleError) -> tuple[str, int]:
    """Answer what the organisation, the shelf or the sender did; the error's own sentence explains it."""
    unavailable = isinstance(error, ShelfError | CourierError | KeyringError | ProtocolError)
    status = HTTPStatus.SERVICE_UNAVAILABLE if unavailable else HTTPStatus.UNPROCESSABLE_ENTITY
    return page(HTTPStatus.SERVICE_UNAVAILABLE, why_closed(error), _kept()), status


def _fault(error: Exception) -> tuple[str, int]:
    """Answer a fault of ours: its place is counted, nothing of the request is."""
    if not isinstance(error, ConnectionError):
        here.link().trouble(place_of(error))
    return page(HTTPStatus.INTERNAL_SERVER_ERROR, kept=_kept()), HTTPStatus.INTERNAL_SERVER_ERROR


def _kept() -> str:
    """Return what somebody typed, as far as it was read, for a page that cannot put it back into its form."""
    try:
        return "\n\n".join(filter(None, (request.form.get(name, "") for name in ("text", "contact"))))
    except (HTTPException, OSError):
        return ""
