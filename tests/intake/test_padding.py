import re

from hypothesis import given
from hypothesis import strategies as st

from whistle.intake.padding import FRAME_SIZE, PAGE_SIZE, padded


@given(st.binary(max_size=3_000), st.integers(100, 1_000))
def test_a_page_is_filled_to_a_multiple_of_the_size(page: bytes, size: int) -> None:
    filled = padded(page + b"</html>\n", size)
    assert len(filled) % size == 0
    assert len(filled) - len(page) < size + FRAME_SIZE + 8


def test_a_page_that_just_fits_is_not_made_larger() -> None:
    page = b"x" * (PAGE_SIZE - FRAME_SIZE - 7) + b"</html>"
    assert len(padded(page)) == PAGE_SIZE
    assert len(padded(b"x" + page)) == 2 * PAGE_SIZE


def test_the_filler_is_a_comment_before_the_end_of_the_page() -> None:
    filled = padded(b"<html>x</html>\n")
    assert re.fullmatch(rb"<html>x<!-- [0-9a-f]+ --></html>\n", filled)
