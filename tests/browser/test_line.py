"""A line that breaks, a server that is started anew, while files are sent: nothing is lost, and it goes on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.recorder import Recorder
from tests.journeys.instance import ANA, Console, Instance, copied
from tests.journeys.test_text_browsers import case_of
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.stream import chunks_of, padded

MIB = 1 << 20
TEXT = "The books of the ferry, all of them."
_TRIED = 32 * MIB
_AWAY_SECONDS = 3
_HOUR = 3_600


@pytest.fixture
def own(founded: Instance, tmp_path: Path) -> Iterator[Instance]:
    """Serve an instance of our own, which we may stop."""
    instance = copied(founded, tmp_path / "own")
    with instance.serving():
        yield instance


def sparse(path: Path, size: int) -> None:
    """Write a file of which every MiB differs from every other."""
    with path.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") * (MIB // 8))


def same(path: Path, pieces: Iterator[bytes]) -> bool:
    """Tell whether pieces are what is in a file, without holding either."""
    with path.open("rb") as file:
        return all(file.read(len(piece)) == piece for piece in pieces) and not file.read(1)


def cut_twice(browser: Browser, instance: Instance, file: Path) -> str:
    """Send a report with a file; at a third of it the line breaks, at two thirds the server. Return the receipt."""
    assert instance.server is not None
    size, port = file.stat().st_size, instance.server.port
    with Recorder(instance.server.port, keep=False) as recorder:
        words = journey.begin(browser, recorder.address)
        browser.write("What", TEXT)
        browser.choose([file])
        journey.send_soon(browser)
        browser.let_go()
        browser.wait_until(lambda: recorder.sent > size // 3, "a third", _HOUR)
        recorder.cut()
        browser.wait_until(lambda: recorder.sent > size * 2 // 3, "two thirds", _HOUR)
        instance.server.kill()
        browser.pause(_AWAY_SECONDS)
        instance.start(port)
        browser.wait_until(lambda: recorder.messages > 0, "the rest", _HOUR)
        browser.take_up()
        browser.wait_for("Your report has arrived")
        # What had arrived before is not sent again, but for what was under way, and tried while nobody answered.
        assert recorder.sent < padded(chunks_of(size)) * RECORD_SIZE + _TRIED
    return words


def arrives_whole(instance: Instance, words: str, file: Path) -> None:
    with closing(Console(instance, ANA)) as console:
        console.sync()
        case = case_of(console, instance.keys_of(words))
        (item,) = case.items
        assert item.text == TEXT
        assert same(file, console.desk.file(case.name, item.commitment, 0)[1])


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_a_file_goes_through_a_broken_line(kind: str, start: Start, own: Instance, tmp_path: Path) -> None:
    browser = start(kind, Mode.ON, alone=True)
    file = tmp_path / "бухгалтерия.bin"
    sparse(file, 48 * MIB)
    words = cut_twice(browser, own, file)
    browser.complaints()  # that the server was away
    arrives_whole(own, words, file)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_a_gigabyte_goes_through_a_broken_line(kind: str, start: Start, own: Instance, tmp_path: Path) -> None:
    browser = start(kind, Mode.ON, alone=True)
    file = tmp_path / "all.bin"
    sparse(file, 1_024 * MIB)
    words = cut_twice(browser, own, file)
    browser.complaints()
    arrives_whole(own, words, file)


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_what_was_written_outlives_a_site_that_is_away(kind: str, start: Start, own: Instance) -> None:
    assert own.server is not None
    browser = start(kind, Mode.ON)
    words = journey.begin(browser, own.address)
    browser.write("What", TEXT)
    port = own.server.port
    own.server.kill()
    browser.click("//input[@value='Seal and send']")
    browser.wait_until(lambda: "lost" in browser.text() or "still here" in browser.text(), "what became of it")
    own.start(port)
    if "still here" in browser.text():
        assert browser.written("What") == TEXT
        browser.click("//input[@value='Seal and send']")
    browser.wait_for("Your report has arrived", 120)
    browser.complaints()
    with closing(Console(own, ANA)) as console:
        console.sync()
        assert [item.text for item in case_of(console, own.keys_of(words)).items] == [TEXT]


@pytest.mark.parametrize("kind", ["Chromium"])
def test_a_pause(kind: str, start: Start, own: Instance, tmp_path: Path) -> None:
    assert own.server is not None
    browser = start(kind, Mode.ON)
    file = tmp_path / "paused.bin"
    sparse(file, 16 * MIB)
    with Recorder(own.server.port, keep=False, pace=MIB // 4) as recorder:
        words = journey.begin(browser, recorder.address)
        browser.write("What", TEXT)
        browser.choose([file])
        browser.press("Seal and send", then="Sealing and sending")
        browser.wait_until(lambda: recorder.sent > MIB, "a beginning")
        browser.press("Pause", then="Paused.")
        paused, recorder.pace = recorder.sent, None
        browser.press("Go on", then="Your report has arrived")
        assert paused < file.stat().st_size < recorder.sent
    arrives_whole(own, words, file)
