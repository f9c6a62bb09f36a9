"""In and out: the passphrase, and the lock."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from whistle.console.pages import here
from whistle.console.pages.cases import show_case
from whistle.errors import CaseUnknown, VaultError, WrongPassphrase

door_pages = Blueprint("door", __name__)


@door_pages.route("/unlock", methods=["GET", "POST"])
def unlock() -> Response | str | tuple[str, int]:
    """Ask for the passphrase; afterwards go on where a form was interrupted."""
    if request.method == "GET":
        return render_template("console/unlock.html", wrong=None, text="", case="")
    text, label = request.form.get("text", ""), request.form.get("case", "")
    try:
        _unlock(request.form.get("passphrase", ""))
    except VaultError as error:
        wrong = isinstance(error, WrongPassphrase)
        return _refuse(error, text, label, HTTPStatus.FORBIDDEN if wrong else HTTPStatus.SERVICE_UNAVAILABLE)
    guard = here.console().guard
    if text and not guard.knows_path:
        return redirect(guard.inside + "unlock", code=HTTPStatus.TEMPORARY_REDIRECT)  # with the same form
    guard.admit()
    if text:
        try:
            return show_case(here.desk().case(label), text=text)
        except CaseUnknown as error:
            return _refuse(error, text, "", HTTPStatus.NOT_FOUND)
    return redirect(guard.inside, code=HTTPStatus.SEE_OTHER)


@door_pages.post("/lock")
def lock() -> Response:
    """Forget every secret, and the browser."""
    here.desk().lock()
    here.console().guard.dismiss()
    return redirect(url_for("door.unlock"), code=HTTPStatus.SEE_OTHER)


def _unlock(passphrase: str) -> None:
    """Open the desk; where another browser has opened it already, the passphrase still has to be the right one.

    Whoever else reaches this page must not be able to lock the reviewer out, or to cut a fetch off, by a wrong one.
    """
    if here.desk().is_locked:
        here.desk().unlock(passphrase)
    else:
        here.desk().check_passphrase(passphrase)


def _refuse(error: VaultError | CaseUnknown, text: str, label: str, status: HTTPStatus) -> tuple[str, int]:
    return render_template("console/unlock.html", wrong=error.message(), text=text, case=label), status
