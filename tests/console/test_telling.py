"""What a console tells colleagues, under which key, and in how many records."""

from datetime import timedelta

from tests.console.world import ANA, BO, World, identity_of
from whistle.console.events import Seen, decode
from whistle.console.sighting import Sight
from whistle.console.telling import Letters, report
from whistle.protocol.message import Inventory
from whistle.protocol.reading import open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.statement import Statement


def test_a_day_is_told_under_a_key_in_whose_window_it_lies(world: World) -> None:
    book = world.desks[ANA]._open().book
    (kept,) = book.vault.secrets.identities
    letters = Letters(book, world.directory)
    assert len(letters.of_inventory(kept.first, [])) == 1
    assert len(letters.of_inventory(kept.last, [])) == 1
    assert letters.of_inventory(kept.first - timedelta(days=1), []) == []
    assert letters.of_inventory(kept.last + timedelta(days=1), []) == []


def test_the_newest_key_of_a_day_is_used(world: World) -> None:
    world.rotate(ANA)
    book = world.desks[ANA]._open().book
    numbers = [kept.number for kept in book.vault.secrets.identities]
    (record,) = Letters(book, world.directory).of_inventory(world.today, [])
    body = open_any(record, identity_of(world.desks[BO])).body
    assert isinstance(body, Inventory)
    assert Statement.claimed(body.statement).number == max(numbers) > min(numbers)


def test_many_messages_are_told_in_few_events_and_once(world: World) -> None:
    receipt = Receipt.generate()
    for number in range(33):
        world.tell(receipt, f"Number {number}.", (ANA, BO))
    world.desks[ANA].fetch(world.courier())
    book = world.desks[ANA]._open().book
    told = [decode(event.payload) for _name, event in book.untold]
    assert [len(each.sightings) for each in told if isinstance(each, Seen)] == [32, 1]
    assert {sighting.sight for each in told if isinstance(each, Seen) for sighting in each.sightings} == {Sight.OPENED}
    report(book, world.today)
    assert len(book.untold) == 2


def test_what_was_withdrawn_and_what_a_colleague_wrote_is_not_told(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    world.sync(ANA)
    world.answer(ANA)
    world.sync(BO)
    before = len(world.desks[BO]._open().book.untold)
    report(world.desks[BO]._open().book, world.today)
    assert len(world.desks[BO]._open().book.untold) == before == 0
