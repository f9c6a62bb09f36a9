"""What this installation serves, for the organisation's root to sign. docs/protocol.md, section 7."""

from importlib.metadata import version

from flask import Flask

from whistle.errors import ManifestMalformed, SettingsError
from whistle.intake.app import create_app
from whistle.intake.application import static_folders
from whistle.intake.headers import SECURITY_HEADERS
from whistle.intake.settings import IntakeSettings
from whistle.intake.static import StaticFiles
from whistle.language import _
from whistle.protocol.manifest import MANIFEST_PATH, Header, Release, SiteFile


def release_of(settings: IntakeSettings) -> Release:
    """Return headers, pages and files of the site with these settings, as its server would read them now.

    Raises ``SettingsError``, also for a file whose name cannot be part of a manifest.
    """
    files = [SiteFile.of(*each) for each in StaticFiles(static_folders(settings)) if each[0] != MANIFEST_PATH]
    release = Release(
        version("whistle"),
        tuple(Header(name.lower(), SECURITY_HEADERS[name]) for name in sorted(SECURITY_HEADERS, key=str.lower)),
        tuple(sorted(_open_pages(create_app(settings)))),
        tuple(sorted(files, key=lambda file: file.path)),
    )
    try:
        bytes(release)
    except ManifestMalformed as error:
        raise SettingsError(_("a file of the site has a name or a size that no manifest can hold")) from error
    return release


def _open_pages(app: Flask) -> set[str]:
    """Return the paths of the pages that anybody can open: what is asked for by GET and has nothing to fill in."""
    return {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.arguments and rule.endpoint != "static"
    }
