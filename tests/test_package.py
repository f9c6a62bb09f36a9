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
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """Build a wheel from a copy of the sources; return the names of their files and of the wheel's."""
    folder = tmp_path_factory.mktemp("wheel")
    files = sources()
    for name in ("pyproject.toml", *files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", folder / "wheels", folder], check=True)
    (wheel,) = (folder / "wheels").glob("whistle-*.whl")
    return files, {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def sources() -> set[str]:
    """Return every file of the package, relative to the root of the repository."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not MADE_BY_MACHINES & set(path.parts)
    }


def test_wheel_holds_every_file_of_the_package_and_nothing_else(built: tuple[set[str], set[str]]) -> None:
    files, in_wheel = built
    assert in_wheel == files
