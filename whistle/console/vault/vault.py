"""The vault: one file that holds every secret of one reviewer, under a passphrase. docs/console.md.

Only this package can load a reviewer's Identity or signing key.
"""

import fcntl
import os
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, Self

from nacl.exceptions import RuntimeError as SodiumError

from whistle.console import private
from whistle.console.vault.secrets import FullBackup, Secrets
from whistle.console.vault.storage import StorageKey
from whistle.errors import (
    NotEnoughMemory,
    PassphraseTooShort,
    VaultDamaged,
    VaultExists,
    VaultInUse,
    VaultLocked,
    VaultMissing,
    WrongPassphrase,
)
from whistle.protocol.hashing import hashed
from whistle.protocol.labels import HASH_SIZE
from whistle.protocol.lockbox import Cost, Lockbox
from whistle.protocol.signing import Signer

VAULT_NAME = "vault"
LOCK_NAME = "lock"
PASSPHRASE_LEAST = 12
_CHECKSUM = b"whistle/console/1/vault checksum"
_SIZE_LIMIT = 1 << 28


class Vault:
    """An open vault. While it is open no other process can open it."""

    def __init__(self, folder: Path, hold: int, lockbox: Lockbox, secrets: Secrets) -> None:
        """Take what ``create`` and ``open`` made."""
        self.folder = folder
        self._hold = hold
        self._lockbox: Lockbox | None = lockbox
        self._secrets: Secrets | None = secrets

    @classmethod
    def create(cls, folder: Path, passphrase: str, cost: Cost | None = None) -> Self:
        """Make a vault with a new signing key in ``folder``.

        Raises ``VaultExists``, ``VaultUnsafe`` and ``PassphraseTooShort`` (below 12 characters).
        """
        _check_passphrase(passphrase)
        private.make_folder(folder)
        hold = _hold(folder)
        try:
            if (folder / VAULT_NAME).exists():
                raise VaultExists(str(folder))
            lockbox = _derive(lambda: Lockbox.new(_normal(passphrase), cost))
            vault = cls(folder, hold, lockbox, Secrets(Signer.generate(), StorageKey.generate()))
            vault._save()
        except BaseException:
            os.close(hold)
            raise
        return vault

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Self:
        """Open the vault in ``folder``.

        Raises ``VaultMissing``, ``VaultUnsafe``, ``VaultInUse``, ``VaultDamaged`` and ``WrongPassphrase``; a wrong
        passphrase takes as long as the right one.
        """
        private.check_folder(folder)
        hold = _hold(folder)
        try:
            private.clear_staged(folder / VAULT_NAME)
            lockbox, secrets = _read(folder / VAULT_NAME, passphrase)
        except BaseException:
            os.close(hold)
            raise
        return cls(folder, hold, lockbox, secrets)

    @classmethod
    def restore(cls, backup: Path, folder: Path, passphrase: str) -> Self:
        """Put the vault that ``backup`` holds into ``folder``; raises as ``open``, and ``VaultExists``."""
        lockbox, secrets = _read(backup, passphrase, anywhere=True)
        private.make_folder(folder)
        hold = _hold(folder)
        try:
            if (folder / VAULT_NAME).exists():
                raise VaultExists(str(folder))
            vault = cls(folder, hold, lockbox, secrets)
            vault._save()
        except BaseException:
            os.close(hold)
            raise
        return vault

    @property
    def secrets(self) -> Secrets:
        """What the vault keeps; raises ``VaultLocked``."""
        if self._secrets is None:
            raise VaultLocked
        return self._secrets

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Secrets
        """Replace fields of ``secrets`` and write them durably; what was in their place is overwritten on disk."""
        before = self.secrets
        self._secrets = replace(before, **changes)
        try:
            self._save()
        except BaseException:
            self._secrets = before
            raise

    def check_passphrase(self, passphrase: str) -> None:
        """Raise ``WrongPassphrase`` unless the vault's file opens with ``passphrase``; it stays open either way."""
        _read(self.folder / VAULT_NAME, passphrase)

    def change_passphrase(self, old: str, new: str, cost: Cost | None = None) -> None:
        """Seal the vault under ``new``; raises ``WrongPassphrase`` for ``old`` and ``PassphraseTooShort``."""
        _check_passphrase(new)
        self.check_passphrase(old)
        self._lockbox = _derive(lambda: Lockbox.new(_normal(new), cost))
        self._save()

    def backup(self, path: Path, today: date, *, full: bool) -> None:
        """Write a copy that opens with the present passphrase.

        By default it holds no key that opens a report, so that no copy of it can undo a deletion. A ``full`` one opens
        all that this vault opens today; the vault remembers where it is, so that it can be replaced after a deletion.
        """
        secrets = self.secrets
        private.write_private(path, _file(self._box, secrets if full else secrets.without_keys()), anywhere=True)
        if full:
            place = str(path.resolve())
            others = tuple(backup for backup in secrets.backups if backup.place != place)
            self.change(backups=(*others, FullBackup(today, place)))

    def forget_backup(self, place: str) -> None:
        """Take a full backup off the list, because it has been destroyed."""
        self.change(backups=tuple(backup for backup in self.secrets.backups if backup.place != place))

    def lock(self) -> None:
        """Forget every secret, as far as Python allows, and let others open the vault."""
        if self._secrets is not None:
            self._secrets.wipe()
            self._secrets = self._lockbox = None
            os.close(self._hold)

    @property
    def _box(self) -> Lockbox:
        if self._lockbox is None:
            raise VaultLocked
        return self._lockbox

    def _save(self) -> None:
        private.write_private(self.folder / VAULT_NAME, _file(self._box, self.secrets))

    def __repr__(self) -> str:
        """Tell nothing but whether it is open."""
        return "<Vault, locked>" if self._secrets is None else "<Vault, open>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError


def _file(lockbox: Lockbox, secrets: Secrets) -> bytes:
    """Return a vault's file: the lockbox, and a hash that tells damage from a wrong passphrase."""
    sealed = lockbox.seal(bytes(secrets))
    return sealed + hashed(_CHECKSUM, sealed)


def _read(path: Path, passphrase: str, *, anywhere: bool = False) -> tuple[Lockbox, Secrets]:
    data = private.read_private(path, _SIZE_LIMIT, anywhere=anywhere)
    sealed, checksum = data[:-HASH_SIZE], data[-HASH_SIZE:]
    if hashed(_CHECKSUM, sealed) != checksum:
        raise VaultDamaged(str(path))
    lockbox, secrets = _derive(lambda: Lockbox.open(sealed, _normal(passphrase)))
    return lockbox, Secrets.parse(secrets)


def _derive(work: Any) -> Any:  # noqa: ANN401 - returns what its callable returns
    try:
        return work()
    except (MemoryError, SodiumError) as error:
        raise NotEnoughMemory from error


def _hold(folder: Path) -> int:
    """Return a descriptor that keeps every other process out of ``folder`` until it is closed."""
    descriptor = private.open_private(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise VaultInUse from error
    return descriptor


def _normal(passphrase: str) -> str:
    """Return one spelling, so that another keyboard's composed letters are the same passphrase."""
    normal = unicodedata.normalize("NFC", passphrase)
    try:
        normal.encode()
    except UnicodeEncodeError as error:
        raise WrongPassphrase from error
    return normal


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < PASSPHRASE_LEAST:
        raise PassphraseTooShort


def exists(folder: Path) -> bool:
    """Tell whether there is a vault in ``folder``; raises ``VaultUnsafe`` where others can enter it."""
    try:
        private.check_folder(folder)
    except VaultMissing:
        return False
    return (folder / VAULT_NAME).exists()
