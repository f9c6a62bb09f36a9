"""Which policies let a page run, load and send nothing but the site's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.inspection.policy import judge_policy, judge_signed
from whistle.intake.headers import SECURITY_HEADERS
from whistle.protocol.manifest import Header

TIGHT = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
OURS = tuple(Header(name.lower(), value) for name, value in SECURITY_HEADERS.items())


def test_our_own_headers_are_tight() -> None:
    assert list(judge_policy(TIGHT)) == []
    assert list(judge_signed(OURS)) == []


@pytest.mark.parametrize(
    "part",
    [
        "script-src 'self'",
        "script-src 'none'",
        "connect-src 'self'",
        "style-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        "sandbox allow-forms",
        "upgrade-insecure-requests",
        "",
    ],
)
def test_what_may_be_there(part: str) -> None:
    assert list(judge_policy(f"{TIGHT};{part}; ")) == []


@pytest.mark.parametrize(
    "part",
    [
        "script-src 'unsafe-inline'",
        "script-src 'self' 'unsafe-eval'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "script-src 'strict-dynamic' 'nonce-abc'",
        "script-src 'sha256-abc'",
        "script-src https:",
        "script-src *",
        "script-src elsewhere.example",
        "script-src",
        "script-src 'self', default-src *",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "connect-src https://elsewhere.example",
        "object-src 'self'",
        "report-uri /report",
        "report-to group",
        "navigate-to *",
        "script-source 'self'",
        "base-uri 'none'",
        "base-uri 'self'",
        "default-src 'none'",
    ],
)
def test_what_may_not_be_there(part: str) -> None:
    assert list(judge_policy(f"{TIGHT}; {part}")) == [part]


@pytest.mark.parametrize("missing", ["default-src", "base-uri", "form-action", "frame-ancestors"])
def test_what_must_be_there(missing: str) -> None:
    rest = "; ".join(part for part in TIGHT.split("; ") if not part.startswith(missing))
    assert list(judge_policy(rest)) == [missing]


@given(st.text(max_size=100))
def test_a_policy_of_anything_else_is_never_tight(text: str) -> None:
    assert list(judge_policy(text)) != []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-security-policy", None),
        ("x-content-type-options", None),
        ("x-content-type-options", "sniff"),
        ("cache-control", "max-age=60"),
        ("referrer-policy", "unsafe-url"),
        ("referrer-policy", None),
    ],
)
def test_headers_that_were_signed_and_are_too_few(name: str, value: str | None) -> None:
    rest = tuple(header for header in OURS if header.name != name)
    assert list(judge_signed(rest if value is None else (*rest, Header(name, value)))) == [name]
