"""``whistle release`` and ``whistle keys manifest`` as the keeper of the root runs them."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.town import Ended
from tests.intake.server import ROOT
from tests.vectors.of_manifest import release
from whistle.protocol.lockbox import LEAST
from whistle.protocol.manifest import Manifest, Release, verify
from whistle.root.folder import RootFolder

PASSPHRASE = "open sesame"


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    return RootFolder.create(tmp_path / "root", "Bureau", PASSPHRASE, datetime.now(UTC).date(), 90, LEAST)


def whistle(*arguments: str | Path, given: str = "") -> Ended:
    """Run a command; the passphrase comes from a file descriptor, ``given`` from standard input."""
    reader, writer = os.pipe()
    os.write(writer, f"{PASSPHRASE}\n".encode())
    os.close(writer)
    command = [sys.executable, "-m", "whistle", *map(str, arguments)]
    command += ["--passphrase-fd", str(reader)] if arguments[0] == "keys" else []
    try:
        done = subprocess.run(
            command, input=given.encode(), capture_output=True, check=False, cwd=ROOT, pass_fds=[reader]
        )
    finally:
        os.close(reader)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def written(folder: Path, made: Release) -> Path:
    path = folder / "release.json"
    path.write_bytes(bytes(made))
    return path


def test_a_release_is_written_described_and_signed(root: RootFolder, tmp_path: Path) -> None:
    described = whistle("release", "--out", tmp_path / "release.json")
    assert described.status == 0, described.err
    made = Release.parse((tmp_path / "release.json").read_bytes())
    assert f"version {made.version}, {len(made.pages)} pages, {len(made.files)} files" in described.out
    out = tmp_path / "whistle-manifest.json"
    signed = whistle("keys", "manifest", root.path, tmp_path / "release.json", "--out", out, "--yes", "--days", "30")
    assert signed.status == 0, signed.err
    assert "number 1, valid until" in signed.out
    today = datetime.now(UTC).date()
    manifest = verify(out.read_bytes(), root.signer.verifier, root.keyring.site, today)
    assert manifest.release == made
    assert (manifest.expires - manifest.issued).days == 30


def test_changes_are_shown_and_nothing_is_signed_unless_they_are_meant(root: RootFolder, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    first = whistle("keys", "manifest", root.path, written(tmp_path, release()), "--out", out, given="y\n")
    assert first.status == 0, first.err
    assert "New: /static/site.css\n" in first.err
    before = out.read_bytes()
    changed = written(tmp_path, release(pages=("/",), files=release().files[:1]))
    second = whistle("keys", "manifest", root.path, changed, "--out", out, given="n\n")
    assert second.status == 1
    assert "No longer there: /replies (page)\nNo longer there: /static/site.css\n" in second.err
    assert (out.read_bytes(), Manifest.claimed(before).number) == (before, 1)
    third = whistle("keys", "manifest", root.path, changed, "--out", out, "--number", "1", "--yes")
    assert third.status == 1
    assert "above 1" in third.err
    assert out.read_bytes() == before


def test_what_is_no_release_is_not_signed(root: RootFolder, tmp_path: Path) -> None:
    path = tmp_path / "release.json"
    path.write_bytes(b"\x1b[2J{}")
    ended = whistle("keys", "manifest", root.path, path, "--out", tmp_path / "out.json", "--yes")
    assert (ended.status, ended.out) == (1, "")
    assert not (tmp_path / "out.json").exists()


def test_a_place_that_cannot_be_written_is_said(root: RootFolder, tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "out.json"
    for arguments in (
        ("keys", "manifest", root.path, written(tmp_path, release()), "--out", nowhere, "--yes"),
        ("release", "--out", nowhere),
    ):
        ended = whistle(*arguments)
        assert ended.status == 1
        assert f"{nowhere} cannot be written" in ended.err
