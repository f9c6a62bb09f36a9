"""Keys come and go: what stays readable for how long, and what nobody can read any more."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.console.world import ANA, BO, FIRST_DAY, KEEP_DAYS, PASSPHRASE, World
from whistle.console.vault import GRACE_DAYS, Secrets, Vault
from whistle.errors import KeyLapsed, NotForMe, NotJoined, Unreachable, WhistleError
from whistle.protocol.labels import STATEMENT_DAYS
from whistle.protocol.lockbox import LEAST
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import open_sealed
from whistle.protocol.statement import Statement


def secrets_of(world: World, person: int) -> Secrets:
    session = world.desks[person]._session
    assert session is not None
    return session.vault.secrets


def numbers(world: World, person: int) -> list[int]:
    return [kept.number for kept in secrets_of(world, person).identities]


def shelf_copy(world: World) -> list[Record]:
    """Everything that lies on the shelf, as somebody who copied it would have it."""
    days = [world.today - timedelta(days=day) for day in range(KEEP_DAYS)]
    return [record for day in days for record in world.shelf.messages_of(day, b"", 10_000)]


def test_a_statement_is_good_for_thirty_days_from_today(world: World) -> None:
    statement = Statement.claimed(world.statements[ANA])
    assert (statement.number, statement.first, statement.last) == (1, FIRST_DAY, FIRST_DAY + timedelta(days=29))
    world.sleep(3)
    world.rotate(ANA)
    again = Statement.claimed(world.statements[ANA])
    assert (again.number, again.first) == (2, FIRST_DAY + timedelta(days=3))
    assert again.recipient != statement.recipient
    assert (again.last - again.first).days == STATEMENT_DAYS - 1


def test_numbers_go_above_everything_ever_seen(world: World) -> None:
    people = tuple(
        replace(person, statement_minimum=7) if person.id == ANA else person for person in world.keyring.people
    )
    world.keyring = replace(world.keyring, people=people, serial=99)
    world.sync(ANA)
    world.rotate(ANA)
    assert Statement.claimed(world.statements[ANA]).number == 7
    world.sync(ANA)
    world.rotate(ANA)
    assert Statement.claimed(world.statements[ANA]).number == 8


def test_the_key_is_kept_before_the_statement_goes_anywhere(world: World) -> None:
    statement = world.desks[ANA].rotate()
    world.reopen(ANA)
    assert numbers(world, ANA) == [1, 2]
    courier = world.courier()
    keyrings, days = 2, KEEP_DAYS + 2
    courier.fail_at = keyrings + days + 1
    with pytest.raises(Unreachable):
        world.sync(ANA, courier)
    assert courier.calls[-1] == "publish"
    assert Statement.claimed(world.statements[ANA]).number == 1
    world.sync(ANA)
    assert world.statements[ANA] == statement
    again = world.courier()
    world.sync(ANA, again)
    assert "publish" not in again.calls


def test_what_was_sealed_to_an_old_key_is_read_after_rotations(world: World) -> None:
    world.tell(Receipt.generate(), "to the first key")
    world.rotate(ANA)
    world.tell(Receipt.generate(), "to the second key")
    world.sleep(20)
    world.rotate(ANA)
    assert world.sync(ANA).messages == 2


def test_an_old_key_lives_until_a_complete_sync_after_window_keep_days_and_grace(world: World) -> None:
    world.rotate(ANA)
    end = STATEMENT_DAYS - 1 + KEEP_DAYS + GRACE_DAYS
    world.sleep(end)
    world.rotate(ANA)
    assert world.sync(ANA).retired == ()
    world.sleep(1)
    courier = world.courier()
    courier.fail_at = 5
    with pytest.raises(Unreachable):
        world.sync(ANA, courier)
    assert numbers(world, ANA) == [1, 2, 3]
    assert world.sync(ANA).retired == (1, 2)
    assert numbers(world, ANA) == [3]
    world.reopen(ANA)
    assert numbers(world, ANA) == [3]
    assert [number for number, _day in world.desks[ANA].journal.retired] == [1, 2]


def test_after_rotation_and_deletion_nothing_held_opens_an_old_shelf_copy(world: World, tmp_path: Path) -> None:
    """Not the vaults as they are, not the backups that are made by default, not the ledgers, nor copies of them."""
    world.tell(Receipt.generate(), "The tender was fixed.", files=[("a.txt", b"attached")])
    copy = shelf_copy(world)
    for person in (ANA, BO):
        world.sync(person)
        world.desks[person].backup(tmp_path / f"usual-{person}")
        shutil.copytree(world.desks[person].folder / "ledger", tmp_path / f"ledger-{person}")
    assert any(opens(copy, secrets_of(world, person)) for person in (ANA, BO))
    world.sleep(STATEMENT_DAYS)
    for person in (ANA, BO):
        world.rotate(person)
        world.desks[person].delete(world.only_case(person).name)
    world.sleep(KEEP_DAYS + GRACE_DAYS)
    for person in (ANA, BO):
        world.rotate(person)
        world.sync(person)
        assert not opens(copy, secrets_of(world, person))
        assert not opens(copy, backup_of(tmp_path, f"usual-{person}"))
        desk = world.desks[person]
        desk.lock()
        shutil.rmtree(desk.folder / "ledger")
        shutil.copytree(tmp_path / f"ledger-{person}", desk.folder / "ledger")
        desk.unlock(PASSPHRASE)
        assert desk.inbox() == ()


def test_the_same_copy_opens_while_an_old_key_is_there(world: World, tmp_path: Path) -> None:
    """What the test above would not notice if it tried the wrong things."""
    world.tell(Receipt.generate(), "The tender was fixed.")
    copy = shelf_copy(world)
    world.desks[ANA].backup(tmp_path / "full", full=True)
    world.sleep(STATEMENT_DAYS + KEEP_DAYS + GRACE_DAYS)
    world.rotate(ANA)
    world.rotate(BO)
    world.sync(ANA)
    assert not opens(copy, secrets_of(world, ANA))
    assert opens(copy, backup_of(tmp_path, "full"))
    assert any("full backup" in warning for warning in world.desks[ANA].warnings())


def opens(records: list[Record], secrets: Secrets) -> bool:
    """Tell whether any Identity among ``secrets`` opens any of ``records``."""
    for record in records:
        for kept in secrets.identities:
            try:
                open_sealed(record, kept.identity)
            except NotForMe:
                continue
            return True
    return False


def backup_of(folder: Path, name: str) -> Secrets:
    vault = Vault.restore(folder / name, folder / f"restored-{name}", PASSPHRASE)
    secrets = Secrets.parse(bytes(vault.secrets))
    vault.lock()
    return secrets


def test_restored_from_a_usual_backup_a_reviewer_goes_on(world: World, tmp_path: Path) -> None:
    """The disk is lost: what was sealed before stays closed to her, what comes after does not."""
    desk = world.desks[ANA]
    desk.backup(tmp_path / "usual")
    world.tell(Receipt.generate(), "before")
    desk.lock()
    shutil.rmtree(desk.folder)
    desk.restore(tmp_path / "usual", PASSPHRASE)
    assert any("Nobody can write to you" in warning for warning in desk.warnings())
    world.rotate(ANA)
    assert Statement.claimed(world.statements[ANA]).number == 2
    world.tell(Receipt.generate(), "after")
    assert world.sync(ANA).messages == 1
    assert [case.title for case in desk.inbox()] == ["after"]
    world.reopen(ANA)
    assert [case.title for case in desk.inbox()] == ["after"]


def test_a_week_before_the_end_there_is_a_warning(world: World) -> None:
    desk = world.desks[ANA]
    world.sync(ANA)
    world.today = FIRST_DAY + timedelta(days=STATEMENT_DAYS - 1 - 7)
    assert not any("key" in warning for warning in desk.warnings())
    world.today += timedelta(days=1)
    (warning,) = (warning for warning in desk.warnings() if "key" in warning)
    assert "2026-12-20" in warning
    world.today = FIRST_DAY + timedelta(days=STATEMENT_DAYS)
    assert any("no key that is valid today" in warning for warning in desk.warnings())
    desk.rotate()
    assert not any("key" in warning for warning in desk.warnings())


def test_who_has_not_joined_cannot_rotate(world: World) -> None:
    desk = world.desk_at("dora")
    with desk:
        desk.create(PASSPHRASE, "Dora", world.desks[ANA].me.role, LEAST)
        with pytest.raises(NotJoined):
            desk.rotate()
        assert desk.warnings() == ("You have not joined an organisation yet.",)


def test_who_has_joined_and_not_rotated_can_open_nothing_yet(world: World) -> None:
    desk = world.desk_at("dora")
    with desk:
        world.certify(desk.create(PASSPHRASE, "Dora", world.desks[ANA].me.role, LEAST))
        desk.join(bytes(world.published), world.words, "")
        with pytest.raises((KeyLapsed, WhistleError)):
            desk.addressees(bytes(32))
        assert desk.sync(world.courier()).messages == 0
        assert desk.inbox() == ()
