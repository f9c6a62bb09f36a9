"""A server that many tests share, because each of them leaves it as it was."""

from collections.abc import Iterator

import pytest

from tests.intake.browsing import place
from tests.intake.server import Server, serving

__all__ = ["place", "server"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("site")) as running:
        yield running
