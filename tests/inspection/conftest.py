"""One real site for all tests of a module, which leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.inspection.mirror import Mirror, mirror


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with mirror(tmp_path_factory.mktemp("site")) as running:
        yield running
