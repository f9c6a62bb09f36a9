import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import SITE, chance, flip, refuses, signer
from whistle.errors import SignatureInvalid
from whistle.protocol.listing import check_listing, sign_listing

ANA = signer("Ana")
QUERY, TIME, NONCE = "day=2026-11-20&after=", 1_795_000_000, chance("nonce", 16)


def test_a_pass_is_a_signature_over_what_the_text_names() -> None:
    signature = sign_listing(ANA, SITE, QUERY, TIME, NONCE)
    check_listing(ANA.verifier, SITE, QUERY, TIME, NONCE, signature)
    ANA.verifier.verify(signature, b"whistle/1/listing", SITE, b"GET", QUERY.encode(), TIME, NONCE)


def test_a_pass_is_good_for_one_request_of_one_person_at_one_site() -> None:
    signature = sign_listing(ANA, SITE, QUERY, TIME, NONCE)
    verifier = ANA.verifier
    for other in (
        (signer("Bo").verifier, SITE, QUERY, TIME, NONCE, signature),
        (verifier, chance("another site", 32), QUERY, TIME, NONCE, signature),
        (verifier, SITE, QUERY + "00", TIME, NONCE, signature),
        (verifier, SITE, QUERY, TIME + 1, NONCE, signature),
        (verifier, SITE, QUERY, TIME, flip(NONCE, 0), signature),
        (verifier, SITE, QUERY, TIME, NONCE, flip(signature, 63)),
    ):
        refuses(SignatureInvalid, lambda other=other: check_listing(*other))  # type: ignore[misc] # bound early


@pytest.mark.parametrize(("time", "nonce"), [(-1, NONCE), (1 << 63, NONCE), (TIME, NONCE[1:]), (TIME, NONCE + b"x")])
def test_times_and_nonces_out_of_bounds_are_refused(time: int, nonce: bytes) -> None:
    signature = sign_listing(ANA, SITE, QUERY, max(time, 0), nonce)
    refuses(SignatureInvalid, lambda: check_listing(ANA.verifier, SITE, QUERY, time, nonce, signature))


def test_the_bounds_of_time_are_included() -> None:
    for time in (0, (1 << 63) - 1):
        check_listing(ANA.verifier, SITE, QUERY, time, NONCE, sign_listing(ANA, SITE, QUERY, time, NONCE))


@given(st.text(max_size=20) | st.just("\ud800"), st.integers(), st.binary(max_size=20), st.binary(max_size=70))
def test_whatever_a_request_brings_is_a_pass_or_refused(query: str, time: int, nonce: bytes, signature: bytes) -> None:
    refuses(SignatureInvalid, lambda: check_listing(ANA.verifier, SITE, query, time, nonce, signature))
    refuses(SignatureInvalid, lambda: check_listing(ANA.verifier, SITE, query, TIME, NONCE, bytes(64)))
