"""Vectors of what a reader believes."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    chance,
    message,
    reply,
)
from tests.vectors.of_bodies import stored_body
from tests.vectors.of_records import resealed
from tests.vectors.operations import text
from tests.vectors.pool import KEYS, Vector
from tests.vectors.wording import DIRECTORY, SOURCE, THREAD, bad, good, who
from whistle.protocol.content import Content, Echo
from whistle.protocol.message import encode
from whistle.protocol.record import Record

FIRST, SECOND = Echo(0, chance("a", 32)), Echo(1, chance("b", 32))
LISTS = [[0, text(FIRST.commitment), [ANA, BO]], [1, text(SECOND.commitment), [ANA]]]


def echoing(readers: tuple[int, ...], *echoes: Echo) -> str:
    return text(encode(reply(readers=readers, echoes=echoes)))


def readers_for_the_source() -> list[Vector]:
    do = "check readers as source"
    return [
        good("readers within the newest list", do, reply=echoing((ANA,), FIRST), newest=[ANA], lists=LISTS),
        good("readers within the newest list, and no echo", do, reply=echoing((ANA,)), newest=[ANA, BO], lists=LISTS),
        good("readers within the newest list, and an echo of what is not stored", do,
             reply=echoing((ANA,), Echo(9, bytes(32))), newest=[ANA, BO], lists=LISTS),
        good("a reader left out since the message that is echoed", do, reply=echoing((ANA, BO), FIRST), newest=[ANA], lists=LISTS),
        bad("a reader left out before the message that is echoed", "ReadersRejected", do,
            reply=echoing((ANA, BO), FIRST, SECOND), newest=[ANA], lists=LISTS),
        bad("a reader in neither list", "ReadersRejected", do, reply=echoing((ANA, CHI), FIRST), newest=[ANA, BO], lists=LISTS),
        good("the message echoed is no longer stored", do, reply=echoing((ANA, BO), FIRST, Echo(9, bytes(32))), newest=[ANA], lists=LISTS),
        bad("another message is stored than the one echoed", "ReadersRejected", do,
            reply=echoing((ANA, BO), Echo(0, bytes(32))), newest=[ANA], lists=LISTS),
        bad("a reader outside the newest list, and no echo", "ReadersRejected", do, reply=echoing((ANA, BO)), newest=[ANA], lists=LISTS),
        good("the newest list is unknown, and that of the message echoed holds", do, reply=echoing((ANA, BO), FIRST), newest=None, lists=LISTS),
        bad("the newest list is unknown, and no echo", "ReadersRejected", do, reply=echoing((ANA,)), newest=None, lists=LISTS),
    ]  # fmt: skip


def reading(pool: dict[str, Record]) -> list[Vector]:
    forged = resealed(
        pool, "report", stored_body(encode(message(KEYS, content=Content("Nothing happened.")))), recommit=True
    )
    first, second, lists = FIRST, SECOND, LISTS
    as_source: Vector = {**SOURCE, **DIRECTORY}
    as_bo: Vector = {**who(BO), **THREAD, **DIRECTORY}
    return [
        good("a report, by Ana", "read from source", record={"record": "report"}, **who(ANA)),
        good("a report, by Bo", "read from source", record={"record": "report"}, **who(BO)),
        good("a follow-up", "read from source", record={"record": "follow-up"}, **who(ANA)),
        good("a withdraw", "read from source", record={"record": "withdraw"}, **who(ANA)),
        bad("a report for another site", "SenderUnproven", "read from source",
            record={"record": "report"}, **(who(ANA) | {"site": text(chance("another site", 32))})),
        bad("a co-recipient reseals other words under the source's authenticator", "SenderUnproven", "read from source",
            record=forged, **who(ANA)),
        bad("the same, for the source", "StateAltered", "open state", record=forged, **SOURCE),
        bad("a report at another address than it says", "RecordMisplaced", "read from source",
            record={"record": "report at the next address"}, **who(ANA)),
        bad("a report by somebody else", "SenderUnproven", "read from source", record={"record": "report by Bo"}, **who(ANA)),
        bad("a wrong role in the authenticator", "SenderUnproven", "read from source",
            record={"record": "report as a reviewer"}, **who(ANA)),
        bad("a wrong person in the authenticator", "SenderUnproven", "read from source",
            record={"record": "report as person 1"}, **who(ANA)),
        bad("a report that does not name its reader", "ReadersRejected", "read from source",
            record={"record": "report that names Bo alone"}, **who(ANA)),
        bad("no JSON", "BodyMalformed", "read from source", record={"record": "no json"}, **who(ANA)),
        bad("an unknown kind", "UnknownKind", "read from source", record={"record": "unknown kind"}, **who(ANA)),
        bad("a reply is no report", "UnknownKind", "read from source", record={"record": "reply"}, **who(BO)),
        good("contact details", "read contact", record={"record": "contact"}, **who(CHI)),
        bad("contact details for somebody else", "NotForMe", "read contact", record={"record": "contact"}, **who(ANA)),
        bad("contact details that do not name their reader", "ReadersRejected", "read contact",
            record={"record": "contact for Ana"}, **who(CHI)),
        bad("contact details in a wrong role", "SenderUnproven", "read contact",
            record={"record": "contact as a reviewer"}, **who(CHI)),
        bad("contact details under the key of a thread", "SenderUnproven", "read contact",
            record={"record": "contact under the key of the thread"}, **who(CHI)),
        good("a reply, by the source", "read reply as source", record={"record": "reply"}, **as_source),
        good("a reply, by a colleague", "read reply", record={"record": "reply"}, **as_bo),
        good("a reply of somebody who has left, on her last day", "read reply as source",
             record={"record": "reply of Eve, on her last day"}, **as_source),
        bad("a reply of somebody who has left, a day later", "StatementRejected", "read reply as source",
            record={"record": "reply of Eve, a day later"}, **as_source),
        bad("a reply by a colleague in another's name", "SenderUnproven", "read reply as source",
            record={"record": "reply by Bo as Ana"}, **as_source),
        bad("the same, for a colleague", "SenderUnproven", "read reply", record={"record": "reply by Bo as Ana"}, **as_bo),
        bad("a reply in a wrong role", "SenderUnproven", "read reply as source", record={"record": "reply as a custodian"}, **as_source),
        bad("a reply under a lapsed statement", "StatementRejected", "read reply as source",
            record={"record": "reply under a lapsed statement"}, **as_source),
        bad("a reply under the statement of somebody else", "SignatureInvalid", "read reply as source",
            record={"record": "reply under the statement of Bo"}, **as_source),
        bad("a reply at another address than it says", "RecordMisplaced", "read reply as source",
            record={"record": "reply at the next address"}, **as_source),
        bad("a reply that the source could not burn", "RecordMisplaced", "read reply as source",
            record={"record": "reply that she cannot burn"}, **as_source),
        good("a reply that the source could not burn, for a colleague", "read reply", record={"record": "reply that she cannot burn"}, **as_bo),
        bad("a reply by one who is not among its readers", "ReadersRejected", "read reply as source",
            record={"record": "reply by one who does not read"}, **as_source),
        bad("a reply sealed to somebody it does not name", "ReadersRejected", "read reply",
            record={"record": "reply sealed to Bo too"}, **as_bo),
        bad("a reply replayed into another thread", "RecordMisplaced", "read reply",
            record={"record": "reply to another source"}, **as_bo),
        bad("a report is no reply", "UnknownKind", "read reply", record={"record": "report"}, **as_bo),
        good("readers among those of the newest echoed message", "check readers", reply=echoing((ANA,), first, second), lists=lists),
        good("all readers of the only echoed message", "check readers", reply=echoing((ANA, BO), first), lists=lists),
        bad("a reader outside the list echoed", "ReadersRejected", "check readers", reply=echoing((ANA, CHI), first), lists=lists),
        bad("a reader left out since", "ReadersRejected", "check readers", reply=echoing((ANA, BO), first, second), lists=lists),
        bad("an echo that nobody knows", "ReadersRejected", "check readers",
            reply=echoing((ANA,), first, Echo(2, bytes(32))), lists=lists),
        bad("an echo of another commitment", "ReadersRejected", "check readers",
            reply=echoing((ANA,), Echo(0, chance("b", 32))), lists=lists),
        bad("no echo", "ReadersRejected", "check readers", reply=echoing((ANA,)), lists=lists),
        *readers_for_the_source(),
        good("an event", "read act", record={"record": "event"}, **who(BO), **DIRECTORY),
        good("an inventory", "read act", record={"record": "inventory"}, **who(BO), **DIRECTORY),
        bad("an event changed after signing", "SignatureInvalid", "read act",
            record={"record": "event changed after signing"}, **who(BO), **DIRECTORY),
        bad("an event sealed by somebody else", "SenderUnproven", "read act",
            record={"record": "event sealed by Bo"}, **who(BO), **DIRECTORY),
        bad("an event that does not name its reader", "ReadersRejected", "read act",
            record={"record": "event for Ana alone"}, **who(BO), **DIRECTORY),
        bad("an event whose author is not of its audience", "ReadersRejected", "read act",
            record={"record": "event by one outside"}, **who(BO), **DIRECTORY),
        bad("an event under a lapsed statement", "StatementRejected", "read act",
            record={"record": "event under a lapsed statement"}, **who(BO), **DIRECTORY),
        bad("an inventory with an entry less", "SignatureInvalid", "read act",
            record={"record": "inventory with an entry less"}, **who(BO), **DIRECTORY),
        bad("a report is no act", "UnknownKind", "read act", record={"record": "report"}, **who(BO), **DIRECTORY),
        good("what names a record in an inventory", "inventory entry", record={"record": "report"}),
    ]  # fmt: skip
