"""Read a Dockerfile and its .dockerignore: as much as Whistle's own use, and an error for the rest."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {"RUN", "COPY", "ENV", "WORKDIR", "USER", "VOLUME", "EXPOSE", "CMD"}


class DockerfileError(Exception):
    """The Dockerfile uses something that this reader does not know."""


@dataclass(frozen=True)
class Step:
    """One instruction: its name in capitals, and the rest of its line."""

    instruction: str
    argument: str

    @property
    def origin(self) -> str | None:
        """The stage from which COPY copies, or nothing where it copies from the context."""
        option, _, stage = self.argument.split()[0].partition("=")
        return stage if (self.instruction, option) == ("COPY", "--from") else None

    @property
    def words(self) -> list[str]:
        """The argument word by word, without the stage of a COPY; other options (``--chown=…``) are not known."""
        words = self.argument.split()[0 if self.origin is None else 1 :]
        if any(word.startswith("--") for word in words):
            raise DockerfileError(self.argument)
        return words

    @property
    def exec_form(self) -> list[str]:
        """The argument as the JSON list that CMD has here."""
        try:
            return [str(word) for word in json.loads(self.argument)]
        except ValueError as error:
            raise DockerfileError(self.argument) from error


@dataclass
class Stage:
    """What lies between one FROM and the next."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, in order."""
    stages: list[Stage] = []
    uncommented = "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    for line in uncommented.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, _, argument = line.strip().partition(" ")
        if instruction == "FROM":
            named = re.fullmatch(r"(\S+) AS (\S+)", argument)
            if not named:
                raise DockerfileError(line)
            stages.append(Stage(name=named[2], base=named[1]))
        elif instruction in KNOWN and stages:
            stages[-1].steps.append(Step(instruction, argument.strip()))
        else:
            raise DockerfileError(line)
    return stages


@dataclass(frozen=True)
class Ignore:
    """The rules of a .dockerignore; the last one that fits decides."""

    rules: tuple[tuple[re.Pattern[str], bool], ...]

    @classmethod
    def read(cls, path: Path) -> "Ignore":
        """Return the rules in the file at ``path``."""
        lines = [line.strip() for line in path.read_text().splitlines()]
        return cls(
            tuple(
                (_pattern(line.removeprefix("!")), not line.startswith("!"))
                for line in lines
                if line and not line.startswith("#")
            )
        )

    def hides(self, path: str) -> bool:
        """Tell whether the file at ``path``, relative to the context, stays out of the build."""
        parts = path.split("/")
        itself_and_parents = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        hidden = False
        for pattern, hides in self.rules:
            if any(pattern.fullmatch(each) for each in itself_and_parents):
                hidden = hides
        return hidden


def _pattern(glob: str) -> re.Pattern[str]:
    translated = re.escape(glob).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    return re.compile(translated)
