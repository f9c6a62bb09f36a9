"""Let wapiti and sqlmap loose on a trial's intake and console, and say what they find that is no known false alarm.

    python -m dev.scan                # everything; this takes a while
    python -m dev.scan --quick        # less of it: fewer payloads, and modules that are cut short
    python -m dev.scan door sqlmap    # only this face of it, only this scanner

What they say goes to the folder ``build/scan``. The status is 0 where nothing is left unexplained.
"""

import json
import shutil
import socket
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

from dev.scan import targets
from dev.scan.findings import Finding, false_alarms, unexplained
from dev.scan.relay import Relay
from dev.scan.scanners import MODULE_SECONDS, ScannerError, Target, sqlmap, wapiti
from dev.scan.trial import Scanned, trial

ALARMS: Final = Path(__file__).parent / "false_alarms.toml"
OUTCOME: Final = Path(__file__).parent.parent.parent / "build" / "scan"
SITES: Final = frozenset({"intake", "door", "console"})
TOOLS: Final = frozenset({"wapiti", "sqlmap"})
QUICK: Final = "--quick"
#: For one module of wapiti.
QUICK_SECONDS: Final = 90


@dataclass(frozen=True)
class Wish:
    """What is to be done; raises ``ValueError`` for an argument that says nothing."""

    sites: frozenset[str] = SITES
    tools: frozenset[str] = TOOLS
    quick: bool = False

    @classmethod
    def of(cls, arguments: Iterable[str]) -> Self:
        """Read a command line; what it does not name at all is done in full."""
        named = frozenset(arguments)
        if named - SITES - TOOLS - {QUICK}:
            raise ValueError(", ".join(named - SITES - TOOLS))
        return cls(named & SITES or SITES, named & TOOLS or TOOLS, QUICK in named)


def scan(scanned: Scanned, folder: Path, wish: Wish) -> list[Finding]:
    """Scan the three faces of a trial and return everything that was found; raises ``ScannerError``."""
    found: list[Finding] = []
    with (
        Relay(scanned.intake_port, scanned.source) as intake,
        Relay(scanned.console_port, scanned.stranger) as door,
        Relay(scanned.console_port, scanned.reviewer) as console,
    ):
        inside, (label, item) = scanned.reviewer.inside, scanned.reviewer.file()
        for name, relay, start, requests in (
            ("intake", intake, "/", targets.of_intake(scanned.words)),
            ("door", door, "/unlock", targets.of_door()),
            ("console", console, inside, targets.of_console(inside, label, item)),
        ):
            place = folder / name
            place.mkdir()
            if name in wish.sites and "wapiti" in wish.tools:
                print(f"{name}: wapiti", flush=True)
                seconds = QUICK_SECONDS if wish.quick else MODULE_SECONDS
                found += wapiti(name, _address(relay) + start, place, seconds=seconds)
            for target in requests if name in wish.sites and "sqlmap" in wish.tools else ():
                print(f"{name}: sqlmap: {target.method} {relay.dress.route(target.path.partition('?')[0])}", flush=True)
                found += _varied(name, relay, target, place, quick=wish.quick)
            _tell_reach(name, relay)
    return [_without_secret(finding, inside) for finding in found]


def _varied(name: str, relay: Relay, target: Target, place: Path, *, quick: bool) -> list[Finding]:
    own = place / f"{len(list(place.iterdir())):03}"
    own.mkdir()
    return sqlmap(name, _address(relay), target.at_level(1) if quick else target, own)


def _address(relay: Relay) -> str:
    return f"http://127.0.0.1:{relay.port}"


def _without_secret(finding: Finding, inside: str) -> Finding:
    """Return a finding with the console's secret path, which is another one each time, left out."""
    return Finding(**{name: value.replace(inside, "/…/") for name, value in asdict(finding).items()})


def _tell_reach(name: str, relay: Relay) -> None:
    """Say how far requests came: what was answered by whom, by route and status."""
    routes = sorted({(method, route) for method, route, _status in relay.counts})
    for method, route in routes:
        statuses = {status: count for (*where, status), count in relay.counts.items() if where == [method, route]}
        if set(statuses) != {HTTPStatus.NOT_FOUND}:
            told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
            print(f"{name}:   {method} {route}  {told}")


def main(arguments: Iterable[str]) -> None:
    """Scan, compare, and end with a status other than 0 where something is left unexplained."""
    try:
        wish = Wish.of(arguments)
    except ValueError as error:
        sys.exit(f"Not known: {error}. Known are {', '.join(sorted(SITES | TOOLS))} and {QUICK}.")
    shutil.rmtree(OUTCOME, ignore_errors=True)
    OUTCOME.mkdir(parents=True)
    try:
        with trial(OUTCOME, _free_port(), _free_port()) as scanned:
            found = scan(scanned, OUTCOME, wish)
    except ScannerError as error:
        sys.exit(f"The scan is not complete: {error}")
    (OUTCOME / "findings.json").write_text(json.dumps([asdict(finding) for finding in found], indent=1))
    left = unexplained(found, false_alarms(ALARMS))
    print(f"{len(set(found))} findings, {len(left)} of them no known false alarm")
    for finding in left:
        print(finding)
    sys.exit(bool(left))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
