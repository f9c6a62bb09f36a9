import os
from pathlib import Path

import pytest

from whistle.console import private
from whistle.errors import VaultDamaged, VaultMissing, VaultUnsafe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    private.make_folder(path)
    return path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_written_is_for_its_owner_alone(folder: Path) -> None:
    private.write_private(folder / "file", b"secret")
    assert (mode(folder), mode(folder / "file")) == (0o700, 0o600)
    assert private.read_private(folder / "file", 6) == b"secret"


@pytest.mark.parametrize("loose", [0o604, 0o620, 0o640, 0o666])
def test_loose_files_are_refused(folder: Path, loose: int) -> None:
    private.write_private(folder / "file", b"secret")
    (folder / "file").chmod(loose)
    with pytest.raises(VaultUnsafe):
        private.read_private(folder / "file", 100)


@pytest.mark.parametrize("loose", [0o750, 0o705, 0o777, 0o710])
def test_loose_folders_are_refused(folder: Path, loose: int) -> None:
    folder.chmod(loose)
    with pytest.raises(VaultUnsafe):
        private.make_folder(folder)


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    # One that would be good enough if it lay here itself.
    private.write_private(tmp_path / "elsewhere", b"secret")
    (folder / "file").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VaultUnsafe):
        private.read_private(folder / "file", 100)


def test_missing_and_oversized(folder: Path) -> None:
    with pytest.raises(VaultMissing):
        private.read_private(folder / "file", 100)
    with pytest.raises(VaultMissing):
        private.check_folder(folder / "none")
    private.write_private(folder / "file", b"seven!!")
    with pytest.raises(VaultDamaged):
        private.read_private(folder / "file", 6)


def test_what_is_replaced_is_overwritten(folder: Path, tmp_path: Path) -> None:
    """A second name for the old bytes stands for whoever reads the disk below the file system."""
    private.write_private(folder / "file", b"the old secret" * 9)
    os.link(folder / "file", tmp_path / "old")
    private.write_private(folder / "file", b"new")
    assert (folder / "file").read_bytes() == b"new"
    assert len((tmp_path / "old").read_bytes()) == 14 * 9
    assert b"secret" not in (tmp_path / "old").read_bytes()


def test_what_is_removed_is_overwritten(folder: Path, tmp_path: Path) -> None:
    private.write_private(folder / "file", b"the old secret" * 200_000)
    os.link(folder / "file", tmp_path / "old")
    private.remove_private(folder / "file")
    private.remove_private(folder / "file")
    assert not (folder / "file").exists()
    assert b"secret" not in (tmp_path / "old").read_bytes()


def test_a_failed_write_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private.write_private(folder / "file", b"old")

    def fail(_descriptor: int) -> None:
        raise OSError("the disk failed")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="the disk failed"):
        private.write_private(folder / "file", b"new")
    assert (folder / "file").read_bytes() == b"old"
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_leftovers_are_cleared(folder: Path) -> None:
    private.write_private(folder / ".file.0123", b"half")
    private.clear_staged(folder / "file")
    assert list(folder.iterdir()) == []
