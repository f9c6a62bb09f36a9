"""Vectors of keyrings, statements, successions and memory."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

import json
from dataclasses import replace
from datetime import date
from typing import Any

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    DEDE,
    EVE,
    SITE,
    TODAY,
    chance,
    directory,
    flip,
    identity,
    keyring,
    person,
    published,
    signed_statement,
    signer,
    statement,
)
from tests.vectors.operations import text
from tests.vectors.pool import (
    SITE_TEXT,
    Vector,
)
from tests.vectors.wording import bad, good
from whistle.protocol import labels
from whistle.protocol.canonical import decode as decode_json
from whistle.protocol.canonical import encode as encode_json
from whistle.protocol.directory import verify
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Role, Succession
from whistle.protocol.keys import Recipient
from whistle.protocol.published import Memory
from whistle.protocol.signing import Signed

ROOT, SECOND, THIRD = signer("root"), signer("second root"), signer("third root")
FIRST_TO_SECOND = Succession.make(SITE, ROOT, SECOND, TODAY)
SECOND_TO_THIRD = Succession.make(SITE, SECOND, THIRD, TODAY)
FIRST_TO_THIRD = Succession.make(SITE, ROOT, THIRD, TODAY)
CHANNEL: Any = {"id": 1, "name": "c", "questionnaire": "story/1", "people": []}
OTHERS = tuple(signed_statement(number) for number in (BO, CHI, DEDE))


def stating(*statements: Signed) -> Any:
    return published(statements=(*OTHERS, *statements))


def documents() -> dict[str, Any]:
    """Return the documents of the vectors, good and bad."""
    four = [replace(person(number), statement_minimum=4) for number in (ANA, BO, CHI, DEDE)]
    anas = identity("Ana").recipient
    unseen = keyring_json()["people"][0] | {"name": " \u2003\u200b\ufeff"}
    broken = [keyring_json()["people"][0] | {"name": f"A{control}na"} for control in "\n\x1b\x7f\x85"]
    plain: Any = decode_json(bytes(published()))
    whole = {
        "usual": published(),
        "serial 8": published(keyring=keyring(serial=8).sign(ROOT)),
        "Ana has no statement": stating(),
        "Ana's statement has lapsed": stating(signed_statement(ANA, last=date(2026, 11, 20))),
        "Ana's statement is of the future": stating(signed_statement(ANA, first=date(2026, 11, 22))),
        "Ana's statement is of another site": stating(signed_statement(ANA, site=chance("another site", 32))),
        "Ana's statement is signed by Bo": stating(statement(ANA).sign(signer("Bo"))),
        "Bo's statement is signed by Ana": stating(statement(BO, number=9).sign(signer("Ana"))),
        "Ana has two statements": stating(signed_statement(ANA, number=5), signed_statement(ANA, number=4)),
        "Ana's number is 5": stating(signed_statement(ANA, number=5)),
        "Ana's statement says nothing": stating(Signed.make(signer("Ana"), labels.STATEMENT, b"{}")),
        "numbers from 4": published(
            keyring=keyring(people=tuple(four)).sign(ROOT),
            statements=(signed_statement(ANA, number=4), signed_statement(BO)),
        ),
        "Ana and Chi share a key": stating(
            signed_statement(ANA), statement(CHI, number=4, recipient=anas).sign(signer("Chi"))
        ),
        "Ana and Bo share half a key": stating(
            signed_statement(ANA),
            statement(BO, number=4, recipient=Recipient(bytes(anas)[:32] + bytes(identity("Bo").recipient)[32:])).sign(
                signer("Bo")
            ),
        ),
        "version 2": published(keyring=keyring(minimum_version=2).sign(ROOT)),
        "signed by an unknown root": published(keyring=keyring().sign(SECOND)),
        "signed by nobody": published(keyring=Signed(published().keyring.untrusted_payload, bytes(64))),
        "signed under another label": published(
            keyring=Signed.make(ROOT, labels.STATEMENT, published().keyring.untrusted_payload)
        ),
        "second root": published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,)),
        "superseded root": published(successions=(FIRST_TO_SECOND,)),
        "third root": published(keyring=keyring().sign(THIRD), successions=(SECOND_TO_THIRD, FIRST_TO_SECOND)),
        "forked root": published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND, FIRST_TO_THIRD)),
        "third root, from the first": published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_THIRD,)),
        "a circle of roots": published(successions=(FIRST_TO_SECOND, Succession.make(SITE, SECOND, ROOT, TODAY))),
        "a circle of later roots": published(
            keyring=keyring().sign(SECOND),
            successions=(FIRST_TO_SECOND, SECOND_TO_THIRD, Succession.make(SITE, THIRD, SECOND, TODAY)),
        ),
        "a succession from nowhere": published(successions=(SECOND_TO_THIRD,)),
        "a succession signed by the new root alone": published(
            keyring=keyring().sign(SECOND),
            successions=(replace(FIRST_TO_SECOND, old_signature=FIRST_TO_SECOND.new_signature),),
        ),
        "a circle of roots that is not reached": published(
            successions=(SECOND_TO_THIRD, Succession.make(SITE, THIRD, SECOND, TODAY))
        ),
        "a succession twice": published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND, FIRST_TO_SECOND)),
        "a forked root, and then a forged succession": published(
            successions=(FIRST_TO_SECOND, FIRST_TO_THIRD, replace(SECOND_TO_THIRD, new_signature=bytes(64)))
        ),
        "Ana's statements fail in two ways": stating(
            signed_statement(ANA, number=9, last=date(2026, 11, 20)), statement(ANA, number=8).sign(signer("Bo"))
        ),
        "Ana's statements fail the other way round": stating(
            statement(ANA, number=8).sign(signer("Bo")), signed_statement(ANA, number=9, last=date(2026, 11, 20))
        ),
        "no keyring inside": published(keyring=Signed.make(ROOT, labels.KEYRING, b"{}")),
    }
    texts = {name: bytes(document).decode() for name, document in whole.items()}
    for name, change in {
        "a channel with somebody unknown": {
            "channels": [{"id": 1, "name": "c", "questionnaire": "story/1", "people": [9]}]
        },
        "a channel of 16 people": {
            "channels": [{"id": 1, "name": "c", "questionnaire": "story/1", "people": list(range(1, 17))}]
        },
        "one person twice": {"people": [keyring_json()["people"][0]] * 2, "channels": []},
        "a former person who is still there": {
            "former": [{"person": keyring_json()["people"][0], "last": "2026-11-10"}]
        },
        "expired before it was issued": {"expires": "2026-10-31"},
        "a channel without a name": {"channels": [CHANNEL | {"name": ""}]},
        "a channel whose name is 201 bytes": {"channels": [CHANNEL | {"name": "n" * 201}]},
        "a channel whose questionnaire has no version": {"channels": [CHANNEL | {"questionnaire": "story"}]},
        "a name of spaces and format characters": {"people": [unseen], "channels": []},
        "a line feed in a name": {"people": [broken[0]], "channels": []},
        "an escape in a name": {"people": [broken[1]], "channels": []},
        "a delete in a name": {"people": [broken[2]], "channels": []},
        "a control of Latin-1 in a name": {"people": [broken[3]], "channels": []},
        "a control in a channel's name": {"channels": [CHANNEL | {"name": "Port\r"}]},
        "a control in the organisation's name": {"organisation": "Harbour\x00Watch"},
    }.items():
        payload = encode_json(keyring_json() | change)
        texts[name] = bytes(published(keyring=Signed.make(ROOT, labels.KEYRING, payload))).decode()
    texts["an unknown field"] = json.dumps(plain | {"more": 1}, separators=(",", ":"))
    texts["a space"] = json.dumps(plain)
    texts["work of 41 bits"] = json.dumps(plain | {"work": 41}, separators=(",", ":"))
    texts["no JSON"] = "hello"
    return texts


def keyring_json() -> Any:
    return decode_json(keyring().sign(ROOT).untrusted_payload)


def keyrings() -> list[Vector]:
    def at(document: str, today: str = "2026-11-21", **more: Any) -> Vector:
        return {"document": document, "today": today, "site": SITE_TEXT, **more}

    remembered = bytes(directory().memory).decode()
    after_8 = bytes(Memory((ROOT.verifier,), 8, {})).decode()
    after_5 = bytes(Memory((ROOT.verifier,), 7, {ANA: 5})).decode()
    second = bytes(
        verify(published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,)), TODAY).memory
    ).decode()
    closing = [name for name in documents() if name.startswith(("Ana", "Bo")) or name == "numbers from 4"]
    malformed = ["a channel with somebody unknown", "a channel of 16 people", "one person twice",
                 "a former person who is still there", "expired before it was issued", "an unknown field", "a space",
                 "work of 41 bits", "no JSON", "no keyring inside", "a succession from nowhere",
                 "a circle of roots that is not reached", "a channel without a name", "a channel whose name is 201 bytes",
                 "a channel whose questionnaire has no version", "a name of spaces and format characters",
                 "a line feed in a name", "an escape in a name", "a delete in a name", "a control of Latin-1 in a name",
                 "a control in a channel's name", "a control in the organisation's name"]  # fmt: skip
    eves = signed_statement(EVE).to_json()
    september = signed_statement(ANA, number=2, first=date(2026, 9, 1), last=date(2026, 9, 30)).to_json()
    enrolment = Enrolment.make("Ana", Role.REVIEWER, signer("Ana"))
    stolen = encode_json(
        Signed.make(
            signer("Bo"), labels.ENROLMENT, Signed.from_json(decode_json(enrolment)).untrusted_payload
        ).to_json()
    )
    anas_key = text(bytes(signer("Ana").verifier))
    statement_payload: Any = decode_json(signed_statement(ANA).untrusted_payload)

    def odd_statement(**change: Any) -> Any:
        return Signed.make(signer("Ana"), labels.STATEMENT, encode_json(statement_payload | change)).to_json()

    return [
        good("a keyring", "directory", **at("usual")),
        good("a keyring on its first day", "directory", **at("usual", "2026-11-01")),
        good("a keyring on its last day, when every statement has lapsed", "directory", **at("usual", "2027-05-01")),
        bad("a day before", "KeyringExpired", "directory", **at("usual", "2026-10-31")),
        bad("a day after", "KeyringExpired", "directory", **at("usual", "2027-05-02")),
        good("no site is pinned", "directory", document="usual", today="2026-11-21"),
        bad("another site is pinned", "RootSuperseded", "directory", document="usual", today="2026-11-21", site=text(bytes(32))),
        *(good(name, "directory", **at(name)) for name in closing),
        *(bad(name, "KeyringMalformed", "directory", **at(name)) for name in malformed),
        bad("a later version is the least", "UnsupportedVersion", "directory", **at("version 2")),
        bad("an unknown root", "RootSuperseded", "directory", **at("signed by an unknown root")),
        bad("a forged signature", "RootSuperseded", "directory", **at("signed by nobody")),
        bad("a signature under another label", "RootSuperseded", "directory", **at("signed under another label")),
        good("a second root", "directory", **at("second root")),
        good("a third root", "directory", **at("third root")),
        bad("a superseded root signs on", "RootSuperseded", "directory", **at("superseded root")),
        bad("two successors of one root", "RootForked", "directory", **at("forked root")),
        bad("a circle of roots", "RootForked", "directory", **at("a circle of roots")),
        bad("a circle of later roots, back to a superseded one", "RootForked", "directory", **at("a circle of later roots")),
        good("the same succession twice", "directory", **at("a succession twice")),
        bad("two successors of one root, before a forged succession", "RootForked", "directory",
            **at("a forked root, and then a forged succession")),
        bad("a succession signed by one root alone", "SignatureInvalid", "directory",
            **at("a succession signed by the new root alone")),
        good("the same serial again", "directory", **at("usual", memory=remembered)),
        good("a higher serial", "directory", **at("serial 8", memory=remembered)),
        bad("a lower serial", "KeyringRolledBack", "directory", **at("usual", memory=after_8)),
        good("a lower statement number closes its person", "directory", **at("usual", memory=after_5)),
        good("a number is remembered while its person is closed", "directory", **at("Ana has no statement", memory=after_5)),
        bad("a root once seen is forgotten", "KeyringRolledBack", "directory", **at("usual", memory=second)),
        bad("another successor than the one once seen", "RootForked", "directory", **at("third root, from the first", memory=second)),
        bad("a memory of another organisation", "RootSuperseded", "directory",
            **at("usual", memory=bytes(Memory((SECOND.verifier,))).decode())),
        bad("a memory, and another site is pinned", "RootSuperseded", "directory",
            document="usual", today="2026-11-21", site=text(bytes(32)), memory=remembered),
        bad("a memory that is none", "KeyringMalformed", "directory", **at("usual", memory="{}")),
        good("an author of today", "author", **at("usual"), statement=signed_statement(ANA).to_json(), person=ANA, day="2026-11-21"),
        good("an author of September", "author", **at("usual"), statement=september, person=ANA, day="2026-09-30"),
        bad("a day after the statement", "StatementRejected", "author", **at("usual"), statement=september, person=ANA, day="2026-10-01"),
        good("a former person on the last day", "author", **at("usual"), statement=eves, person=EVE, day="2026-11-10"),
        bad("a former person a day later", "StatementRejected", "author", **at("usual"), statement=eves, person=EVE, day="2026-11-11"),
        bad("a person whom nobody knows", "StatementRejected", "author", **at("usual"), statement=eves, person=99, day="2026-11-10"),
        bad("a statement below the minimum", "StatementRejected", "author",
            **at("numbers from 4"), statement=signed_statement(ANA).to_json(), person=ANA, day="2026-11-21"),
        bad("somebody else's statement", "SignatureInvalid", "author",
            **at("usual"), statement=signed_statement(BO).to_json(), person=ANA, day="2026-11-21"),
        good("a statement", "statement", statement=signed_statement(ANA).to_json(), signing=anas_key),
        bad("a statement of 31 days", "StatementMalformed", "statement", statement=odd_statement(last="2026-12-01"), signing=anas_key),
        bad("a statement that ends before it begins", "StatementMalformed", "statement",
            statement=odd_statement(last="2026-10-31"), signing=anas_key),
        bad("a statement of an aliased key", "StatementMalformed", "statement",
            statement=odd_statement(recipient=text(flip(bytes(identity("Ana").recipient), 31, 0x80))), signing=anas_key),
        bad("a statement of number 0", "StatementMalformed", "statement", statement=odd_statement(number=0), signing=anas_key),
        bad("a statement signed by somebody else", "SignatureInvalid", "statement",
            statement=signed_statement(BO).to_json(), signing=anas_key),
        good("a succession", "succession", succession=FIRST_TO_SECOND.to_json(), site=SITE_TEXT),
        bad("a succession of another organisation", "KeyringMalformed", "succession",
            succession=FIRST_TO_SECOND.to_json(), site=text(bytes(32))),
        bad("a succession signed by the old root alone", "SignatureInvalid", "succession", site=SITE_TEXT,
            succession=replace(FIRST_TO_SECOND, new_signature=FIRST_TO_SECOND.old_signature).to_json()),
        good("an enrolment", "enrolment", request=enrolment.decode()),
        bad("an enrolment under the key of somebody else", "SignatureInvalid", "enrolment", request=stolen.decode()),
        bad("an enrolment that is none", "KeyringMalformed", "enrolment", request="{}"),
    ]  # fmt: skip
