"""axe-core finds nothing on any page in any state, light or dark; nothing is too wide for a small telephone."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser import walk
from tests.browser.chromium import Chromium
from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.recorder import Recorder
from tests.corpus import load
from tests.journeys.conftest import Office
from tests.journeys.instance import ROOT

VILLA = next(report for report in load() if report.slug == "08-customs-villa")
AXE = ROOT / "browser" / "node_modules" / "axe-core" / "axe.min.js"
#: CSS pixels: the narrowest screen on which everything must work.
NARROW, TALL = 320, 640
_AUDIT = """
const rules = given.length > 0 ? { runOnly: given } : {};
const { violations } = await axe.run(document, { resultTypes: ["violations"], ...rules });
const where = (node) => [node.html, node.failureSummary];
return violations.map(({ id, help, nodes }) => [id, help, nodes.map(where)]);
"""
_WIDER = """
const reaches = (element) => element.getBoundingClientRect().right > innerWidth + 0.5;
const all = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility());
const { scrollWidth } = document.documentElement;
const tell = ({ outerHTML }) => outerHTML.slice(0, 200);
return scrollWidth > innerWidth ? [scrollWidth, ...all.filter(reaches).map(tell)] : [];
"""
#: Where the longest word of all lists (11 letters) would be broken in two among the 12.
_BROKEN = """
const lines = (word) => {
  const [range, kept] = [document.createRange(), [...word.childNodes]];
  word.replaceChildren("m".repeat(11));
  range.selectNodeContents(word);
  const count = new Set([...range.getClientRects()].map(({ top }) => top)).size;
  word.replaceChildren(...kept);
  return count;
};
const all = [...document.querySelectorAll(".words > li")].filter((word) => word.checkVisibility());
return all.filter((word) => lines(word) !== 1).map((word) => ["broken", word.textContent.length]);
"""
#: Without JavaScript axe-core cannot run either, so the site's scripts are held back from a browser that could.
WITHOUT, WITH = {"scripts": False}, {"scripts": True}


class Auditor:
    """Looks at a page as it is shown, and notes what is wrong with it."""

    def __init__(self, browser: Chromium) -> None:
        self._browser = browser
        self._axe = AXE.read_text()
        self.seen: set[str] = set()
        self.found: list[tuple[str, Any]] = []

    def look(self, state: str) -> None:
        """Audit a page that was not audited before."""
        if state in self.seen:
            return
        self.seen.add(state)
        self._browser.page.evaluate(self._axe)
        self._note(state, self._browser.run(_AUDIT))
        self._browser.page.emulate_media(color_scheme="dark")
        self._note(f"{state}, in the dark", self._browser.run(_AUDIT, "color-contrast"))
        self._browser.page.emulate_media(color_scheme="light")
        self._browser.resize(NARROW, TALL)
        self._note(f"{state}, narrow", self._browser.run(_WIDER) + self._browser.run(_BROKEN))
        self._note(f"{state}, narrow", self._browser.run(_AUDIT, "target-size", "scrollable-region-focusable"))
        self._browser.resize(900, 700)

    def _note(self, state: str, wrong: list[Any]) -> None:
        self.found += [(state, each) for each in wrong]


@pytest.mark.parametrize(
    "options", [pytest.param(WITHOUT, id="without scripts"), pytest.param(WITH, id="with scripts")]
)
def test_every_page_in_every_state(
    options: dict[str, bool], start: Start, recorder: Recorder, office: Office, tmp_path: Path
) -> None:
    browser = start("Chromium", Mode.ON, **options)
    assert isinstance(browser, Chromium)
    auditor = Auditor(browser)
    walk.report_and_return(browser, recorder.address, office, VILLA, tmp_path / "files", auditor.look)
    for path in ("/nothing", "/report", "/replies/follow-up"):
        browser.go(f"{recorder.address}{path}")
        auditor.look(path)
    browser.complaints()  # that pages answered with an error, and that scripts were held back
    assert auditor.found == []
    assert len(auditor.seen) >= 25


def test_the_audit_sees_what_is_wrong(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    assert isinstance(browser, Chromium)
    auditor = Auditor(browser)
    browser.open(f"{recorder.address}/", then="Make a report")
    browser.run("""
    const picture = document.createElement("img");
    picture.src = "/static/icon.svg";
    const wide = document.createElement("p");
    wide.append("x");
    document.querySelector("main").append(picture, wide);
    wide.style.width = "400px";
    """)
    auditor.look("spoilt")
    assert {wrong[0] for _state, wrong in auditor.found if isinstance(wrong, list)} >= {"image-alt"}
    assert any(state == "spoilt, narrow" for state, _wrong in auditor.found)
    browser.complaints()
