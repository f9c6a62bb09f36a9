"""The Flask application of the intake: pages for people, made in a process that ends with its answer."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, has_request_context, request

from whistle import language
from whistle.intake import places, questionnaires
from whistle.intake.headers import SECURITY_HEADERS
from whistle.intake.origin import from_elsewhere
from whistle.intake.pages import errors, here
from whistle.intake.pages.here import PageSettings
from whistle.intake.pages.replies import replies_pages
from whistle.intake.pages.report import report_pages
from whistle.intake.pages.start import start_pages, why_unreachable
from whistle.intake.pages.steps import steps_pages
from whistle.intake.pages.withdraw import withdraw_pages
from whistle.intake.published import today
from whistle.intake.request import LIMITS, PageRequest
from whistle.intake.settings import IntakeSettings
from whistle.intake.uploads import FormLimits

_PACKAGE: Final = Path(__file__).parent.parent
#: What the server answers by itself under ``/static/``.
STATIC_FOLDER: Final = _PACKAGE / "static" / "intake"
STATIC_PATH: Final = "/static"

#: Bytes. The longest text there may be, in a script of four bytes, takes a fifth of it.
_TEXT_BYTES: Final = 4 << 20
#: What Flask says of a static file: clocks, and marks by which a browser could be known again.
_TELLTALE: Final = ("Date", "ETag", "Last-Modified")
#: Fields of a form that are no files: people, above all.
_FIELDS: Final = 100


class _Pages(Flask):
    request_class = PageRequest


def create_app(settings: IntakeSettings, today: Callable[[], date] = today) -> Flask:
    """Return the pages; raises ``SettingsError`` for questionnaires that make no sense.

    Each request finds the way to the shelf in its WSGI environment, under ``child.LINK``.
    """
    app = _Pages(
        "whistle",
        root_path=str(_PACKAGE),
        static_folder=STATIC_FOLDER,
        static_url_path=STATIC_PATH,
    )
    app.extensions[here.EXTENSION] = PageSettings(
        questionnaires=questionnaires.load(settings.questionnaires),
        message_days=settings.message_days,
        form_bytes=settings.form_bytes,
        form_files=settings.form_files,
        ticket_seconds=settings.ticket_hours * 3_600,
        today=today,
    )
    app.extensions[LIMITS] = FormLimits(_TEXT_BYTES, settings.form_bytes, _FIELDS + settings.form_files)
    # A form without files: percent signs make text up to three times as long.
    app.config.update(MAX_CONTENT_LENGTH=3 * _TEXT_BYTES, MAX_FORM_MEMORY_SIZE=_TEXT_BYTES, MAX_FORM_PARTS=_FIELDS)
    _set_up_templates(app)
    app.jinja_env.globals.update(neutral_site=settings.neutral_site)
    for pages in (start_pages, steps_pages, report_pages, replies_pages, withdraw_pages):
        app.register_blueprint(pages)
    errors.register(app)
    app.before_request(_begin)
    forms = frozenset(rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))
    app.url_defaults(partial(_keep_place, forms))
    app.after_request(_protect)
    return app


def _begin() -> None:
    language.use(here.LANGUAGE)
    if request.method == "POST" and from_elsewhere(request.headers, request.host):
        abort(403)


def _keep_place(forms: frozenset[str], endpoint: str, values: dict[str, object]) -> None:
    """Give every form of a page that answers a form its ticket; a page that anybody can ask for is one for all."""
    if endpoint in forms and has_request_context() and request.method == "POST":
        values.setdefault(places.PARAMETER, here.place())


def _protect(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    for name in _TELLTALE:
        response.headers.pop(name, None)
    return response


def _set_up_templates(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Called anew for every sentence, so that each speaks the language of its request.
    app.jinja_env.install_gettext_callables(language._, language.plural, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(
        size_of=language.size_of,
        plural=language.plural,
        organisation=here.organisation,
        language=here.LANGUAGE,
        why_unreachable=why_unreachable,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
