"""Whether the shelf's files are sound, and tidied every night."""

from collections.abc import Iterator

from whistle.intake.doctor.finding import Finding, note, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.language import _
from whistle.shelf import health

_OVERDUE_SECONDS = 49 * 3_600
_MIB = 1 << 20
_QUICK_MIB = 1_024


def examine(installation: Installation, *, thorough: bool = False) -> Iterator[Finding]:
    """Look into the shelf where nobody has it open; ``thorough`` also reads one that is larger than a gigabyte."""
    folder = installation.settings.shelf
    if not folder.is_dir():
        return
    if installation.server is not None:
        yield from _nights(installation)
        return
    findings = list(_at_rest(installation, thorough=thorough))
    if installation.server is None:  # one that was started meanwhile has changed the files under our eyes
        yield from findings


def _nights(installation: Installation) -> Iterator[Finding]:
    messages, server = installation.settings.shelf / health.MESSAGES, installation.server
    if server is None or not messages.is_file():
        return
    since = max(messages.stat().st_mtime, server.started)
    if installation.now - since > _OVERDUE_SECONDS:
        yield warning(
            "tidy-overdue",
            _("The shelf was not tidied for more than two nights: what expired or was withdrawn still fills it."),
            _("Run `kill -USR1` on the intake's worker, and look in its log for what went wrong."),
        )


def _at_rest(installation: Installation, *, thorough: bool) -> Iterator[Finding]:
    folder = installation.settings.shelf
    if health.was_cut_off(folder):
        yield note(
            "shelf-cut-off",
            _("The intake did not stop by itself, and the shelf's files are not read while they are in this state."),
            _("Nothing is lost. Start the intake, which puts them in order."),
        )
        return
    size = sum(path.stat().st_size for path in folder.iterdir()) // _MIB
    if size > _QUICK_MIB and not thorough:
        yield note(
            "shelf-not-read",
            _("The shelf is {size} MiB large, and was not read.").format(size=size),
            _("Run `whistle doctor --thorough` to have its files checked while the intake is stopped."),
        )
        return
    for name in health.damaged(folder):
        yield problem(
            "shelf-damaged",
            _("{name} of the shelf is damaged.").format(name=name),
            _("Keep the intake stopped, save the whole folder, check the disk, and restore a backup of the shelf."),
        )
        return
    oldest = health.oldest_arrival(folder)
    if oldest is not None and (installation.today - oldest).days > 1:
        yield note(
            "tidy-waits",
            _("The shelf was not tidied since {day}, because the intake did not run.").format(day=oldest.isoformat()),
            _("Start the intake, which begins with it."),
        )
