"""What an answer's headers must say, and must not. Content Security Policy Level 3; Fetch; RFC 9110."""

import re
from collections.abc import Iterator
from typing import Final

from whistle.courier.browsing import Fetched
from whistle.inspection.findings import Finding, Kind
from whistle.protocol.manifest import Header

POLICY: Final = "content-security-policy"

#: Directives that name sources, and whose sources may only be the site itself or nothing.
_SOURCES: Final = re.compile(
    r"(?:default|script|style|img|connect|font|media|object|frame|child|worker|manifest|prefetch|fenced-frame)-src"
    r"|script-src-elem|script-src-attr|style-src-elem|style-src-attr|base-uri|form-action|frame-ancestors"
)
#: Directives that can only take something away.
_TIGHTENING: Final = frozenset(
    {"require-trusted-types-for", "trusted-types", "sandbox", "upgrade-insecure-requests", "block-all-mixed-content"}
)
#: What does not follow from ``default-src``.
_NEEDED: Final = ("default-src", "base-uri", "form-action", "frame-ancestors")

#: Headers that would mark a visitor, send them elsewhere, tell others of them, or bring what no page names.
_FORBIDDEN: Final = frozenset(
    {
        "accept-ch",
        "access-control-allow-origin",
        "content-security-policy-report-only",
        "critical-ch",
        "etag",
        "integrity-policy-report-only",
        "last-modified",
        "link",
        "location",
        "nel",
        "origin-trial",
        "refresh",
        "report-to",
        "reporting-endpoints",
        "service-worker-allowed",
        "sourcemap",
        "speculation-rules",
        "x-sourcemap",
    }
)
#: What every answer must have, page or not: a browser then takes nothing for code that does not say so.
OF_EVERYTHING: Final = (Header("x-content-type-options", "nosniff"),)

#: Headers of the connection, which two fair answers need not share.
PASSING: Final = frozenset(
    {
        "age",
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
        "vary",
        "via",
    }
)


def judge_policy(policy: str) -> Iterator[str]:
    """Give every part of a policy by which a page could run, load or send more than the site's own files allow."""
    seen: set[str] = set()
    for part in filter(str.strip, policy.split(";")):
        name, *values = part.lower().split()
        if name in seen or "," in part or not _is_tight(name, values):
            yield part.strip()
        seen.add(name)
    yield from (name for name in _NEEDED if name not in seen)


def _is_tight(name: str, values: list[str]) -> bool:
    if name in _TIGHTENING:
        return True
    allowed = {"'none'"} if name in {"default-src", "object-src", "base-uri"} else {"'none'", "'self'"}
    return _SOURCES.fullmatch(name) is not None and values != [] and set(values) <= allowed


def judge_signed(headers: tuple[Header, ...]) -> Iterator[str]:
    """Give what is wrong with the headers that the organisation signed."""
    told = {header.name: header.value for header in headers}
    if POLICY in told:
        yield from judge_policy(told[POLICY])
    else:
        yield POLICY
    for name, value in (("x-content-type-options", "nosniff"), ("cache-control", "no-store")):
        if told.get(name) != value:
            yield name
    if told.get("referrer-policy") not in {"no-referrer", "same-origin"}:
        yield "referrer-policy"


def judge_unsigned(fetched: Fetched) -> Iterator[str]:
    """Give what is wrong with the policies of an answer for which nothing was signed."""
    policies = fetched.all(POLICY)
    if not policies:
        yield POLICY
    for each in policies:
        yield from judge_policy(each)


def judge_headers(place: str, fetched: Fetched, signed: tuple[Header, ...]) -> Iterator[Finding]:
    """Give what is wrong with the headers of an answer that must have those ``signed``."""
    for header in signed:
        values = fetched.all(header.name)
        if values != (header.value,):
            yield Finding(Kind.HEADER, place, f"{header.name}: {', '.join(values)}")
    for name, value in fetched.untrusted_headers:
        if name in {"set-cookie", "set-cookie2"}:
            yield Finding(Kind.COOKIE, place, value)
        elif name in _FORBIDDEN or (name == "alt-svc" and re.search(r'="[^":]', value)):
            yield Finding(Kind.FORBIDDEN_HEADER, place, f"{name}: {value}")
