from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    flipped,
    identity,
    keyring,
    message,
    name_of,
    person,
    place_down,
    place_up,
    published,
    reader,
    refuses,
    reply,
    seal_among_colleagues,
    seal_message,
    seal_reply,
    signed_statement,
    signer,
    source,
    state_for,
    statement,
)
from tests.protocol.test_message import contact, event, inventory, withdraw
from whistle.errors import (
    BodyMalformed,
    NotForMe,
    ProtocolError,
    ReadersRejected,
    RecordAltered,
    RecordMisplaced,
    SenderUnproven,
    SignatureInvalid,
    StatementRejected,
    UnknownKind,
)
from whistle.protocol import labels
from whistle.protocol.content import Echo
from whistle.protocol.directory import verify
from whistle.protocol.keyring import Role
from whistle.protocol.message import Body, Contact, encode
from whistle.protocol.reading import (
    Reader,
    check_act,
    check_contact,
    check_readers,
    check_reply,
    check_reply_as_source,
    check_up,
    open_any,
)
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, commitment_of, pack, seal
from whistle.protocol.thread import SourceKeys, Thread

KEYS = source()
HERE = directory()


def read_up(record: Record, number: int = ANA) -> Any:
    return check_up(open_any(record, identity(name_of(number))), reader(number))


def read_reply(record: Record, number: int = BO) -> Any:
    return check_reply(open_any(record, identity(name_of(number))), reader(number), KEYS.thread, HERE)


def read_as_source(record: Record, keys: SourceKeys = KEYS) -> Any:
    return check_reply_as_source(open_any(record, keys.identity), keys, HERE)


def read_act(record: Record, number: int = BO) -> Any:
    return check_act(open_any(record, identity(name_of(number))), reader(number), HERE)


def seal_contact(body: Contact, keys: SourceKeys = KEYS) -> Record:
    address = keys.contact_address(0)
    place = Place(address, burn_hash(keys.contact_burn_token(0)))
    readers = [identity(name_of(number)).recipient for number in body.readers]
    return seal(place, pack(encode(body)), Author(keys.contact_identity, 0, 0), SITE, readers)


def read_contact(record: Record, number: int = CHI) -> Any:
    return check_contact(open_any(record, identity(name_of(number))), reader(number))


# --- what a source wrote


@pytest.mark.parametrize("number", [ANA, BO])
def test_a_report_is_read_by_everybody_it_names(number: int) -> None:
    body = message(KEYS)
    record = seal_message(KEYS, body)
    verified = read_up(record, number)
    assert verified.body == body
    assert verified.opened.record == record
    assert verified.opened.commitment == commitment_of(record)


def test_a_withdraw_is_read_too() -> None:
    body = withdraw()
    place = place_up(KEYS, body.index)
    readers = [identity(name_of(number)).recipient for number in body.readers]
    record = seal(
        place, pack(encode(body)), Author(KEYS.identity, 0, 0), SITE, readers, (KEYS, state_for(message(KEYS)))
    )
    assert read_up(record).body == body


def test_nobody_else_reads_it() -> None:
    record = seal_message(KEYS, message(KEYS))
    for number in (CHI, DEDE, EVE):
        refuses(NotForMe, lambda number=number: open_any(record, identity(name_of(number))))  # type: ignore[misc] # bound early


def test_a_report_lies_at_its_own_address_and_nowhere_else() -> None:
    for place in (place_up(KEYS, 1), place_up(source("another"), 0), Place(bytes(32), bytes(32))):
        record = seal_message(KEYS, message(KEYS), place=place)
        refuses(RecordMisplaced, lambda record=record: read_up(record))  # type: ignore[misc] # bound early
    down = Place(KEYS.thread.address(labels.DOWN, 0), bytes(32))
    refuses(RecordMisplaced, lambda: read_up(seal_message(KEYS, message(KEYS), place=down)))


def test_a_report_under_the_thread_of_somebody_else_is_another_thread_and_unproven() -> None:
    other = source("another")
    borrowed = message(KEYS, thread=Thread(KEYS.thread.key, other.thread.recipient))
    address = borrowed.thread.address(labels.UP, 0)
    record = seal_message(KEYS, borrowed, place=Place(address, bytes(32)))
    refuses(SenderUnproven, lambda: read_up(record))
    stolen = seal_message(other, message(KEYS), place=place_up(KEYS, 0))
    refuses(SenderUnproven, lambda: read_up(stolen))


