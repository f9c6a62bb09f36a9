"""What the root may decide."""

from datetime import date, timedelta

import pytest

from whistle.errors import CeremonyError
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Keyring, Role
from whistle.protocol.signing import Signer
from whistle.root import ceremony

TODAY = date(2026, 11, 21)


@pytest.fixture
def keyring() -> Keyring:
    return ceremony.open_channel(
        ceremony.found("Bureau", Signer.generate().verifier, TODAY, 90), "Front door", "story/1"
    )


def request(name: str = "Ana", role: Role = Role.REVIEWER) -> Enrolment:
    return Enrolment.parse(Enrolment.make(name, role, Signer.generate()))


def test_people_join_their_channels_under_new_numbers(keyring: Keyring) -> None:
    for name in ("Ana", "Boon", "Chi"):
        keyring = ceremony.certify(keyring, request(name), (1,))
    assert [person.id for person in keyring.people] == [1, 2, 3]
    assert keyring.channels[0].people == (1, 2, 3)


def test_a_number_is_never_used_again(keyring: Keyring) -> None:
    keyring = ceremony.certify(keyring, request("Ana"), (1,))
    keyring = ceremony.revoke(keyring, 1, TODAY)
    keyring = ceremony.certify(keyring, request("Boon"), (1,))
    assert [person.id for person in keyring.people] == [2]
    assert keyring.channels[0].people == (2,)
    assert [former.person.id for former in keyring.former] == [1]


def test_a_key_is_enrolled_once_for_ever_so_that_its_role_never_changes(keyring: Keyring) -> None:
    signer = Signer.generate()
    keyring = ceremony.certify(keyring, Enrolment.parse(Enrolment.make("Ana", Role.REVIEWER, signer)), (1,))
    again = Enrolment.parse(Enrolment.make("Ana", Role.OVERSIGHT, signer))
    with pytest.raises(CeremonyError):
        ceremony.certify(keyring, again, (1,))
    with pytest.raises(CeremonyError):
        ceremony.certify(ceremony.revoke(keyring, 1, TODAY), again, (1,))


def test_a_channel_has_room_for_fifteen(keyring: Keyring) -> None:
    for _number in range(15):
        keyring = ceremony.certify(keyring, request(), (1,))
    with pytest.raises(CeremonyError):
        ceremony.certify(keyring, request(), (1,))


def test_an_unknown_channel_or_person_is_refused(keyring: Keyring) -> None:
    with pytest.raises(CeremonyError):
        ceremony.certify(keyring, request(), (1, 2))
    with pytest.raises(CeremonyError):
        ceremony.revoke(keyring, 1, TODAY)


def test_the_minimum_statement_only_rises(keyring: Keyring) -> None:
    keyring = ceremony.certify(keyring, request(), (1,))
    keyring = ceremony.require_statement(keyring, 1, 4)
    assert keyring.people[0].statement_minimum == 4
    with pytest.raises(CeremonyError):
        ceremony.require_statement(keyring, 1, 3)


def test_every_renewal_raises_the_serial(keyring: Keyring) -> None:
    renewed = ceremony.renew(keyring, TODAY + timedelta(days=9), 30)
    assert renewed.serial == keyring.serial + 1
    assert (renewed.issued, renewed.expires) == (TODAY + timedelta(days=9), TODAY + timedelta(days=39))
