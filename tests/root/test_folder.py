"""The root's folder: nothing readable without its passphrase, nothing half written."""

import shutil
import stat
from datetime import date
from pathlib import Path

import pytest

from whistle.errors import CeremonyError, RootForked, RootSuperseded, WrongPassphrase
from whistle.protocol.canonical import decode
from whistle.protocol.directory import verify
from whistle.protocol.fields import Fields
from whistle.protocol.keyring import Succession
from whistle.protocol.lockbox import LEAST
from whistle.protocol.published import Published
from whistle.protocol.signing import Signed
from whistle.root import ceremony
from whistle.root.folder import KEYRING_NAME, NEXT_NAME, SECRET_NAME, RootFolder, read_keyring

TODAY = date(2026, 11, 21)


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    return RootFolder.create(tmp_path / "root", "Bureau", "open sesame", TODAY, 90, LEAST)


def published(folder: Path) -> Published:
    fields = Fields(decode((folder / KEYRING_NAME).read_bytes()), "keyring", "successions")
    successions = fields.items("successions", Succession.from_json, 9)
    return Published(Signed.from_json(fields["keyring"]), successions, (), bytes(32), 0)


def test_the_secret_is_for_its_owner_and_its_passphrase(root: RootFolder) -> None:
    secret = root.path / SECRET_NAME
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(root.path.stat().st_mode) == 0o700
    everything = b"".join(path.read_bytes() for path in root.path.iterdir())
    assert root.signer.secret_bytes() not in everything
    assert RootFolder.open(root.path, "open sesame").signer.secret_bytes() == root.signer.secret_bytes()
    with pytest.raises(WrongPassphrase):
        RootFolder.open(root.path, "open sesam")


def test_a_root_is_never_overwritten(root: RootFolder) -> None:
    before = (root.path / SECRET_NAME).read_bytes()
    with pytest.raises(CeremonyError):
        RootFolder.create(root.path, "Bureau", "another", TODAY, 90, LEAST)
    assert (root.path / SECRET_NAME).read_bytes() == before


def test_what_it_signs_is_what_clients_verify(root: RootFolder) -> None:
    root.save(ceremony.renew(ceremony.open_channel(root.keyring, "Front door", "story/1"), TODAY, 90))
    directory = verify(published(root.path), TODAY, site=root.keyring.site)
    assert directory.keyring.channels[0].name == "Front door"
    assert directory.fingerprint


def test_a_successor_keeps_the_site_and_the_old_root_signs_nothing_more(root: RootFolder) -> None:
    directory = verify(published(root.path), TODAY)
    successor = root.succeed("new words", TODAY, 90, LEAST)
    later = verify(published(root.path), TODAY, memory=directory.memory)
    assert later.site == directory.site
    assert later.roots == successor.roots
    assert later.fingerprint != directory.fingerprint
    with pytest.raises(WrongPassphrase):
        RootFolder.open(root.path, "open sesame")
    root.save(ceremony.renew(successor.keyring, TODAY, 90))
    signed_by_old = Published(published(root.path).keyring, successor.successions, (), bytes(32), 0)
    with pytest.raises(RootSuperseded):
        verify(signed_by_old, TODAY, memory=later.memory)


def test_two_successors_of_one_root_stop_everything(root: RootFolder, tmp_path: Path) -> None:
    shutil.copytree(root.path, tmp_path / "stolen")
    mine = root.succeed("new words", TODAY, 90, LEAST)
    theirs = RootFolder.open(tmp_path / "stolen", "open sesame").succeed("evil words", TODAY, 90, LEAST)
    seen = verify(published(root.path), TODAY).memory
    with pytest.raises(RootForked):
        verify(published(tmp_path / "stolen"), TODAY, memory=seen)
    both = Published(published(root.path).keyring, (*mine.successions, *theirs.successions), (), bytes(32), 0)
    with pytest.raises(RootForked):
        verify(both, TODAY)


@pytest.mark.parametrize("cut", ["before the keyring", "before the secret"])
def test_a_succession_cut_off_leaves_a_root_that_works(
    root: RootFolder, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        pass

    last = KEYRING_NAME + ".new" if cut == "before the keyring" else NEXT_NAME
    replace = Path.replace

    def stop(path: Path, other: Path) -> Path:
        if path.name == last:
            raise Cut
        return replace(path, other)

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(Cut):
        root.succeed("new words", TODAY, 90, LEAST)
    monkeypatch.undo()
    words = "open sesame" if cut == "before the keyring" else "new words"
    if cut == "before the secret":
        with pytest.raises((CeremonyError, WrongPassphrase)):
            RootFolder.open(root.path, "wrong")
    opened = RootFolder.open(root.path, words)
    opened.save(ceremony.renew(opened.keyring, TODAY, 90))
    verify(published(root.path), TODAY)


def test_a_folder_without_a_root_says_so(tmp_path: Path) -> None:
    with pytest.raises(CeremonyError):
        RootFolder.open(tmp_path, "x")
    with pytest.raises(CeremonyError):
        read_keyring(tmp_path / KEYRING_NAME)
