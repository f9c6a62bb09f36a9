"""Whole journeys with the shipped commands, each in a process of its own, of source and of reviewers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import Report, load
from tests.journeys.instance import ANA, BOON, CHITRA, NAMES, Instance
from tests.journeys.test_text_browsers import readers_of

CORPUS = load()
#: Reports of one group travel together, so that a console syncs once for all of them.
GROUP = 8
GROUPS = [CORPUS[start : start + GROUP] for start in range(0, len(CORPUS), GROUP)]
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


@dataclass
class Told:
    """A report that was sent: its receipt, and its files as they lie on the source's disk."""

    report: Report
    words: str
    files: list[Path]


def exact(shown: str) -> str:
    """Return a text as it was before a command made visible what a terminal would act upon."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), re.sub("(?m)^  ", "", shown))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


class Commands:
    """What a source and the people of an organisation type."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        self._instance = instance
        self._folder = folder
        self._settings = {number: instance.settings_of(number) for number in (ANA, BOON, CHITRA)}

    def tip(self, report: Report) -> Told:
        folder = self._folder / report.slug
        folder.mkdir()
        files = []
        for attachment in report.attachments:
            files.append(folder / attachment.name)
            files[-1].write_bytes(attachment.content)
        options: list[object] = [part for path in files for part in ("--attach", path)]
        options += [part for who in report.excludes for part in ("--exclude", who.removeprefix("reviewer-"))]
        if report.contact is not None:
            options += ["--contact", written(folder, "contact", report.contact)]
        text = written(folder, "text", report.text)
        said = self._source("tip", "--text", text, *options, "--yes", "--no-check", "--json")
        receipt, sent = map(json.loads, said.splitlines())
        assert sent == {"message": 1, "readers": [NAMES[number] for number in readers_of(report)]}
        return Told(report, receipt["receipt"], files)

    def follow_up(self, told: Told) -> None:
        text = written(self._folder / told.report.slug, "follow-up", told.report.follow_up)
        said = self._source("follow-up", "--receipt-file", "-", "--text", text, "--yes", "--json", stdin=told.words)
        assert json.loads(said) == {"message": 2, "readers": [NAMES[number] for number in readers_of(told.report)]}

    def replies(self, told: Told, save: Path) -> dict[str, Any]:
        said = self._source("replies", "--receipt-file", "-", "--save", save, "--json", stdin=told.words)
        found: dict[str, Any] = json.loads(said)
        return found

    def _source(self, verb: str, *arguments: object, stdin: str = "") -> str:
        return self._instance.whistle(verb, "--intake", self._instance.address, "--no-trace", *arguments, stdin=stdin)

    def sync(self) -> None:
        for number in self._settings:
            self.console(number, "sync")

    def labels(self, number: int) -> dict[str, str]:
        """Return the labels of a console's cases by their titles."""
        lines = self.console(number, "inbox").splitlines()
        return {exact(line[34:]): line[:8] for line in lines}

    def console(self, number: int, verb: str, *arguments: object) -> str:
        return self._instance.whistle(verb, "--config", self._settings[number], *arguments, passphrase=True)


def title(text: str) -> str:
    """Return the beginning of a report as an inbox shows it."""
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:79] + "…"


@pytest.mark.parametrize("reports", GROUPS, ids=lambda reports: f"from-{reports[0].slug}")
def test_reports_are_read_and_answered_and_followed_up(
    reports: tuple[Report, ...], locked: Instance, tmp_path: Path
) -> None:
    commands = Commands(locked, tmp_path)
    told = [commands.tip(report) for report in reports]
    commands.sync()
    labels = {number: commands.labels(number) for number in (ANA, BOON, CHITRA)}
    for each in told:
        _is_read_and_answered(commands, labels, each, tmp_path / each.report.slug)
    for each in told:
        _reads_the_answer(commands, each, tmp_path / each.report.slug)
        commands.follow_up(each)
    commands.sync()
    now = {number: commands.labels(number) for number in (ANA, BOON)}
    for each in told:
        _follows_in_its_thread(commands, now, each)


def _is_read_and_answered(commands: Commands, labels: dict[int, dict[str, str]], told: Told, folder: Path) -> None:
    report, readers = told.report, readers_of(told.report)
    for number in (ANA, BOON):
        assert (title(report.text) in labels[number]) == (number in readers)
    assert title(report.text) not in labels[CHITRA]
    if report.contact is not None:
        contact = commands.console(CHITRA, "read", labels[CHITRA][title(report.contact)])
        assert report.contact in exact(contact)
    label = labels[readers[0]][title(report.text)]
    saved = folder / "saved"
    said = commands.console(readers[0], "read", label, "--save", saved)
    assert f"message 1, read by {', '.join(NAMES[number] for number in readers)}\n" in said
    assert f"\n{report.text}\n" in exact(said)
    found = sorted(saved.iterdir()) if saved.exists() else []
    assert sorted(path.read_bytes() for path in found) == sorted(path.read_bytes() for path in told.files)
    answer = written(folder, "answer", report.answer)
    attach = [part for path in told.files[:1] for part in ("--attach", path)]
    commands.console(readers[0], "reply", label, "--text", answer, *attach, "--yes", "--language", report.language)


def _reads_the_answer(commands: Commands, told: Told, folder: Path) -> None:
    saved = folder / "answers"
    saved.mkdir()
    found = commands.replies(told, saved)
    (reply,) = found["replies"]
    assert reply["text"] == told.report.answer
    assert [file["name"] for file in reply["files"]] == [path.name for path in told.files[:1]]
    assert [path.read_bytes() for path in saved.iterdir()] == [path.read_bytes() for path in told.files[:1]]
    assert found["received_by"] == [NAMES[readers_of(told.report)[0]]]
    assert not found["problems"]


def _follows_in_its_thread(commands: Commands, labels: dict[int, dict[str, str]], told: Told) -> None:
    report, readers = told.report, readers_of(told.report)
    for number in (ANA, BOON):
        assert (title(report.text) in labels[number]) == (number in readers)
        assert title(report.follow_up) not in labels[number]
    label = labels[readers[0]][title(report.text)]
    said = exact(commands.console(readers[0], "read", label))
    for text in (report.text, report.follow_up, report.answer):
        assert f"\n{text}\n" in said
