"""The commands of the README, typed as they stand there by somebody at a terminal."""

import re
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.journeys.browser import environment
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA, ROOT
from tests.journeys.terminal import Terminal, wait_until
from tests.test_docs import commands

ADDRESS = "http://127.0.0.1:8000"
LINES = {line[1]: line for line in commands((ROOT / "README.md").read_text("utf-8"), "whistle") if ADDRESS in line}


@pytest.fixture
def typed(office: Office, tmp_path: Path) -> Callable[[str], Terminal]:
    """Type a line of the README, with the address of this test's intake in place of the one that it names."""
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7 nothing")
    home = tmp_path / "home"
    home.mkdir()

    def start(verb: str) -> Terminal:
        arguments = [office.instance.address if word == ADDRESS else word for word in LINES[verb][1:]]
        command = [sys.executable, "-m", "whistle", *arguments]
        return Terminal(command, environment(home) | {"PYTHONPATH": str(ROOT)}, tmp_path, 50, 120)

    return start


def ended(terminal: Terminal) -> None:
    wait_until(lambda: terminal.process.poll() is not None, terminal.written)
    assert terminal.process.returncode == 0, terminal.written()


def test_the_readme_shows_the_four_commands_of_a_source() -> None:
    assert LINES.keys() == {"tip", "replies", "follow-up", "withdraw"}


def test_what_the_readme_shows_works(typed: Callable[[str], Terminal], office: Office) -> None:
    words = _tip(typed)
    keys = office.instance.keys_of(words)
    ana = office.consoles[ANA]
    ana.sync()
    case = ana.case(keys)
    assert case is not None
    assert ana.files(case, case.items[0]) == [("scan.pdf", b"%PDF-1.7 nothing")]
    ana.reply(case, "Which tender?", "en")
    with closing(typed("replies")) as terminal:
        _give(terminal, words)
        terminal.expect("Which tender?")
        ended(terminal)
    with closing(typed("follow-up")) as terminal:
        _give(terminal, words)
        _write(terminal, "The one of May.")
        terminal.expect("Message 2 is stored.")
        ended(terminal)
    ana.sync()  # a withdrawal burns what nobody has fetched yet
    with closing(typed("withdraw")) as terminal:
        _give(terminal, words)
        terminal.expect("This cannot be undone.")
        terminal.type("y\r")
        terminal.expect("Burned: 2 of your messages.")
        ended(terminal)
    ana.sync()
    case = ana.case(keys)
    assert case is not None
    assert case.withdrawn
    # A terminal's lines end as its own do.
    assert [item.text for item in case.items if item.from_source and item.text] == [
        "The tender was fixed.\n",
        "The one of May.\n",
    ]


def _tip(typed: Callable[[str], Terminal]) -> str:
    """Report something, and give back the two words that are asked for."""
    with closing(typed("tip")) as terminal:
        _write(terminal, "The tender was fixed.")
        terminal.expect("To be sure that you have them")
        words = re.findall(r"\d+\. ([a-z]+)", terminal.written())
        assert len(words) == 12
        for answered in range(2):
            wait_until(partial(_has_asked, terminal, answered + 1), terminal.written)
            terminal.type(f"{words[_asked(terminal)[-1] - 1]}\r")
        terminal.expect("Message 1 is stored.")
        ended(terminal)
    return " ".join(words)


def _asked(terminal: Terminal) -> list[int]:
    return [int(number) for number in re.findall(r"what is word (\d+)\?", " ".join(terminal.written().split()))]


def _has_asked(terminal: Terminal, times: int) -> bool:
    return len(_asked(terminal)) == times


def _write(terminal: Terminal, text: str) -> None:
    terminal.expect("End it with a line that holds only a dot.")
    terminal.type(f"{text}\r.\r")
    terminal.expect("Send it to these people?")
    terminal.type("y\r")


def _give(terminal: Terminal, words: str) -> None:
    """Enter a receipt, which is not shown."""
    terminal.expect("Your twelve words (not shown)")
    terminal.type(f"{words}\r")
    wait_until(lambda: "\n" in terminal.written().partition("(not shown)")[2], terminal.written)
    assert words.split(maxsplit=1)[0] not in terminal.written().partition("(not shown)")[2]
