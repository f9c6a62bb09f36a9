from base64 import urlsafe_b64decode, urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from whistle.intake.signed_ticket import check, issue
from whistle.intake.tickets import TICKET_SIZE

KEY = b"k" * 32


def test_a_ticket_is_good_for_its_purpose_until_it_expires() -> None:
    ticket = issue(KEY, "message", 1_000)
    number = check(KEY, "message", 1_000, ticket)
    assert number is not None
    assert len(number) == TICKET_SIZE
    assert check(KEY, "message", 1_000.1, ticket) is None
    assert check(KEY, "withdraw", 999, ticket) is None
    assert check(b"j" * 32, "message", 999, ticket) is None


def test_no_two_tickets_are_alike() -> None:
    assert len({check(KEY, "message", 0, issue(KEY, "message", 1)) for _ in range(100)}) == 100


@given(st.integers(0, 55), st.integers(1, 255))
def test_a_changed_ticket_is_refused(at: int, change: int) -> None:
    decoded = bytearray(urlsafe_b64decode(issue(KEY, "message", 1_000)))
    decoded[at] ^= change
    assert check(KEY, "message", 0, urlsafe_b64encode(decoded).decode()) is None


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert check(KEY, "message", 0, text) is None


def test_a_purpose_and_a_number_cannot_change_places() -> None:
    ticket = issue(KEY, "a", 1_000)
    assert check(KEY, "a\0", 0, ticket) is None
