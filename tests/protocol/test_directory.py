import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    DEDE,
    EVE,
    EVES_LAST_DAY,
    FIRST,
    LAST,
    SITE,
    TODAY,
    chance,
    directory,
    flip,
    identity,
    keyring,
    only_protocol_errors,
    person,
    published,
    refuses,
    signed_statement,
    signer,
    statement,
)
from tests.protocol.test_canonical import VALUES
from whistle.errors import (
    KeyringExpired,
    KeyringMalformed,
    KeyringRolledBack,
    ProtocolError,
    RootForked,
    RootSuperseded,
    SignatureInvalid,
    StatementMalformed,
    StatementRejected,
    StatementRolledBack,
    UnsupportedVersion,
)
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.directory import Directory, Memory, Published, current, fingerprint, verify
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Channel, Succession
from whistle.protocol.keys import Recipient
from whistle.protocol.signing import Signed

ROOT, SECOND, THIRD = signer("root"), signer("second root"), signer("third root")
FIRST_TO_SECOND = Succession.make(SITE, ROOT, SECOND, TODAY)
SECOND_TO_THIRD = Succession.make(SITE, SECOND, THIRD, TODAY)
FIRST_TO_THIRD = Succession.make(SITE, ROOT, THIRD, TODAY)


# --- the document


def test_the_document_round_trips() -> None:
    document = published(successions=(FIRST_TO_SECOND,))
    assert Published.parse(bytes(document)) == document
    assert decode(bytes(document)) == {
        "keyring": document.keyring.to_json(),
        "successions": [FIRST_TO_SECOND.to_json()],
        "statements": [each.to_json() for each in document.statements],
        "challenge": base64(chance("challenge", 32)),
        "work": 8,
    }


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_bytes_are_malformed(data: bytes) -> None:
    refuses(KeyringMalformed, lambda: Published.parse(data))
    refuses(KeyringMalformed, lambda: Memory.parse(data))


@given(st.data())
def test_a_flipped_bit_gives_errors_of_the_protocol_or_closes_somebody(data: st.DataObject) -> None:
    encoded = bytes(published(successions=()))
    changed = flip(encoded, data.draw(st.integers(0, len(encoded) - 1)), 1 << data.draw(st.integers(0, 7)))

    def read() -> None:
        found = verify(Published.parse(changed), TODAY, site=SITE)
        assert found.closed or found.challenge != chance("challenge", 32) or found.work != 8

    only_protocol_errors(read)


@given(st.sampled_from(["keyring", "successions", "statements", "challenge", "work"]), VALUES)
def test_any_field_replaced_by_any_value_gives_errors_of_the_protocol(name: str, value: Any) -> None:
    whole = decode(bytes(published()))
    assert isinstance(whole, dict)
    try:
        encoded = encode(whole | {name: value})
    except ValueError:
        return
    only_protocol_errors(lambda: verify(Published.parse(encoded), TODAY))


@pytest.mark.parametrize("change", [{"challenge": base64(bytes(31))}, {"work": 41}, {"work": -1}, {"more": 1}])
def test_a_document_out_of_its_bounds_is_malformed(change: dict[str, Any]) -> None:
    whole = decode(bytes(published()))
    assert isinstance(whole, dict)
    encoded = json.dumps(whole | change, separators=(",", ":")).encode()
    refuses(KeyringMalformed, lambda: Published.parse(encoded))


def test_the_bounds_of_a_document_are_included() -> None:
    for change in ({"work": 40}, {"work": 0}, {"successions": (FIRST_TO_SECOND,) * 1_000}, {"statements": ()}):
        assert Published.parse(bytes(published(**change))) == published(**change)
    refuses(KeyringMalformed, lambda: Published.parse(bytes(published(successions=(FIRST_TO_SECOND,) * 1_001))))


# --- who can be sealed to


