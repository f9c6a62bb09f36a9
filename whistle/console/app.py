"""The Flask application of a console: pages for one reviewer, in one browser, on one machine."""

from io import BytesIO
from pathlib import Path
from typing import IO, Final

from flask import Flask, Request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup

from whistle import language
from whistle.console.desk import Desk
from whistle.console.guard import Guard
from whistle.console.pages import here, trouble
from whistle.console.pages.cases import cases_pages
from whistle.console.pages.door import door_pages
from whistle.console.pages.fetching import Fetching, fetching_pages
from whistle.console.pages.here import Couriers
from whistle.console.pages.outgoing import Outgoing
from whistle.console.settings import ConsoleSettings

_PACKAGE: Final = Path(__file__).parent.parent
#: Bytes of one answer with its files, which are held in memory until they are sealed.
_FORM_BYTES: Final = 256 << 20
_TEXT_BYTES: Final = 4 << 20
_PARTS: Final = 1_000


class _InMemory(Request):
    """A request whose uploads stay in memory; by default those over 500 KiB would be written to /tmp in clear."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        del total_content_length, content_type, filename, content_length
        return BytesIO()


class _Pages(Flask):
    request_class = _InMemory


def create_app(settings: ConsoleSettings, desk: Desk, couriers: Couriers) -> Flask:
    """Return the pages over ``desk``; ``couriers`` opens the ways to the intake."""
    app = _Pages(
        "whistle", root_path=str(_PACKAGE), static_folder=_PACKAGE / "static" / "console", static_url_path="/static"
    )
    app.config.update(MAX_CONTENT_LENGTH=_FORM_BYTES, MAX_FORM_MEMORY_SIZE=_TEXT_BYTES, MAX_FORM_PARTS=_PARTS)
    guard = Guard(settings)
    outgoing = Outgoing(desk, couriers, settings.post_minutes)
    fetching = Fetching(desk, couriers, outgoing)
    app.extensions[here.EXTENSION] = here.Console(settings, desk, guard, couriers, fetching, outgoing)
    guard.register(app)
    app.before_request(_begin)
    CSRFProtect(app)
    app.before_request(here.ask_for_passphrase)
    _set_up_templates(app)
    for pages in (door_pages, cases_pages, fetching_pages):
        app.register_blueprint(pages)
    trouble.register(app)
    return app


def _begin() -> None:
    language.use(here.LANGUAGE)


def _set_up_templates(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Called anew for every sentence, so that each speaks the language of its request.
    app.jinja_env.install_gettext_callables(language._, language.plural, newstyle=False)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(
        plural=language.plural, token=_token_field, admitted=here.is_admitted, me=here.me, language=here.LANGUAGE
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _token_field() -> Markup:
    """Return the hidden field without which no form is accepted."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
