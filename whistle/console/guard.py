"""What stands between the console's pages and everybody but the one browser that unlocked it.

The console listens on a loopback address, but other people and programs of the same machine reach that too, and so
does every web page that the reviewer's browser shows: names can be pointed at loopback addresses (DNS rebinding),
and cookies are sent to every port of a host, also to a server that another user of the machine runs there. Therefore
a cookie alone opens nothing: every page behind the passphrase lies below a path that nobody else can guess.
"""

import secrets
from collections.abc import Iterable
from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, abort, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from whistle.console.settings import ConsoleSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
        self._path = "/" + secrets.token_hex(32)

    @property
    def address(self) -> str:
        """Where the console's pages are; once this browser is let in, those behind the passphrase."""
        return f"http://{self._host}{self._path if self.admitted else ''}/"

    @property
    def inside(self) -> str:
        """The path of the first page behind the passphrase, only ever told to who gave it."""
        return self._path + "/"

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
        app.wsgi_app = self._below(app.wsgi_app)  # type: ignore[assignment,method-assign] # as Flask says to
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
        named = request.host == self._host and self.knows_path
        return named and compare_digest(str(session.get(_SESSION, "")), self._token)

    @property
    def knows_path(self) -> bool:
        """Whether this request came by the path that only who gave the passphrase was told."""
        return request.script_root == self._path

    def _below(self, application: "WSGIApplication") -> "WSGIApplication":
        """Return ``application`` with all of its pages below the secret path too, which its links then keep."""

        def below(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            before, rest = path[: len(self._path)], path[len(self._path) :]
            if rest.startswith("/") and compare_digest(before.encode(), self._path.encode()):
                environ["SCRIPT_NAME"], environ["PATH_INFO"] = before, rest
            return application(environ, start_response)

        return below

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
