"""What a page knows while it is made: the desk, the settings, and who is in front of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from flask import Flask, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from whistle.console.desk import Desk
from whistle.console.guard import Guard
from whistle.console.settings import ConsoleSettings
from whistle.courier import Courier

if TYPE_CHECKING:
    from whistle.console.pages.fetching import Fetching
    from whistle.console.pages.outgoing import Outgoing

#: Where the application keeps what follows.
EXTENSION: Final = "whistle-console"
#: The only language yet.
LANGUAGE: Final = "en"
#: Opens two ways to the intake: one for signed requests, one for what must not be linked to them.
Couriers: TypeAlias = Callable[[], AbstractContextManager[tuple[Courier, Courier]]]
_OPEN_TO_ALL: Final = frozenset({"static", "door.unlock"})


@dataclass(frozen=True)
class Console:
    """Everything that lives as long as the console does."""

    settings: ConsoleSettings
    desk: Desk
    guard: Guard
    couriers: Couriers
    fetching: "Fetching"
    outgoing: "Outgoing"


@dataclass(frozen=True)
class Me:
    """Who is in front of the page, and of which organisation."""

    name: str
    organisation: str


def console() -> Console:
    """Return the console that makes this page."""
    return of(current_app)


def of(app: Flask) -> Console:
    """Return the console that ``app`` has the pages of."""
    found: Console = app.extensions[EXTENSION]
    return found


def desk() -> Desk:
    """Return the desk."""
    return console().desk


def is_admitted() -> bool:
    """Tell whether the desk is open, and to this browser."""
    return not desk().is_locked and console().guard.admitted


def me() -> Me:
    """Return who is in front of the page."""
    return Me(desk().me.name, desk().keyring.organisation)


def ask_for_passphrase() -> Response | tuple[str, int] | None:
    """Let nobody go on who has not given the passphrase; what a form brought is kept for afterwards."""
    if request.endpoint in _OPEN_TO_ALL or is_admitted():
        return None
    if request.method == "GET":
        return redirect(url_for("door.unlock"))
    label = (request.view_args or {}).get("label", "")
    page = render_template("console/unlock.html", wrong=None, text=request.form.get("text", ""), case=label)
    return page, HTTPStatus.FORBIDDEN
