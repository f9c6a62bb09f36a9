from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    DEDE,
    EVE,
    FIRST,
    LAST,
    SITE,
    TODAY,
    chance,
    directory,
    identity,
    keyring,
    person,
    published,
    refuses,
    signed_statement,
    signer,
    statement,
)
from whistle.errors import (
    ProtocolError,
    SignatureInvalid,
    StatementRejected,
    StatementRolledBack,
)
from whistle.protocol.directory import Directory, verify
from whistle.protocol.keys import Recipient
from whistle.protocol.signing import Signed
from whistle.protocol.standing import current

ROOT = signer("root")


def closed_by(*statements: Signed, **changes: Any) -> Directory:
    others = tuple(signed_statement(number) for number in (BO, CHI, DEDE))
    return directory(statements=(*others, *statements), **changes)


def because(found: Directory, number: int = ANA) -> type[ProtocolError]:
    assert number not in found.statements
    assert number not in found.signed_statements
    return type(found.closed[number])


def test_whoever_has_no_statement_is_closed_and_the_others_are_open() -> None:
    found = closed_by()
    assert because(found) is StatementRejected
    assert set(found.statements) == {BO, CHI, DEDE}
    assert set(found.closed) == {ANA}
    assert ANA in [each.id for each in found.readers(1)]


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (lambda: signed_statement(ANA, first=date(2026, 10, 1), last=date(2026, 10, 30)), StatementRejected),
        (lambda: signed_statement(ANA, first=TODAY + timedelta(1), last=LAST), StatementRejected),
        (lambda: signed_statement(ANA, first=FIRST, last=TODAY - timedelta(1)), StatementRejected),
        (lambda: signed_statement(ANA, site=chance("another", 32)), StatementRejected),
        (lambda: statement(ANA).sign(signer("Bo")), SignatureInvalid),
        (
            lambda: Signed.make(signer("Ana"), b"whistle/1/event", signed_statement(ANA).untrusted_payload),
            SignatureInvalid,
        ),
    ],
)
def test_a_statement_that_does_not_hold_closes_its_person_with_the_reason(signed: Any, reason: Any) -> None:
    found = closed_by(signed())
    assert because(found) is reason
    assert set(found.closed) == {ANA}


def test_a_statement_that_says_nothing_closes_nobody_else() -> None:
    odd = Signed.make(signer("Ana"), b"whistle/1/statement", b"{}")
    stranger = statement(ANA, person=99).sign(signer("Ana"))
    former = signed_statement(EVE)
    for signed in (odd, stranger, former):
        for order in ((signed,), (signed, signed_statement(BO))):
            others = tuple(signed_statement(number) for number in (CHI, DEDE, *([BO] if len(order) == 1 else [])))
            found = directory(statements=(*order, *others))
            assert set(found.statements) == {BO, CHI, DEDE}
            assert set(found.closed) == {ANA}
            assert because(found) is StatementRejected


def test_a_statement_of_somebody_else_under_ones_own_key_is_refused() -> None:
    found = closed_by(statement(BO, number=9).sign(signer("Ana")))
    assert found.statements[BO].number == 3
    assert set(found.closed) == {ANA}


def test_the_first_and_the_last_day_of_a_statement_count() -> None:
    for today in (FIRST, LAST):
        assert directory(today).closed == {}
    for today in (FIRST - timedelta(1), LAST + timedelta(1)):
        document = published(keyring=keyring(issued=date(2026, 1, 1)).sign(ROOT))
        assert set(verify(document, today, site=SITE).closed) == {ANA, BO, CHI, DEDE}


def test_the_highest_number_counts_in_whatever_order() -> None:
    low, high = signed_statement(ANA, number=2), signed_statement(ANA, number=4)
    for order in ((low, high), (high, low)):
        found = closed_by(*order)
        assert found.statements[ANA].number == 4
        assert found.signed_statements[ANA] == high
        assert found.numbers[ANA] == 4
        assert found.closed == {}


def test_of_two_statements_with_one_number_the_first_counts() -> None:
    one, other = signed_statement(ANA), signed_statement(ANA, recipient=identity("another of Ana").recipient)
    assert closed_by(one, other).signed_statements[ANA] == one
    assert closed_by(other, one).signed_statements[ANA] == other


def test_a_bad_statement_beside_a_good_one_changes_nothing() -> None:
    bad = signed_statement(ANA, number=9, first=date(2026, 10, 1), last=date(2026, 10, 30))
    for order in ((signed_statement(ANA), bad), (bad, signed_statement(ANA))):
        found = closed_by(*order)
        assert found.statements[ANA].number == 3
        assert found.closed == {}


def test_a_number_below_the_minimum_of_the_keyring_is_shut_out() -> None:
    people = tuple(replace(person(number), statement_minimum=4) for number in (ANA, BO, CHI, DEDE))
    strict = keyring(people=people).sign(ROOT)
    found = directory(keyring=strict, statements=(signed_statement(ANA, number=4), signed_statement(BO, number=3)))
    assert set(found.statements) == {ANA}
    assert type(found.closed[BO]) is StatementRejected


def test_two_people_may_not_share_a_key() -> None:
    anas = identity("Ana").recipient
    found = closed_by(signed_statement(ANA), statement(CHI, number=4, recipient=anas).sign(signer("Chi")))
    assert because(found, ANA) is StatementRejected
    assert because(found, CHI) is StatementRejected
    assert set(found.statements) == {BO, DEDE}


def test_two_people_may_not_share_half_a_key() -> None:
    anas, bos = bytes(identity("Ana").recipient), bytes(identity("Bo").recipient)
    mixed = statement(BO, number=4, recipient=Recipient(anas[:32] + bos[32:]))
    found = closed_by(signed_statement(ANA), mixed.sign(signer("Bo")))
    assert set(found.closed) == {ANA, BO}


def test_a_number_never_goes_back_even_while_its_person_is_closed() -> None:
    memory = closed_by(signed_statement(ANA, number=5)).memory
    assert memory.numbers == {ANA: 5, BO: 3, CHI: 3, DEDE: 3}
    closed = verify(published(), TODAY, memory)
    assert because(closed) is StatementRolledBack
    assert closed.numbers == memory.numbers
    assert because(verify(published(statements=()), TODAY, closed.memory)) is StatementRejected
    again = verify(published(statements=()), TODAY, closed.memory).memory
    assert because(verify(published(), TODAY, again)) is StatementRolledBack
    assert verify(published(statements=(signed_statement(ANA, number=5),)), TODAY, again).statements[ANA].number == 5


def test_a_current_statement() -> None:
    assert current(signed_statement(ANA), person(ANA), SITE, TODAY) == statement(ANA)
    assert current(signed_statement(ANA), person(ANA), SITE, TODAY, 3) == statement(ANA)
    refuses(StatementRolledBack, lambda: current(signed_statement(ANA), person(ANA), SITE, TODAY, 4))
    refuses(StatementRejected, lambda: current(signed_statement(ANA), person(ANA), SITE, LAST + timedelta(1)))
    refuses(StatementRejected, lambda: current(signed_statement(ANA), person(ANA), bytes(32), TODAY))
    refuses(SignatureInvalid, lambda: current(signed_statement(BO), person(ANA), SITE, TODAY))
