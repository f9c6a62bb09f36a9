"""Pictures of every page of a running intake, with JavaScript off, at the widths of a small phone, a phone and a desk.

``python -m dev.screenshots http://127.0.0.1:8000 FOLDER`` walks through a report as a visitor does and leaves a PNG of
each page and error in FOLDER. Each walk makes a report and withdraws it: use a site that is for trying.
With ``--receipt FILE`` it also shows what the 12 words in FILE find, such as a report that was answered.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

_WIDTHS: Final = {320: 640, 390: 844, 1440: 900}
_CHROMIUM: Final = "/usr/bin/chromium"
_STORY: Final = (
    "On 3 March the port's tender for cranes was opened before the deadline. I saw the envelopes on the desk of the"
    " head of purchasing.\n\nTwo days later the winning offer was lowered by exactly the difference."
)


class Tour:
    """One walk through the site at one width."""

    def __init__(self, browser: Browser, site: str, folder: Path, width: int, scheme: str) -> None:
        self._site = site
        self._folder = folder
        self._name = f"{width}{'-dark' if scheme == 'dark' else ''}"
        context = browser.new_context(
            viewport={"width": width, "height": _WIDTHS[width]},
            java_script_enabled=False,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        self.page: Page = context.new_page()
        self._inspector = context.new_cdp_session(self.page)
        self._width = width

    def shoot(self, name: str) -> None:
        """Take a picture of the whole page, and complain about a page that is wider than its window."""
        self.page.wait_for_load_state()
        content = self._inspector.send("Page.getLayoutMetrics")["cssContentSize"]
        if content["width"] > self._width:
            print(f"{name} is {content['width']} wide at {self._name}", file=sys.stderr)
        self.page.screenshot(path=self._folder / f"{name}-{self._name}.png", full_page=True)

    def open(self, path: str) -> None:
        """Go to an address of the site."""
        self.page.goto(self._site + path)

    def press(self, label: str) -> None:
        """Press a button or follow a link, by its exact words."""
        self.page.locator(f'input[value="{label}"], a:text-is("{label}")').first.click()

    def report(self, *, shoot: bool) -> str:
        """Make a report and return its 12 words."""
        seen: Callable[[str], None] = self.shoot if shoot else lambda _name: None
        self.open("/")
        seen("start")
        self.page.locator('form[action="/report"] input[type="submit"]').first.click()
        seen("receipt")
        words = self.page.locator("ol.words li").all_inner_texts()
        self.press("I have written them down")
        seen("words")
        self.press("Go on")
        seen("words-wrong")
        self.press("Skip this")
        seen("form")
        self.press("Seal and send")
        seen("form-wrong")
        self.page.fill("#text", _STORY)
        self.page.locator('input[name="excluded"]').first.check()
        self.page.locator("details").first.locator("summary").click()
        seen("form-filled")
        self.press("Seal and send")
        seen("arrived")
        return " ".join(words)

    def come_back(self, words: str, name: str) -> None:
        """Enter 12 words."""
        self.open("/replies")
        self.page.fill("#receipt", words)
        self.press("Look for answers")
        self.shoot(name)

    def errors(self) -> None:
        """See what goes wrong."""
        self.open("/nowhere")
        self.shoot("not-there")
        self.open("/report/send")
        self.shoot("not-like-this")
        self.come_back("one two three", "too-few-words")
        self.come_back("abandon " * 11 + "about", "not-found")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--receipt", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for width, scheme in ((320, "light"), (390, "light"), (390, "dark"), (1440, "light")):
            tour = Tour(browser, given.site, given.folder, width, scheme)
            words = tour.report(shoot=True)
            tour.page.reload()
            tour.shoot("stored")
            tour.open("/replies")
            tour.shoot("enter")
            tour.come_back(words, "no-answer-yet")
            tour.press("Withdraw my report")
            tour.shoot("withdraw")
            tour.press("Withdraw everything")
            tour.shoot("withdrawn")
            tour.errors()
            if given.receipt is not None:
                tour.come_back(given.receipt.read_text().strip(), "answers")
        browser.close()


if __name__ == "__main__":
    main()
