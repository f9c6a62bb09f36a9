"""What is examined: the settings, the folder they name, the machine around them, and the moment."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from whistle.intake.doctor.finding import Finding, note, problem, warning
from whistle.intake.doctor.machine import Machine, Process, holder
from whistle.intake.settings import IntakeSettings
from whistle.language import _

_WRITABLE = 0o022
_LEAST_WORK = 8
_LONGEST_DAYS = 365
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


@dataclass(frozen=True)
class Installation:
    """An intake and what is around it. ``today`` is in UTC, ``now`` in Unix seconds; ``file`` holds the settings."""

    file: Path
    settings: IntakeSettings
    machine: Machine
    today: date
    now: float

    @property
    def server(self) -> Process | None:
        """The worker that has the shelf open, if the intake runs."""
        return holder(self.machine, self.settings.shelf)


def examine(installation: Installation) -> Iterator[Finding]:
    """Look at the settings and at who can reach the files."""
    yield from _values(installation)
    yield from _settings_file(installation)
    folder = installation.settings.folder
    if not folder.is_dir():
        yield problem(
            "folder-missing",
            _("The intake's folder {path} does not exist.").format(path=folder),
            _("Make it, with mode 0700 and owned by the user that runs the intake, and put keyring.json in it."),
        )
        return
    yield from _folder(folder)
    yield from _files(installation)


def _values(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    if settings.host not in _LOCAL:
        tell = note if any(map(installation.machine.exists, _CONTAINER_MARKS)) else warning
        yield tell(
            "listens-outside",
            _("The intake listens on {host}, without TLS.").format(host=settings.host),
            _("Set host to 127.0.0.1. In a container, publish the port to the proxy or the onion service only."),
        )
    if settings.work_bits < _LEAST_WORK:
        yield warning(
            "work-low",
            _("Requests cost almost no work (work_bits = {bits}), so a flood costs nothing.").format(
                bits=settings.work_bits
            ),
            _("Set work_bits to 12."),
        )
    if settings.chunk_days > _LONGEST_DAYS:
        yield warning(
            "kept-long",
            _("Records are kept for {days} days. What is kept can be seized.").format(days=settings.chunk_days),
            _("Set message_days and chunk_days to what consoles need to fetch everything: 90 is plenty."),
        )
    if settings.neutral_site.startswith("http:"):
        yield warning(
            "neutral-site-plain",
            _("The neutral site is opened without encryption, just when somebody may be watched."),
            _("Set neutral_site to an https:// address."),
        )


def _settings_file(installation: Installation) -> Iterator[Finding]:
    file = installation.file
    for path in (file, file.parent):
        try:
            writable = path.stat().st_mode & _WRITABLE and not path.stat().st_mode & stat.S_ISVTX
        except OSError:
            continue
        if writable:
            yield problem(
                "settings-writable",
                _("Others on this machine can change {path}, and so what the intake does.").format(path=path),
                _("Run: chmod go-w {path}").format(path=path),
            )
    if (file.parent / "trial-passphrase").exists():
        yield note(
            "trial",
            _("This is a trial: every key of the organisation lies on this machine, under a weak passphrase."),
            _("Use it for no real report. docs/operating.md says how to begin in earnest."),
        )
    elif any(line.strip() == "[console]" for line in file.read_text("utf-8").splitlines()):
        yield warning(
            "console-here",
            _("A reviewer's console is set up here as well: whoever takes this machine has the vault too."),
            _("Run consoles on machines of their own, and remove the section."),
        )


def _folder(folder: Path) -> Iterator[Finding]:
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield problem(
            "folder-open",
            _("Others on this machine can enter the intake's folder {path}.").format(path=folder),
            _("Run: chmod 0700 {path}").format(path=folder),
        )
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if mode & _WRITABLE and not mode & stat.S_ISVTX:
            yield problem(
                "parent-writable",
                _("Others on this machine can change {path}, and so replace the intake's folder.").format(path=parent),
                _("Run: chmod go-w {path}").format(path=parent),
            )


def _files(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    shelf = settings.shelf
    if shelf.is_dir():
        wrong = [path for path in (shelf, *shelf.iterdir()) if _mode(path) != (0o700 if path == shelf else 0o600)]
        for path in wrong:
            yield problem(
                "shelf-open",
                _("{path} has a mode with which the shelf refuses to open.").format(path=path),
                _("Run: chmod u=rwX,go= {path} – and find out who changed it.").format(path=path),
            )
    for path in (settings.keyring, settings.statements, *settings.statements.glob("*.json")):
        if path.exists() and _mode(path) & _WRITABLE:
            yield problem(
                "published-writable",
                _("Others on this machine can change {path}.").format(path=path),
                _("Run: chmod go-w {path}").format(path=path),
            )
    yield from _owners(installation)


def _owners(installation: Installation) -> Iterator[Finding]:
    settings, server = installation.settings, installation.server
    owner = settings.folder.stat().st_uid if server is None else server.user
    parts = (settings.folder, settings.statements, settings.shelf)
    files = [path for path in parts if path.exists()]
    files += [path for part in parts[1:] if part.is_dir() for path in part.iterdir()]
    strangers = [path for path in files if path.lstat().st_uid != owner]
    if strangers:
        yield problem(
            "owner-differs",
            _("{path}, and {count} in all, do not belong to user {user}, who runs the intake.").format(
                count=len(strangers), user=owner, path=strangers[0]
            ),
            _("Run: chown -R {user} {path}").format(user=owner, path=settings.folder),
        )
    unreadable = server is not None and settings.keyring.exists() and not _may_read(settings.keyring, server.user)
    if unreadable:
        yield problem(
            "keyring-unreadable",
            _("The user that runs the intake cannot read {path}.").format(path=settings.keyring),
            _("Run: chmod 0644 {path}").format(path=settings.keyring),
        )


def _may_read(path: Path, user: int) -> bool:
    status = path.stat()
    return user == 0 or bool(status.st_mode & (0o400 if status.st_uid == user else 0o044))


def _mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)
