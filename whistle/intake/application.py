"""What gunicorn is told to load, see ``config/gunicorn.conf.py``: the pages, with the settings of their server."""

from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask

from whistle.intake.app import STATIC_FOLDER, STATIC_PATH, create_app
from whistle.intake.limits import Limits
from whistle.intake.pages import here
from whistle.intake.pages.errors import refusal_pages
from whistle.intake.settings import IntakeSettings, load
from whistle.intake.site import Site
from whistle.protocol.receipt import Receipt

#: Below the intake's folder: files for ``/.well-known/``, such as a signed ``security.txt``.
WELL_KNOWN: Final = "well-known"


def site(settings_file: str) -> Site:
    """Return the site that the settings describe; raises ``SettingsError``."""
    return site_of(load(Path(settings_file)))


def site_of(settings: IntakeSettings) -> Site:
    """Return the site of these settings; raises ``SettingsError``."""
    app = create_app(settings)
    _practise(app)
    return Site(
        application=app,
        settings=settings,
        limits=Limits.of(settings),
        static={f"{STATIC_PATH}/": STATIC_FOLDER, "/.well-known/": settings.folder / WELL_KNOWN},
        pages=refusal_pages(app),
        prepare=partial(here.prepare, app),
    )


def _practise(app: Flask) -> None:
    """Do once in the master what every child would do again: a child lives for one page and remembers nothing."""
    Receipt.parse(" ".join(Receipt.generate().words("english")))  # loads the words of all languages
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("intake/")):
        app.jinja_env.get_template(name)
