"""Whether the clock can be right: days decide which keys are good, and what is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.language import _

_HOUR = 3_600
_FIRST_RELEASE = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def examine(installation: Installation) -> Iterator[Finding]:
    """Compare the clock with what was written here before, without asking anybody."""
    settings = installation.settings
    mend = _("Run `timedatectl`; set the clock right and let it be kept so (systemd-timesyncd or chrony).")
    files = [settings.keyring, *_below(settings.statements), *_below(settings.shelf)]
    newest = max((path.stat().st_mtime for path in files if path.exists()), default=0.0)
    if newest > installation.now + _HOUR or installation.now < _FIRST_RELEASE:
        yield problem(
            "clock-behind",
            _("The clock says {day}, but files of the intake are newer than that.").format(
                day=installation.today.isoformat()
            ),
            mend,
        )
    kept = installation.machine.exists("run/systemd/timesync")
    if kept and not installation.machine.exists("run/systemd/timesync/synchronized"):
        yield warning("clock-alone", _("The clock has not been compared with any other since the start."), mend)


def _below(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
