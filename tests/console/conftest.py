from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.world import World
from whistle.protocol.keyring import Role


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two reviewers and a custodian, on the first day."""
    made = World(tmp_path)
    made.employ("ana")
    made.employ("bo")
    made.employ("chi", Role.CUSTODIAN)
    yield made
    made.close()
