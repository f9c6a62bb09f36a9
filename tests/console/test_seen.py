"""Readers of a message learn what each other's consoles found of it, and nobody else learns anything."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from tests.console.world import ANA, BO, CHI, DirectCourier, World, identity_of
from whistle.console import reports
from whistle.console.case import Case
from whistle.console.events import Seen, encode
from whistle.console.sighting import Sight, Sighting
from whistle.console.telling import Letters
from whistle.courier import Pass
from whistle.protocol import labels
from whistle.protocol.acts import event_hash, sign_event
from whistle.protocol.message import Event
from whistle.protocol.reading import Reader, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of
from whistle.protocol.thread import SourceKeys


@dataclass
class Hiding(DirectCourier):
    """Hides records from one person, in the listing and, where told to, everywhere."""

    hidden: set[bytes] = field(default_factory=set)
    everywhere: bool = False

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        self.meddle = lambda page: [record for record in page if record.address not in self.hidden]
        return super().messages(query, admission)

    def fetch(self, addresses):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as the class it replaces
        found = super().fetch(addresses)
        if not self.everywhere:
            return found
        return tuple(
            bytes(labels.RECORD_SIZE) if address in self.hidden else each
            for address, each in zip(addresses, found, strict=True)
        )


def records(world: World) -> list[Record]:
    return world.shelf.messages_of(world.today, b"", 10_000)


def opened_by(world: World, person: int, case: Case) -> str:
    return reports.opened_by(case, case.items[0], world.desks[person].name_of)


def test_readers_learn_who_opened_a_message(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    for person in (ANA, BO, ANA, BO, CHI):
        world.sync(person)
    assert opened_by(world, ANA, world.only_case(ANA)) == "bo"
    assert opened_by(world, BO, world.only_case(BO)) == "ana"
    world.reopen(ANA)
    assert opened_by(world, ANA, world.only_case(ANA)) == "bo"


def test_nobody_but_the_readers_can_open_it(world: World) -> None:
    """Of all that Ana's console puts, Chi and everybody else opens her inventory, and no event."""
    world.sleep(3)
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    world.sync(ANA)
    kinds: dict[int, list[str]] = {}
    for person in (BO, CHI):
        reader = Reader(identity_of(world.desks[person]), person, world.site)
        for record in records(world):
            try:
                kinds.setdefault(person, []).append(open_any(record, reader.identity).body.kind)
            except Exception:  # noqa: BLE001, S112 - not for this reader
                continue
    assert sorted(kinds[BO]) == ["event", "inventory", "message"]
    assert kinds[CHI] == ["inventory"]


def test_a_message_for_one_reader_is_told_to_nobody(world: World) -> None:
    world.tell(Receipt.generate(), "for one", (ANA,))
    world.sync(ANA)
    assert not list(world.desks[ANA]._open().book.ledger.for_others)


def test_a_console_puts_as_many_records_with_and_without_something_to_say(world: World) -> None:
    for told in (0, 1, 5, 40):
        for _ in range(told):
            world.tell(Receipt.generate(), "for two", (ANA, BO))
        before = len(records(world))
        world.sync(ANA)
        assert len(records(world)) - before == 8
        world.sync(ANA)
        assert len(records(world)) - before == 8
        world.sleep()


def test_what_finds_no_place_waits_its_turn(world: World) -> None:
    for _ in range(30):
        world.tell(Receipt.generate(), "for two", (ANA, BO))
    for _ in range(6):
        world.sync(ANA)
        world.sync(BO)
        world.sleep()
    world.sync(BO)
    assert all(opened_by(world, BO, case) == "ana" for case in world.desks[BO].inbox())


def test_a_console_that_was_off_makes_up_for_nothing(world: World) -> None:
    world.sync(ANA)
    world.sleep(9)
    before = len(records(world))
    world.sync(ANA)
    assert len(records(world)) - before == 8


