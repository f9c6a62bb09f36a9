from pathlib import Path

import pytest

from tests.intake.browsing import ROOT
from whistle.errors import SettingsError
from whistle.intake.questionnaires import Question, load

GOOD = """
[[version]]
number = 1
[[version.question]]
name = "story"
prompt = "What?"
hint = "Who?"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "story.toml").write_text(text, "utf-8")
    return folder


def test_the_shipped_questionnaire_asks_one_question() -> None:
    shipped = load(ROOT / "config" / "questionnaires")
    assert set(shipped) == {"story/1"}
    assert len(shipped["story/1"].questions) == 1


def test_every_version_is_found_by_its_name(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD + GOOD.replace("1", "2").replace("What?", "And?")))
    assert found["story/1"].story == Question("story", "What?", "Who?")
    assert found["story/2"].story.prompt == "And?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[version]",
        "version = 1",
        "[[version]]\nnumber = 1",
        GOOD.replace("number = 1", "number = 0"),
        GOOD.replace("number = 1", 'number = "1"'),
        GOOD.replace("number = 1", "number = true"),
        GOOD.replace('"story"', '"other"'),
        GOOD.replace('"Who?"', '""'),
        GOOD.replace('hint = "Who?"', ""),
        GOOD + 'more = "x"',
        GOOD + GOOD,
        GOOD.replace("=", ""),
    ],
)
def test_a_file_that_is_no_questionnaire_refuses_to_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        load(written(tmp_path, text))


def test_a_folder_without_questionnaires_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(tmp_path)