def test_a_verified_document() -> None:
    found = directory()
    assert found.keyring == keyring()
    assert found.site == SITE
    assert found.today == TODAY
    assert found.roots == (ROOT.verifier,)
    assert found.closed == {}
    assert dict(found.statements) == {number: statement(number) for number in (ANA, BO, CHI, DEDE)}
    assert dict(found.signed_statements) == {number: signed_statement(number) for number in (ANA, BO, CHI, DEDE)}
    assert found.numbers == {ANA: 3, BO: 3, CHI: 3, DEDE: 3}
    assert (found.challenge, found.work) == (chance("challenge", 32), 8)


def test_people_and_channels() -> None:
    found = directory()
    assert [each.id for each in found.readers(1)] == [ANA, BO, DEDE]
    assert [each.id for each in found.custodians(1)] == [CHI]
    assert [each.id for each in found.readers(2)] == [BO]
    assert found.custodians(2) == ()
    assert found.person(DEDE) == person(DEDE)
    assert found.channel(2) == Channel(2, "Port", "story/1", (BO,))
    refuses(StatementRejected, lambda: found.person(EVE))
    refuses(StatementRejected, lambda: found.person(99))
    refuses(KeyringMalformed, lambda: found.channel(3))


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


# --- the keyring


def test_a_keyring_counts_from_its_first_to_its_last_day() -> None:
    for today in (keyring().issued, keyring().expires):
        verify(published(), today, site=SITE)
    for today in (keyring().issued - timedelta(1), keyring().expires + timedelta(1)):
        refuses(KeyringExpired, lambda today=today: verify(published(), today, site=SITE))  # type: ignore[misc] # bound early


def test_a_keyring_of_another_organisation_is_refused_where_one_is_pinned() -> None:
    refuses(RootSuperseded, lambda: verify(published(), TODAY, site=chance("another", 32)))
    other = Memory((SECOND.verifier,))
    refuses(RootSuperseded, lambda: verify(published(), TODAY, other))
    assert verify(published(), TODAY).site == SITE
    ours = Memory((ROOT.verifier,))
    assert verify(published(), TODAY, ours, site=SITE).site == SITE
    refuses(RootSuperseded, lambda: verify(published(), TODAY, ours, site=chance("another", 32)))
    refuses(RootSuperseded, lambda: verify(published(), TODAY, other, site=SITE))


def test_a_keyring_signed_by_nobody_or_by_an_unknown_root_is_refused() -> None:
    unsigned = Signed(published().keyring.untrusted_payload, bytes(64))
    for signed in (unsigned, keyring().sign(SECOND), Signed.make(ROOT, b"other", unsigned.untrusted_payload)):
        refuses(RootSuperseded, lambda signed=signed: verify(published(keyring=signed), TODAY, site=SITE))  # type: ignore[misc] # bound early


def test_a_keyring_that_is_none_is_malformed() -> None:
    refuses(KeyringMalformed, lambda: verify(published(keyring=Signed.make(ROOT, b"whistle/1/keyring", b"{}")), TODAY))


def test_a_keyring_for_a_later_version_says_so() -> None:
    later = published(keyring=keyring(minimum_version=2).sign(ROOT))
    refuses(UnsupportedVersion, lambda: verify(later, TODAY, site=SITE))


def test_a_serial_never_goes_back() -> None:
    memory = directory().memory
    assert memory.serial == 7
    assert verify(published(), TODAY, memory).keyring.serial == 7
    newer = published(keyring=keyring(serial=8).sign(ROOT))
    after = verify(newer, TODAY, memory).memory
    assert after.serial == 8
    refuses(KeyringRolledBack, lambda: verify(published(), TODAY, after))


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


