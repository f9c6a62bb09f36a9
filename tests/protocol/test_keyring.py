from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import ANA, BO, CHI, EVE, SITE, TODAY, chance, keyring, malformed, person, refuses, signer
from tests.protocol.test_canonical import VALUES
from whistle.errors import KeyringMalformed, SignatureInvalid
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import ROLE_NAMES, Channel, Former, Keyring, Role, Succession, site_of
from whistle.protocol.signing import Signed

ROOT = signer("root")


def as_json() -> dict[str, Any]:
    value = decode(keyring().sign(ROOT).untrusted_payload)
    assert isinstance(value, dict)
    return value


def test_a_keyring_round_trips() -> None:
    signed = keyring().sign(ROOT)
    assert Keyring.parse(signed.verify(ROOT.verifier, b"whistle/1/keyring")) == keyring()


def test_a_keyring_as_json() -> None:
    bo = {
        "id": 2,
        "name": "Bo",
        "role": "reviewer",
        "signing": base64(bytes(signer("Bo").verifier)),
        "statement_minimum": 1,
    }
    eve = bo | {"id": 5, "name": "Eve", "signing": base64(bytes(signer("Eve").verifier))}
    small = keyring(people=(person(BO),), channels=(Channel(2, "Port", "story/1", (BO,)),))
    assert decode(small.sign(ROOT).untrusted_payload) == {
        "organisation": "Harbour Watch",
        "first_root": base64(bytes(ROOT.verifier)),
        "channels": [{"id": 2, "name": "Port", "questionnaire": "story/1", "people": [2]}],
        "people": [bo],
        "former": [{"person": eve, "last": "2026-11-10"}],
        "minimum_version": 1,
        "serial": 7,
        "issued": "2026-11-01",
        "expires": "2027-05-01",
    }
    assert list(as_json()) == [
        "organisation", "first_root", "channels", "people", "former", "minimum_version", "serial", "issued", "expires",
    ]  # fmt: skip


def test_roles_have_numbers_and_names() -> None:
    assert [(role.name, role.value) for role in Role] == [
        ("SOURCE", 0),
        ("REVIEWER", 1),
        ("CUSTODIAN", 2),
        ("OVERSIGHT", 3),
    ]
    assert ROLE_NAMES == {"reviewer": Role.REVIEWER, "custodian": Role.CUSTODIAN, "oversight": Role.OVERSIGHT}


def test_the_site_is_a_hash_of_the_first_root_for_ever() -> None:
    assert keyring().site == site_of(ROOT.verifier) == hashed(b"whistle/1/site", bytes(ROOT.verifier)) == SITE
    assert replace(keyring(), serial=8, organisation="Other").site == SITE


def parsed(change: dict[str, Any]) -> Keyring:
    return Keyring.parse(encode(as_json() | change))


PERSON = {"id": 9, "name": "Ix", "role": "reviewer", "signing": base64(bytes(32)), "statement_minimum": 1}
CONTROLS = "\0\t\n\r\x1b\x1f\x7f\x80\x85\x9f"
CHANNEL = {"id": 9, "name": "Nine", "questionnaire": "story/1", "people": []}
FORMER = {"person": PERSON, "last": "2026-01-01"}


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "o" * 201},
        {"organisation": 1},
        {"first_root": base64(bytes(31))},
        {"channels": [CHANNEL, CHANNEL]},
        {"channels": [CHANNEL | {"people": [9]}]},
        {"channels": [CHANNEL | {"people": [5]}]},
        {"channels": [CHANNEL | {"people": [2, 1]}]},
        {"channels": [CHANNEL | {"id": 0}]},
        {"channels": [CHANNEL | {"id": 65_536}]},
        {"channels": [CHANNEL | {"name": ""}]},
        {"channels": [CHANNEL | {"name": " "}]},
        {"channels": [CHANNEL | {"name": "\u200b\ufeff"}]},
        *({"channels": [CHANNEL | {"name": f"A{control}na"}]} for control in CONTROLS),
        *({"people": [PERSON | {"name": f"Ana{control}"}], "channels": []} for control in CONTROLS),
        *({"organisation": f"{control}Harbour"} for control in CONTROLS),
        {"channels": [CHANNEL | {"questionnaire": 1}]},
        {"channels": [CHANNEL | {"questionnaire": "story"}]},
        {"channels": [CHANNEL | {"questionnaire": "story/0"}]},
        {"channels": [CHANNEL | {"more": 1}]},
        {"channels": [CHANNEL | {"id": number} for number in range(1, 202)]},
        {"people": [PERSON, PERSON], "channels": []},
        {"people": [PERSON | {"id": 5}], "channels": []},
        {"people": [PERSON | {"id": 0}], "channels": []},
        {"people": [PERSON | {"id": 65_536}], "channels": []},
        {"people": [PERSON | {"name": "n" * 201}], "channels": []},
        {"people": [PERSON | {"role": "source"}], "channels": []},
        {"people": [PERSON | {"role": "Reviewer"}], "channels": []},
        {"people": [PERSON | {"signing": base64(bytes(33))}], "channels": []},
        {"people": [PERSON | {"statement_minimum": 0}], "channels": []},
        {"former": [FORMER, FORMER]},
        {"former": [FORMER | {"last": "never"}]},
        {"former": [FORMER | {"person": None}]},
        {"minimum_version": 0},
        {"minimum_version": 256},
        {"serial": 0},
        {"issued": "2027-05-02"},
        {"expires": "2026-10-31"},
        {"expires": "2026-02-30"},
        {"more": 1},
    ],
)
def test_a_keyring_that_no_root_signs_is_malformed(change: dict[str, Any]) -> None:
    refuses(KeyringMalformed, lambda: parsed(change))


