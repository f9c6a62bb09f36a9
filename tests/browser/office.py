"""What the people of an organisation do meanwhile, each with the shipped commands in processes of their own."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.instance import ANA, BOON, CHITRA, Instance
from tests.journeys.test_commands import Commands, exact


@dataclass
class Desks:
    """The consoles of an organisation, and what each of them listed when it was last looked at."""

    instance: Instance
    folder: Path
    _listed: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the consoles' settings."""
        self._commands = Commands(self.instance, self.folder)
        self._listed = {number: self._labels(number) for number in (ANA, BOON, CHITRA)}

    def _labels(self, number: int) -> set[str]:
        return {line[:8] for line in self.run(number, "inbox").splitlines()}

    def run(self, number: int, verb: str, *arguments: object) -> str:
        """Run one command, and return what it prints."""
        return self._commands.console(number, verb, *arguments)

    def new(self, number: int) -> list[str]:
        """Sync one console, and return the labels of the cases that are new since the last time."""
        self.run(number, "sync")
        now = self._labels(number)
        new, self._listed[number] = sorted(now - self._listed[number]), now
        return new

    def read(self, number: int, label: str, save: Path) -> tuple[str, list[bytes]]:
        """Read a case, and save its files; return what is printed, and the files in the order of their names."""
        said = exact(self.run(number, "read", label, "--save", save))
        return said, [path.read_bytes() for path in sorted(save.iterdir())] if save.exists() else []

    def reply(self, number: int, label: str, text: str, language: str, files: list[Path]) -> None:
        """Answer a case."""
        answer = self.folder / "answer"
        answer.write_bytes(text.encode())
        attach = [part for path in files for part in ("--attach", path)]
        self.run(number, "reply", label, "--text", answer, *attach, "--yes", "--language", language)
