"""Other proxies before the intake: Apache, HAProxy, Caddy. nginx has a file of its own.

None of the three writes bodies to a disk unless it is told to; all of them can be told to log.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.machine import Machine
from whistle.language import _

_LINES: Final = re.IGNORECASE | re.MULTILINE
_CONFIGURATIONS: Final = {
    "Apache": ("/etc/apache2/sites-enabled/*", "/etc/apache2/conf-enabled/*", "/etc/httpd/conf.d/*.conf"),
    "HAProxy": ("/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/*.cfg"),
    "Caddy": ("/etc/caddy/Caddyfile", "/etc/caddy/conf.d/*"),
}
_STORING: Final = {
    "Apache": re.compile(r"proxy-sendcl|^\s*SecRequestBodyAccess\s+On|^\s*SecUploadKeepFiles\s+On", _LINES),
}
_CACHING: Final = {"Apache": re.compile(r"^\s*CacheEnable\s+disk", _LINES)}
_COMPRESSING: Final = {
    "Apache": re.compile(r"^\s*(AddOutputFilterByType|SetOutputFilter)\s+(\S*;)?(DEFLATE|BROTLI)", _LINES),
    "HAProxy": re.compile(r"^\s*compression\s+algo\s+(?!identity)", re.MULTILINE),
    "Caddy": re.compile(r"^\s*encode\s", re.MULTILINE),
}
_LOGGING: Final = {
    "Apache": re.compile(r"^\s*(CustomLog|TransferLog)\s+\"?(?!/dev/null)\S", _LINES),
    "HAProxy": re.compile(r"^\s*(log\s+(?!global\b)\S+|option\s+(httplog|tcplog))", re.MULTILINE),
    "Caddy": re.compile(r"^\s*log(\s|$)", re.MULTILINE),
}
_LOG_FILES: Final = re.compile(
    r"^\s*(?:CustomLog|TransferLog|ErrorLog)\s+\"?([^\s\"]+)|^\s*output\s+file\s+(\S+)", _LINES
)
_KEEPS_HOST: Final = re.compile(r"^\s*ProxyPreserveHost\s+On", _LINES)


@dataclass(frozen=True, slots=True)
class Front:
    """A configuration file that names the intake's address, without its comments."""

    proxy: str
    file: Path
    text: str


def fronts(machine: Machine, addresses: Sequence[str]) -> Iterator[Front]:
    """Yield the configurations that pass requests on to the intake."""
    for proxy, patterns in _CONFIGURATIONS.items():
        for file in (file for pattern in patterns for file in machine.matching(pattern)):
            text = re.sub(r"^\s*#.*$", "", machine.text(file), flags=re.MULTILINE)
            if any(re.search(rf"(?<![\w.]){re.escape(address)}(?!\d)", text) for address in addresses):
                yield Front(proxy, file, text)


def examine(machine: Machine, addresses: Sequence[str]) -> Iterator[Finding]:
    """Look at every configuration that passes requests on to one of ``addresses``."""
    for front in fronts(machine, addresses):
        yield from _faults(front)


def logs(machine: Machine, addresses: Sequence[str]) -> Iterator[Path]:
    """Yield the log files that these configurations name."""
    for front in fronts(machine, addresses):
        for names in _LOG_FILES.findall(front.text):
            name = next(filter(None, names)).replace("${APACHE_LOG_DIR}", "/var/log/apache2")
            if name.startswith("/") and name != "/dev/null":
                yield Path(name)


def _faults(front: Front) -> Iterator[Finding]:
    named = {"proxy": front.proxy, "file": front.file}
    if _says(_STORING, front):
        yield problem(
            "proxy-stores-bodies",
            _("{proxy} writes reports and their files to its disk, in clear ({file}).").format(**named),
            _("Remove proxy-sendcl and every SecRequestBodyAccess and SecUploadKeepFiles for this site."),
        )
    if _says(_CACHING, front):
        yield problem(
            "proxy-caches",
            _("{proxy} keeps copies of what the intake answers ({file}).").format(**named),
            _("Remove CacheEnable for this site."),
        )
    if _says(_COMPRESSING, front):
        yield problem(
            "proxy-compresses",
            _("{proxy} compresses pages ({file}): their size then tells what is on them.").format(**named),
            _("Switch compression off for this site."),
        )
    if front.proxy == "Apache" and not _KEEPS_HOST.search(front.text):
        yield problem(
            "proxy-host",
            _("Apache does not pass on the name that the visitor asked for; forms would be refused as foreign."),
            _("Put `ProxyPreserveHost On` into {file}.").format(**named),
        )
    if _says(_LOGGING, front):
        yield warning(
            "access-log-on",
            _("{proxy} keeps a log of every visitor ({file}).").format(**named),
            _("Switch the log off for this site, and destroy the logs that are there."),
        )


def _says(patterns: dict[str, re.Pattern[str]], front: Front) -> bool:
    pattern = patterns.get(front.proxy)
    return pattern is not None and pattern.search(front.text) is not None