def test_a_memory_round_trips() -> None:
    for memory in (
        Memory((ROOT.verifier,)),
        directory().memory,
        Memory((ROOT.verifier, SECOND.verifier), 9, {2: 1, 1: 5}),
    ):
        again = Memory.parse(bytes(memory))
        assert (again.roots, again.serial, again.numbers) == (memory.roots, memory.serial, memory.numbers or {})
        assert again.site == SITE
    assert bytes(Memory((ROOT.verifier,), 9, {2: 1, 1: 5})) == encode(
        {"roots": [base64(bytes(ROOT.verifier))], "serial": 9, "numbers": [[1, 5], [2, 1]]}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"roots": []},
        {"roots": [base64(bytes(31))]},
        {"roots": [1]},
        {"roots": [base64(bytes(32))] * 1_002},
        {"serial": "1"},
        {"numbers": [[1]]},
        {"numbers": [[1, 2, 3]]},
        {"numbers": [[0, 1]]},
        {"numbers": [[65_536, 1]]},
        {"numbers": [[1, 0]]},
        {"numbers": [1]},
        {"numbers": [[2, 1], [1, 1]]},
        {"numbers": [[1, 1], [1, 2]]},
        {"more": 1},
    ],
)
def test_a_memory_that_was_never_kept_is_malformed(change: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"roots": [base64(bytes(ROOT.verifier))], "serial": 0, "numbers": []}
    refuses(KeyringMalformed, lambda: Memory.parse(encode(whole | change)))


def test_the_bounds_of_a_memory_are_included() -> None:
    numbers: Any = {65_535: 1, 1: 2**53 - 1}
    memory = Memory(tuple(signer(str(number)).verifier for number in range(1_001)), 2**53 - 1, numbers)
    assert Memory.parse(bytes(memory)).numbers == numbers


# --- succession of roots


def test_a_successor_signs_and_the_superseded_root_signs_nothing_more() -> None:
    document = published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,))
    found = verify(document, TODAY, site=SITE)
    assert found.roots == (ROOT.verifier, SECOND.verifier)
    assert found.site == SITE
    refuses(RootSuperseded, lambda: verify(published(successions=(FIRST_TO_SECOND,)), TODAY, site=SITE))


def test_successions_are_followed_in_whatever_order_they_are_shown() -> None:
    for order in ((FIRST_TO_SECOND, SECOND_TO_THIRD), (SECOND_TO_THIRD, FIRST_TO_SECOND, FIRST_TO_SECOND)):
        found = verify(published(keyring=keyring().sign(THIRD), successions=order), TODAY, site=SITE)
        assert found.roots == (ROOT.verifier, SECOND.verifier, THIRD.verifier)


def test_two_successors_of_one_root_stop_everything() -> None:
    for root in (ROOT, SECOND, THIRD):
        document = published(keyring=keyring().sign(root), successions=(FIRST_TO_SECOND, FIRST_TO_THIRD))
        refuses(RootForked, lambda document=document: verify(document, TODAY, site=SITE))  # type: ignore[misc] # bound early


def test_a_circle_of_successions_stops_everything() -> None:
    back = Succession.make(SITE, SECOND, ROOT, TODAY)
    itself = Succession.make(SITE, ROOT, ROOT, TODAY)
    later = Succession.make(SITE, THIRD, SECOND, TODAY)
    for successions in ((FIRST_TO_SECOND, back), (itself,), (FIRST_TO_SECOND, SECOND_TO_THIRD, later)):
        document = published(successions=successions)
        refuses(RootForked, lambda document=document: verify(document, TODAY, site=SITE))  # type: ignore[misc] # bound early


def test_a_succession_that_nobody_needs_is_malformed() -> None:
    refuses(KeyringMalformed, lambda: verify(published(successions=(SECOND_TO_THIRD,)), TODAY, site=SITE))


def test_a_succession_that_is_not_signed_by_both_is_refused() -> None:
    one_sided = replace(FIRST_TO_SECOND, old_signature=FIRST_TO_SECOND.new_signature)
    document = published(keyring=keyring().sign(SECOND), successions=(one_sided,))
    refuses(SignatureInvalid, lambda: verify(document, TODAY, site=SITE))