@pytest.mark.parametrize(
    "author",
    [
        Author(identity("Bo"), 0, 0),
        Author(KEYS.identity, 1, 0),
        Author(KEYS.identity, 0, ANA),
        Author(KEYS.contact_identity, 0, 0),
    ],
    ids=["a colleague", "another role", "another person", "the key of the contact"],
)
def test_a_report_of_another_sender_is_unproven(author: Author) -> None:
    refuses(SenderUnproven, lambda: read_up(seal_message(KEYS, message(KEYS), author=author)))


def test_a_report_for_another_site_is_unproven() -> None:
    record = seal_message(KEYS, message(KEYS))
    elsewhere = Reader(identity("Ana"), ANA, chance("another site", 32))
    refuses(SenderUnproven, lambda: check_up(open_any(record, identity("Ana")), elsewhere))


def test_a_reader_whom_the_report_does_not_name_refuses_it() -> None:
    body = message(KEYS, readers=(BO,))
    readers = [identity("Ana").recipient, identity("Bo").recipient]
    author = Author(KEYS.identity, 0, 0)
    record = seal(place_up(KEYS, 0), pack(encode(body)), author, SITE, readers, (KEYS, state_for(body)))
    refuses(ReadersRejected, lambda: read_up(record, ANA))
    assert read_up(record, BO).body == body


def test_one_kind_is_not_read_as_another() -> None:
    report = open_any(seal_message(KEYS, message(KEYS)), identity("Ana"))
    answer = open_any(seal_reply(KEYS, reply()), identity("Bo"))
    act = open_any(seal_among_colleagues(event(), ANA, (BO,)), identity("Bo"))
    told = open_any(seal_contact(contact()), identity("Chi"))
    for untrusted in (answer, act, told):
        refuses(UnknownKind, lambda untrusted=untrusted: check_up(untrusted, reader(BO)))  # type: ignore[misc] # bound early
    for untrusted in (report, answer, act):
        refuses(UnknownKind, lambda untrusted=untrusted: check_contact(untrusted, reader(BO)))  # type: ignore[misc] # as above
    for untrusted in (report, act, told):
        refuses(UnknownKind, lambda untrusted=untrusted: check_reply(untrusted, reader(BO), KEYS.thread, HERE))  # type: ignore[misc] # as above
        refuses(UnknownKind, lambda untrusted=untrusted: check_reply_as_source(untrusted, KEYS, HERE))  # type: ignore[misc] # as above
    for untrusted in (report, answer, told):
        refuses(UnknownKind, lambda untrusted=untrusted: check_act(untrusted, reader(BO), HERE))  # type: ignore[misc] # as above


def test_a_body_that_is_no_message_is_malformed() -> None:
    record = seal(place_up(KEYS, 0), pack(b"[]"), Author(KEYS.identity, 0, 0), SITE, [identity("Ana").recipient])
    refuses(BodyMalformed, lambda: open_any(record, identity("Ana")))


@given(st.integers(0, 32_767), st.integers(0, 7))
def test_a_flipped_bit_is_never_believed(position: int, bit: int) -> None:
    record = flipped(seal_message(KEYS, message(KEYS)), position, 1 << bit)
    with pytest.raises(ProtocolError):
        read_up(record)
    answer = flipped(seal_reply(KEYS, reply()), position, 1 << bit)
    with pytest.raises(ProtocolError):
        read_as_source(answer)


# --- contact


def test_contact_details_are_read_by_the_custodian() -> None:
    record = seal_contact(contact())
    assert read_contact(record).body == contact()
    assert read_contact(record).opened.record == record
    refuses(NotForMe, lambda: read_contact(seal_contact(contact()), ANA))


def test_contact_details_of_another_sender_or_for_another_reader_are_refused() -> None:
    other = contact(recipient=source("another").contact_identity.recipient)
    refuses(SenderUnproven, lambda: read_contact(seal_contact(other)))
    refuses(SenderUnproven, lambda: read_contact(seal_contact(contact(recipient=KEYS.identity.recipient))))
    readers = [identity("Chi").recipient]
    place = Place(KEYS.contact_address(0), bytes(32))
    for body, error in ((contact(readers=(ANA,)), ReadersRejected), (contact(readers=()), ReadersRejected)):
        record = seal(place, pack(encode(body)), Author(KEYS.contact_identity, 0, 0), SITE, readers)
        refuses(error, lambda record=record: read_contact(record))  # type: ignore[misc] # bound early
    for role, number in ((1, 0), (0, 1)):
        record = seal(place, pack(encode(contact())), Author(KEYS.contact_identity, role, number), SITE, readers)
        refuses(SenderUnproven, lambda record=record: read_contact(record))  # type: ignore[misc] # bound early


