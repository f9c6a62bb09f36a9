"""What somebody does in front of a text browser that nobody here wrote: read, press, tick, write, attach, save.

Both drivers type on a terminal what a person would type, and learn what is on the page as a person would: by having
the browser save what it shows. Long texts are written with the browser's own way to an outer editor.

A label is looked for from the end of the page, since a form stands below the answers, which may say anything.
"""

import re
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ClassVar, ParamSpec, Protocol

#: How many fields for files a form has; the last thing in it before its button.
FILE_FIELDS = 3
_EDITOR = """#!/bin/sh
for last in "$@"; do :; done
mv "{prepared}" "$last"
"""


_DEATHS = 2
_Given = ParamSpec("_Given")


class BrowserDied(Exception):
    """The browser itself came to its end, so nothing can be told of the page that it showed."""

    def __init__(self, what: str, begin_anew: Callable[[], None]) -> None:
        """Say what happened, and how the browser is started again, as its user would."""
        super().__init__(what)
        self.begin_anew = begin_anew


class TextBrowser(Protocol):
    """One visit with one browser."""

    name: ClassVar[str]

    def open(self, address: str, then: str) -> None:
        """Go to an address; ``then`` is something that its page says."""

    def press(self, label: str, then: str) -> None:
        """Press a button or follow a link; ``then`` is something that the next page says."""

    def tick(self, label: str) -> None:
        """Tick a box, or take the tick away."""

    def is_ticked(self, label: str) -> bool:
        """Tell whether a box is ticked."""

    def fill(self, label: str, word: str) -> None:
        """Type into a field of one line."""

    def write(self, label: str, text: str) -> None:
        """Write into a field of several lines with the outer editor."""

    def attach(self, place: int, path: Path) -> None:
        """Choose a file in the field for files with this number, from 0."""

    def shown(self) -> str:
        """Return the whole page as it is shown: enough to find one's way."""

    def read(self) -> str:
        """Return the whole page, every letter as it is on it; where its lines break is the browser's own affair."""

    def save(self, label: str, path: Path, place: int) -> None:
        """Press the button with this number, from 0, among those with one label; its answer is a file: save that."""

    def sent(self, text: str) -> str:
        """Return what of a text can leave this browser, with LF at the end of a line: see each driver's own account."""

    def close(self) -> None:
        """End the browser."""


def begun_again(test: Callable[_Given, None]) -> Callable[_Given, None]:
    """Begin a test again where the browser died under it, twice at most, and say so in the summary."""

    @wraps(test)
    def begun(*arguments: _Given.args, **given: _Given.kwargs) -> None:
        for _death in range(_DEATHS):
            try:
                return test(*arguments, **given)
            except BrowserDied as death:
                warnings.warn(f"{death}: begun again", stacklevel=1)
                death.begin_anew()
        return test(*arguments, **given)

    return begun


def write_editor(home: Path) -> Path:
    """Write the outer editor: it puts what was prepared in place of the file it is given."""
    editor = home / "editor"
    editor.write_text(_EDITOR.format(prepared=home / "prepared"))
    editor.chmod(0o700)
    return editor


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of the machine's own speaks: no proxy, no other language."""
    return {"HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "vt100", "TMPDIR": str(home)}


def line_ends(text: str) -> str:
    """Return text with LF at the end of every line, as the intake reads a form."""
    return re.sub("\r\n|\r", "\n", text)
