"""Whether the intake runs, as whom, and what it or others left behind."""

import stat
from collections.abc import Iterator
from pathlib import Path

from whistle.intake.doctor.finding import Finding, note, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.intake.doctor.machine import Machine, family
from whistle.language import _

_STICKY = stat.S_ISVTX
#: What servers and libraries leave in temporary folders when they are not told otherwise.
_TEMPORARY = (
    "tmp/wgunicorn-*",
    "tmp/werkzeug*",
    "var/tmp/werkzeug*",
    "var/lib/nginx/body/*",
    "var/lib/nginx/proxy/*/*/*",
    "var/cache/nginx/client_temp/*",
    "var/cache/nginx/proxy_temp/*/*/*",
)


def examine(installation: Installation) -> Iterator[Finding]:
    """Look at processes, at temporary folders and at what was cut off."""
    server = installation.server
    if server is None:
        yield warning(
            "not-running",
            _("No intake serves {path} now.").format(path=installation.settings.folder),
            _("Start it: systemctl start whistle-intake, or `whistle intake`."),
        )
        yield from _left_over(installation)
    elif any(process.user == 0 for process in family(installation.machine, server)):
        yield problem(
            "runs-as-root",
            _("The intake runs as root: whoever breaks into it has the whole machine."),
            _("Give it a user of its own, as config/whistle-intake.service does, and the folder to that user."),
        )
    yield from _temporary(installation.machine)
    yield from _sockets(installation)


def _left_over(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    drafts = [*settings.statements.glob("*.new"), *settings.shelf.glob("fresh-*"), *settings.shelf.glob("sorting.*")]
    if drafts:
        yield note(
            "cut-off",
            _("The last stop cut something off: {names}.").format(names=", ".join(path.name for path in drafts)),
            _("Nothing is lost. The next start and the next night finish it."),
        )


def _sockets(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    folders = [settings.folder, settings.statements, settings.shelf]
    strange = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if _is_strange(path)]
    if strange:
        yield warning(
            "strange-files",
            _("{path} is a socket, a link, a lock or a device, and Whistle makes none of these here.").format(
                path=strange[0]
            ),
            _("Find out which program made it, and remove it."),
        )


def _is_strange(path: Path) -> bool:
    mode = path.lstat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or path.suffix in {".lock", ".pid", ".sock"}


def _temporary(machine: Machine) -> Iterator[Finding]:
    for name in ("tmp", "var/tmp"):
        path = machine.path(name)
        if path.is_dir() and path.stat().st_mode & 0o002 and not path.stat().st_mode & _STICKY:
            yield problem(
                "temporary-open",
                _("Everybody can remove and replace the files of others in /{name}.").format(name=name),
                _("Run: chmod 1777 /{name}").format(name=name),
            )
    found = [
        path for pattern in _TEMPORARY for path in machine.matching(pattern) if _holds_something(machine.path(path))
    ]
    if found:
        yield problem(
            "temporary-files",
            _(
                "A server has written {count} temporary files, {path} among them: they can hold what somebody sent."
            ).format(count=len(found), path=found[0]),
            _("Find out from its settings why, mend them as docs/operating.md says, and then remove the files."),
        )


def _holds_something(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False