def test_contact_and_report_share_nothing_but_a_reference() -> None:
    told = encode(contact())
    for secret in (bytes(KEYS.identity.recipient)[:32], KEYS.thread.key, KEYS.thread.address(0, 0)):
        assert secret not in told
    assert KEYS.contact_identity.recipient != KEYS.identity.recipient


# --- replies


def test_a_reply_is_read_by_the_source_and_by_its_readers() -> None:
    record = seal_reply(KEYS, reply())
    assert read_as_source(record).body == reply()
    for number in (ANA, BO):
        assert read_reply(record, number).body == reply()


def test_a_reply_lies_at_its_own_address_and_nowhere_else() -> None:
    author = identity("Ana")
    for place in (
        place_down(KEYS, author, 1),
        place_down(source("another"), author, 0),
        replace(place_down(KEYS, author, 0), address=KEYS.thread.address(labels.UP, 0)),
    ):
        record = seal_reply(KEYS, reply(), place=place)
        refuses(RecordMisplaced, lambda record=record: read_as_source(record))  # type: ignore[misc] # bound early
        refuses(RecordMisplaced, lambda record=record: read_reply(record))  # type: ignore[misc] # as above


def test_a_reply_that_the_source_could_not_burn_is_refused_by_her() -> None:
    place = replace(place_down(KEYS, identity("Ana"), 0), burn_hash=burn_hash(bytes(32)))
    record = seal_reply(KEYS, reply(), place=place)
    refuses(RecordMisplaced, lambda: read_as_source(record))
    assert read_reply(record).body == reply()


@pytest.mark.parametrize(
    "author",
    [
        Author(identity("Bo"), Role.REVIEWER, ANA),
        Author(identity("Ana"), Role.CUSTODIAN, ANA),
        Author(identity("Ana"), Role.REVIEWER, BO),
        Author(KEYS.identity, 0, 0),
    ],
    ids=["a colleague", "another role", "another person", "the source"],
)
def test_a_reply_of_another_sender_is_unproven(author: Author) -> None:
    record = seal_reply(KEYS, reply(), author=author)
    refuses(SenderUnproven, lambda: read_as_source(record))
    refuses(SenderUnproven, lambda: read_reply(record))


def test_the_role_of_an_author_is_the_one_in_the_keyring() -> None:
    body = reply(author=DEDE, statement=signed_statement(DEDE), readers=(DEDE,))
    record = seal_reply(KEYS, body, author=Author(identity("Dede"), Role.OVERSIGHT, DEDE))
    assert read_as_source(record).body == body
    people = (replace(person(DEDE), role=Role.REVIEWER), *(person(number) for number in (ANA, BO, CHI)))
    changed = verify(published(keyring=keyring(people=people).sign(signer("root"))), TODAY)
    refuses(SenderUnproven, lambda: check_reply_as_source(open_any(record, KEYS.identity), KEYS, changed))


def test_a_reply_is_by_one_of_its_readers() -> None:
    record = seal_reply(KEYS, reply(readers=(BO,)))
    refuses(ReadersRejected, lambda: read_as_source(record))
    refuses(ReadersRejected, lambda: read_reply(record))


def test_a_reader_whom_a_reply_does_not_name_refuses_it() -> None:
    record = seal_reply(KEYS, reply(readers=(ANA,)), only=(ANA, BO))
    refuses(ReadersRejected, lambda: read_reply(record, BO))
    assert read_as_source(record).body.readers == (ANA,)


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        (lambda: signed_statement(BO), SignatureInvalid),
        (lambda: statement(BO).sign(signer("Ana")), StatementRejected),
        (lambda: signed_statement(ANA, first=date(2026, 11, 22)), StatementRejected),
        (lambda: signed_statement(ANA, last=date(2026, 11, 20)), StatementRejected),
        (lambda: signed_statement(ANA, site=chance("another", 32)), StatementRejected),
        (lambda: signed_statement(ANA, recipient=identity("Bo").recipient), SenderUnproven),
    ],
)
def test_the_statement_of_a_reply_is_its_authors_on_its_day(signed: Any, error: type[ProtocolError]) -> None:
    record = seal_reply(KEYS, reply(statement=signed()))
    refuses(error, lambda: read_as_source(record))
    refuses(error, lambda: read_reply(record))


@pytest.mark.parametrize(("day", "error"), [(date(2026, 11, 10), None), (date(2026, 11, 11), StatementRejected)])
def test_a_reply_of_somebody_who_left_counts_until_their_last_day(day: date, error: type[ProtocolError] | None) -> None:
    body = reply(author=EVE, statement=signed_statement(EVE), readers=(ANA, EVE), day=day)
    record = seal_reply(KEYS, body)
    if error is None:
        assert read_as_source(record).body == body
    else:
        refuses(error, lambda: read_as_source(record))


