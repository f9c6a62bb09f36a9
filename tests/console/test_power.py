"""What a power cut leaves of a console: every act that was acknowledged, and a vault and a ledger that open."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def survived(folder: Path, points: int, chances: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.console.surviving", folder, str(points), str(chances)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_what_a_reviewer_did_outlives_a_power_cut(tmp_path: Path) -> None:
    assert survived(tmp_path, points=12, chances=1) >= 12


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_what_a_reviewer_did_outlives_a_power_cut_at_every_step(tmp_path: Path) -> None:
    assert survived(tmp_path, points=0, chances=20) >= 150
