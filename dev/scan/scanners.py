"""The scanners themselves, Debian's: how each is started, and what it found."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from dev.scan.findings import Finding, of_sqlmap, of_wapiti

#: All that wapiti has, except those that need the internet: lists of known programs and of their weaknesses
#: (``nikto``, ``wapp``), and a server of theirs that a site would be made to call (``ssrf``, ``xxe``); and ``buster``,
#: which asks for 31,545 files of other programs in every folder, where a fixed table of routes knows none of them.
MODULES: Final = (
    "backup,blindsql,brute_login_form,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,"
    "permanentxss,redirect,shellshock,sql,xss"
)
#: Reaches every form; further on it would meet the same ones with other words in them.
_DEPTH: Final = "4"
#: Seconds for one module of wapiti, and for one run of a scanner.
MODULE_SECONDS: Final = 3_600
_RUN_SECONDS: Final = 4 * 3_600
#: With one of these sqlmap ends where it could do its work.
_VERDICTS: Final = ("all tested parameters do not appear to be injectable", "identified the following injection point")


class ScannerError(Exception):
    """A scanner could not do its work."""


@dataclass(frozen=True)
class Target:
    """A request for sqlmap to vary; ``*`` in its path or body marks a place that is no parameter by itself."""

    method: str
    path: str
    body: str = ""
    #: of 5, and of 3: how many payloads sqlmap tries in how many places
    level: int = 3
    risk: int = 2

    def at_level(self, level: int) -> Self:
        """Return the same with as many payloads as ``level`` has, and the mildest of them."""
        return replace(self, level=level, risk=1)


def wapiti(
    site: str,
    start: str,
    folder: Path,
    *,
    modules: str = MODULES,
    seconds: int = MODULE_SECONDS,
) -> list[Finding]:
    """Let wapiti explore a site from ``start`` on, forms too, and attack all that it finds; raises ``ScannerError``."""
    report = folder / "wapiti.json"
    command = ["wapiti", "-u", start, "--scope", "folder", "-d", _DEPTH, "-m", modules, "-f", "json", "-o", str(report)]
    command += ["--flush-session", "--store-session", str(folder), "--store-config", str(folder), "--no-bugreport"]
    command += ["--max-attack-time", str(seconds), "-t", "60", "-v", "1", "-S", "aggressive"]
    command += ["--remove", "place"]  # it differs in every address, and each would be explored anew
    _run(command, folder / "wapiti.txt")
    if not report.exists():
        raise ScannerError(f"wapiti made no report of {site}")
    return [*of_wapiti(site, report)]


def sqlmap(site: str, address: str, target: Target, folder: Path) -> list[Finding]:
    """Let sqlmap vary every part of a request; raises ``ScannerError``."""
    results = folder / "sqlmap.csv"
    command = ["sqlmap", "--url", address + target.path, "--method", target.method, "--batch", "--disable-coloring"]
    command += ["--level", str(target.level), "--risk", str(target.risk), "--technique", "BEUST", "--dbms", "SQLite"]
    command += ["--flush-session", "--ignore-redirects", "--ignore-code", "*", "--timeout", "60"]
    command += ["--output-dir", str(folder), "--results-file", str(results)]
    command += ["--data", target.body] if target.body else []
    output = _run(command, folder / "sqlmap.txt")
    if not any(verdict in output for verdict in _VERDICTS):
        raise ScannerError(f"sqlmap came to no end with {target.method} {target.path}: {output[-500:]}")
    return [*of_sqlmap(site, target.method, results, output)]


def _run(command: Sequence[str], log: Path) -> str:
    """Run a scanner and return what it says, which is kept in ``log`` as well."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ScannerError(f"{command[0]} did not end") from error
    output = done.stdout.decode(errors="replace")
    log.write_text(output)
    return output
