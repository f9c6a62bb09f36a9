import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import (
    SITE,
    TODAY,
    chance,
    directory,
    only_protocol_errors,
    published,
    refuses,
    signer,
)
from tests.protocol.test_canonical import VALUES
from whistle.errors import (
    KeyringMalformed,
)
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.directory import verify
from whistle.protocol.keyring import Succession
from whistle.protocol.published import Memory, Published

ROOT, SECOND = signer("root"), signer("second root")
SUCCESSION = Succession.make(SITE, ROOT, SECOND, TODAY)


def test_the_document_round_trips() -> None:
    document = published(successions=(SUCCESSION,))
    assert Published.parse(bytes(document)) == document
    assert decode(bytes(document)) == {
        "keyring": document.keyring.to_json(),
        "successions": [SUCCESSION.to_json()],
        "statements": [each.to_json() for each in document.statements],
        "challenge": base64(chance("challenge", 32)),
        "work": 8,
    }


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_bytes_are_malformed(data: bytes) -> None:
    refuses(KeyringMalformed, lambda: Published.parse(data))
    refuses(KeyringMalformed, lambda: Memory.parse(data))


@given(st.sampled_from(["keyring", "successions", "statements", "challenge", "work"]), VALUES)
def test_any_field_replaced_by_any_value_gives_errors_of_the_protocol(name: str, value: Any) -> None:
    whole = decode(bytes(published()))
    assert isinstance(whole, dict)
    try:
        encoded = encode(whole | {name: value})
    except ValueError:
        return
    only_protocol_errors(lambda: verify(Published.parse(encoded), TODAY))


@pytest.mark.parametrize("change", [{"challenge": base64(bytes(31))}, {"work": 41}, {"work": -1}, {"more": 1}])
def test_a_document_out_of_its_bounds_is_malformed(change: dict[str, Any]) -> None:
    whole = decode(bytes(published()))
    assert isinstance(whole, dict)
    encoded = json.dumps(whole | change, separators=(",", ":")).encode()
    refuses(KeyringMalformed, lambda: Published.parse(encoded))


def test_the_bounds_of_a_document_are_included() -> None:
    for change in ({"work": 40}, {"work": 0}, {"successions": (SUCCESSION,) * 1_000}, {"statements": ()}):
        assert Published.parse(bytes(published(**change))) == published(**change)
    refuses(KeyringMalformed, lambda: Published.parse(bytes(published(successions=(SUCCESSION,) * 1_001))))


def test_a_memory_round_trips() -> None:
    for memory in (
        Memory((ROOT.verifier,)),
        directory().memory,
        Memory((ROOT.verifier, SECOND.verifier), 9, {2: 1, 1: 5}),
    ):
        again = Memory.parse(bytes(memory))
        assert (again.roots, again.serial, again.numbers) == (memory.roots, memory.serial, memory.numbers or {})
        assert again.site == SITE
    assert bytes(Memory((ROOT.verifier,), 9, {2: 1, 1: 5})) == encode(
        {"roots": [base64(bytes(ROOT.verifier))], "serial": 9, "numbers": [[1, 5], [2, 1]]}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"roots": []},
        {"roots": [base64(bytes(31))]},
        {"roots": [1]},
        {"roots": [base64(bytes(32))] * 1_002},
        {"serial": "1"},
        {"numbers": [[1]]},
        {"numbers": [[1, 2, 3]]},
        {"numbers": [[0, 1]]},
        {"numbers": [[65_536, 1]]},
        {"numbers": [[1, 0]]},
        {"numbers": [1]},
        {"numbers": [[2, 1], [1, 1]]},
        {"numbers": [[1, 1], [1, 2]]},
        {"more": 1},
    ],
)
def test_a_memory_that_was_never_kept_is_malformed(change: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"roots": [base64(bytes(ROOT.verifier))], "serial": 0, "numbers": []}
    refuses(KeyringMalformed, lambda: Memory.parse(encode(whole | change)))


def test_the_bounds_of_a_memory_are_included() -> None:
    numbers: Any = {65_535: 1, 1: 2**53 - 1}
    memory = Memory(tuple(signer(str(number)).verifier for number in range(1_001)), 2**53 - 1, numbers)
    assert Memory.parse(bytes(memory)).numbers == numbers
