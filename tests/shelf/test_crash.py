"""What a kill -9 leaves. What a power cut leaves is in test_power.py."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def killed(folder: Path, mode: str, number: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.shelf.mortal", str(folder), mode, str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("scenario", ["puts", "burns", "tidies"])
@pytest.mark.parametrize("apart", [13, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_at_any_moment_leaves_everything_that_was_acknowledged(
    tmp_path: Path, scenario: str, apart: int
) -> None:
    assert killed(tmp_path, scenario, apart) >= 50 // apart


def test_a_kill_at_random_times_leaves_everything_that_was_acknowledged(tmp_path: Path) -> None:
    assert killed(tmp_path, "chance", 12) == 12
