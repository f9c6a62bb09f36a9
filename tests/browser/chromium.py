"""Debian's Chromium, driven with Playwright."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Playwright, ViewportSize

from tests.browser.driving import KEYS, PATIENCE_SECONDS, Browser, Mode

EXECUTABLE = "/usr/bin/chromium"
#: Nothing but this machine is looked for.
_ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_HEARD = {"error", "warning"}


class Chromium(Browser):
    """One Chromium."""

    name: ClassVar[str] = "Chromium"
    gone = (Error,)

    def __init__(
        self, mode: Mode, folder: Path, playwright: Playwright, *, scripts: bool = True, arguments: Sequence[str] = ()
    ) -> None:
        """Start it; without ``scripts`` it loads none of the site's, though it could run them."""
        super().__init__(mode, folder)
        self._heard: list[str] = []
        given = [_ALONE, *arguments]
        given += ["--js-flags=--jitless"] if mode is Mode.SAFER else []
        given += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium does not start as root otherwise
        self._context = self._launch(playwright, given)
        self._context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.scripts = self.scripts and scripts
        if not scripts:
            self._context.route("**/*.js", lambda route: route.abort("blockedbyclient"))
        self.page: Page = self._context.pages[0]
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self._heard.append(f"{error}"))

    def _launch(self, playwright: Playwright, given: list[str]) -> BrowserContext:
        return playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=EXECUTABLE,
            args=given,
            java_script_enabled=self.mode is not Mode.OFF,
            accept_downloads=True,
            downloads_path=self.downloads,
            viewport=ViewportSize(width=900, height=700),
            env=dict(os.environ),
        )

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in _HEARD:
            self._heard.append(f"{message.type}: {message.text}")

    @property
    def address(self) -> str:
        with suppress(Error):  # the page is about to be another one
            return str(self.run("return location.href;"))
        return ""

    @property
    def process(self) -> int:
        """The number of the browser's first process."""
        found = [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if _arguments(path)[:1]
            and f"--user-data-dir={self.profile}" in _arguments(path)
            and not any(each.startswith("--type=") for each in _arguments(path))
        ]
        return min(found)

    def go(self, address: str) -> None:
        self.page.goto(address)

    def click(self, path: str) -> None:
        self.page.locator(f"xpath={path}").filter(visible=True).first.click()

    def run(self, script: str, *arguments: object) -> Any:
        return self.page.evaluate(f"async given => {{ {script} }}", list(arguments))

    def choose(self, files: Sequence[Path]) -> None:
        self.page.locator("input[type=file]").first.set_input_files(list(files))

    def save(self, path: str) -> bytes:
        with self.page.expect_download() as begun:
            self.click(path)
        return begun.value.path().read_bytes()

    def keys(self, *keys: str) -> None:
        for key in keys:
            if key in KEYS:
                self.page.keyboard.press(key)
            else:
                self.page.keyboard.type(key)

    def pause(self, seconds: float) -> None:
        # Playwright hears what the browser says only while it is waiting itself.
        self.page.wait_for_timeout(seconds * 1_000)

    def back(self) -> None:
        self.page.go_back()

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size(ViewportSize(width=width, height=height))

    def complaints(self) -> list[str]:
        with suppress(Error):  # what the browser said meanwhile is heard when it is asked for something
            self.run("return 0;")
        heard, self._heard = self._heard, []
        return heard

    def end(self) -> None:
        self._context.close()


def _arguments(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\0")
    except OSError:  # it has ended
        return []


class FreeChromium(Chromium):
    """A Chromium that can be left alone: nobody is connected to it, hears what it sends, or keeps copies of that."""

    def __init__(self, mode: Mode, folder: Path, playwright: Playwright) -> None:
        """Start it, and take hold of it."""
        self._playwright = playwright
        self._started: subprocess.Popen[bytes] | None = None
        super().__init__(mode, folder, playwright)

    def _launch(self, playwright: Playwright, given: list[str]) -> BrowserContext:
        command = [EXECUTABLE, *given, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile}"]
        self._started = subprocess.Popen(
            [*command, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        port = self.profile / "DevToolsActivePort"
        limit = time.monotonic() + PATIENCE_SECONDS
        while not port.exists() or not port.read_text().strip():
            assert time.monotonic() < limit, "Chromium does not start"
            time.sleep(0.05)
        self._port = port.read_text().split()[0]
        return self._connect(playwright)

    def _connect(self, playwright: Playwright) -> BrowserContext:
        self._hold = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self._port}")
        return self._hold.contexts[0]

    @property
    def process(self) -> int:
        assert self._started is not None
        return self._started.pid

    def choose(self, files: Sequence[Path]) -> None:
        # Held in this way, Playwright would send the files through its own memory, and not name them.
        session = self._context.new_cdp_session(self.page)
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        field = session.send("DOM.querySelector", {"nodeId": root, "selector": "input[type=file]"})["nodeId"]
        session.send("DOM.setFileInputFiles", {"files": [str(path) for path in files], "nodeId": field})
        session.detach()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def let_go(self) -> None:
        self._hold.close()

    def take_up(self) -> None:
        self._context = self._connect(self._playwright)
        self.page = self._context.pages[0]

    def end(self) -> None:
        assert self._started is not None
        self.let_go()
        self._started.terminate()
        self._started.wait(PATIENCE_SECONDS)
