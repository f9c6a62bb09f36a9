"""Questionnaires: what a form asks, as files of ``config/questionnaires``, each with all its versions."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from whistle.errors import SettingsError
from whistle.language import _

#: The question whose answer is the text of the message.
STORY: Final = "story"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its name in the answers, what is asked, and a hint; both sentences as yet untranslated."""

    name: str
    prompt: str
    hint: str


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of a questionnaire; ``name`` is as a channel names it, such as ``story/1``."""

    name: str
    questions: tuple[Question, ...]

    @property
    def story(self) -> Question:
        """The question that is answered in free text."""
        return next(question for question in self.questions if question.name == STORY)


def load(folder: Path) -> Mapping[str, Questionnaire]:
    """Return every version of every questionnaire in ``folder`` by its name; raises ``SettingsError``."""
    found: dict[str, Questionnaire] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            versions = tomllib.loads(file.read_text("utf-8"))["version"]
            read = [_questionnaire(file.stem, version) for version in versions]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(_("{path} is not a questionnaire").format(path=file)) from error
        if len({each.name for each in read}) < len(read):
            raise SettingsError(_("{path} has a version twice").format(path=file))
        found |= {each.name: each for each in read}
    if not found:
        raise SettingsError(_("there is no questionnaire in {path}").format(path=folder))
    return found


def _questionnaire(name: str, version: dict[str, Any]) -> Questionnaire:
    if set(version) != {"number", "question"} or type(version["number"]) is not int or version["number"] < 1:
        raise ValueError("a version has a number, from 1, and questions")
    questions = tuple(_question(question) for question in version["question"])
    if [question.name for question in questions] != [STORY]:
        raise ValueError("a questionnaire asks for the story")
    return Questionnaire(f"{name}/{version['number']}", questions)


def _question(question: dict[str, Any]) -> Question:
    if any(not isinstance(value, str) or not value for value in question.values()):
        raise ValueError("a question is made of sentences")
    return Question(**question)
