import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from whistle.intake.origin import from_elsewhere


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_any_origin_but_our_own_is_elsewhere(origin: str) -> None:
    assert from_elsewhere(Headers({"Origin": origin}), "example.org")


@pytest.mark.parametrize("origin", ["https://example.org:8443", "http://EXAMPLE.org:8443"])
def test_our_own_is_known_by_host_and_port(origin: str) -> None:
    assert not from_elsewhere(Headers({"Origin": origin}), "example.org:8443")
    assert from_elsewhere(Headers({"Origin": origin}), "example.org")
