import copy
import pickle
import traceback
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from tests.protocol.cast import chance, flip, identity, refuses
from whistle.errors import KeyRejected
from whistle.protocol.keys import Identity, Recipient, check_x25519

P = 2**255 - 19
GOOD = bytes(identity("Ana").recipient)
LOW_ORDER = [
    0,
    1,
    P - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


def point(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize("number", LOW_ORDER)
def test_a_point_of_low_order_is_refused(number: int) -> None:
    refuses(KeyRejected, lambda: check_x25519(point(number)))
    refuses(KeyRejected, lambda: Recipient(point(number) + GOOD[32:]))


@pytest.mark.parametrize("number", [*(P + low for low in (0, 1, 9, 18)), P - 1 + 1, 2**255 - 1])
def test_a_second_spelling_of_a_point_is_refused(number: int) -> None:
    refuses(KeyRejected, lambda: Recipient(point(number) + GOOD[32:]))


def test_a_point_with_its_high_bit_set_is_refused_though_libsodium_takes_it() -> None:
    aliased = flip(GOOD[:32], 31, 0x80)
    secret = identity("Bo").secret_scalar()
    assert bindings.crypto_scalarmult(secret, aliased) == bindings.crypto_scalarmult(secret, GOOD[:32])
    refuses(KeyRejected, lambda: Recipient(aliased + GOOD[32:]))


def test_a_point_above_p_is_refused_though_libsodium_takes_it() -> None:
    secret = identity("Bo").secret_scalar()
    assert bindings.crypto_scalarmult(secret, point(P + 9)) == bindings.crypto_scalarmult(secret, point(9))
    check_x25519(point(9))
    refuses(KeyRejected, lambda: check_x25519(point(P + 9)))


@given(st.binary(min_size=32, max_size=32))
def test_a_secret_is_shared_with_every_point_that_is_accepted(data: bytes) -> None:
    try:
        check_x25519(data)
    except KeyRejected:
        return
    assert any(bindings.crypto_scalarmult(identity("Bo").secret_scalar(), data))


def test_an_ml_kem_key_with_coefficients_out_of_range_is_refused() -> None:
    refuses(KeyRejected, lambda: Recipient(GOOD[:32] + b"\xff" * 1_184))


@pytest.mark.parametrize("size", [0, 31, 32, 1_215, 1_217])
def test_a_recipient_of_another_size_is_refused(size: int) -> None:
    refuses(KeyRejected, lambda: Recipient((GOOD + b"x")[:size]))
    refuses(KeyRejected, lambda: check_x25519(bytes(31)))
    refuses(KeyRejected, lambda: check_x25519(point(9) + b"\0"))


@given(st.binary(max_size=1_300) | st.binary(min_size=1_216, max_size=1_216))
def test_any_bytes_are_a_recipient_or_rejected(data: bytes) -> None:
    try:
        recipient = Recipient(data)
    except KeyRejected:
        return
    assert bytes(recipient) == data


def test_the_parts_of_a_recipient() -> None:
    ana = identity("Ana")
    assert ana.recipient.x25519 == bindings.crypto_scalarmult_base(ana.secret_scalar()) == GOOD[:32]
    assert ana.mlkem.public_key().public_bytes_raw() == GOOD[32:]
    secret, ciphertext = ana.recipient.mlkem.encapsulate()
    assert ana.mlkem.decapsulate(ciphertext) == secret


def test_two_recipients_are_one_key_only_if_all_their_bytes_are() -> None:
    again, other = Recipient(GOOD), identity("Bo").recipient
    assert identity("Ana").recipient == again
    assert hash(identity("Ana").recipient) == hash(again)
    assert again != other
    assert hash(again) != hash(other)
    assert again != GOOD
    assert again != Recipient(GOOD[:32] + bytes(other)[32:])


def test_printed_forms_say_what_they_can_do() -> None:
    ana = identity("Ana")
    assert str(ana.recipient) == "whistle-recipient-1:" + b64encode(GOOD).decode()
    assert ana.secret_text() == "whistle-identity-1:" + b64encode(ana.secret_bytes()).decode()
    assert Recipient.parse(str(ana.recipient)) == ana.recipient
    assert Identity.parse(ana.secret_text()).secret_bytes() == ana.secret_bytes()
    assert repr(ana.recipient) == f"<Recipient {GOOD[:4].hex()}>"


@given(st.text(max_size=30))
def test_any_text_is_a_printed_key_or_rejected(text: str) -> None:
    for untrusted in (text, "whistle-identity-1:" + text, "whistle-recipient-1:" + text):
        refuses(KeyRejected, lambda untrusted=untrusted: Recipient.parse(untrusted))  # type: ignore[misc] # bound early
        refuses(KeyRejected, lambda untrusted=untrusted: Identity.parse(untrusted))  # type: ignore[misc] # as above


def test_one_power_is_not_read_as_the_other() -> None:
    ana = identity("Ana")
    refuses(KeyRejected, lambda: Identity.parse(str(ana.recipient)))
    refuses(KeyRejected, lambda: Recipient.parse(ana.secret_text()))
    refuses(KeyRejected, lambda: Recipient.parse(str(ana.recipient) + "\n"))
    refuses(KeyRejected, lambda: Recipient.parse(" " + str(ana.recipient)))


@pytest.mark.parametrize("size", [0, 95, 97])
def test_an_identity_of_another_size_is_refused(size: int) -> None:
    refuses(KeyRejected, lambda: Identity(bytes(size)))


def test_an_identity_is_derived_from_a_scalar_and_a_seed() -> None:
    secret = chance("Ana opens", 96)
    assert Identity.derive(secret[:32], secret[32:]).secret_bytes() == secret
    refuses(KeyRejected, lambda: Identity.derive(secret[:33], secret[33:]))
    refuses(KeyRejected, lambda: Identity.derive(secret[:31], secret[32:]))


def test_a_new_identity_is_new() -> None:
    assert Identity.generate().secret_bytes() != Identity.generate().secret_bytes()
    assert len(Identity.generate().secret_bytes()) == 96


def test_both_ends_share_a_secret_that_is_the_raw_product() -> None:
    ana, bo = identity("Ana"), identity("Bo")
    shared = ana.shared_secret(bo.recipient)
    assert shared == bo.shared_secret(ana.recipient)
    assert shared == bindings.crypto_scalarmult(ana.secret_scalar(), bo.recipient.x25519)


def test_an_identity_never_shows_itself() -> None:
    ana = identity("Ana")
    secret = ana.secret_bytes()
    shown = [repr(ana), str(ana), f"{ana}", f"{ana!r}"]
    assert shown == [f"<Identity of <Recipient {GOOD[:4].hex()}>>"] * 4
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as refused:
            act(ana)
        text = "".join(traceback.format_exception(refused.value))
        assert secret[:32].hex() not in text
        assert repr(secret[:32])[2:-1] not in text


def test_a_broken_identity_is_not_repeated_in_the_traceback() -> None:
    text = identity("Ana").secret_text()
    for broken in (text[:-1], text + "é", text.replace(":", "")):
        with pytest.raises(KeyRejected) as refused:
            Identity.parse(broken)
        assert text[30:60] not in "".join(traceback.format_exception(refused.value))