def test_the_bounds_are_included() -> None:
    people = [PERSON | {"id": number} for number in (65_535, *range(10, 25))]
    for change in (
        {"organisation": "o" * 200},
        {"channels": [CHANNEL | {"id": number} for number in (65_535, *range(1, 200))]},
        {"people": people, "channels": [CHANNEL | {"people": list(range(10, 25))}]},
        {"people": [PERSON | {"id": 1, "name": "n" * 200, "statement_minimum": 2**53 - 1}], "channels": []},
        {"minimum_version": 255, "serial": 1},
        {"issued": "2027-05-01"},
        {"former": [FORMER]},
    ):
        assert parsed(change).site == SITE


def test_channels_names_and_people() -> None:
    whole = parsed({"channels": [CHANNEL | {"people": [1, 2]}, CHANNEL | {"id": 4, "people": [2]}]})
    assert [channel.people for channel in whole.channels] == [(1, 2), (2,)]


@pytest.mark.parametrize(
    "change",
    [
        {"channels": (Channel(1, "Everything", "story/1", (ANA, 9)),)},
        {"channels": (Channel(1, "Everything", "story/1", tuple(range(1, 17))),)},
        {"people": (person(ANA), person(ANA), person(BO), person(CHI))},
        {"former": (Former(person(ANA), TODAY),)},
        {"expires": date(2026, 10, 31)},
        {"serial": 0},
        {"organisation": "o" * 201},
    ],
)
def test_a_root_signs_only_what_clients_accept(change: dict[str, Any]) -> None:
    refuses(KeyringMalformed, lambda: keyring(**change).sign(ROOT))


@given(st.binary(max_size=60) | VALUES.map(lambda value: encode([value])))
def test_any_payload_is_malformed(payload: bytes) -> None:
    refuses(KeyringMalformed, lambda: Keyring.parse(payload))


@given(st.sampled_from(sorted(as_json())), VALUES)
def test_any_field_replaced_by_any_value_gives_a_keyring_or_malformed(name: str, value: Any) -> None:
    try:
        encoded = encode(as_json() | {name: value})
        assert decode(Keyring.parse(encoded).sign(ROOT).untrusted_payload) == decode(encoded)
    except (KeyringMalformed, ValueError):
        return


# --- succession


SECOND = signer("second root")


def succession(**changes: Any) -> Succession:
    return replace(Succession.make(SITE, ROOT, SECOND, TODAY), **changes)


def test_a_root_hands_over_to_the_next() -> None:
    assert succession().verify(SITE) == (ROOT.verifier, SECOND.verifier)
    assert Succession.from_json(succession().to_json()) == succession()
    assert decode(succession().payload) == {
        "site": base64(SITE),
        "old": base64(bytes(ROOT.verifier)),
        "new": base64(bytes(SECOND.verifier)),
        "day": "2026-11-21",
    }
    for root, signature in ((ROOT, succession().old_signature), (SECOND, succession().new_signature)):
        assert signature == root.sign(b"whistle/1/succession", succession().payload)


def test_neither_root_can_do_it_alone() -> None:
    old, new = succession().old_signature, succession().new_signature
    for changed in (succession(old_signature=new), succession(new_signature=old), succession(old_signature=bytes(64))):
        refuses(SignatureInvalid, lambda changed=changed: changed.verify(SITE))  # type: ignore[misc] # bound early


@pytest.mark.parametrize(
    "change",
    [
        {"old": base64(bytes(31))},
        {"new": base64(bytes(33))},
        {"day": "today"},
        {"site": base64(bytes(32))},
        {"site": base64(bytes(31))},
        {"more": 1},
    ],
)
def test_a_succession_that_no_root_signs_is_malformed(change: dict[str, Any]) -> None:
    value = decode(succession().payload)
    assert isinstance(value, dict)
    payload = encode(value | change)
    signed = Succession(
        payload, ROOT.sign(b"whistle/1/succession", payload), SECOND.sign(b"whistle/1/succession", payload)
    )
    refuses(KeyringMalformed, lambda: signed.verify(SITE))


def test_a_succession_of_another_organisation_is_malformed() -> None:
    refuses(KeyringMalformed, lambda: succession().verify(chance("another", 32)))


@given(VALUES, st.binary(max_size=40))
def test_any_json_is_a_succession_or_a_value_error(value: Any, payload: bytes) -> None:
    with suppress(ValueError):
        Succession.from_json(value)
    refuses(KeyringMalformed, lambda: Succession(payload, bytes(64), bytes(64)).verify(SITE))


@pytest.mark.parametrize("name", ["old_signature", "new_signature"])
def test_a_signature_of_another_size_is_refused(name: str) -> None:
    value = succession().to_json()
    assert isinstance(value, dict)
    malformed(lambda: Succession.from_json(value | {name: base64(bytes(63))}))
    malformed(partial(Succession.from_json, value | {"more": 1}))


def test_the_label_of_a_keyring_is_its_own() -> None:
    signed = keyring().sign(ROOT)
    refuses(SignatureInvalid, lambda: signed.verify(ROOT.verifier, b"whistle/1/statement"))
    other = Signed.make(ROOT, b"whistle/1/statement", signed.untrusted_payload)
    refuses(SignatureInvalid, lambda: other.verify(ROOT.verifier, b"whistle/1/keyring"))
    assert EVE not in [each.id for each in keyring().people]
