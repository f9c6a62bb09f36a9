import os
import pickle
import struct
from base64 import b64encode
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.pwhash import argon2id

from tests.console.world import ANA, PASSPHRASE, World
from whistle.console import private
from whistle.console import vault as vaults
from whistle.console.vault import Secrets, StorageKey, Vault
from whistle.errors import (
    NotEnoughMemory,
    PassphraseTooShort,
    ProtocolError,
    VaultDamaged,
    VaultExists,
    VaultInUse,
    VaultLocked,
    VaultMissing,
    VaultUnsafe,
    WrongPassphrase,
)
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Role
from whistle.protocol.lockbox import LEAST
from whistle.protocol.signing import Signer

TODAY = date(2026, 11, 21)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reviewer"


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault.create(folder, PASSPHRASE, LEAST)


def opened(folder: Path, passphrase: str = PASSPHRASE) -> Secrets:
    """Return what a vault keeps, and leave it locked."""
    vault = Vault.open(folder, passphrase)
    data = bytes(vault.secrets)
    vault.lock()
    return Secrets.parse(data)


def test_what_was_kept_comes_back(folder: Path, vault: Vault) -> None:
    key = StorageKey.generate()
    vault.change(cases={b"c" * 32: key}, journal=b"j" * 32, deleted={b"m" * 16: TODAY})
    data = bytes(vault.secrets)
    vault.lock()
    assert bytes(opened(folder)) == data


