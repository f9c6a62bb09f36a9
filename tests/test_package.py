"""What is installed is the whole package: a template that a wheel forgets is an error page for a source."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "whistle"
MADE_BY_MACHINES = {"__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build a wheel from a copy of the sources and return the names of its files."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", *sources()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", folder / "wheels", folder], check=True)
    (built,) = (folder / "wheels").glob("whistle-*.whl")
    return set(zipfile.ZipFile(built).namelist())


def sources() -> set[str]:
    """Return every file of the package, relative to the root of the repository."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not MADE_BY_MACHINES & set(path.parts)
    }


def test_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    assert sources() - wheel == set()


def test_wheel_holds_nothing_else(wheel: set[str]) -> None:
    assert {name for name in wheel if ".dist-info/" not in name} == sources()
