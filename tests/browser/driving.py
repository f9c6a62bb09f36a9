"""What somebody does in front of a real browser: read, press, tick, write, attach, save. Both drivers say it alike.

Things are found by the words that a person sees, so that a page without a label fails here too.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

PATIENCE_SECONDS = 60
_ASK_SECONDS = 0.05
#: Keys that are no letters, by their names in the DOM.
KEYS = frozenset({"ArrowDown", "Enter", "Escape", "Shift+Tab", "Space", "Tab"})
_BUTTON = (
    "//input[@type='submit' and normalize-space(@value)={0}] | //button[normalize-space()={0}]"
    " | //a[normalize-space()={0}]"
)
_FIELD = "//*[self::input or self::textarea or self::select][@id=//label[starts-with(normalize-space(), {0})]/@for]"
_READ = """
const buttons = [...document.querySelectorAll("input[type=submit]")].filter(button => button.checkVisibility());
return [document.body.innerText, ...buttons.map(button => button.value)].join("\\n");
"""
_READY = "return document.documentElement.dataset.ready === 'yes';"
_SET = "element.value = value; element.dispatchEvent(new Event('input', {bubbles: true}));"


class Mode(Enum):
    """How much of JavaScript a browser runs."""

    OFF = "without JavaScript"
    ON = "with JavaScript"
    #: neither compiled JavaScript nor WebAssembly, as at Tor Browser's level Safer
    SAFER = "with JavaScript, as Safer"


class Browser(ABC):
    """One browser with a profile of its own, and one window."""

    name: ClassVar[str]
    #: what a driver raises while one page goes and another comes
    gone: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, mode: Mode, folder: Path) -> None:
        self.mode = mode
        self.profile = folder / "profile"
        self.downloads = folder / "downloads"
        self.closed = False
        #: whether the site's scripts run
        self.scripts = mode is not Mode.OFF
        for each in (self.profile, self.downloads):
            each.mkdir(parents=True)

    @property
    @abstractmethod
    def process(self) -> int:
        """Return the number of the browser's first process."""

    @abstractmethod
    def go(self, address: str) -> None:
        """Type an address."""

    @abstractmethod
    def click(self, path: str) -> None:
        """Click the first visible element at an XPath, once there is one."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Return what the browser shows as the page's address."""

    @abstractmethod
    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of an asynchronous function in the page, and return what it returns."""

    @abstractmethod
    def choose(self, files: Sequence[Path]) -> None:
        """Choose files in the page's first field for files."""

    @abstractmethod
    def save(self, path: str) -> bytes:
        """Click what is at an XPath, and return the file that comes of it."""

    @abstractmethod
    def keys(self, *keys: str) -> None:
        """Press those of ``KEYS``, and type what is none of them."""

    @abstractmethod
    def back(self) -> None:
        """Go back in the history."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page another size, in CSS pixels."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last call: errors, breaches of the policy."""

    def let_go(self) -> None:  # noqa: B027 - most need not do anything
        """Leave the browser alone until ``take_up``: what drives some browsers copies all that they send."""

    def take_up(self) -> None:  # noqa: B027 - as let_go
        """Drive the browser again."""

    @abstractmethod
    def end(self) -> None:
        """End the browser and wait until it is gone."""

    def close(self) -> None:
        """End the browser, as a person does who closes its last window."""
        if not self.closed:
            self.end()
            self.closed = True

    def text(self) -> str:
        """Return what can be read on the page now, on its buttons too; nothing while another page is on its way."""
        with suppress(*self.gone):
            return str(self.run(_READ))
        return ""

    def open(self, address: str, then: str) -> None:
        """Go to an address; ``then`` is something that its page says."""
        self.go(address)
        if self.scripts:
            # Until its script is there the page is the one without, and works as that.
            self.wait_until(lambda: bool(self.run(_READY)), "the page's script")
        self.wait_for(then)

    def press(self, label: str, then: str) -> None:
        """Press a button or follow a link; ``then`` is something that comes of it."""
        self.click(_BUTTON.format(quoted(label)))
        self.wait_for(then)

    def tick(self, label: str) -> None:
        """Tick a box, or take the tick away."""
        self.click(_FIELD.format(quoted(label)))

    def is_ticked(self, label: str) -> bool:
        """Tell whether a box is ticked."""
        return bool(self._field(label, "return element.checked;"))

    def write(self, label: str, text: str) -> None:
        """Paste a text into a field."""
        self.wait_until(lambda: self._field(label, "return true;") is True, f"no field {label}")
        self._field(label, _SET, text)

    def written(self, label: str) -> str:
        """Return what is in a field."""
        return str(self._field(label, "return element.value;"))

    def _field(self, label: str, script: str, value: str = "") -> Any:
        return self._at(_FIELD.format(quoted(label)), script, value)

    def _at(self, path: str, script: str, value: str = "") -> Any:
        find = "const element = document.evaluate(path, document, null, 9).singleNodeValue; if (!element) return null;"
        return self.run(f"const [path, value] = given; {find} {script}", path, value)

    def wait_for(self, words: str, seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until the page says something; return all that it says."""
        self.wait_until(lambda: words in squeezed(self.text()), f"“{words}”", seconds)
        return squeezed(self.text())

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something is true, or fail with what was waited for and what the page says."""
        limit = time.monotonic() + seconds
        while not true():
            if time.monotonic() > limit:
                raise AssertionError(f"{self.name} waited for {what} and sees: {self.text()!r} {self.complaints()}")
            self.pause(_ASK_SECONDS)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        time.sleep(seconds)

    def said(self) -> list[str]:
        """Return the answers that stand on the page, every letter of them."""
        read = """return [...document.querySelectorAll("p.said")].map(said =>
            [...said.childNodes].map(node => node.nodeName === "BR" ? "\\n" : node.textContent).join(""));"""
        return list(self.run(read))


def squeezed(text: str) -> str:
    """Return text with single blanks: where lines break is the browser's own affair."""
    return " ".join(text.split())


def quoted(text: str) -> str:
    """Return a text as a literal of XPath 1.0, which knows no escapes."""
    assert '"' not in text
    return f'"{text}"'
