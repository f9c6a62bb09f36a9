"""The intake is served, takes a report and gives its answers where neither console nor root exist."""

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.corpus import load
from tests.journeys.instance import ANA, ROOT, Console, Instance, copied, python, python_path
from tests.journeys.visitor import Visitor

REMOVED = ("console", "root", "console.py", "root.py", "__pycache__")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Give a copy of the package without the two rooms, their commands, their pages and their static files."""
    folder = tmp_path / "bare"
    shutil.copytree(ROOT / "whistle", folder / "whistle", ignore=shutil.ignore_patterns(*REMOVED))
    shutil.copytree(ROOT / "config", folder / "config")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": python_path(folder)}
    command = [*python(folder), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("room", ["console", "root"])
def test_the_room_is_not_there(bare: Path, room: str) -> None:
    assert run(bare, "-c", "import whistle; print(whistle.__file__)").stdout.startswith(str(bare))
    assert "ModuleNotFoundError" in run(bare, "-c", f"import whistle.{room}").stderr


def test_commands_of_the_missing_rooms_are_not_offered(bare: Path) -> None:
    listed = run(bare, "-m", "whistle", "--help")
    assert listed.returncode == 0, listed.stderr
    verbs = {line.split()[0] for line in listed.stdout.partition("Commands:")[2].splitlines() if line.strip()}
    assert {"intake", "tip", "replies"} <= verbs
    assert not verbs & {"inbox", "read", "reply", "sync", "console", "vault"}


def test_a_report_is_taken_and_answered(bare: Path, founded: Instance, tmp_path: Path) -> None:
    report = load()[0]
    instance = copied(founded, tmp_path / "copy")
    instance.code = bare
    with instance.serving():
        visitor = Visitor(instance.address)
        words = visitor.report(report)
        with closing(Console(instance, ANA)) as console:
            console.sync()
            case = console.case(instance.keys_of(words))
            assert case is not None
            assert case.items[0].text == report.text
            console.reply(case, report.answer, report.language)
        visitor.come_back(words)
        assert report.answer.split("\n")[0] in visitor.page.body.decode()
