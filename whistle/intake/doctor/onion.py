"""The onion service before the intake, where a torrc names it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.machine import Machine
from whistle.language import _

_FILES: Final = ("/etc/tor/torrc", "/etc/tor/torrc.d/*", "/etc/tor/instances/*/torrc")
_TALKATIVE: Final = frozenset({"debug", "info"})


def examine(machine: Machine, addresses: Sequence[str]) -> Iterator[Finding]:
    """Look at every torrc with an onion service that leads to one of ``addresses``."""
    for file in (file for pattern in _FILES for file in machine.matching(pattern)):
        lines = [line.split("#")[0].split() for line in machine.lines(file)]
        options = [(words[0].lower(), words[1:]) for words in lines if words]
        for service in _services(options, addresses):
            yield from _service_faults(file, service)
            yield from _common_faults(file, options)


def _services(options: list[tuple[str, list[str]]], addresses: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """Yield the options of each onion service that leads to the intake: from its HiddenServiceDir to the next."""
    services: list[dict[str, list[str]]] = []
    for name, words in options:
        if name == "hiddenservicedir":
            services.append({})
        if services and name.startswith("hiddenservice"):
            services[-1].setdefault(name, []).extend(words)
    targets = {*addresses, *(address.rpartition(":")[2] for address in addresses)}
    for service in services:
        port = service.get("hiddenserviceport", [])
        if targets & set(port[1:] or port):
            yield service


def _service_faults(file: Path, service: dict[str, list[str]]) -> Iterator[Finding]:
    if service.get("hiddenservicepowdefensesenabled") != ["1"]:
        yield warning(
            "onion-no-work",
            _("A flood can make the onion service unreachable: it asks for no proof of work ({file}).").format(
                file=file
            ),
            _("Add `HiddenServicePoWDefensesEnabled 1` below its HiddenServiceDir, with tor 0.4.8 or later."),
        )
    if "hiddenserviceexportcircuitid" in service:
        yield problem(
            "onion-exports-circuits",
            _("The onion service puts a line before each request that the intake does not understand ({file}).").format(
                file=file
            ),
            _("Remove HiddenServiceExportCircuitID."),
        )


def _common_faults(file: Path, options: list[tuple[str, list[str]]]) -> Iterator[Finding]:
    given = dict(options)
    single = ("hiddenservicesinglehopmode", "hiddenservicenonanonymousmode")
    if any(given.get(name, ["0"]) != ["0"] for name in single):
        yield problem(
            "onion-not-anonymous",
            _("The onion service runs in single-hop mode, which shows where this machine is ({file}).").format(
                file=file
            ),
            _("Remove HiddenServiceSingleHopMode and HiddenServiceNonAnonymousMode."),
        )
    if given.get("safelogging", ["1"]) == ["0"]:
        yield problem(
            "onion-logs-addresses",
            _("Tor writes addresses into its log ({file}).").format(file=file),
            _("Remove `SafeLogging 0`, and destroy the log."),
        )
    if any(name == "log" and words and words[0].partition("-")[0].lower() in _TALKATIVE for name, words in options):
        yield warning(
            "onion-logs-much",
            _("Tor keeps a talkative log, which tells when somebody was here ({file}).").format(file=file),
            _("Use `Log notice syslog`, or no Log line at all."),
        )
