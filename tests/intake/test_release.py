"""A release says what the server really serves."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.intake.server import ROOT, serving
from whistle.errors import SettingsError
from whistle.intake.app import STATIC_FOLDER
from whistle.intake.headers import SECURITY_HEADERS
from whistle.intake.release import release_of
from whistle.intake.settings import IntakeSettings
from whistle.protocol.manifest import Release


def of(folder: Path) -> Release:
    return release_of(IntakeSettings(folder=folder, questionnaires=ROOT / "config" / "questionnaires"))


def test_it_names_every_file_header_and_open_page_as_the_server_serves_them(tmp_path: Path) -> None:
    (tmp_path / "well-known").mkdir()
    (tmp_path / "well-known" / "security.txt").write_text("Contact: https://whistle.example/\n")
    (tmp_path / "well-known" / "whistle-manifest.json").write_text("{}")
    release = of(tmp_path)
    told = {file.path for file in release.files}
    assert {f"/static/{path.relative_to(STATIC_FOLDER)}" for path in STATIC_FOLDER.rglob("*.*")} <= told
    assert "/.well-known/security.txt" in told
    assert "/.well-known/whistle-manifest.json" not in told
    assert {"/", "/replies"} <= set(release.pages)
    assert {header.name: header.value for header in release.headers} == {
        name.lower(): value for name, value in SECURITY_HEADERS.items()
    }
    with serving(tmp_path, site="tests.intake.pages_site:site") as server:
        for file in release.files:
            answer = server.get(file.path)
            assert answer.status == 200
            assert (answer.headers["content-type"], len(answer.body)) == (file.type, file.size)
            assert sha256(answer.body).digest() == file.digest
        for page in release.pages:
            assert server.get(page).status == 200, page


def test_two_people_get_the_same_file(tmp_path: Path) -> None:
    assert bytes(of(tmp_path / "here")) == bytes(of(tmp_path / "there"))


def test_a_file_that_no_manifest_can_name_is_said(tmp_path: Path) -> None:
    (tmp_path / "well-known").mkdir()
    (tmp_path / "well-known" / "a file.txt").write_text("x")
    with pytest.raises(SettingsError, match="no manifest can hold"):
        of(tmp_path)
