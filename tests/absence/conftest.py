"""The organisation of which the tests that start a whole instance take copies."""

import os

import pytest

from tests.journeys.instance import Instance, found


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Give an organisation to which nothing was reported; it is never served itself, only copied."""
    own = tmp_path_factory.getbasetemp()
    return found(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
