import os

from tests.intake.doctor.conftest import Place, codes
from whistle.intake.doctor.clock import examine


def look(place: Place, days: int = 0) -> set[str]:
    return codes(examine(place.installation(days=days)))


def test_a_clock_that_goes_on_is_left_in_peace(healthy: Place) -> None:
    assert look(healthy) == set()
    assert look(healthy, 400) == set()


def test_a_clock_that_was_set_back(healthy: Place) -> None:
    assert look(healthy, -1) == {"clock-behind"}


def test_a_file_from_the_future(healthy: Place) -> None:
    soon = healthy.installation(days=2).now
    os.utime(healthy.folder / "statements" / "1.json", (soon, soon))
    assert look(healthy) == {"clock-behind"}


def test_a_clock_that_nobody_sets(healthy: Place) -> None:
    (healthy.root / "run/systemd/timesync").mkdir(parents=True)
    assert look(healthy) == {"clock-alone"}
    healthy.write("run/systemd/timesync/synchronized", "")
    assert look(healthy) == set()
