"""What gunicorn is told to load, see ``config/gunicorn.conf.py``: the pages, with the settings of their server."""

from functools import partial
from pathlib import Path
from typing import Final

from whistle.intake.app import STATIC_FOLDER, STATIC_PATH, create_app
from whistle.intake.limits import Limits
from whistle.intake.pages import rehearsal
from whistle.intake.pages.errors import refusal_pages
from whistle.intake.settings import IntakeSettings, load
from whistle.intake.site import Site

#: Below the intake's folder: files for ``/.well-known/``, such as a signed ``security.txt``.
WELL_KNOWN: Final = "well-known"


def site(settings_file: str) -> Site:
    """Return the site that the settings describe; raises ``SettingsError``."""
    return site_of(load(Path(settings_file)))


def site_of(settings: IntakeSettings) -> Site:
    """Return the site of these settings; raises ``SettingsError``."""
    app = create_app(settings)
    return Site(
        application=app,
        settings=settings,
        limits=Limits.of(settings),
        static=static_folders(settings),
        pages=refusal_pages(app),
        prepare=partial(rehearsal.prepare, app),
    )


def static_folders(settings: IntakeSettings) -> dict[str, Path]:
    """Return the folders whose files are served as they are, by the beginning of their paths."""
    return {f"{STATIC_PATH}/": STATIC_FOLDER, "/.well-known/": settings.folder / WELL_KNOWN}
