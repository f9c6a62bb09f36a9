from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    DEDE,
    EVE,
    EVES_LAST_DAY,
    SITE,
    TODAY,
    chance,
    directory,
    flip,
    keyring,
    only_protocol_errors,
    person,
    published,
    refuses,
    signed_statement,
    signer,
    statement,
)
from whistle.errors import (
    KeyringExpired,
    KeyringMalformed,
    KeyringRolledBack,
    RootSuperseded,
    SignatureInvalid,
    StatementMalformed,
    StatementRejected,
    UnsupportedVersion,
)
from whistle.protocol.directory import verify
from whistle.protocol.keyring import Channel
from whistle.protocol.published import Memory, Published
from whistle.protocol.signing import Signed

ROOT, SECOND = signer("root"), signer("second root")


@given(st.data())
def test_a_flipped_bit_gives_errors_of_the_protocol_or_closes_somebody(data: st.DataObject) -> None:
    encoded = bytes(published(successions=()))
    changed = flip(encoded, data.draw(st.integers(0, len(encoded) - 1)), 1 << data.draw(st.integers(0, 7)))

    def read() -> None:
        found = verify(Published.parse(changed), TODAY, site=SITE)
        assert found.closed or found.challenge != chance("challenge", 32) or found.work != 8

    only_protocol_errors(read)


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