def test_an_answer_does_not_wait_and_is_not_on_top(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    world.sync(ANA)
    before = len(records(world))
    world.answer(ANA)
    assert len(records(world)) - before == 1
    world.sleep()
    world.sync(ANA)
    assert len(records(world)) == 7


def test_a_message_that_the_listing_hides_is_fetched_all_the_same(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    (message,) = records(world)
    world.sync(ANA)
    assert world.sync(BO, Hiding(world, hidden={message.address})).messages == 1
    assert opened_by(world, BO, world.only_case(BO)) == "ana"


def test_a_message_that_is_kept_from_a_reader_is_missed_by_both(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    (message,) = records(world)
    world.sync(ANA)
    liar = Hiding(world, hidden={message.address}, everywhere=True)
    world.sync(BO, liar)
    assert world.desks[BO].inbox() == ()
    assert any("ana opened a message" in warning for warning in world.desks[BO].warnings())
    world.sleep()
    world.sync(BO, liar)
    world.sync(ANA)
    case = world.only_case(ANA)
    (trouble,) = reports.troubles_with(case, case.items[0], world.desks[ANA].name_of)
    assert trouble == "The server has kept this message from bo, who is a reader of it."
    # The server gives in: nothing is said of it any more.
    world.sync(BO)
    world.reopen(BO).sync(world.courier())
    assert not any("ana opened" in warning for warning in world.desks[BO].warnings())


def test_what_the_source_took_back_is_missed_by_nobody(world: World) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "for two", (ANA, BO))
    world.sync(ANA)
    world.source(receipt).withdraw((ANA, BO), "en")
    world.sync(BO)
    assert not any("opened a message" in warning for warning in world.desks[BO].warnings())


# --- events that do not hold together


def event(world: World, counter: int, previous: bytes | None, sighting: Sighting, chain: bytes = bytes(32)) -> Event:
    """Return an event that Ana signed, for Bo and herself."""
    statement = world.statements[ANA]
    payload = encode(Seen((sighting,)))
    unsigned = Event(chain, ANA, statement, (ANA, BO), counter, previous, world.today, payload, bytes(64))
    return sign_event(world.desks[ANA]._open().vault.secrets.signer, world.site, unsigned)


def send(world: World, *events: Event) -> None:
    letters = Letters(world.desks[ANA]._open().book, world.directory)
    for each in events:
        record = letters.of_event(each)
        assert record is not None
        world.put(record)


@pytest.fixture
def sighting(world: World) -> Sighting:
    receipt = Receipt.generate()
    world.tell(receipt, "for two", (ANA, BO))
    (message,) = records(world)
    world.sync(BO)
    address = SourceKeys(receipt, world.site).thread.address(labels.UP, 0)
    return Sighting(commitment_of(message), address, world.today, Sight.OPENED)


def test_a_missing_event_is_counted(world: World, sighting: Sighting) -> None:
    first = event(world, 0, None, sighting)
    second = event(world, 1, event_hash(world.site, first), sighting)
    send(world, second)
    world.sync(BO)
    assert any("1 note of ana has not come" in warning for warning in world.desks[BO].warnings())
    send(world, first)
    world.sync(BO)
    assert not any("note of ana" in warning for warning in world.desks[BO].warnings())


@pytest.mark.parametrize("spoil", [lambda e: replace(e, day=date(2026, 11, 22)), lambda e: replace(e, counter=7)])
def test_an_event_that_was_changed_is_a_fault(
    world: World, sighting: Sighting, spoil: Callable[[Event], Event]
) -> None:
    send(world, spoil(event(world, 0, None, sighting)))
    assert world.sync(BO).faults == 1
    assert opened_by(world, BO, world.only_case(BO)) == ""
    assert [fault.error for fault in world.reopen(BO).journal.faults] == ["SignatureInvalid"]


def test_two_events_of_one_number_are_a_fault(world: World, sighting: Sighting) -> None:
    other = replace(sighting, sight=Sight.FAULTY)
    send(world, event(world, 0, None, sighting))
    world.sync(BO)
    send(world, event(world, 0, None, other))
    assert world.sync(BO).faults == 1


def test_an_event_behind_another_than_it_names_is_a_fault(world: World, sighting: Sighting) -> None:
    send(world, event(world, 0, None, sighting), event(world, 1, bytes(32), sighting))
    assert world.sync(BO).faults == 1


def test_the_same_event_twice_counts_once(world: World, sighting: Sighting) -> None:
    each = event(world, 0, None, sighting)
    send(world, each, each)
    world.sync(BO)
    send(world, each)
    assert world.sync(BO).faults == 0
    assert len(world.only_case(BO).reports) == 1
