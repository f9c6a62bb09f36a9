import os
from pathlib import Path

import pytest

from tests.intake.doctor.conftest import USER, Place, codes
from whistle.intake.doctor.installation import _may_read, examine


def look(place: Place) -> set[str]:
    return codes(examine(place.installation()))


def test_a_healthy_installation_is_left_in_peace(healthy: Place) -> None:
    assert look(healthy) == set()
    healthy.serve()
    assert look(healthy) == set()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"host": "0.0.0.0"}, "listens-outside"),  # noqa: S104 - the address that the doctor warns of
        ({"work_bits": 0}, "work-low"),
        ({"message_days": 90, "chunk_days": 700}, "kept-long"),
        ({"neutral_site": "http://example.org/"}, "neutral-site-plain"),
    ],
)
def test_dangerous_settings(healthy: Place, settings: dict[str, object], code: str) -> None:
    healthy.set(**settings)
    assert look(healthy) == {code}


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "::1"},
        {"host": "localhost"},
        {"work_bits": 8},
        {"message_days": 90, "chunk_days": 365},
        {"neutral_site": "https://example.org/"},
    ],
)
def test_settings_at_their_bounds_are_left_in_peace(healthy: Place, settings: dict[str, object]) -> None:
    healthy.set(**settings)
    assert look(healthy) == set()


@pytest.mark.parametrize(
    ("owner", "mode", "user", "may"),
    [(0, 0o600, 0, True), (7, 0o000, 0, True), (7, 0o400, 7, True), (7, 0o044, 7, False), (7, 0o044, 8, True)],
)
def test_who_may_read_the_keyring(
    healthy: Place, owner: int, mode: int, user: int, *, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = healthy.folder / "keyring.json"
    path.chmod(mode)
    known = list(path.stat())
    known[4] = owner
    monkeypatch.setattr(Path, "stat", lambda _path: os.stat_result(known))
    assert _may_read(path, user) is may


def test_in_a_container_it_may_listen_on_every_address(healthy: Place) -> None:
    healthy.set(host="0.0.0.0")  # noqa: S104 - as above
    healthy.write(".dockerenv", "")
    (finding,) = examine(healthy.installation())
    assert (finding.code, finding.severity) == ("listens-outside", 0)


def modes(path: Path, mode: int) -> None:
    path.chmod(mode)


@pytest.mark.parametrize(
    ("name", "mode", "code"),
    [
        ("whistle.toml", 0o664, "settings-writable"),
        ("whistle.toml", 0o646, "settings-writable"),
        ("intake", 0o750, "folder-open"),
        ("intake", 0o701, "folder-open"),
        ("intake/shelf", 0o750, "shelf-open"),
        ("intake/shelf/arrivals.sqlite", 0o640, "shelf-open"),
        ("intake/keyring.json", 0o666, "published-writable"),
        ("intake/statements", 0o770, "published-writable"),
        ("intake/statements/1.json", 0o620, "published-writable"),
    ],
)
def test_files_that_others_could_get_at(healthy: Place, name: str, mode: int, code: str) -> None:
    (healthy.base / name).chmod(mode)
    assert look(healthy) == {code}


def test_a_folder_around_it_that_others_can_change(healthy: Place) -> None:
    healthy.base.chmod(0o777)
    assert look(healthy) == {"settings-writable", "parent-writable"}
    healthy.base.chmod(0o1777)
    assert look(healthy) == set()


def test_a_missing_folder(healthy: Place) -> None:
    healthy.folder.rename(healthy.base / "elsewhere")
    assert look(healthy) == {"folder-missing"}


def test_files_of_another_user(healthy: Place) -> None:
    healthy.serve(user=os.geteuid() + 1)
    assert "owner-differs" in look(healthy)


def test_a_keyring_that_the_intake_cannot_read(healthy: Place) -> None:
    healthy.serve(user=USER)
    (healthy.folder / "keyring.json").chmod(0o600)
    assert look(healthy) == {"owner-differs", "keyring-unreadable"}


def test_a_console_and_a_trial_do_not_belong_on_this_machine(healthy: Place) -> None:
    healthy.file.write_text(healthy.file.read_text() + "\n[console]\nfolder = 'me'\n")
    assert look(healthy) == {"console-here"}
    (healthy.base / "trial-passphrase").write_text("x")
    assert look(healthy) == {"trial"}