def test_a_reply_to_another_source_is_not_read() -> None:
    record = seal_reply(source("another"), reply())
    refuses(NotForMe, lambda: read_as_source(record))
    refuses(RecordMisplaced, lambda: read_reply(record))


# --- the readers of a reply


LISTS = {(0, chance("a", 32)): (ANA, BO), (1, chance("b", 32)): (ANA,)}


def list_of(echo: Echo) -> tuple[int, ...] | None:
    return LISTS.get((echo.index, echo.commitment))


A, B, C = Echo(0, chance("a", 32)), Echo(1, chance("b", 32)), Echo(2, chance("c", 32))


def test_the_readers_of_a_reply_are_among_those_of_the_newest_message_it_echoes() -> None:
    check_readers(reply(readers=(ANA, BO), echoes=(A,)), list_of)
    check_readers(reply(readers=(ANA,), echoes=(A, B)), list_of)
    check_readers(reply(readers=(ANA,), echoes=(A,)), list_of)


@pytest.mark.parametrize(
    ("readers", "echoes"),
    [
        ((ANA, BO), (A, B)),
        ((ANA, CHI), (A,)),
        ((ANA,), ()),
        ((ANA,), (A, C)),
        ((ANA,), (Echo(0, chance("b", 32)),)),
        ((CHI,), (A,)),
    ],
    ids=["left out since", "one more", "no echo", "an unknown echo", "another commitment", "somebody else"],
)
def test_a_reply_for_somebody_whom_the_source_did_not_choose_is_refused(
    readers: tuple[int, ...], echoes: tuple[Echo, ...]
) -> None:
    refuses(ReadersRejected, lambda: check_readers(reply(readers=readers, echoes=echoes), list_of))


# --- acts of colleagues


@pytest.mark.parametrize("number", [ANA, BO])
def test_acts_are_read_by_their_audience(number: int) -> None:
    for body in (event(), inventory()[0]):
        record = seal_among_colleagues(body, ANA, (ANA, BO))
        assert read_act(record, number).body == body
        assert read_act(record, number).opened.record == record


def test_an_act_that_somebody_else_signed_is_refused() -> None:
    forged: list[Body] = [replace(event(), payload=b"{}"), replace(inventory()[0], entries=b"")]
    for body in forged:
        refuses(SignatureInvalid, lambda body=body: read_act(seal_among_colleagues(body, ANA, (BO,))))  # type: ignore[misc] # bound early


def test_an_act_that_somebody_else_sealed_is_unproven() -> None:
    for body in (event(), inventory()[0]):
        for record in (seal_among_colleagues(body, BO, (BO,)), seal_among_colleagues(body, ANA, (BO,), Role.OVERSIGHT)):
            refuses(SenderUnproven, lambda record=record: read_act(record))  # type: ignore[misc] # bound early


def test_an_act_under_a_statement_that_does_not_hold_is_refused() -> None:
    lapsed = signed_statement(ANA, last=date(2026, 11, 20))
    for body in (event(statement=lapsed), replace(inventory()[0], statement=lapsed)):
        refuses(StatementRejected, lambda body=body: read_act(seal_among_colleagues(body, ANA, (BO,))))  # type: ignore[misc] # bound early


def test_an_event_is_for_its_audience_and_by_one_of_them() -> None:
    refuses(ReadersRejected, lambda: read_act(seal_among_colleagues(event(audience=(ANA,)), ANA, (BO,))))
    refuses(ReadersRejected, lambda: read_act(seal_among_colleagues(event(audience=(BO,)), ANA, (BO,))))
    record = seal_among_colleagues(event(audience=(ANA, BO, DEDE)), ANA, (ANA, BO, DEDE))
    assert read_act(record, DEDE).body.audience == (ANA, BO, DEDE)


def test_an_event_for_another_site_is_refused() -> None:
    record = seal_among_colleagues(event(), ANA, (BO,))
    elsewhere = Reader(identity("Bo"), BO, chance("another site", 32))
    refuses(SenderUnproven, lambda: check_act(open_any(record, identity("Bo")), elsewhere, HERE))


def test_an_event_moved_elsewhere_does_not_open() -> None:
    record = seal_among_colleagues(event(), ANA, (BO,))
    refuses(RecordAltered, lambda: read_act(replace(record, address=chance("elsewhere", 32))))
