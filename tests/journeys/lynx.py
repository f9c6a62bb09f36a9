"""Driving Lynx.

What Lynx does to a text on its way out of a form, beyond making every line end CRLF, and nothing else: empty lines at
the end are lost, a text of one line loses its line end, and one of several lines always has one at the end. A CR is a
character like others to it, which the intake then takes for a line end of its own.
"""

import re
from pathlib import Path
from typing import ClassVar

from tests.journeys.browser import FILE_FIELDS, environment, line_ends, write_editor
from tests.journeys.terminal import Terminal, wait_for_file, wait_until

_CONFIGURATION = """INCLUDE:/etc/lynx/lynx.cfg
ACCEPT_ALL_COOKIES:TRUE
ASSUME_CHARSET:utf-8
ASSUME_LOCAL_CHARSET:utf-8
CHARACTER_SET:utf-8
DEFAULT_KEYPAD_MODE:LINKS_AND_FIELDS_ARE_NUMBERED
LOCALE_CHARSET:FALSE
TEXTFIELDS_NEED_ACTIVATION:TRUE
"""
_OPTIONS = ("-nopause", "-nocolor", "-nomargins", "-number_fields", "-number_links", "-display_charset=utf-8")
#: A button or a link; a button that has a value of its own is shown with it.
_BUTTON = r"\[(\d+)\](?:\w+\) )?"
_QUIET_SECONDS = 0.1
_LAST_LINE = "[delete]=history list"
_REDRAW, _EDIT, _CLEAR = "\x0c", "\x18e", "\x15"


class Lynx:
    """One Lynx, with a home of its own, and a terminal as high as a page is before a long text is written into it."""

    name: ClassVar[str] = "lynx"

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        (home / "lynx.cfg").write_text(_CONFIGURATION)
        (home / "blank.html").write_text("<p>blank")
        self._home = home
        self._written = False
        self._saves = 0
        command = ["lynx", f"-cfg={home / 'lynx.cfg'}", f"-editor={write_editor(home)}", *_OPTIONS]
        self._terminal = Terminal([*command, str(home / "blank.html")], environment(home), home, 160, 200)
        self._expect("blank")

    def open(self, address: str, then: str) -> None:
        self._terminal.type(f"g{address}\r")
        self._expect(then)

    def press(self, label: str, then: str) -> None:
        if self._written:
            # Lynx gives new numbers to the lines of a field that grew, but not to what follows them.
            self._terminal.type(f"/{label}\r\r")
            self._written = False
        else:
            self._activate(self._number(_BUTTON + re.escape(label)))
        self._expect(then)

    def tick(self, label: str) -> None:
        self._activate(self._number(rf"\[(\d+)\]\[[ X]\] {re.escape(label)}"))

    def is_ticked(self, label: str) -> bool:
        found = re.findall(rf"\]\[([ X])\] {re.escape(label)}", self.shown())
        return bool(found[-1] == "X")

    def fill(self, label: str, word: str) -> None:
        self._activate(self._number(rf"{re.escape(label)} \[(\d+)\]"))
        self._terminal.type(f"{word}\t")
        self._expect("Arrow keys")

    def write(self, label: str, text: str) -> None:
        (self._home / "prepared").write_bytes(text.encode())
        self._activate(self._number(rf"{re.escape(label)}[^\[]*?\[(\d+)\]"))
        self._written = True
        self._terminal.type(_EDIT)
        wait_until(lambda: not (self._home / "prepared").exists(), self._terminal.written)
        # It may ask whether to break long lines; a tab means no, and else only goes on to the next line.
        self._terminal.quiet(_QUIET_SECONDS)
        self._terminal.type("\t")
        self._expect("Arrow keys")

    def attach(self, place: int, path: Path) -> None:
        above = self._words().rpartition("Seal and send")[0]
        self._activate(self._numbers(r"\[(\d+)\]", above)[place - FILE_FIELDS - 1])
        self._terminal.type(f"{path}\t")
        self._expect("Arrow keys")

    def save(self, label: str, path: Path, place: int) -> None:
        number = self._numbers(_BUTTON + re.escape(label), self._words())[place]
        self._terminal.forget()
        self._activate(number)
        self._terminal.expect("D)ownload, or C)ancel")
        self._terminal.type("d")
        self._expect("Save to disk")
        self._activate(self._number(_BUTTON + "Save to disk"))
        self._terminal.quiet(_QUIET_SECONDS)
        self._terminal.type(f"{_CLEAR}{path}\r")
        wait_for_file(path, self._terminal.written)

    def shown(self) -> str:
        return self._terminal.screen(_REDRAW, _LAST_LINE)

    def read(self) -> str:
        """Print the page to a file, since a terminal's screen does not keep every letter as it was."""
        self._saves += 1
        path = self._home / f"page-{self._saves}"
        self._terminal.type("p")
        self._expect("Save to a local file")
        self._terminal.type("\r")
        self._terminal.quiet(_QUIET_SECONDS)
        self._terminal.type(f"{_CLEAR}{path}\r")
        wait_until(path.exists, self._terminal.written)
        self._terminal.quiet(_QUIET_SECONDS)
        return path.read_text("utf-8")

    def sent(self, text: str) -> str:
        lines = text.rstrip("\r\n").split("\n")
        return line_ends("\r\n".join(lines) + "\r\n" * (len(lines) > 1))

    def close(self) -> None:
        self._terminal.close()

    def _words(self) -> str:
        return " ".join(self.shown().split())

    def _expect(self, words: str) -> None:
        wait_until(lambda: words in self._words(), lambda: f"{words!r} is not in\n{self._words()}")

    def _number(self, pattern: str) -> str:
        """Return the last number of a link or field that ``pattern`` finds."""
        page = self._words()
        found = self._numbers(pattern, page)
        assert found, (pattern, page)
        return found[-1]

    @staticmethod
    def _numbers(pattern: str, page: str) -> list[str]:
        return [found[1] for found in re.finditer(pattern, page)]

    def _activate(self, number: str) -> None:
        """Go to a link or field by its number, and press return on it."""
        self._terminal.type(f"{number}g\r\r")
