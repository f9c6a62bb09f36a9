"""What sealing in the page costs, in Chromium and Firefox, as they come and as Tor Browser's level *Safer* runs them.

Run with ``python -m bench.browser``. The pages are the intake's own, on a trial organisation, but for the sealing of a
file by itself: that page keeps what it seals to itself, and has the browser's own AES-GCM do the same work beside it.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Self

from playwright.sync_api import Playwright, sync_playwright

from tests.browser import journey
from tests.browser.chromium import Chromium, FreeChromium
from tests.browser.driving import Browser, Mode
from tests.browser.firefox import Firefox
from tests.browser.recorder import Recorder
from tests.browser.site import serving
from tests.journeys.instance import ROOT, Instance, copied, found
from whistle.cli.trial import Trial
from whistle.courier.http import HttpCourier

MIB = 1 << 20
TEXTS = 5
_TEXT = "They met on the ninth at the harbour office, and the envelope was on the table before the tender. " * 40
#: From the click until the sealed record, with its proof of work, sets out; the wire is not in it.
_CLICK = """
performance.clearResourceTimings();
const begun = performance.now();
document.querySelector("#text").form.querySelector("[type=submit]").click();
const sealed = () => performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/v1/messages"));
while (sealed() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
return (sealed().startTime - begun) / 1000;
"""


class _Roomy(Trial):
    """An organisation whose intake takes all that is sent here in one day."""

    def configure(self, intake_port: int, console_port: int) -> None:
        super().configure(intake_port, console_port)
        text = self.config.read_text()
        self.config.write_text(text.replace("[intake]\n", "[intake]\nday_mib = 65536\n"))


class Memory:
    """The memory of a browser with all its processes while something happens (PSS, MiB)."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._done = Event()
        self._thread = Thread(target=self._watch)
        self.idle = self._now()
        self.peak = self.idle

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self.peak = max(self.peak, self._now())

    def _now(self) -> float:
        return sum(_pss(process) for process in _family(self._process)) / 1024


@contextmanager
def browser(playwright: Playwright, kind: str, mode: Mode) -> Iterator[Browser]:
    """Start a browser with a fresh profile."""
    # Its processes end one after the other, and the last ones still write.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name) / "browser"
        started = Firefox(mode, folder) if kind == Firefox.name else FreeChromium(mode, folder, playwright)
        try:
            yield started
        finally:
            started.close()


def text_seconds(started: Browser, instance: Instance) -> float:
    """Return what one text takes from the click until it sets out, in the middle of several."""
    taken = []
    for _text in range(TEXTS):
        journey.begin(started, instance.address)
        started.write("What", _TEXT)
        taken.append(float(started.run(_CLICK)))
        started.wait_for("Your report has arrived")
    return median(taken)


def sealing_rates(started: Browser, address: str, file: Path) -> tuple[float, ...]:
    """Return MB a second, the middle of five rounds: AES-GCM from memory, reading a file, both together, sealing it."""
    started.go(address)
    started.choose([file])
    measured = "return document.querySelector('output').textContent;"
    started.wait_until(lambda: bool(started.run(measured)), "the measurement", 1_200)
    rounds = json.loads(started.run(measured))
    return tuple(file.stat().st_size / 1e6 / median(taken) for taken in zip(*rounds, strict=True))


def sending(started: Browser, instance: Instance, file: Path) -> tuple[float, Memory]:
    """Send a report with a file; return the MB a second, and the memory meanwhile."""
    assert instance.server is not None
    with Recorder(instance.server.port, keep=False) as recorder:
        journey.begin(started, recorder.address)
        started.write("What", _TEXT)
        with Memory(started.process) as memory:
            started.choose([file])
            before = recorder.sent
            journey.send_soon(started)
            started.let_go()
            while recorder.sent == before:
                time.sleep(0.01)
            begun = time.perf_counter()
            while recorder.messages == 0:
                time.sleep(0.05)
            elapsed = time.perf_counter() - begun
        started.take_up()
        started.wait_for("Your report has arrived")
    return file.stat().st_size / 1e6 / elapsed, memory


def main() -> None:
    """Print some lines for each browser in each mode."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        instance = copied(found(folder), folder / "served")
        instance = replace(instance, trial=_Roomy(instance.trial.folder, instance.trial.passphrase))
        page = folder / "page"
        subprocess.run(["node", str(ROOT / "browser/test/page/build.mjs"), str(page)], check=True)
        (page / "index.html").write_text(
            '<!doctype html><input type="file"><output></output><script type="module" src="/sealing.js"></script>'
        )
        hundred, thousand = folder / "100.bin", folder / "1000.bin"
        for path, size in ((hundred, 100), (thousand, 1_024)):
            with path.open("wb") as file:
                file.truncate(size * MIB)
        with instance.serving(), serving(page) as address:
            with HttpCourier(instance.address) as courier:
                (page / "keyring").write_bytes(courier.keyring())
            for kind, mode in product((Chromium.name, Firefox.name), (Mode.ON, Mode.SAFER)):
                _measure(playwright, kind, mode, instance, address, hundred, thousand)


def _measure(
    playwright: Playwright, kind: str, mode: Mode, instance: Instance, address: str, hundred: Path, thousand: Path
) -> None:
    print(f"{kind} {mode.value}", flush=True)
    with browser(playwright, kind, mode) as started:
        seconds = text_seconds(started, instance)
        print(f"  a text of {len(_TEXT):,} characters, from the click until it sets out: {seconds:.2f} s")
    with browser(playwright, kind, mode) as started:
        bare, read, both, sealed = sealing_rates(started, address, hundred)
        print(
            f"  sealing a file of 100 MiB: {sealed:.0f} MB/s, ratio {sealed / both:.2f} to bare AES-GCM of the file "
            f"({both:.0f} MB/s), {sealed / bare:.2f} to AES-GCM from memory ({bare:.0f} MB/s), which reading the file "
            f"alone has at {read / bare:.2f} ({read:.0f} MB/s)"
        )
    for file in (hundred, thousand):
        with browser(playwright, kind, mode) as started:
            rate, memory = sending(started, instance, file)
            print(
                f"  sending {file.stat().st_size // MIB:,} MiB: {rate:.1f} MB/s, "
                f"memory {memory.idle:.0f} MiB before and {memory.peak:.0f} MiB at most",
                flush=True,
            )


def _family(process: int) -> list[int]:
    found, look = [process], [process]
    while look:
        number = look.pop()
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                born = [int(each) for each in children.read_text().split()]
            except OSError:  # it has ended
                continue
            found += born
            look += born
    return found


def _pss(process: int) -> float:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0.0
    return next((float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    main()
