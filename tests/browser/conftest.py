"""An organisation, a recorder before its intake, and browsers that nobody here wrote."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.chromium import Chromium, FreeChromium
from tests.browser.driving import Browser, Mode
from tests.browser.firefox import Firefox
from tests.browser.office import Desks
from tests.browser.recorder import Recorder
from tests.journeys.conftest import Office, founded, locked, office
from tests.journeys.instance import Instance

#: Of the journeys, and here as well: each folder has its own of them.
__all__ = ["founded", "locked", "office"]

Start = Callable[..., Browser]
_HERE = Path(__file__).parent
#: Seconds for each test: a browser on a busy machine takes its time.
_PATIENCE = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder more time than others have."""
    for item in items:
        if item.path.is_relative_to(_HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_PATIENCE))


@pytest.fixture(scope="session")
def desks(locked: Instance, tmp_path_factory: pytest.TempPathFactory) -> Desks:
    """Give the commands of its people."""
    return Desks(locked, tmp_path_factory.mktemp("desks"))


@pytest.fixture
def recorded(locked: Instance) -> Iterator[Recorder]:
    """Record what browsers send to the intake whose consoles are locked."""
    assert locked.server is not None
    with Recorder(locked.server.port) as recorder:
        yield recorder


@pytest.fixture
def recorder(office: Office) -> Iterator[Recorder]:
    """Record what browsers send to the intake of the office."""
    assert office.instance.server is not None
    with Recorder(office.instance.server.port) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def start(playwright: Playwright, tmp_path: Path) -> Iterator[Start]:
    """Start browsers, each with a profile of its own; the test fails for whatever they complain of."""
    started: list[Browser] = []

    def start(kind: str, mode: Mode, *, alone: bool = False, **options: Any) -> Browser:
        folder = tmp_path / f"browser-{len(started)}"
        browser: Browser
        if kind == Firefox.name:
            browser = Firefox(mode, folder)
        elif alone:
            browser = FreeChromium(mode, folder, playwright)
        else:
            browser = Chromium(mode, folder, playwright, **options)
        started.append(browser)
        return browser

    complaints = []
    try:
        yield start
        complaints = [each for browser in started if not browser.closed for each in browser.complaints()]
    finally:
        for browser in started:
            browser.close()
    assert complaints == []
