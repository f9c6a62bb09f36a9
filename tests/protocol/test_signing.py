import copy
import pickle
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.protocol.cast import chance, flip, malformed, refuses, signer
from tests.protocol.test_canonical import VALUES
from whistle.errors import KeyRejected, SignatureInvalid
from whistle.protocol.canonical import Json, base64
from whistle.protocol.hashing import framed
from whistle.protocol.signing import Signed, Signer, Verifier

ANA = signer("Ana")
FIELDS = st.lists(st.binary(max_size=8) | st.integers(0, 2**64 - 1), max_size=3)


@given(FIELDS, FIELDS)
def test_a_signature_is_over_exactly_its_fields(signed: list[bytes | int], others: list[bytes | int]) -> None:
    signature = ANA.sign(*signed)
    ANA.verifier.verify(signature, *signed)
    if framed(*signed) != framed(*others):
        refuses(SignatureInvalid, lambda: ANA.verifier.verify(signature, *others))


def test_a_signature_is_ed25519_over_the_framed_fields() -> None:
    seed = ANA.secret_bytes()
    assert seed == chance("Ana signs", 32)
    assert ANA.sign(b"a", 1) == SigningKey(seed).sign(framed(b"a", 1)).signature
    assert bytes(ANA.verifier) == bytes(SigningKey(seed).verify_key)


@given(st.integers(0, 63), st.integers(0, 7))
def test_a_flipped_bit_is_refused(position: int, bit: int) -> None:
    signature = ANA.sign(b"signed")
    refuses(SignatureInvalid, lambda: ANA.verifier.verify(flip(signature, position, 1 << bit), b"signed"))


@given(st.binary(max_size=70) | st.binary(min_size=64, max_size=64))
def test_any_bytes_are_no_signature(data: bytes) -> None:
    refuses(SignatureInvalid, lambda: ANA.verifier.verify(data, b"signed"))


def test_nobody_else_verifies_it() -> None:
    refuses(SignatureInvalid, lambda: signer("Bo").verifier.verify(ANA.sign(b"signed"), b"signed"))


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31), b"\xff" * 32])
def test_a_key_of_low_order_verifies_nothing(point: bytes) -> None:
    for signature in (bytes(64), point + bytes(32)):
        refuses(SignatureInvalid, lambda signature=signature: Verifier(point).verify(signature, b"signed"))  # type: ignore[misc] # bound early


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size_are_refused(size: int) -> None:
    refuses(KeyRejected, lambda: Verifier(bytes(size)))
    refuses(KeyRejected, lambda: Signer(bytes(size)))


def test_new_keys_are_new() -> None:
    assert Signer.generate().secret_bytes() != Signer.generate().secret_bytes()


def test_verifiers_compare_by_their_bytes() -> None:
    assert ANA.verifier == Verifier(bytes(ANA.verifier))
    assert hash(ANA.verifier) == hash(Verifier(bytes(ANA.verifier)))
    assert ANA.verifier != signer("Bo").verifier
    assert hash(ANA.verifier) != hash(signer("Bo").verifier)
    assert ANA.verifier != bytes(ANA.verifier)
    assert repr(ANA.verifier) == f"<Verifier {bytes(ANA.verifier)[:4].hex()}>"


def test_a_signer_never_shows_itself() -> None:
    assert repr(ANA) == str(ANA) == f"<Signer of {ANA.verifier!r}>"
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(ANA)


# --- signed payloads


@given(st.binary(max_size=40))
def test_what_is_signed_under_a_label_verifies_under_it_alone(payload: bytes) -> None:
    signed = Signed.make(ANA, b"label", payload)
    assert signed.verify(ANA.verifier, b"label") == payload
    assert signed.signature == ANA.sign(b"label", payload)
    refuses(SignatureInvalid, lambda: signed.verify(ANA.verifier, b"another label"))
    refuses(SignatureInvalid, lambda: signed.verify(signer("Bo").verifier, b"label"))
    refuses(SignatureInvalid, lambda: Signed(payload + b"x", signed.signature).verify(ANA.verifier, b"label"))


def test_a_signed_payload_as_json() -> None:
    signed = Signed.make(ANA, b"label", b"payload")
    assert signed.to_json() == {"payload": base64(b"payload"), "signature": base64(signed.signature)}
    assert Signed.from_json(signed.to_json()) == signed


@given(VALUES)
def test_any_json_is_a_signed_payload_or_a_value_error(value: Json) -> None:
    for untrusted in (value, {"payload": value, "signature": base64(bytes(64))}, {"payload": "", "signature": value}):
        try:
            signed = Signed.from_json(untrusted)
        except ValueError:
            continue
        assert signed.to_json() == untrusted


def test_a_signature_of_another_size_is_refused() -> None:
    for size in (63, 65):
        malformed(partial(Signed.from_json, {"payload": "", "signature": base64(bytes(size))}))
