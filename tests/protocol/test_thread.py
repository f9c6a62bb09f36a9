import copy
import pickle

import pytest

from tests.protocol.cast import SITE, chance, identity, refuses, source
from whistle.errors import BodyMalformed
from whistle.protocol.hashing import Row, hashed
from whistle.protocol.receipt import Receipt
from whistle.protocol.thread import SourceKeys, Thread, reply_burn_token, reply_chunk_burn_tokens

ENTROPY = chance("source", 16)


def derived(label: bytes, *more: int, size: int = 32) -> bytes:
    return hashed(label, SITE, *more, key=ENTROPY, size=size)


def test_every_key_of_a_source_is_the_hash_that_the_text_names() -> None:
    keys = source()
    secret = keys.identity.secret_bytes()
    assert secret == derived(b"whistle/1/source x25519") + derived(b"whistle/1/source ml-kem", size=64)
    assert keys.thread.key == derived(b"whistle/1/thread key")
    assert keys.thread.recipient == keys.identity.recipient
    assert keys.state_key == derived(b"whistle/1/state key")
    burn_key = derived(b"whistle/1/burn key")
    assert keys.burn_token(b"a" * 32) == hashed(b"whistle/1/burn record", b"a" * 32, key=burn_key)
    assert keys.withdraw_burn_token(b"a" * 32) == hashed(b"whistle/1/burn withdraw", b"a" * 32, key=burn_key)
    assert keys.chunk_burn_tokens(b"n" * 8).at(3) == Row(b"whistle/1/burn chunk", b"n" * 8, key=burn_key).at(3)
    contact = keys.contact_identity.secret_bytes()
    assert contact == derived(b"whistle/1/contact x25519") + derived(b"whistle/1/contact ml-kem", size=64)
    assert keys.contact_address(2) == derived(b"whistle/1/contact address", 2)
    assert keys.contact_burn_token(2) == derived(b"whistle/1/contact burn", 2)
    assert keys.site == SITE


def test_an_address_is_the_hash_that_the_text_names() -> None:
    thread = source().thread
    expected = hashed(b"whistle/1/address", 1, bytes(thread.recipient), 5, key=thread.key)
    assert thread.address(1, 5) == expected


def test_no_two_places_of_a_thread_are_the_same() -> None:
    threads = [source().thread, source("another").thread, Thread(source().thread.key, identity("x").recipient)]
    addresses = {each.address(direction, index) for each in threads for direction in (0, 1) for index in range(50)}
    assert len(addresses) == 300


def test_another_site_has_other_keys() -> None:
    here, there = source(), SourceKeys(Receipt(ENTROPY), chance("another site", 32))
    assert here.identity.recipient != there.identity.recipient
    assert here.thread.key != there.thread.key
    assert here.contact_address(0) != there.contact_address(0)


def test_source_and_author_make_the_same_token_for_a_reply() -> None:
    keys, author = source(), identity("Ana")
    shared = {keys.identity.shared_secret(author.recipient), author.shared_secret(keys.identity.recipient)}
    assert len(shared) == 1
    secret = shared.pop()
    assert reply_burn_token(secret, b"a" * 32) == hashed(b"whistle/1/burn record", b"a" * 32, key=secret)
    expected = Row(b"whistle/1/burn chunk", b"n" * 8, key=secret)
    assert reply_chunk_burn_tokens(secret, b"n" * 8).at(3) == expected.at(3)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_thread_key_has_32_bytes(size: int) -> None:
    refuses(BodyMalformed, lambda: Thread(bytes(size), identity("x").recipient))


def test_a_thread_and_the_keys_of_a_source_never_show_themselves() -> None:
    keys = source()
    assert repr(keys) == str(keys) == "<SourceKeys>"
    assert repr(keys.thread) == str(keys.thread) == "<Thread>"
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(keys)
