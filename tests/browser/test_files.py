"""What a file says beside what it shows: the page tells it, takes it out on request, and sends what was chosen."""

from pathlib import Path

import pytest

from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.recorder import Recorder
from tests.corpus import load
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA
from tests.journeys.test_text_browsers import case_of

VILLA = next(report for report in load() if report.slug == "08-customs-villa")
HOUSE = next(file for file in VILLA.attachments if file.name.endswith(".jpg"))
WAYBILL = next(file for file in VILLA.attachments if file.name.endswith(".pdf"))
SEAL = next(file for file in VILLA.attachments if file.name.endswith(".png"))


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_what_a_picture_says_is_taken_out_on_request(
    kind: str, start: Start, recorder: Recorder, office: Office, tmp_path: Path
) -> None:
    assert b"Exif" in HOUSE.content
    paths = []
    for file in (HOUSE, WAYBILL, SEAL):
        paths.append(tmp_path / file.name)
        paths[-1].write_bytes(file.content)
    browser = start(kind, Mode.ON)
    words = journey.begin(browser, recorder.address)
    browser.write("What", VILLA.text)
    browser.choose(paths)
    browser.wait_for(SEAL.name)
    browser.press("Look inside it", then="Written inside it:")
    browser.press("Take this out", then="Taken out:")
    cleaned = browser.text()
    assert "Where it was taken" in cleaned
    assert "What cannot be taken out" in cleaned
    # The next one is looked into as well, and then sent as it was.
    browser.press("Look inside it", then="inside it")
    browser.press("Seal and send", then="Your report has arrived")

    office.sync()
    console = office.consoles[ANA]
    case = case_of(console, office.instance.keys_of(words))
    house, waybill, seal = console.files(case, case.items[0])
    assert [house[0], waybill, seal] == [HOUSE.name, (WAYBILL.name, WAYBILL.content), (SEAL.name, SEAL.content)]
    assert house[1].startswith(b"\xff\xd8")
    assert b"Exif" not in house[1]
    assert house[1][-2:] == b"\xff\xd9"