def test_modes(folder: Path, vault: Vault) -> None:
    vault.change(journal=b"j" * 32)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_wrong_passphrase_is_said_and_costs_the_same_work(
    folder: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.lock()
    derived: list[tuple[object, ...]] = []
    derive = argon2id.kdf

    def watched(*given: Any) -> bytes:
        derived.append(given)
        return derive(*given)

    monkeypatch.setattr(argon2id, "kdf", watched)
    with pytest.raises(WrongPassphrase):
        Vault.open(folder, "correct horse battery stable")
    Vault.open(folder, PASSPHRASE).lock()
    right, wrong = derived[1], derived[0]
    assert right[2:] == wrong[2:]
    assert right[1] != wrong[1]


def test_the_usual_cost_is_moderate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def cheap(size: int, _secret: bytes, salt: bytes, operations: int, memory: int) -> bytes:
        asked.append((operations, memory))
        return hashed(salt, size=size)

    monkeypatch.setattr(argon2id, "kdf", cheap)
    Vault.create(folder, PASSPHRASE).lock()
    assert asked == [(3, 256 << 20)]


@pytest.mark.parametrize(("operations", "memory"), [(1, 1 << 40), (1 << 31, 1 << 13)])
def test_a_hostile_file_cannot_ask_for_much(folder: Path, vault: Vault, operations: int, memory: int) -> None:
    vault.lock()
    data = (folder / "vault").read_bytes()[:-32]
    at = len(b"whistle-lockbox-1\n")
    data = data[:at] + struct.pack("<IQ", operations, memory) + data[at + 12 :]
    (folder / "vault").write_bytes(data + hashed(b"whistle/console/1/vault checksum", data))
    with pytest.raises(VaultDamaged):
        Vault.open(folder, PASSPHRASE)


def test_too_little_memory_is_said(folder: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.lock()

    def fail(*_given: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(argon2id, "kdf", fail)
    with pytest.raises(NotEnoughMemory):
        Vault.open(folder, PASSPHRASE)


def test_every_flipped_byte_is_found(folder: Path, vault: Vault) -> None:
    vault.lock()
    path = folder / "vault"
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(VaultDamaged):
            Vault.open(folder, PASSPHRASE)
    path.write_bytes(data)
    Vault.open(folder, PASSPHRASE).lock()


def test_a_cut_file_is_damaged(folder: Path, vault: Vault) -> None:
    vault.lock()
    data = (folder / "vault").read_bytes()
    for size in (0, 1, 31, 32, 100, len(data) - 1):
        (folder / "vault").write_bytes(data[:size])
        with pytest.raises(VaultDamaged):
            Vault.open(folder, PASSPHRASE)


@settings(max_examples=200)
@given(st.binary(max_size=600))
def test_any_secrets_give_our_own_error(data: bytes) -> None:
    with pytest.raises(VaultDamaged):
        Secrets.parse(data)


def test_only_one_at_a_time(folder: Path, vault: Vault) -> None:
    with pytest.raises(VaultInUse):
        Vault.open(folder, PASSPHRASE)
    vault.lock()
    Vault.open(folder, PASSPHRASE).lock()


def test_a_wrong_passphrase_leaves_the_vault_free(folder: Path, vault: Vault) -> None:
    vault.lock()
    with pytest.raises(WrongPassphrase):
        Vault.open(folder, "something else entirely")
    Vault.open(folder, PASSPHRASE).lock()


def test_missing_existing_short(folder: Path, vault: Vault, tmp_path: Path) -> None:
    vault.lock()
    with pytest.raises(VaultExists):
        Vault.create(folder, PASSPHRASE, LEAST)
    with pytest.raises(VaultMissing):
        Vault.open(tmp_path / "nowhere", PASSPHRASE)
    with pytest.raises(PassphraseTooShort):
        Vault.create(tmp_path / "new", "eleven char", LEAST)
    assert not (tmp_path / "new").exists()
    assert vaults.exists(folder)
    assert not vaults.exists(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["vault", "lock"])
def test_loose_modes_are_refused(folder: Path, vault: Vault, name: str) -> None:
    vault.lock()
    (folder / name).chmod(0o640)
    with pytest.raises(VaultUnsafe):
        Vault.open(folder, PASSPHRASE)
    (folder / name).chmod(0o600)
    folder.chmod(0o755)
    with pytest.raises(VaultUnsafe):
        Vault.open(folder, PASSPHRASE)


def test_composed_letters_are_one_passphrase(folder: Path) -> None:
    Vault.create(folder, "caf\u00e9 na\u00efve passphrase", LEAST).lock()
    opened(folder, "cafe\u0301 nai\u0308ve passphrase")
    with pytest.raises(WrongPassphrase):
        opened(folder, "a lone \ud800 surrogate")


def test_a_locked_vault_has_nothing(vault: Vault, tmp_path: Path) -> None:
    kept = vault.secrets.ledger
    vault.lock()
    vault.lock()
    assert kept.secret_bytes() == bytes(32)
    with pytest.raises(VaultLocked):
        vault.secrets  # noqa: B018 - the property raises
    with pytest.raises(VaultLocked):
        vault.backup(tmp_path / "out", TODAY, full=False)
    assert repr(vault) == "<Vault, locked>"


def test_secrets_do_not_show_themselves(vault: Vault) -> None:
    for shown in (vault, vault.secrets, vault.secrets.ledger, vault.secrets.signer):
        for secret in (vault.secrets.ledger.secret_bytes(), vault.secrets.signer.secret_bytes()):
            assert secret.hex() not in f"{shown} {shown!r}"
            assert b64encode(secret).decode() not in f"{shown} {shown!r}"
            assert repr(secret) not in repr(shown)
    for hidden in (vault, vault.secrets.ledger):
        with pytest.raises(TypeError):
            pickle.dumps(hidden)


def test_a_change_that_cannot_be_written_did_not_happen(
    folder: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise OSError("the disk failed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="the disk failed"):
            vault.change(journal=b"j" * 32)
    assert vault.secrets.journal is None
    vault.lock()
    assert opened(folder).journal is None


def test_the_passphrase_changes(folder: Path, vault: Vault, tmp_path: Path) -> None:
    vault.backup(tmp_path / "before", TODAY, full=True)
    with pytest.raises(WrongPassphrase):
        vault.change_passphrase("not the passphrase", "another passphrase", LEAST)
    with pytest.raises(PassphraseTooShort):
        vault.change_passphrase(PASSPHRASE, "short", LEAST)
    vault.change_passphrase(PASSPHRASE, "another passphrase", LEAST)
    vault.change(journal=b"j" * 32)
    vault.lock()
    with pytest.raises(WrongPassphrase):
        opened(folder)
    assert opened(folder, "another passphrase").journal == b"j" * 32
    Vault.restore(tmp_path / "before", tmp_path / "restored", PASSPHRASE).lock()


def test_a_usual_backup_opens_nothing_and_is_still_the_same_person(world: World, tmp_path: Path) -> None:
    desk = world.desks[ANA]
    desk.backup(tmp_path / "usual")
    desk.backup(tmp_path / "full", full=True)
    kept, full, usual = (
        opened_backup(tmp_path / "full"),
        opened_backup(tmp_path / "full"),
        opened_backup(tmp_path / "usual"),
    )
    assert usual.identities == ()
    assert usual.cases == {}
    assert usual.journal is None
    assert usual.signer.secret_bytes() == kept.signer.secret_bytes()
    assert usual.membership == kept.membership
    assert full.identities
    assert full.cases


def opened_backup(path: Path) -> Secrets:
    vault = Vault.restore(path, path.parent / f"{path.name}-restored-{os.urandom(4).hex()}", PASSPHRASE)
    data = bytes(vault.secrets)
    vault.lock()
    return Secrets.parse(data)


def test_restoring_overwrites_nothing(folder: Path, vault: Vault, tmp_path: Path) -> None:
    vault.backup(tmp_path / "backup", TODAY, full=False)
    before = (folder / "vault").read_bytes()
    vault.lock()
    with pytest.raises(VaultExists):
        Vault.restore(tmp_path / "backup", folder, PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        Vault.restore(tmp_path / "backup", tmp_path / "new", "not this passphrase")
    assert (folder / "vault").read_bytes() == before
    assert not (tmp_path / "new").exists()


def test_full_backups_are_remembered_until_destroyed(vault: Vault, tmp_path: Path) -> None:
    vault.backup(tmp_path / "one", TODAY, full=True)
    vault.backup(tmp_path / "two", TODAY, full=True)
    vault.backup(tmp_path / "one", date(2026, 12, 1), full=True)
    kept = {backup.place: backup.day for backup in vault.secrets.backups}
    assert kept == {str(tmp_path / "one"): date(2026, 12, 1), str(tmp_path / "two"): TODAY}
    vault.forget_backup(str(tmp_path / "two"))
    assert [backup.place for backup in vault.secrets.backups] == [str(tmp_path / "one")]


def test_a_backup_goes_to_a_stick_that_knows_no_modes_and_comes_back(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a stick with FAT shows its files. A vault itself is refused there."""
    stick = tmp_path / "stick"
    stick.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(private, "_OTHERS", private._OTHERS | 0o600)  # no mode is good enough any more
        vault.backup(stick / "backup", TODAY, full=False)
        with pytest.raises(VaultUnsafe):
            private.read_private(stick / "backup", 1 << 20)
        with pytest.raises(VaultUnsafe):
            private.write_private(stick / "file", b"")
    (stick / "backup").chmod(0o755)
    restored = Vault.restore(stick / "backup", tmp_path / "restored", PASSPHRASE)
    assert restored.secrets.signer.secret_bytes() == vault.secrets.signer.secret_bytes()
    restored.lock()
    (stick / "link").symlink_to(stick / "backup")
    with pytest.raises(VaultUnsafe):
        Vault.restore(stick / "link", tmp_path / "again", PASSPHRASE)


def test_storage_keys_bind_and_differ() -> None:
    key = StorageKey.generate()
    sealed = key.seal(b"text", b"place")
    assert key.open(sealed, b"place") == b"text"
    assert key.seal(b"text", b"place") != sealed
    for wrong in (key.derive(b"other"), StorageKey.generate()):
        with pytest.raises(ValueError, match="changed"):
            wrong.open(sealed, b"place")
    with pytest.raises(ValueError, match="changed"):
        key.open(sealed, b"elsewhere")
    with pytest.raises(ValueError, match="short"):
        key.open(sealed[:20], b"place")
    with pytest.raises(ValueError, match="32 bytes"):
        StorageKey(b"short")
    assert key.mark(b"a", size=16) != key.derive(b"x").mark(b"a", size=16)


def test_enrolment_is_signed_by_the_vaults_own_key(vault: Vault) -> None:
    request = Enrolment.parse(vaults.enrolment(vault, "Ana", Role.REVIEWER))
    assert (request.name, request.signing) == ("Ana", vault.secrets.signer.verifier)
    with pytest.raises(ProtocolError):
        vaults.enrolment(vault, " ", Role.REVIEWER)


def test_parse_refuses_what_is_not_whole() -> None:
    secrets = Secrets(Signer.generate(), StorageKey.generate())
    assert bytes(Secrets.parse(bytes(secrets))) == bytes(secrets)
    with pytest.raises(VaultDamaged):
        Secrets.parse(bytes(secrets).replace(b'"version":1', b'"version":2'))
    assert replace(secrets, journal=b"j" * 32).without_keys().journal is None
