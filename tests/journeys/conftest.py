"""One organisation with its server and its consoles for all journeys of a test process."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.browser import TextBrowser
from tests.journeys.instance import ANA, BOON, CHITRA, Console, Instance, copied, found
from tests.journeys.lynx import Lynx
from tests.journeys.w3m import W3m


@dataclass
class Office:
    """A running instance, and the consoles of its people by their numbers, all of them unlocked."""

    instance: Instance
    consoles: dict[int, Console]

    def sync(self) -> None:
        for console in self.consoles.values():
            console.sync()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Give an organisation to which nothing was reported; it is never served itself, only copied."""
    own = tmp_path_factory.getbasetemp()
    return found(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def office(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve one, with every console unlocked."""
    instance = copied(founded, tmp_path_factory.mktemp("office"))
    with instance.serving(), ExitStack() as stack:
        consoles = {number: stack.enter_context(closing(Console(instance, number))) for number in (ANA, BOON, CHITRA)}
        yield Office(instance, consoles)


@pytest.fixture(scope="session")
def locked(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Serve one whose consoles are locked, so that commands can open them."""
    instance = copied(founded, tmp_path_factory.mktemp("locked"))
    with instance.serving():
        yield instance


@pytest.fixture(params=[W3m, Lynx], ids=lambda kind: kind.name)
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TextBrowser]:
    """Open each of the text browsers in turn, with a home of its own."""
    with closing(request.param(tmp_path / "browser")) as opened:
        yield opened
