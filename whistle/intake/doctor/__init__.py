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
from whistle.intake.doctor.finding import Finding, Severity, problem
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
    findings = [*_inside(examined, more_logs, thorough=thorough), *_from_outside(examined, address)]
    return sorted(findings, key=lambda finding: -finding.severity)


def _inside(examined: Installation, more_logs: tuple[Path, ...], *, thorough: bool) -> Iterator[Finding]:
    yield from installation.examine(examined)
    if not examined.settings.folder.is_dir():
        return
    for look in (trust, room, clock, processes, memory):
        yield from look.examine(examined)
    yield from shelves.examine(examined, thorough=thorough)
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
