"""Every property that docs/threats.md claims names a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "threats.md").read_text("utf-8"))


def test_tests_are_named() -> None:
    assert len(_NAMED) > 40


@pytest.mark.parametrize(("file", "name"), _NAMED)
def test_the_named_test_exists(file: str, name: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^def {name}\(" if name else r"^def test_", source, re.MULTILINE)
