"""Driving w3m.

What w3m does to a text on its way out of a form, beyond making every line end CRLF, and nothing else: a byte order
mark at the beginning is lost, and so are the characters of the block "Tags" (U+E0000 to U+E007F). This with its
option ``use_combining`` off; with it on, w3m composes letters with their accents.

Debian's 0.5.3 sometimes dies when its outer editor has ended, on a busy machine: it closes the file that it read back
(``input_textarea`` of its ``form.c``), and the C library finds its heap spoilt ("free(): invalid pointer"). Without the
library's cache of small pieces it was not seen to die. Where it does, nothing of the form has been sent, and who uses
it begins again; so do the tests.
"""

import re
from functools import partial
from pathlib import Path
from typing import ClassVar

from tests.journeys.browser import FILE_FIELDS, BrowserDied, environment, line_ends, write_editor
from tests.journeys.terminal import Terminal, comes_true, wait_for_file, wait_until

_OPTIONS = {
    "accept_language": "en",
    "auto_detect": "0",
    "confirm_qq": "0",
    "display_charset": "UTF-8",
    "document_charset": "UTF-8",
    "system_charset": "UTF-8",
    "use_combining": "0",
    "use_history": "0",
    "use_mouse": "0",
}
_CAREFUL = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
_QUIET_SECONDS = 0.1
_ATTEMPTS = 6
_ATTEMPT_SECONDS = 15
_CLEAR = "\x15"
_LOST = re.compile("^\ufeff|[\U000e0000-\U000e007f]")
_BOX = r"\[([ *])\] ?"


class W3m:
    """One w3m, with a home of its own."""

    name: ClassVar[str] = "w3m"

    def __init__(self, home: Path) -> None:
        self._homes = home
        self._starts = 0
        self._start()

    def _start(self) -> None:
        self._starts += 1
        self._home = home = self._homes / f"{self._starts}"
        (home / ".w3m").mkdir(parents=True)
        (home / ".w3m" / "keymap").write_text("keymap : COMMAND\n")
        (home / "blank.html").write_text("<p>blank")
        self._saves = 0
        options = [part for name, value in _OPTIONS.items() for part in ("-o", f"{name}={value}")]
        editor = ("-o", f"editor={write_editor(home)} %s")
        command = ["w3m", "-no-proxy", *options, *editor, str(home / "blank.html")]
        self._terminal = Terminal(command, environment(home) | _CAREFUL, home, 60, 240)
        wait_until(lambda: "blank" in self._terminal.written(), self._terminal.written)

    def open(self, address: str, then: str) -> None:
        self._do(f"GOTO {address}")
        self._expect(then)

    def press(self, label: str, then: str) -> None:
        self._go_to(label)
        self._do("GOTO_LINK")
        self._expect(then)

    def tick(self, label: str) -> None:
        self._go_to(label)
        self._do("PREV_LINK", "GOTO_LINK")

    def is_ticked(self, label: str) -> bool:
        found = re.findall(_BOX + re.escape(label), self.shown())
        return bool(found[-1] == "*")

    def fill(self, label: str, word: str) -> None:
        self._go_to(label)
        self._do("NEXT_LINK", "GOTO_LINK")
        self._terminal.type(f"{word}\r")

    def write(self, label: str, text: str) -> None:
        (self._home / "prepared").write_bytes(text.encode())
        self._go_to(label)
        self._do("NEXT_LINK", "GOTO_LINK")
        # It throws away what is typed until it has its terminal back from the editor.
        wait_until(lambda: not (self._home / "prepared").exists(), self._terminal.written)
        self._terminal.quiet(_QUIET_SECONDS)

    def attach(self, place: int, path: Path) -> None:
        self._go_to("Seal and send")
        self._do(*["PREV_LINK"] * (FILE_FIELDS - place), "GOTO_LINK")
        self._terminal.type(f"{path}\r")

    def save(self, label: str, path: Path, place: int) -> None:
        self._go_to(label, place)
        self._terminal.forget()
        self._do("GOTO_LINK")
        self._terminal.expect("(Download)Save file to:")
        self._terminal.quiet(_QUIET_SECONDS)
        self._terminal.type(f"{_CLEAR}{path}\r")
        wait_for_file(path, self._terminal.written)

    def shown(self) -> str:
        path = self._saved("SAVE_SCREEN")
        return path.read_text("utf-8", "surrogateescape")

    def read(self) -> str:
        return self.shown()

    def source(self) -> str:
        """Return the page as it came."""
        return self._saved("SAVE").read_bytes().decode()

    def sent(self, text: str) -> str:
        return line_ends(_LOST.sub("", text))

    def die(self) -> None:
        """Come to a sudden end."""
        self._terminal.process.kill()
        self._terminal.process.wait()

    def close(self) -> None:
        self._terminal.close()

    def _begin_anew(self) -> None:
        self.close()
        self._start()

    def _do(self, *commands: str) -> None:
        self._terminal.type(":" + ";".join(commands) + "\r")

    def _saved(self, command: str) -> Path:
        """Save the page twice: when the second file is there, the first one is whole.

        A program that is busy with a page may swallow keys, so they are typed until there is an answer.
        """
        for _attempt in range(_ATTEMPTS):
            self._saves += 1
            first, second = (self._home / f"{command}-{self._saves}-{time}" for time in (1, 2))
            self._do(f"{command} {first}")
            self._do(f"{command} {second}")
            comes_true(partial(self._has_answered, second), _ATTEMPT_SECONDS)
            if second.exists():
                return first
            if self._terminal.has_ended:
                raise BrowserDied(f"w3m ended with {self._terminal.process.returncode}", self._begin_anew)
        raise AssertionError(self._terminal.written())

    def _has_answered(self, path: Path) -> bool:
        return path.exists() or self._terminal.has_ended

    def _expect(self, words: str) -> None:
        wait_until(lambda: words in " ".join(self.shown().split()), lambda: f"{words!r} is not in\n{self.shown()}")

    def _go_to(self, label: str, place: int = -1) -> None:
        """Put the cursor on ``label``: on the last line that has it, or on another one."""
        lines = self.shown().splitlines()
        whole = re.compile(re.escape(label) + r"(?!\w)")
        numbers = [number for number, line in enumerate(lines, 1) if whole.search(line)]
        assert numbers, (label, lines)
        steps = [f"GOTO_LINE {numbers[place]}", "LINE_BEGIN"]
        if not lines[numbers[place] - 1].startswith(label):  # a search would look past the place where it begins
            steps.append(f'SEARCH "{label}"')
        self._do(*steps)
