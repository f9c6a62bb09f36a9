"""Logs that tell of visitors: addresses, what they opened, which browser they have. Nothing of a log is ever shown."""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from whistle.intake.doctor.finding import Finding, problem
from whistle.intake.doctor.machine import Machine
from whistle.language import _

_UNITS: Final = ("/etc/systemd/system/whistle*.service", "/lib/systemd/system/whistle*.service")
_OUTPUT: Final = re.compile(r"^Standard(?:Output|Error)=(?:file|append|truncate):(\S+)", re.MULTILINE)
_JOURNAL: Final = "/usr/bin/journalctl"
_LINES: Final = 5_000
_SECONDS: Final = 30

#: What may be an address; times of day look much the same.
_CANDIDATE: Final = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<![\w:])[0-9a-f:]*:[0-9a-f]*:[0-9a-f:.]*", re.IGNORECASE
)
_PATH: Final = re.compile(r"\b(?:GET|POST|HEAD) /\S*|(?<![\w/])/(?:report|replies|withdraw)\b|/v1/\w+")
_AGENT: Final = re.compile(r"Mozilla/\d|AppleWebKit|curl/\d|User-Agent", re.IGNORECASE)


def examine(machine: Machine, files: Iterable[Path]) -> Iterator[Finding]:
    """Look into ``files``, into those of our own service, and into its journal."""
    units = [unit for pattern in _UNITS for unit in machine.matching(pattern)]
    own = [Path(name) for unit in units for name in _OUTPUT.findall(machine.text(unit))]
    for file in dict.fromkeys((*files, *own)):
        yield from _told(str(file), machine.last_lines(file))
    for unit in units:
        yield from _told(_("the journal of {unit}").format(unit=unit.name), _journal(machine, unit.name))


def _told(name: str, lines: Sequence[str]) -> Iterator[Finding]:
    kinds: dict[str, Callable[[str], object]] = {
        _("addresses"): names_an_address,
        _("what was opened"): _PATH.search,
        _("browsers"): _AGENT.search,
    }
    found = [kind for kind, tells in kinds.items() if any(map(tells, lines))]
    if found:
        yield problem(
            "log-tells",
            _("{name} tells of visitors: {kinds}.").format(name=name, kinds=", ".join(found)),
            _("Switch this log off where it is made, and destroy what was written (shred -u, and its rotated copies)."),
        )


def names_an_address(line: str) -> bool:
    """Return whether a line has the address of another machine in it."""
    return any(map(_is_elsewhere, _CANDIDATE.findall(line)))


def _is_elsewhere(candidate: str) -> bool:
    try:
        address = ip_address(candidate.rstrip(".") if candidate.endswith(".") else candidate)
    except ValueError:
        return candidate.endswith(":") and _is_elsewhere(candidate[:-1])
    return not (address.is_loopback or address.is_unspecified)


def _journal(machine: Machine, unit: str) -> list[str]:
    program = machine.path(_JOURNAL)
    if not program.is_file():
        return []
    command = [str(program), "--unit", unit, "--output", "cat", "--lines", str(_LINES), "--no-pager"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - systemd's own
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.decode(errors="replace").splitlines()
