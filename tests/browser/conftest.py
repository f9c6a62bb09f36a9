"""An organisation, a recorder before its intake, and browsers that nobody here wrote."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.chromium import Chromium, FreeChromium
from tests.browser.driving import Browser, Mode
from tests.browser.firefox import Firefox
from tests.browser.office import Desks
from tests.browser.recorder import Recorder
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA, BOON, CHITRA, Console, Instance, copied, found

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
def founded(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Give an organisation to which nothing was reported; it is never served itself, only copied."""
    own = tmp_path_factory.getbasetemp()
    return found(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def served(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Serve one whose consoles are locked, so that commands can open them."""
    instance = copied(founded, tmp_path_factory.mktemp("served"))
    with instance.serving():
        yield instance


@pytest.fixture(scope="session")
def office(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve one, with every console unlocked."""
    instance = copied(founded, tmp_path_factory.mktemp("office"))
    with instance.serving(), ExitStack() as stack:
        consoles = {number: stack.enter_context(closing(Console(instance, number))) for number in (ANA, BOON, CHITRA)}
        yield Office(instance, consoles)


@pytest.fixture(scope="session")
def desks(served: Instance, tmp_path_factory: pytest.TempPathFactory) -> Desks:
    """Give the commands of its people."""
    return Desks(served, tmp_path_factory.mktemp("desks"))


@pytest.fixture
def recorded(served: Instance) -> Iterator[Recorder]:
    """Record what browsers send to the intake whose consoles are locked."""
    assert served.server is not None
    with Recorder(served.server.port) as recorder:
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
