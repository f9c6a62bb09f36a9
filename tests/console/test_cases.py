from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.console.world import ANA, BO, World
from whistle.console.case import Case, Fault, Item, ItemKind, ItemState, Journal
from whistle.console.cases import Cases, inbox
from whistle.console.events import (
    _KINDS,
    Alarmed,
    Deleted,
    Drafted,
    Faulty,
    Read,
    Received,
    Retired,
    Sent,
    Stored,
    Unstored,
    decode,
    encode,
)
from whistle.console.ledger import Act, Ledger
from whistle.errors import ChainBroken
from whistle.protocol.content import Content, Echo
from whistle.protocol.receipt import Receipt

DAY = date(2026, 11, 21)
JOURNAL, CASE = b"j" * 32, b"c" * 32


def acts_of(world: World, person: int) -> list[Act]:
    session = world.desks[person]._session
    assert session is not None
    return list(Ledger(session.vault).acts())


def folded(world: World, acts: list[Act]) -> Cases:
    session = world.desks[ANA]._session
    assert session is not None
    assert session.vault.secrets.journal is not None
    cases = Cases(session.vault.secrets.journal)
    for act in acts:
        cases.apply(act.case, decode(act.payload), act.day)
    return cases


@pytest.fixture
def lived(world: World) -> World:
    """Give a world in which every kind of event happened to Ana."""
    receipt = Receipt.generate()
    world.tell(receipt, "The tender was fixed.", files=[("a", b"a" * 40_000)])
    world.sync(ANA)
    world.sync(BO)
    world.answer(BO, "by Bo")
    world.sync(ANA)
    world.answer(ANA, "by Ana")
    world.desks[ANA].mark_read(world.only_case(ANA).name)
    world.source(receipt).withdraw((ANA, BO), "en")
    world.sync(ANA)
    return world


def test_the_same_acts_give_the_same_cases(lived: World) -> None:
    acts = acts_of(lived, ANA)
    first, second = folded(lived, acts), folded(lived, acts)
    assert first.by_name == second.by_name
    assert first.journal == second.journal
    assert tuple(first.by_name.values()) == lived.desks[ANA].inbox()
    kinds = {decode(act.payload).kind for act in acts}
    assert {"received", "stored", "answered", "drafted", "sent", "read", "withdrawn"} <= kinds


def test_every_act_is_written_as_it_was_read(lived: World) -> None:
    for act in acts_of(lived, ANA):
        assert encode(decode(act.payload)) == act.payload


def test_a_case_does_not_change_under_anybodys_hands(lived: World) -> None:
    case = lived.only_case(ANA)
    with pytest.raises(FrozenInstanceError):
        case.items = ()  # type: ignore[misc] # the point
    with pytest.raises(FrozenInstanceError):
        case.items[0].text = ""  # type: ignore[misc] # the point


def test_kinds_have_names_of_their_own() -> None:
    assert len({kind.kind for kind in _KINDS}) == len(_KINDS)


@pytest.mark.parametrize("event", [Alarmed("RootForked"), Deleted("ab"), Retired(3)])
def test_events_of_the_console_stand_in_the_journal_only(event: Alarmed | Deleted | Retired) -> None:
    cases = Cases(JOURNAL)
    cases.apply(JOURNAL, decode(encode(event)), DAY)
    assert cases.journal != Journal()
    with pytest.raises(ChainBroken):
        cases.apply(CASE, event, DAY)


@pytest.mark.parametrize(
    "event", [Read((bytes(32),)), Sent(bytes(32)), Stored(bytes(32), None), Unstored(bytes(32), "StreamAltered")]
)
def test_events_of_a_case_stand_in_a_case_only(event: Read | Sent | Stored | Unstored) -> None:
    cases = Cases(JOURNAL)
    cases.apply(CASE, decode(encode(event)), DAY)
    with pytest.raises(ChainBroken):
        cases.apply(JOURNAL, event, DAY)


