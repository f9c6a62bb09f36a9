"""What scanners found, read from their own reports, and which of it is known to be a false alarm, and why."""

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

#: What sqlmap only suspects stands in its output; that something "might not be" is no suspicion.
_SUSPICION: Final = re.compile(r"heuristic \((XSS|FI)\) test shows that (\w+) parameter '(.+?)' might be (.+)")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a tool says of a site; ``path`` is without host, ``parameter`` may be empty."""

    site: str
    tool: str
    kind: str
    method: str
    path: str
    parameter: str
    detail: str

    def __str__(self) -> str:
        """Say it in a line."""
        where = f"{self.method} {self.path}" + (f" ({self.parameter})" if self.parameter else "")
        return f"{self.site}: {self.tool}: {self.kind}: {where}: {self.detail}"


@dataclass(frozen=True)
class FalseAlarm:
    """What a tool says without being right: regular expressions for whole fields of a finding, and the reason."""

    site: str
    tool: str
    kind: str
    path: str
    parameter: str
    detail: str
    reason: str

    @classmethod
    def parse(cls, entry: dict[str, str]) -> Self:
        """Return the alarm of an entry; what it does not name may be anything. Raises ``TypeError`` for other names."""
        if not entry.get("reason", "").strip():
            raise TypeError("a false alarm without a reason")
        return cls(**(dict.fromkeys(("site", "path", "parameter", "detail"), ".*") | entry))

    def covers(self, finding: Finding) -> bool:
        """Tell whether this is what was found."""
        fields = ("site", "tool", "kind", "path", "parameter", "detail")
        return all(
            re.fullmatch(getattr(self, field), getattr(finding, field), re.DOTALL) is not None for field in fields
        )


def false_alarms(path: Path) -> tuple[FalseAlarm, ...]:
    """Read the list of false alarms."""
    return tuple(FalseAlarm.parse(entry) for entry in tomllib.loads(path.read_text("utf-8")).get("alarm", ()))


def unexplained(findings: Iterable[Finding], alarms: Iterable[FalseAlarm]) -> list[Finding]:
    """Return what no false alarm covers, each once."""
    known = tuple(alarms)
    return [finding for finding in sorted(set(findings)) if not any(alarm.covers(finding) for alarm in known)]


def of_wapiti(site: str, report: Path) -> Iterator[Finding]:
    """Give out what stands in a report of wapiti (JSON), weaknesses and anomalies alike."""
    found = json.loads(report.read_text("utf-8"))
    for part in ("vulnerabilities", "anomalies"):
        for kind, entries in found[part].items():
            for entry in entries:
                path = urlsplit(entry["path"]).path
                yield Finding(
                    site,
                    "wapiti",
                    kind,
                    entry["method"],
                    path,
                    entry["parameter"] or "",
                    " ".join(entry["info"].split()),
                )


def of_sqlmap(site: str, method: str, results: Path, output: str) -> Iterator[Finding]:
    """Give out what stands in sqlmap's table of results (CSV), and what its output says that it suspects."""
    path = ""
    if results.exists():
        with results.open(newline="", encoding="utf-8") as lines:
            for line in csv.DictReader(lines):
                path = urlsplit(line["Target URL"]).path
                if line["Technique(s)"]:
                    yield Finding(
                        site, "sqlmap", "SQL injection", method, path, line["Parameter"], line["Technique(s)"]
                    )
    for kind, place, parameter, sentence in _SUSPICION.findall(output):
        yield Finding(site, "sqlmap", f"suspected {kind}", place, path, parameter, sentence)
