"""Honest reports, one a second, beside whatever is tried against the site. The attacks in this folder share it.

Half of them go by the form without JavaScript, from the first page on; half as the page with JavaScript sends them,
sealed before they leave, with proof of work.
"""

import http.client
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Final

from bench import forms
from whistle.courier.http import HttpCourier
from whistle.intake.published import today
from whistle.protocol.directory import verify
from whistle.protocol.published import Published
from whistle.protocol.receipt import Receipt
from whistle.source import Draft, Source

_LOADED: Final = ("/", "/static/code/pages.js", "/steps")


@dataclass
class Outcome:
    """What became of honest reports: how long each took (seconds, nothing where it was lost), memory at most (MiB)."""

    times: list[float | None] = field(default_factory=list)
    peak: float = 0.0

    def __str__(self) -> str:
        """Say it in a line."""
        arrived = sorted(one for one in self.times if one is not None)
        late = arrived[int(0.95 * (len(arrived) - 1))] if arrived else float("inf")
        return (
            f"{len(arrived)} of {len(self.times)} arrived, 95 of 100 within {late:.2f} s, at most {self.peak:.0f} MiB"
        )

    def add(self, other: "Outcome") -> None:
        """Count another part in."""
        self.times += other.times
        self.peak = max(self.peak, other.peak)


def reports(running: forms.Server, count: int) -> Outcome:
    """Send so many reports, one a second, and wait until each has arrived or is lost."""
    outcome, sent = Outcome(), list[Future[float | None]]()
    with ThreadPoolExecutor(32) as people:
        for act in islice(cycle((forms.journey, by_interface)), count):
            time.sleep(1)
            sent.append(people.submit(_timed, act))
            outcome.peak = max(outcome.peak, running.memory())
        outcome.times = [report.result() for report in sent]
    return outcome


def by_interface() -> None:
    """Report as a page with JavaScript does: it is loaded, and everything is sealed before it is sent."""
    for path in _LOADED:
        status, _page = forms.ask("GET", path)
        assert status == http.client.OK, (path, status)
    with HttpCourier(f"http://127.0.0.1:{forms.PORT}") as courier:
        directory = verify(Published.parse(courier.keyring()), today())
        readers = tuple(person.id for person in directory.readers(1))
        Source(courier, directory, Receipt.generate()).prepare(Draft("They met again.", "en", 1, readers)).send()


def _timed(act: Callable[[], object]) -> float | None:
    begun = time.monotonic()
    try:
        act()
    except Exception:  # noqa: BLE001 - whatever it is, the report is lost
        return None
    return time.monotonic() - begun
