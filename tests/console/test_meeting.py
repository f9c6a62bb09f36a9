from dataclasses import replace
from datetime import timedelta

import pytest

from tests.console.world import ANA, BO, PASSPHRASE, World
from whistle.console.meeting import read_published
from whistle.errors import (
    AlreadyJoined,
    FingerprintDiffers,
    KeyringExpired,
    KeyringMalformed,
    KeyringRolledBack,
    NotInKeyring,
    RootForked,
    RootSuperseded,
)
from whistle.protocol.canonical import encode
from whistle.protocol.keyring import Role, Succession
from whistle.protocol.keys import Identity
from whistle.protocol.lockbox import LEAST
from whistle.protocol.roots import fingerprint
from whistle.protocol.signing import Signer
from whistle.protocol.statement import Statement


def alarms(world: World) -> list[str]:
    return [alarm.error for alarm in world.desks[ANA].journal.alarms]


def test_joining_needs_the_words_the_certificate_and_happens_once(world: World) -> None:
    desk = world.desk_at("dora")
    with desk:
        request = desk.create(PASSPHRASE, "Dora", Role.OVERSIGHT, LEAST)
        with pytest.raises(NotInKeyring):
            desk.join(bytes(world.published), world.words, "")
        world.certify(request)
        with pytest.raises(FingerprintDiffers):
            desk.join(bytes(world.published), " ".join(reversed(world.words.split())), "")
        other = " ".join(fingerprint((Signer.generate().verifier,)))
        with pytest.raises(FingerprintDiffers):
            desk.join(bytes(world.published), other, "")
        person = desk.join(bytes(world.published), f"  {world.words.upper()}\n", "http://127.0.0.1:1")
        assert (person.name, person.role, desk.me) == ("Dora", Role.OVERSIGHT, person)
        assert desk.intake == "http://127.0.0.1:1"
        with pytest.raises(AlreadyJoined):
            desk.join(bytes(world.published), world.words, "")


def test_joining_from_the_roots_own_file(world: World) -> None:
    desk = world.desk_at("dora")
    with desk:
        world.certify(desk.create(PASSPHRASE, "Dora", Role.REVIEWER, LEAST))
        published = world.published
        file = encode({"keyring": published.keyring.to_json(), "successions": []})
        desk.join(file, world.words, "")
        assert desk.keyring.organisation == "Bureau"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"keyring":1,"successions":[]}', b"<html>", b"\xff"])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(KeyringMalformed):
        read_published(data)


def test_an_older_keyring_raises_an_alarm_that_stays(world: World) -> None:
    older = world.published
    world.keyring = replace(world.keyring, serial=50)
    world.sync(ANA)
    world.forged = older
    for _again in range(2):
        with pytest.raises(KeyringRolledBack):
            world.sync(ANA)
    assert alarms(world) == ["KeyringRolledBack"]
    world.sleep()
    with pytest.raises(KeyringRolledBack):
        world.reopen(ANA).sync(world.courier())
    assert alarms(world) == ["KeyringRolledBack"] * 2
    assert any("older list" in warning for warning in world.desks[ANA].warnings())


def test_another_root_raises_an_alarm(world: World) -> None:
    true = world.root
    world.root = Signer.generate()
    with pytest.raises(RootSuperseded):
        world.sync(ANA)
    world.root = true
    successors = [Succession.make(world.site, true, Signer.generate(), world.today) for _ in range(2)]
    world.forged = replace(world.published, successions=tuple(successors))
    with pytest.raises(RootForked):
        world.sync(ANA)
    assert alarms(world) == ["RootSuperseded", "RootForked"]


def test_an_expired_keyring_is_said_and_no_alarm(world: World) -> None:
    world.today = world.keyring.expires + timedelta(days=1)
    with pytest.raises(KeyringExpired):
        world.sync(ANA)
    assert alarms(world) == []


def test_a_document_made_for_one_visitor_raises_an_alarm(world: World) -> None:
    """The signed visitor is shown Bo's statement missing, somebody unknown is not."""
    courier, anonymous = world.courier(), world.courier()
    anonymous.signed = False
    world.forged = replace(world.published, statements=(world.statements[ANA],))
    synced = world.desks[ANA].sync(courier, anonymous)
    assert synced.alarms == ("KeyringsDiffer",)
    assert alarms(world) == ["KeyringsDiffer"]


def test_a_change_between_two_questions_is_no_alarm(world: World) -> None:
    class Changing(type(world.courier())):  # type: ignore[misc] # a courier as the world makes them
        def keyring(self) -> bytes:
            if not self.calls:
                shown = super().keyring()
                world.rotate(BO)
                return bytes(shown)
            return bytes(super().keyring())

    assert world.desks[ANA].sync(Changing(world), world.courier()).alarms == ()


def test_a_statement_in_our_name_that_we_did_not_make_raises_an_alarm(world: World) -> None:
    session = world.desks[ANA]._session
    assert session is not None
    thief = session.vault.secrets.signer
    recipient = Identity.generate().recipient
    statement = Statement(world.site, ANA, 9, recipient, world.today, world.today + timedelta(days=9))
    true = world.statements[ANA]
    world.statements[ANA] = statement.sign(thief)
    assert world.sync(ANA).alarms == ("StatementNotYours",)
    world.statements[ANA] = statement.sign(Signer.generate())
    world.sleep()
    assert "StatementNotYours" not in world.sync(ANA).alarms
    world.statements[ANA] = true


def test_a_colleague_shown_with_an_older_key_raises_an_alarm(world: World) -> None:
    older = world.statements[BO]
    world.rotate(BO)
    world.sync(ANA)
    world.statements[BO] = older
    assert world.sync(ANA).alarms == ("StatementRolledBack",)


def test_names_outlive_the_keyring_and_the_people(world: World) -> None:
    desk = world.desks[ANA]
    world.sync(ANA)
    world.today = world.keyring.expires + timedelta(days=1)
    assert (desk.name_of(ANA), desk.name_of(BO), desk.name_of(99)) == ("ana", "bo", "")
    with pytest.raises(KeyringExpired):
        desk.directory  # noqa: B018 - the property raises


def test_what_was_met_is_kept(world: World) -> None:
    world.keyring = replace(world.keyring, organisation="Bureau, renamed", serial=60)
    world.sync(ANA)
    assert world.reopen(ANA).keyring.organisation == "Bureau, renamed"
