"""Signing a release: numbers only rise, and whoever signs sees what changes."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.vectors.of_manifest import CODE, STYLE, release
from whistle.errors import CeremonyError, ManifestMalformed, SignatureInvalid
from whistle.protocol.lockbox import LEAST
from whistle.protocol.manifest import Header, SeenManifest, verify
from whistle.root.folder import MANIFEST_NAME, RootFolder
from whistle.root.releases import Changes, changes, next_manifest

TODAY = date(2026, 11, 21)


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    return RootFolder.create(tmp_path / "root", "Bureau", "open sesame", TODAY, 90, LEAST)


def sign(root: RootFolder, number: int | None = None) -> bytes:
    before = root.manifest()
    return root.sign_manifest(next_manifest(before, root.keyring.site, release(), TODAY, 30, number))


def test_what_it_signs_is_what_verifiers_accept(root: RootFolder) -> None:
    assert root.manifest() is None
    manifest = verify(sign(root), root.signer.verifier, root.keyring.site, TODAY)
    assert (manifest.number, manifest.issued, manifest.expires) == (1, TODAY, TODAY + timedelta(days=30))
    assert manifest.release == release()
    assert root.manifest() == manifest


def test_every_signing_takes_the_next_number(root: RootFolder) -> None:
    first = SeenManifest.of(sign(root))
    again = RootFolder.open(root.path, "open sesame")
    assert verify(sign(again), again.signer.verifier, again.keyring.site, TODAY, first).number == 2
    assert verify(sign(again, 7), again.signer.verifier, again.keyring.site, TODAY).number == 7


@pytest.mark.parametrize("number", [1, 2])
def test_a_number_is_never_given_twice(root: RootFolder, number: int) -> None:
    sign(root)
    sign(root)
    with pytest.raises(CeremonyError, match="above 2"):
        sign(root, number)


def test_a_damaged_memory_of_the_last_number_stops_the_next_signing(root: RootFolder) -> None:
    (root.path / MANIFEST_NAME).write_bytes(b"{}")
    with pytest.raises(ManifestMalformed):
        sign(root)


def test_a_successor_goes_on_counting_and_its_predecessor_signs_nothing_more(root: RootFolder) -> None:
    first = sign(root)
    successor = root.succeed("new words", TODAY, 90, LEAST)
    with pytest.raises(SignatureInvalid):
        verify(first, successor.signer.verifier, root.keyring.site, TODAY)
    assert verify(sign(successor), successor.signer.verifier, root.keyring.site, TODAY).number == 2


def test_changes_are_told_by_name() -> None:
    policy, nosniff = release().headers
    after = release(
        headers=(replace(policy, value="default-src 'none'"), Header("x-frame-options", "DENY")),
        pages=("/", "/steps"),
        files=(replace(CODE, size=1), replace(STYLE, path="/static/zebra.css")),
    )
    assert changes(release(), after) == Changes(
        added=("/static/zebra.css", "/steps (page)", "x-frame-options"),
        changed=("/static/code/core.js", policy.name),
        removed=("/replies (page)", "/static/site.css", nosniff.name),
    )
    assert changes(release(), release()) == Changes((), (), ())
    assert len(changes(None, release()).added) == 6
