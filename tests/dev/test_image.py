"""The images: built by the Dockerfile's own steps, searched for rooms that must not be there, and started."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_images_are_built_and_the_intake_starts() -> None:
    result = subprocess.run(["make", "image-check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "intake: / answers 200" in result.stdout
    assert "intake: stopped when asked to" in result.stdout
