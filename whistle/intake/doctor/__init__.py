"""``whistle doctor``: looks over an installation of the intake as its operator would want to be warned.

Each file looks at one matter and yields findings; a code once given keeps its meaning, since scripts go by it. Nothing
is changed, nothing is asked of anybody but the site itself, and no finding quotes a log.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from whistle.errors import SettingsError, WhistleError
from whistle.intake.doctor import (
    clock,
    installation,
    logs,
    memory,
    nginx,
    onion,
    outside,
    processes,
    proxies,
    room,
    shelves,
    trust,
)
from whistle.intake.doctor.finding import Finding, Severity, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.intake.doctor.machine import Machine
from whistle.intake.doctor.outside import Address
from whistle.intake.published import Bulletin
from whistle.intake.settings import IntakeSettings, load
from whistle.language import _

__all__ = ["Address", "Finding", "Machine", "Severity", "examine"]


def examine(
    file: Path,
    machine: Machine,
    *,
    address: Address | None = None,
    more_logs: tuple[Path, ...] = (),
    thorough: bool = False,
) -> list[Finding]:
    """Return what is to be said of the installation whose settings are in ``file``, the worst first."""
    try:
        settings = load(file)
    except SettingsError as error:
        return [problem("settings-broken", error.message(), _("Mend that line. config/whistle.toml explains each."))]
    now = datetime.now(UTC)
    examined = Installation(file.resolve(), settings, machine, now.date(), now.timestamp())
    looks = [
        *_inside(examined, thorough=thorough),
        _before(examined, more_logs),
        _from_outside(examined, address),
    ]
    findings = [finding for look in looks for finding in _allowed(look)]
    return sorted(dict.fromkeys(findings), key=lambda finding: -finding.severity)


def _allowed(look: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what a look finds, and say so where this user may not look."""
    try:
        yield from look
    except PermissionError as error:
        yield warning(
            "not-allowed",
            _("This user may not look at {path}.").format(path=error.filename),
            _("Run the doctor as root, or as the user that runs the intake."),
        )


def _inside(examined: Installation, *, thorough: bool) -> Iterator[Iterator[Finding]]:
    yield installation.examine(examined)
    if examined.settings.folder.is_dir():
        yield from (look.examine(examined) for look in (trust, room, clock, processes, memory))
        yield shelves.examine(examined, thorough=thorough)


def _before(examined: Installation, more_logs: tuple[Path, ...]) -> Iterator[Finding]:
    """Look at what stands before the intake, and at its logs."""
    machine, addresses = examined.machine, _addresses(examined.settings)
    for before in (nginx, proxies, onion):
        yield from before.examine(machine, addresses)
    written = (*nginx.logs(machine, addresses), *proxies.logs(machine, addresses), *more_logs)
    yield from logs.examine(machine, written)


def _from_outside(examined: Installation, address: Address | None) -> Iterator[Finding]:
    if address is None:
        return
    settings = examined.settings
    document = None
    if settings.keyring.is_file() and settings.statements.is_dir():
        try:
            document = Bulletin(settings.keyring, settings.statements, settings.work_bits).document
        except WhistleError:
            document = None  # said already
    yield from outside.examine(address, document)


def _addresses(settings: IntakeSettings) -> tuple[str, ...]:
    names = ("127.0.0.1", "localhost", "[::1]", settings.host)
    return tuple(dict.fromkeys(f"{name}:{settings.port}" for name in names))