def test_a_root_once_seen_is_not_forgotten() -> None:
    document = published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,))
    memory = verify(document, TODAY, site=SITE).memory
    assert verify(document, TODAY, memory).roots == memory.roots
    refuses(KeyringRolledBack, lambda: verify(published(), TODAY, memory))
    forked = published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_THIRD,))
    refuses(RootForked, lambda: verify(forked, TODAY, memory))
    longer = published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_SECOND, SECOND_TO_THIRD))
    assert verify(longer, TODAY, memory).roots[-1] == THIRD.verifier


def test_a_fingerprint_is_ten_words_over_the_first_and_the_current_root() -> None:
    digest = hashed(b"whistle/1/fingerprint", bytes(ROOT.verifier), bytes(SECOND.verifier))
    bits = f"{int.from_bytes(digest, 'big'):0256b}"
    words = Mnemonic("english").wordlist
    expected = tuple(words[int(bits[at : at + 11], 2)] for at in range(0, 110, 11))
    assert fingerprint((ROOT.verifier, SECOND.verifier)) == expected
    assert fingerprint((ROOT.verifier, THIRD.verifier, SECOND.verifier)) == expected
    assert len(expected) == 10
    assert directory().fingerprint == fingerprint((ROOT.verifier,)) != expected


# --- authors of the past


def test_an_author_is_judged_on_the_day_of_writing() -> None:
    found = directory()
    old = signed_statement(ANA, number=2, first=date(2026, 9, 1), last=date(2026, 9, 30))
    assert found.author(old, ANA, date(2026, 9, 30)) == (
        person(ANA),
        statement(ANA, number=2, first=date(2026, 9, 1), last=date(2026, 9, 30)),
    )
    refuses(StatementRejected, lambda: found.author(old, ANA, date(2026, 10, 1)))
    refuses(StatementRejected, lambda: found.author(old, ANA, date(2026, 8, 31)))


def test_a_former_person_counts_until_their_last_day() -> None:
    found = directory()
    assert found.author(signed_statement(EVE), EVE, EVES_LAST_DAY)[0] == person(EVE)
    refuses(StatementRejected, lambda: found.author(signed_statement(EVE), EVE, EVES_LAST_DAY + timedelta(1)))


def test_an_author_is_who_signed_the_statement() -> None:
    found = directory()
    refuses(SignatureInvalid, lambda: found.author(signed_statement(BO), ANA, TODAY))
    refuses(StatementRejected, lambda: found.author(statement(BO).sign(signer("Ana")), ANA, TODAY))
    refuses(StatementRejected, lambda: found.author(signed_statement(ANA), 99, TODAY))
    refuses(StatementRejected, lambda: found.author(signed_statement(ANA, site=bytes(32)), ANA, TODAY))
    odd = Signed.make(signer("Ana"), b"whistle/1/statement", b"[]")
    refuses(StatementMalformed, lambda: found.author(odd, ANA, TODAY))


def test_a_statement_below_the_minimum_makes_no_author() -> None:
    people = (replace(person(ANA), statement_minimum=4), *(person(number) for number in (BO, CHI, DEDE)))
    found = directory(keyring=keyring(people=people).sign(ROOT))
    refuses(StatementRejected, lambda: found.author(signed_statement(ANA), ANA, TODAY))
    assert found.author(signed_statement(ANA, number=4), ANA, TODAY)[0].statement_minimum == 4


# --- one statement alone


def test_a_current_statement() -> None:
    assert current(signed_statement(ANA), person(ANA), SITE, TODAY) == statement(ANA)
    assert current(signed_statement(ANA), person(ANA), SITE, TODAY, 3) == statement(ANA)
    refuses(StatementRolledBack, lambda: current(signed_statement(ANA), person(ANA), SITE, TODAY, 4))
    refuses(StatementRejected, lambda: current(signed_statement(ANA), person(ANA), SITE, LAST + timedelta(1)))
    refuses(StatementRejected, lambda: current(signed_statement(ANA), person(ANA), bytes(32), TODAY))
    refuses(SignatureInvalid, lambda: current(signed_statement(BO), person(ANA), SITE, TODAY))
