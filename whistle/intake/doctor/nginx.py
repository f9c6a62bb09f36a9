"""nginx before the intake: read from its configuration, with everything that it includes.

By default nginx writes request bodies of more than 16 KiB, and answers of more than 64 KiB, into files before it
passes them on, and keeps a log with every address: each of these has to be switched off.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.machine import Machine
from whistle.language import _

_MAIN: Final = "/etc/nginx/nginx.conf"
_ACCESS_LOG: Final = "/var/log/nginx/access.log"
_TOKEN: Final = re.compile(r"""#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|(?:[^\s{};"'#]|\$\{\w+\})+""")
_DEEPEST: Final = 20
_HOST_NAMES: Final = frozenset({"$host", "$http_host"})


@dataclass(frozen=True)
class Directive:
    """One directive with its words, and the directives inside where it has a block."""

    name: str
    words: tuple[str, ...]
    inside: tuple["Directive", ...] = ()


@dataclass(frozen=True)
class Place:
    """A location that leads to the intake, and the blocks around it, the outermost first."""

    blocks: tuple[tuple[Directive, ...], ...]

    def directives(self, name: str) -> list[tuple[str, ...]]:
        """Return what holds here for ``name``: the innermost block that says anything replaces those around it."""
        for block in reversed(self.blocks):
            found = [directive.words for directive in block if directive.name == name]
            if found:
                return found
        return []

    def says(self, name: str, *words: str) -> bool:
        """Return whether ``name`` is set to exactly ``words`` here."""
        return self.directives(name)[-1:] == [words]


def examine(machine: Machine, addresses: Sequence[str]) -> Iterator[Finding]:
    """Look at every location that passes on to one of ``addresses`` (``127.0.0.1:8000``)."""
    seen: dict[str, Finding] = {}
    for place in places(machine, addresses):
        seen |= {finding.code: finding for finding in _faults(place)}
    yield from seen.values()


def logs(machine: Machine, addresses: Sequence[str]) -> Iterator[Path]:
    """Yield the files to which nginx writes what happens at these locations."""
    for place in places(machine, addresses):
        named = [words[0] for words in place.directives("access_log") if words] or [_ACCESS_LOG]
        named += [words[0] for words in place.directives("error_log") if words]
        yield from (Path(name) for name in named if name.startswith("/") and name != "/dev/null")


def places(machine: Machine, addresses: Sequence[str]) -> Iterator[Place]:
    """Yield the locations that lead to the intake."""
    main = _parsed(machine, Path(_MAIN), 0)
    upstreams = {
        directive.words[0]
        for directive in _all(main)
        if directive.name == "upstream" and directive.words
        if any(inner.name == "server" and inner.words[:1] and inner.words[0] in addresses for inner in directive.inside)
    }
    yield from _leading((main,), {*addresses, *upstreams})


def _leading(blocks: tuple[tuple[Directive, ...], ...], targets: set[str]) -> Iterator[Place]:
    for directive in blocks[-1]:
        if directive.name == "proxy_pass" and directive.words:
            target = re.sub(r"^https?://", "", directive.words[0]).partition("/")[0]
            if target in targets:
                yield Place(blocks)
        yield from _leading((*blocks, directive.inside), targets) if directive.inside else ()


def _all(directives: Sequence[Directive]) -> Iterator[Directive]:
    for directive in directives:
        yield directive
        yield from _all(directive.inside)


# --- what is wrong


def _faults(place: Place) -> Iterator[Finding]:
    if not place.says("proxy_request_buffering", "off"):
        yield problem(
            "proxy-stores-bodies",
            _("nginx writes reports and their files to its disk, in clear, before it passes them on."),
            _("Put `proxy_request_buffering off;` and `proxy_http_version 1.1;` into the location."),
        )
    if not (place.says("proxy_buffering", "off") or place.says("proxy_max_temp_file_size", "0")):
        yield problem(
            "proxy-stores-answers",
            _("nginx writes large answers to its disk, in clear: pages with replies and receipts among them."),
            _("Put `proxy_buffering off;` into the location."),
        )
    if any(not place.says(name, "off") for name in ("proxy_cache", "proxy_store") if place.directives(name)):
        yield problem(
            "proxy-caches",
            _("nginx keeps copies of what the intake answers."),
            _("Put `proxy_cache off;` and `proxy_store off;` into the location."),
        )
    if place.directives("client_body_in_file_only") and not place.says("client_body_in_file_only", "off"):
        yield problem(
            "proxy-keeps-bodies",
            _("nginx is told to keep every request body as a file (client_body_in_file_only)."),
            _("Remove that line, and the files in the folder that client_body_temp_path names."),
        )
    if not any(words[0] == "Host" and words[-1] in _HOST_NAMES for words in place.directives("proxy_set_header")):
        yield problem(
            "proxy-host",
            _("nginx does not pass on the name that the visitor asked for; forms would be refused as foreign."),
            _("Put `proxy_set_header Host $http_host;` into the location."),
        )
    if place.says("gzip", "on"):
        yield problem(
            "proxy-compresses",
            _("nginx compresses pages: their size then tells what is on them, for all their padding."),
            _("Put `gzip off;` into the server block."),
        )
    if not place.says("access_log", "off"):
        yield warning(
            "access-log-on",
            _("nginx keeps a log with the address, the time and the pages of every visitor."),
            _("Put `access_log off;` into the server block, and destroy the logs that are there."),
        )
    if not any(words[:1] == ("/dev/null",) for words in place.directives("error_log")):
        yield warning(
            "error-log-on",
            _("nginx writes the address of a visitor into its error log whenever something goes wrong."),
            _("Put `error_log /dev/null crit;` into the server block."),
        )


# --- reading


def _parsed(machine: Machine, file: Path, depth: int) -> tuple[Directive, ...]:
    tokens = [token for token in _TOKEN.findall(machine.text(file)) if not token.startswith("#")]
    return tuple(_block(machine, iter(tokens), depth))


def _block(machine: Machine, tokens: Iterator[str], depth: int) -> Iterator[Directive]:
    words: list[str] = []
    for token in tokens:
        if token == "}":  # noqa: S105 - a token of a language
            return
        if token not in {";", "{"}:
            words.append(token.strip("\"'"))
            continue
        inside = tuple(_block(machine, tokens, depth)) if token == "{" else ()  # noqa: S105 - as above
        if words[:1] == ["include"] and depth < _DEEPEST:
            for pattern in words[1:]:
                for file in machine.matching(str(Path("/etc/nginx") / pattern)):
                    yield from _parsed(machine, file, depth + 1)
        elif words:
            yield Directive(words[0], tuple(words[1:]), inside)
        words = []
