from pathlib import Path

import pytest

from whistle import language

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (1_499, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (1_000_000, "1 MB"),
        (1_060_000, "1.1 MB"),
        (64_250_000, "64.2 MB"),
        (999_940_000, "999.9 MB"),
        (999_950_001, "1 GB"),
        (1_000_000_000, "1 GB"),
        (2_340_000_000, "2.3 GB"),
    ],
)
def test_sizes_as_people_say_them(size: int, said: str) -> None:
    assert language.size_of(size) == said
