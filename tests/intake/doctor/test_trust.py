import shutil
from datetime import timedelta

import pytest

from tests.intake.browsing import ROOT
from tests.intake.doctor.conftest import Place, codes
from tests.protocol import cast
from whistle.intake.doctor.trust import examine

EVERYBODY = (cast.ANA, cast.BO, cast.CHI)


def look(place: Place, days: int = 0) -> set[str]:
    return codes(examine(place.installation(days=days)))


def test_a_healthy_keyring_is_left_in_peace(healthy: Place) -> None:
    assert look(healthy) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"expires": 30}, {"keyring-expiring"}),
        ({"expires": 31}, set()),
        ({"expires": 0}, {"keyring-expiring"}),
        ({"issued": -9, "expires": -1}, {"keyring-expired"}),
        ({"issued": 1}, {"keyring-early"}),
        ({"last": 7}, set()),
        ({"last": 6}, {"statement-lapsing"}),
        ({"last": 0}, {"statement-lapsing"}),
        ({"first": -5, "last": -1}, {"statement-missing", "channel-closed"}),
        ({"first": 1}, {"statement-missing", "channel-closed"}),
        ({"statements": (cast.ANA, cast.CHI)}, {"statement-missing"}),
        ({"statements": (cast.CHI,)}, {"statement-missing", "channel-closed"}),
        ({"statements": ()}, {"statement-missing", "channel-closed"}),
    ],
)
def test_what_lapses_or_is_missing(healthy: Place, changes: dict[str, object], expected: set[str]) -> None:
    healthy.publish(**{"statements": EVERYBODY} | changes)  # type: ignore[arg-type]
    assert look(healthy) == expected


def test_days_pass(healthy: Place) -> None:
    assert [look(healthy, days) for days in (13, 14, 20, 21, 270, 300, 301)] == [
        set(),
        {"statement-lapsing"},
        {"statement-lapsing"},
        {"statement-missing", "channel-closed"},
        {"statement-missing", "channel-closed", "keyring-expiring"},
        {"statement-missing", "channel-closed", "keyring-expiring"},
        {"keyring-expired"},
    ]


def test_a_lapsing_statement_names_its_person_and_day(healthy: Place) -> None:
    healthy.publish(statements=EVERYBODY, last=3)
    words = [finding.words for finding in examine(healthy.installation())]
    last = (healthy.installation().today + timedelta(days=3)).isoformat()
    assert len(words) == 3
    assert all(last in each and "3 days" in each for each in words)
    assert any(cast.name_of(cast.BO) in each for each in words)


@pytest.mark.parametrize("name", ["keyring.json", "statements"])
def test_what_is_missing(healthy: Place, name: str) -> None:
    (healthy.folder / name).rename(healthy.base / "elsewhere")
    assert look(healthy) == {"keyring-missing"}
    assert not (healthy.folder / name).exists()  # the doctor makes nothing


def test_a_keyring_that_nobody_would_trust(healthy: Place) -> None:
    (healthy.folder / "keyring.json").write_text("{}")
    assert look(healthy) == {"keyring-broken"}


def test_a_questionnaire_that_is_not_installed(healthy: Place) -> None:
    (healthy.base / "questions").mkdir()
    healthy.file.write_text('[intake]\nfolder = "intake"\nquestionnaires = "questions"\n')
    assert look(healthy) == {"questionnaires-broken"}
    shutil.copy(ROOT / "config" / "questionnaires" / "story.toml", healthy.base / "questions" / "other.toml")
    assert look(healthy) == {"questionnaire-missing"}
