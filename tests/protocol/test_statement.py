from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import ANA, BO, SITE, chance, identity, refuses, signed_statement, signer, statement
from tests.protocol.test_canonical import VALUES
from whistle.errors import SignatureInvalid, StatementMalformed
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement

ANAS = signer("Ana")


def test_a_statement_round_trips() -> None:
    assert Statement.verify(signed_statement(ANA), ANAS.verifier) == statement(ANA)
    assert Statement.claimed(signed_statement(ANA)) == statement(ANA)


def test_a_statement_as_json() -> None:
    assert list(as_json().items()) == [
        ("site", base64(SITE)),
        ("person", 1),
        ("number", 3),
        ("recipient", base64(bytes(identity("Ana").recipient))),
        ("first", "2026-11-01"),
        ("last", "2026-11-30"),
    ]
    signed = signed_statement(ANA)
    assert signed.verify(ANAS.verifier, b"whistle/1/statement") == encode({**as_json()})


def as_json() -> dict[str, Any]:
    value = decode(signed_statement(ANA).untrusted_payload)
    assert isinstance(value, dict)
    return value


def signed_with(change: dict[str, Any]) -> Signed:
    return Signed.make(ANAS, b"whistle/1/statement", encode(as_json() | change))


def test_nobody_else_can_have_signed_it() -> None:
    refuses(SignatureInvalid, lambda: Statement.verify(signed_statement(ANA), signer("Bo").verifier))
    other_label = Signed.make(ANAS, b"whistle/1/keyring", signed_statement(ANA).untrusted_payload)
    refuses(SignatureInvalid, lambda: Statement.verify(other_label, ANAS.verifier))


@pytest.mark.parametrize(
    "change",
    [
        {"site": base64(bytes(31))},
        {"person": 0},
        {"person": 65_536},
        {"number": 0},
        {"recipient": base64(bytes(1_216))},
        {"recipient": base64(bytes(1_215))},
        {"first": "2026-11-31"},
        {"last": "2026-12-01"},
        {"last": "2026-10-31"},
        {"last": None},
        {"more": 1},
    ],
)
def test_a_statement_that_no_client_writes_is_malformed(change: dict[str, Any]) -> None:
    refuses(StatementMalformed, lambda: Statement.verify(signed_with(change), ANAS.verifier))
    refuses(StatementMalformed, lambda: Statement.claimed(signed_with(change)))


def test_the_bounds_are_included() -> None:
    for change in ({"person": 65_535}, {"number": 1}, {"number": 2**53 - 1}, {"last": "2026-11-01"}):
        assert Statement.claimed(signed_with(change)).site == SITE


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_payload_is_malformed(payload: bytes) -> None:
    refuses(StatementMalformed, lambda: Statement.claimed(Signed(payload, bytes(64))))
    refuses(SignatureInvalid, lambda: Statement.verify(Signed(payload, bytes(64)), ANAS.verifier))


@pytest.mark.parametrize(
    "change",
    [
        {"last": date(2026, 12, 1)},
        {"last": date(2026, 10, 31)},
        {"number": 0},
        {"person": 0},
        {"site": bytes(31)},
    ],
)
def test_what_no_client_accepts_is_not_signed(change: dict[str, Any]) -> None:
    refuses(StatementMalformed, lambda: statement(ANA, **change).sign(ANAS))


@given(st.dates(date(1, 1, 1), date(9999, 11, 1)), st.integers(0, 29))
def test_a_statement_covers_its_first_and_its_last_day_and_those_between(first: date, more: int) -> None:
    last = first + timedelta(more)
    each = Statement.claimed(statement(BO, first=first, last=last).sign(signer("Bo")))
    assert each.covers(first)
    assert each.covers(last)
    assert not each.covers(last + timedelta(1))
    assert first == date.min or not each.covers(first - timedelta(1))


def test_a_statement_of_another_site_is_another_statement() -> None:
    assert statement(ANA) != replace(statement(ANA), site=chance("another", 32))
