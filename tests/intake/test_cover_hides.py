"""An excluded colleague who lists everything, every day, cannot tell whether there is a report that is not for them."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.intake.classifying import area, scores
from tests.intake.server import ROOT

#: So many to teach the classifier, and as many others to judge it by.
MONTHS = 1_600
BARE_MONTHS = 200
PROCESSES = 2


def months(begin: int, end: int, cover: str, shelf: str = "thin") -> list[dict[str, float]]:
    """Return what a colleague makes of each of the months."""
    command = [sys.executable, "-m", "tests.intake.months", str(begin), str(end), cover, shelf]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def told_apart(count: int, cover: str) -> tuple[float, float, float]:
    """Return the area under the ROC curve, and its 95 % interval, of ``count`` months with the report and without."""
    bounds = [2 * count * step // PROCESSES for step in range(PROCESSES + 1)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        parts = pool.map(lambda ends: months(ends[0], ends[1], cover), pairwise(bounds))
        found = [month for part in parts for month in part]
    labels = [bool(month.pop("hidden")) for month in found]
    assert len(found) == 2 * count
    rows = [list(month.values()) for month in found]
    return area(scores(rows[:count], labels[:count], rows[count:]), labels[count:])


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_the_thin_shelf_shows_what_the_real_one_shows() -> None:
    """Month for month: so what is found of the one is true of the other."""
    assert months(6, 8, "covered", "thin") == months(6, 8, "covered", "real")


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_under_cover_no_better_than_chance() -> None:
    middle, low, high = told_apart(MONTHS, "covered")
    print(f"AUC {middle:.3f}, 95 % interval {low:.3f} to {high:.3f}, over {MONTHS} months")  # noqa: T201 - the result
    assert high - low <= 0.1
    assert low <= 0.5 <= high


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_without_cover_the_same_classifier_succeeds() -> None:
    middle, low, _high = told_apart(BARE_MONTHS, "bare")
    print(f"AUC {middle:.3f} over {BARE_MONTHS} months without cover")  # noqa: T201 - the result
    assert low > 0.9
