"""What stands between the console's pages and everybody but the one browser that unlocked it.

The console listens on a loopback address, but other people and programs of the same machine reach that too, and so
does every web page that the reviewer's browser shows: names can be pointed at loopback addresses (DNS rebinding),
and cookies are sent to every port of a host.
"""

import secrets
from hmac import compare_digest
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, abort, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from whistle.console.settings import ConsoleSettings

_SESSION: Final = "unlocked"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final[dict[str, str]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through what comes from the one browser that gave the passphrase, to the one name of this console."""

    def __init__(self, settings: ConsoleSettings) -> None:
        """Take the settings, whose ``name`` and ``port`` are the only host that is answered."""
        self._host = f"{settings.name}:{settings.port}"
        self._numeric = f"{settings.host}:{settings.port}"
        self._token = secrets.token_hex(32)

    @property
    def address(self) -> str:
        """Where the console's pages are."""
        return f"http://{self._host}/"

    def register(self, app: Flask) -> None:
        """Check every request to ``app``, and protect every answer."""
        app.config.update(
            # Sessions end with the process: the key is never written down.
            SECRET_KEY=secrets.token_bytes(32),
            SESSION_COOKIE_NAME="whistle-console",
            SESSION_COOKIE_SAMESITE="Strict",
            SESSION_COOKIE_HTTPONLY=True,
            WTF_CSRF_TIME_LIMIT=None,
        )
        app.before_request(self._check_host)
        app.after_request(_protect)

    def admit(self) -> None:
        """Let this browser in, and every other one out: there is one reviewer."""
        self._token = secrets.token_hex(32)
        session.clear()
        session[_SESSION] = self._token

    def dismiss(self) -> None:
        """Let nobody in until the passphrase is given again."""
        self._token = secrets.token_hex(32)

    @property
    def admitted(self) -> bool:
        """Whether this request comes from the browser that gave the passphrase."""
        named = request.host == self._host
        return named and compare_digest(str(session.get(_SESSION, "")), self._token)

    def _check_host(self) -> AnyResponse | None:
        if request.host == self._host:
            return None
        if request.host == self._numeric and request.method == "GET":
            # An address in numbers cannot be rebound, but its cookies would reach every server of this machine.
            return redirect(self.address, code=HTTPStatus.TEMPORARY_REDIRECT)
        return abort(HTTPStatus.MISDIRECTED_REQUEST)


def _protect(response: Response) -> Response:
    # A file to be saved brings a stricter policy of its own.
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    return response
