"""The root's folder: its secret under a passphrase, and the keyring it signed last.

The only file that can load the root's secret. The folder belongs on a machine, or a stick, that no network reaches.
"""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from whistle.errors import CeremonyError, WhistleError, WrongPassphrase
from whistle.language import _
from whistle.protocol.canonical import Json, decode, encode
from whistle.protocol.fields import Fields
from whistle.protocol.keyring import Keyring, Succession
from whistle.protocol.lockbox import Cost, Lockbox
from whistle.protocol.manifest import Manifest
from whistle.protocol.signing import Signed, Signer, Verifier
from whistle.root import ceremony

SECRET_NAME = "root.key"  # noqa: S105 - the name of a file, not a secret
NEXT_NAME = "root.key.next"
KEYRING_NAME = "keyring.json"
MANIFEST_NAME = "manifest.json"
_SUCCESSION_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class RootFolder:
    """What the root holds: keyring and successions are public, the signer is the organisation itself."""

    path: Path
    keyring: Keyring
    successions: tuple[Succession, ...]
    signer: Signer

    @classmethod
    def create(cls, path: Path, organisation: str, passphrase: str, today: date, days: int, cost: Cost | None) -> Self:
        """Make a new root; raises ``CeremonyError`` where one is already."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (path / SECRET_NAME).exists():
            raise CeremonyError(_("there is a root in this folder already"))
        signer = Signer.generate()
        folder = cls(path, ceremony.found(organisation, signer.verifier, today, days), (), signer)
        _write(path / SECRET_NAME, Lockbox.new(passphrase, cost).seal(signer.secret_bytes()))
        folder.save(folder.keyring)
        return folder

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Self:
        """Load the root; raises ``WrongPassphrase``, ``VaultDamaged`` and ``CeremonyError``."""
        keyring, successions = read_keyring(path / KEYRING_NAME)
        current = _roots(keyring, successions)[-1]
        signer, name = _unlock(path, passphrase, current)
        if name == NEXT_NAME:
            # A succession was cut off after its keyring was written: its new secret takes the old one's place now.
            _replace(path / NEXT_NAME, path / SECRET_NAME)
        return cls(path, keyring, successions, signer)

    @property
    def roots(self) -> tuple[Verifier, ...]:
        """Every root from the first to this one."""
        return _roots(self.keyring, self.successions)

    def save(self, keyring: Keyring) -> None:
        """Sign ``keyring`` and write it, durably, in place of the one before."""
        _write(self.path / KEYRING_NAME, _public(keyring.sign(self.signer), self.successions))

    def manifest(self) -> Manifest | None:
        """Return the manifest that was signed last, if any was; raises ``ManifestMalformed`` for a damaged one."""
        path = self.path / MANIFEST_NAME
        return Manifest.claimed(path.read_bytes()) if path.exists() else None

    def sign_manifest(self, manifest: Manifest) -> bytes:
        """Sign ``manifest``, remember it as the last one, and return it as a site serves it."""
        signed = manifest.sign(self.signer)
        _write(self.path / MANIFEST_NAME, signed)
        return signed

    def succeed(self, passphrase: str, today: date, days: int, cost: Cost | None) -> "RootFolder":
        """Hand over to a new root key, under ``passphrase``; the old secret is overwritten and signs nothing more."""
        new = Signer.generate()
        succession = Succession.make(self.keyring.site, self.signer, new, today)
        successor = RootFolder(
            self.path, ceremony.renew(self.keyring, today, days), (*self.successions, succession), new
        )
        # Both secrets exist until the new keyring is written, so that a cut at any point leaves one that fits it.
        _write(self.path / NEXT_NAME, Lockbox.new(passphrase, cost).seal(new.secret_bytes()))
        successor.save(successor.keyring)
        _replace(self.path / NEXT_NAME, self.path / SECRET_NAME)
        return successor


def read_keyring(path: Path) -> tuple[Keyring, tuple[Succession, ...]]:
    """Return keyring and successions of a public file; raises ``CeremonyError`` and ``KeyringError``.

    The file's own folder is trusted for them: signatures are checked by everybody who meets it elsewhere.
    """
    try:
        fields = Fields(decode(path.read_bytes()), "keyring", "successions")
        signed = Signed.from_json(fields["keyring"])
        successions = fields.items("successions", Succession.from_json, _SUCCESSION_LIMIT)
    except (OSError, ValueError) as error:
        raise CeremonyError(_("there is no keyring at {path}").format(path=path)) from error
    return Keyring.parse(signed.untrusted_payload), successions


def _public(signed: Signed, successions: tuple[Succession, ...]) -> bytes:
    listed: list[Json] = [succession.to_json() for succession in successions]
    return encode({"keyring": signed.to_json(), "successions": listed})


def _write(path: Path, data: bytes) -> None:
    """Write a file for the owner alone, so that it is there whole or not at all."""
    staged = path.with_name(path.name + ".new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _replace(staged, path)


def _roots(keyring: Keyring, successions: tuple[Succession, ...]) -> tuple[Verifier, ...]:
    return (keyring.first_root, *(succession.verify(keyring.site)[1] for succession in successions))


def _unlock(folder: Path, passphrase: str, current: Verifier) -> tuple[Signer, str]:
    """Return the secret of the ``current`` root and the name of its file; a succession cut off leaves two files."""
    failure: WhistleError = CeremonyError(_("there is no root in this folder"))
    for name in (SECRET_NAME, NEXT_NAME):
        try:
            signer = Signer(Lockbox.open((folder / name).read_bytes(), passphrase)[1])
        except OSError:
            continue
        except WrongPassphrase as error:
            failure = error
            continue
        if signer.verifier == current:
            return signer, name
        failure = CeremonyError(_("this root has been replaced by another"))
    raise failure


def _replace(staged: Path, path: Path) -> None:
    staged.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
