from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import refuses, signer
from tests.protocol.test_canonical import VALUES
from whistle.errors import KeyringMalformed, SignatureInvalid
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Role
from whistle.protocol.signing import Signed

ANA = signer("Ana")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.CUSTODIAN, Role.OVERSIGHT])
def test_a_request_round_trips(role: Role) -> None:
    assert Enrolment.parse(Enrolment.make("Ana Ó", role, ANA)) == Enrolment("Ana Ó", role, ANA.verifier)


def test_a_request_as_json() -> None:
    signed = Signed.from_json(decode(Enrolment.make("Ana", Role.OVERSIGHT, ANA)))
    assert decode(signed.untrusted_payload) == {
        "name": "Ana",
        "role": "oversight",
        "signing": base64(bytes(ANA.verifier)),
    }
    assert signed.verify(ANA.verifier, b"whistle/1/enrolment")


def request(signed_by: str = "Ana", label: bytes = b"whistle/1/enrolment", **changes: Any) -> bytes:
    payload: dict[str, Any] = {"name": "Ana", "role": "reviewer", "signing": base64(bytes(ANA.verifier))} | changes
    return encode(Signed.make(signer(signed_by), label, encode(payload)).to_json())


def test_nobody_is_enrolled_under_the_key_of_another() -> None:
    assert Enrolment.parse(request()).name == "Ana"
    refuses(SignatureInvalid, lambda: Enrolment.parse(request("Bo")))
    refuses(SignatureInvalid, lambda: Enrolment.parse(request(label=b"whistle/1/statement")))


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": " \t"},
        {"name": "n" * 201},
        {"name": 1},
        {"role": "source"},
        {"role": "root"},
        {"role": 1},
        {"signing": base64(bytes(31))},
        {"more": 1},
    ],
)
def test_what_cannot_be_published_is_malformed(change: dict[str, Any]) -> None:
    refuses(KeyringMalformed, lambda: Enrolment.parse(request(**change)))


def test_a_name_that_cannot_be_published_is_not_asked_for() -> None:
    for name in ("", "  ", "n" * 201):
        refuses(KeyringMalformed, lambda name=name: Enrolment.make(name, Role.REVIEWER, ANA))  # type: ignore[misc] # bound early
    assert Enrolment.parse(Enrolment.make("n" * 200, Role.REVIEWER, ANA)).name == "n" * 200


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_bytes_are_malformed(data: bytes) -> None:
    refuses(KeyringMalformed, lambda: Enrolment.parse(data))
