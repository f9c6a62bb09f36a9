"""Where the site takes no more files today, the page says so before anybody chooses one, and the text arrives."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.journeys.instance import Instance, copied
from whistle.cli.trial import Trial

FULL = "The site takes no more files today."


class _Small(Trial):
    """An organisation whose intake takes one megabyte of files in a day: 32 chunks, and eight of them close it."""

    def configure(self, intake_port: int, console_port: int) -> None:
        super().configure(intake_port, console_port)
        text = self.config.read_text()
        self.config.write_text(text.replace("[intake]\n", "[intake]\nday_mib = 1\n"))


@pytest.fixture
def small(founded: Instance, tmp_path: Path) -> Iterator[Instance]:
    instance = copied(founded, tmp_path / "small")
    trial = instance.trial
    instance = replace(instance, trial=_Small(trial.folder, trial.passphrase))
    with instance.serving():
        yield instance


def test_the_page_says_so_before_anybody_chooses_a_file(small: Instance, start: Start, tmp_path: Path) -> None:
    browser = start("Chromium", Mode.ON)
    journey.begin(browser, small.address)
    assert FULL not in browser.text()
    assert browser.run("return document.querySelectorAll('#file').length;") == 1
    browser.write("What", "With a file.")
    (tmp_path / "a.txt").write_bytes(b"a")
    browser.choose([tmp_path / "a.txt"])
    browser.press("Seal and send", then="Your report has arrived")

    def site_says_so() -> bool:
        with urlopen(f"{small.address}/room") as answer:
            return b"shut" in answer.read()

    # Pages that are the same for all are made anew about once a second.
    browser.wait_until(site_says_so, "a site that takes no files")

    # A new one, and then an addition to it: it is asked for each time, as near to the form as keys are.
    words = journey.begin(browser, small.address)
    browser.wait_for(FULL)
    assert browser.run("return document.querySelectorAll('input[type=file]').length;") == 0
    browser.write("What", "Without one.")
    browser.press("Seal and send", then="Your report has arrived")
    journey.come_back(browser, small.address, words)
    browser.wait_for(FULL)
    assert browser.run("return document.querySelectorAll('input[type=file]').length;") == 0
    journey.add(browser, "More, without one.")