def test_a_fault_stands_in_either() -> None:
    cases, fault = Cases(JOURNAL), Faulty("SenderUnproven", bytes(16))
    cases.apply(JOURNAL, fault, DAY)
    cases.apply(CASE, fault, DAY)
    shown = Fault("SenderUnproven", DAY)
    assert (cases.journal.faults, cases.by_name[CASE].faults) == ((shown,), (shown,))
    assert shown.message() == "This record does not come from the person it names as its sender."
    assert Fault("NoSuchError", DAY).message() == "Something went wrong."
    assert Fault("UnknownWord", DAY).message().startswith("A word is in none")


@given(st.binary(max_size=200))
def test_any_payload_gives_our_own_error(payload: bytes) -> None:
    with pytest.raises(ChainBroken):
        decode(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"kind":"read","event":{"commitments":"x"}}',
        b'{"kind":"received","event":{"body":"","commitment":"","arrived":"2026-11-21"}}',
        b'{"kind":"unheard","event":{}}',
        b'{"kind":"drafted","event":{}}',
        b'{"kind":"stored","event":{"commitment":"AAAA","content":null}}',
    ],
)
def test_what_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(ChainBroken):
        decode(payload)


def item(index: int, **changes: object) -> Item:
    usual = Item(ItemKind.MESSAGE, 0, index, bytes([index]) * 32, DAY, DAY, "en", (ANA, BO))
    return replace(usual, **changes)  # type: ignore[arg-type] # its fields


def test_the_list_in_force_is_that_of_the_newest_message() -> None:
    case = Case(CASE, items=(item(0), item(2, readers=(ANA,)), item(1)))
    assert case.readers == (ANA,)
    assert case.missing == ()
    reply = item(0, kind=ItemKind.REPLY, author=BO, echoes=(Echo(2, bytes(32)),))
    assert replace(case, items=(*case.items, reply)).readers == (ANA,)
    later = replace(reply, echoes=(Echo(3, bytes(32)),))
    assert replace(case, items=(*case.items, later)).readers == ()
    assert Case(CASE).readers == ()


def test_two_messages_with_one_number_are_both_shown_and_marked() -> None:
    case = Case(CASE, items=(item(0), item(0, commitment=b"x" * 32)))
    assert len(case.misfits) == 2


def test_titles() -> None:
    assert Case(CASE, items=(item(0, text=" \n"), item(1, text="one\n  two"))).title == "one two"
    long = Case(CASE, items=(item(0, text="word " * 40),)).title
    assert len(long) == 80
    assert long.endswith("…")
    assert Case(CASE).title == ""


def test_order_of_the_inbox() -> None:
    def case(name: int, day: int, *, read: bool) -> Case:
        only = item(0, arrived=date(2026, 11, day))
        return Case(bytes([name]) * 32, items=(only,), read=frozenset([only.commitment] if read else []))

    cases = [case(1, 1, read=True), case(2, 3, read=True), case(3, 1, read=False), case(4, 2, read=False)]
    assert [each.name[0] for each in inbox(cases)] == [4, 3, 2, 1]


def test_a_draft_is_replaced_by_its_next_sealing(lived: World) -> None:
    drafted = next(event for act in acts_of(lived, ANA) if isinstance(event := decode(act.payload), Drafted))
    case = drafted.fold(Case(CASE), DAY)
    again = replace(drafted, commitment=b"n" * 32)
    (only,) = again.fold(case, DAY).items
    assert (only.commitment, only.state) == (b"n" * 32, ItemState.SENDING)
    sent = Sent(b"n" * 32).fold(again.fold(case, DAY), DAY).items[0]
    assert sent.outgoing is not None
    assert (sent.state, sent.outgoing.record) == (ItemState.COMPLETE, None)
    assert Sent(b"?" * 32).fold(case, DAY) == case


def test_content_as_deep_as_the_protocol_allows_is_kept(lived: World) -> None:
    """An event wraps what it keeps, and must not make it nest too deep to be written."""
    received = next(event for act in acts_of(lived, ANA) if isinstance(event := decode(act.payload), Received))
    stored = Stored(received.commitment, Content("text"))
    assert decode(encode(stored)) == stored
