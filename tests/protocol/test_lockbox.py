import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings
from nacl.pwhash import argon2id

from tests.protocol.cast import flip
from whistle.errors import VaultDamaged, VaultError, WrongPassphrase
from whistle.protocol.lockbox import LEAST, Cost, Lockbox

PASSPHRASE, SECRET = "a passphrase of the tests é", b"what nobody else may read" * 3
BOX = Lockbox.new(PASSPHRASE, LEAST)
SEALED = BOX.seal(SECRET)
HEAD = 46


def head(operations: int, memory: int, salt: bytes = bytes(16)) -> bytes:
    return b"whistle-lockbox-1\n" + operations.to_bytes(4, "little") + memory.to_bytes(8, "little") + salt


def refused(data: bytes, error: type[VaultError], passphrase: str = PASSPHRASE) -> None:
    with pytest.raises(error) as raised:
        Lockbox.open(data, passphrase)
    assert type(raised.value) is error


def test_what_is_sealed_is_opened_with_the_passphrase_alone() -> None:
    box, secret = Lockbox.open(SEALED, PASSPHRASE)
    assert secret == SECRET
    refused(SEALED, WrongPassphrase, "another passphrase")
    again = box.seal(b"other words")
    assert Lockbox.open(again, PASSPHRASE)[1] == b"other words"
    assert again[:HEAD] == SEALED[:HEAD]


def test_the_bytes_are_those_that_the_text_names() -> None:
    assert SEALED[:30] == head(LEAST.operations, LEAST.memory)[:30]
    key = argon2id.kdf(32, PASSPHRASE.encode(), SEALED[30:46], LEAST.operations, LEAST.memory)
    opened = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(SEALED[70:], SEALED[:46], SEALED[46:70], key)
    assert opened == SECRET
    assert len(SEALED) == 46 + 24 + len(SECRET) + 16


def test_every_byte_of_the_cost_is_read_in_its_place() -> None:
    cost = Cost(1, 8_192 + 77)
    assert Lockbox.open(Lockbox.new(PASSPHRASE, cost).seal(SECRET), PASSPHRASE)[1] == SECRET


def test_salts_and_nonces_are_new_each_time() -> None:
    assert BOX.seal(SECRET)[46:70] != SEALED[46:70]
    assert Lockbox.new(PASSPHRASE, LEAST).seal(SECRET)[30:46] != SEALED[30:46]


def test_the_usual_cost_is_that_of_a_moderate_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def kdf(size: int, password: bytes, salt: bytes, operations: int, memory: int) -> bytes:
        asked.append((size, password, len(salt), operations, memory))
        return bytes(32)

    monkeypatch.setattr(argon2id, "kdf", kdf)
    Lockbox.new(PASSPHRASE)
    assert asked == [(32, PASSPHRASE.encode(), 16, 3, 256 << 20)]
    assert Cost() == Cost(3, 256 << 20)


@given(st.integers(0, len(SEALED) - 1), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(position: int, bit: int) -> None:
    if 18 <= position < 30:
        return  # the cost: see below; a large one would take its time
    with pytest.raises((VaultDamaged, WrongPassphrase)):
        Lockbox.open(flip(SEALED, position, 1 << bit), PASSPHRASE)


@given(st.binary(max_size=120))
def test_any_bytes_are_damaged(data: bytes) -> None:
    refused(data, VaultDamaged)
    refused(SEALED[: min(len(data), 85)], VaultDamaged)


def test_a_cost_out_of_bounds_is_refused_before_it_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argon2id, "kdf", lambda *_: bytes(32))
    least = argon2id.MEMLIMIT_MIN
    for cost in ((0, least), (17, least), (2**32 - 1, least), (1, least - 1), (1, (1 << 30) + 1), (1, 2**64 - 1)):
        refused(head(*cost) + bytes(40), VaultDamaged)
    for cost in ((1, least), (16, least), (1, 1 << 30)):
        refused(head(*cost) + bytes(40), WrongPassphrase)


def test_an_empty_secret_is_kept_too() -> None:
    assert Lockbox.open(BOX.seal(b""), PASSPHRASE)[1] == b""
    refused(BOX.seal(b"")[:-1], VaultDamaged)


def test_a_lockbox_never_shows_itself() -> None:
    assert repr(BOX) == str(BOX) == "<Lockbox>"
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(BOX)


def test_a_passphrase_may_be_anything_that_a_terminal_hands_over() -> None:
    box = Lockbox.new("\udcff", LEAST)
    assert Lockbox.open(box.seal(SECRET), "\udcff")[1] == SECRET
    refused(box.seal(SECRET), WrongPassphrase, "\udcfe")
