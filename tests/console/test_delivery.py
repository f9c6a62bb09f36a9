"""Records leave at random moments, also while the vault is locked; and when, and in which order, tells nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from threading import Thread

import pytest

from tests.console.world import ANA, BO, PASSPHRASE, DirectCourier, World
from whistle.console.answer import Answer
from whistle.console.case import ItemState
from whistle.console.delivery import Alarm, Delivery, unsent
from whistle.console.desk import Desk
from whistle.console.events import Posted, decode
from whistle.console.posting import Letter, Post
from whistle.courier import Courier
from whistle.errors import AddressTaken, ShelfFull, Unreachable, VaultLocked
from whistle.protocol.message import Inventory
from whistle.protocol.reading import open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy

MINUTES = 15


class Dial(Alarm):
    """An alarm whose time passes at once, and which does something at each moment that is waited for."""

    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.time = 100.0
        self.waited: list[float] = []
        self.act = act

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds
        self.act()


def decoys(count: int) -> Post:
    return Post([Letter(Record.parse(bytes([number]) * 32_768)) for number in range(count)], date(2026, 11, 21), count)


def putting(desk: Desk, post: Post, courier: Courier) -> Callable[[Letter], None]:
    return lambda letter: desk.put(post, letter, courier)


def shown(world: World, day: date | None = None) -> list[Record]:
    return world.shelf.messages_of(day or world.today, b"", 10_000)


def delivered(post: Post, dial: Dial, seconds: float) -> list[float]:
    """Run a delivery of records that go nowhere, and return at which moments they went."""
    moments: list[float] = []

    def put(letter: Letter) -> None:
        moments.append(dial.time - 100)
        post.left.remove(letter)

    Delivery(post, put, seconds, dial).run()
    return moments


# --- moments


def test_records_leave_at_moments_of_their_own_within_the_time() -> None:
    moments = [moment for _ in range(300) for moment in delivered(decoys(8), Dial(), 60 * MINUTES)]
    assert all(0 <= moment < 60 * MINUTES for moment in moments)
    parts = Counter(int(moment / 60 / MINUTES * 4) for moment in moments)
    # Of 2,400 moments about 600 are in each quarter: the chance of less than 500 is one in a million.
    assert all(parts[quarter] > 500 for quarter in range(4)), parts


def test_no_two_deliveries_have_the_same_moments() -> None:
    assert delivered(decoys(8), Dial(), 900) != delivered(decoys(8), Dial(), 900)


def test_without_a_time_everything_leaves_at_once() -> None:
    dial = Dial()
    assert delivered(decoys(8), dial, 0) == [0.0] * 8
    assert not dial.waited


def test_in_a_hurry_what_is_left_leaves_at_once() -> None:
    dial = Dial()
    post = decoys(8)
    delivery = Delivery(post, post.left.remove, 900, dial)
    dial.act = lambda: delivery.hurry() if delivery.left <= 5 else None
    delivery.run()
    assert delivery.left == 0
    assert len(dial.waited) == 4


def test_somebody_in_a_hurry_wakes_up_who_waits() -> None:
    post = decoys(2)
    delivery = Delivery(post, post.left.remove, 100_000)
    thread = Thread(target=delivery.run, daemon=True)
    thread.start()
    delivery.hurry()
    thread.join(20)
    assert not thread.is_alive()
    assert delivery.left == 0


def test_an_alarm_waits_until_it_is_rung_and_never_again() -> None:
    alarm = Alarm()
    before = alarm.now()
    alarm.wait(0.05)
    assert alarm.now() - before >= 0.05
    assert not alarm.has_rung
    alarm.ring()
    assert alarm.has_rung
    before = alarm.now()
    alarm.wait(60)
    assert alarm.now() - before < 30


# --- order


def test_the_order_of_letters_tells_nothing(world: World) -> None:
    """Of 300 posts of one answer and seven decoys the answer is in each place about as often."""
    answer = Letter(decoy(), (bytes(32), bytes(32)))
    rest = [Letter(decoy()) for _ in range(7)]
    places = Counter(Post([answer, *rest], world.today, 8).left.index(answer) for _ in range(800))
    assert all(60 < places[place] < 145 for place in range(8)), places


def test_an_answer_that_joins_changes_neither_how_many_leave_nor_when() -> None:
    dial, post = Dial(), decoys(8)
    put: list[Letter] = []

    def leave(letter: Letter) -> None:
        put.append(letter)
        post.left.remove(letter)

    delivery = Delivery(post, leave, 900, dial)
    moments = [*delivery._moments]
    assert delivery.join((b"case", b"commitment"))
    delivery.run()
    assert delivery._moments == []
    assert sum(dial.waited) == pytest.approx(moments[-1] - 100)
    assert len(put) == 8
    assert sum(letter.answer is not None for letter in put) == 1
    assert not delivery.join((b"case", b"another"))


def test_an_answer_takes_no_place_of_what_is_being_put_or_says_something() -> None:
    first, told, last = Letter(decoy()), Letter(decoy(), day=date(2026, 11, 21)), Letter(decoy())
    for _ in range(20):
        post = Post([first, told, last], date(2026, 11, 21), 8)
        post.left = [first, told, last]
        assert post.begin() is first
        assert post.join((b"case", b"one"))
        assert post.left[:2] == [first, told]
        assert not post.join((b"case", b"two"))


def test_an_answer_that_finds_no_decoy_gets_a_moment_of_its_own() -> None:
    dial, post = Dial(), Post([Letter(decoy(), day=date(2026, 11, 21))], date(2026, 11, 21), 1)
    delivery = Delivery(post, post.left.remove, 900, dial)
    assert not delivery.join((b"case", b"one"))
    assert delivery.add((b"case", b"one"))
    assert delivery.left == 2
    delivery.run()
    assert delivery.left == 0
    assert not delivery.add((b"case", b"two"))


# --- trouble


def failing(post: Post, error: type[Exception], times: int) -> Callable[[Letter], None]:
    left = [error] * times

    def put(letter: Letter) -> None:
        if left:
            raise left.pop()
        post.left.remove(letter)

    return put


def test_what_cannot_be_put_is_tried_again_at_the_next_moment() -> None:
    post, dial = decoys(8), Dial()
    delivery = Delivery(post, failing(post, Unreachable, 3), 900, dial)
    with pytest.raises(Unreachable):
        delivery.run()
    assert delivery.left == 3


def test_in_a_hurry_a_site_that_does_not_answer_is_asked_once() -> None:
    post = decoys(8)
    with pytest.raises(ShelfFull):
        Delivery(post, failing(post, ShelfFull, 1), 0).run()
    assert len(post.left) == 8


@pytest.mark.parametrize(("count", "words"), [(1, "1 record of this console waits"), (3, "3 records of this console")])
def test_what_waits_is_said_calmly(count: int, words: str) -> None:
    for error in (ShelfFull(), Unreachable()):
        sentence = unsent(error, count)
        assert words in sentence
        assert "Nothing is lost" in sentence
    assert "Everything was fetched. The intake has no room" in unsent(ShelfFull(), count)
    assert "Nothing was stored" not in unsent(ShelfFull(), count)


# --- a whole console


def deliver(world: World, person: int, courier: DirectCourier | None = None, dial: Dial | None = None) -> Delivery:
    desk = world.desks[person]
    desk.fetch(world.courier())
    post = desk.post()
    delivery = Delivery(post, putting(desk, post, courier or world.courier()), 900, dial or Dial())
    delivery.run()
    return delivery


def test_a_fetch_puts_nothing_and_a_delivery_what_a_sync_would(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    before = len(shown(world))
    world.desks[ANA].fetch(world.courier())
    assert len(shown(world)) == before
    deliver(world, ANA)
    assert len(shown(world)) - before == 8
    assert deliver(world, ANA).left == 0
    assert len(shown(world)) - before == 8
    world.sync(BO)
    assert world.only_case(BO).reports


def test_what_is_put_while_the_vault_is_locked_is_noted_when_it_opens(world: World) -> None:
    world.sleep(3)
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    before, desk = len(shown(world)), world.desks[ANA]
    deliver(world, ANA, dial=Dial(desk.lock))
    assert desk.is_locked
    assert len(shown(world)) - before == 8
    desk.unlock(PASSPHRASE)
    # Neither is anything told a second time, nor are there more records on this day.
    assert not desk._open().book.untold
    assert desk.journal.inventoried == world.today - timedelta(days=2)
    world.reopen(ANA)
    assert not world.desks[ANA]._open().book.untold
    world.sync(ANA)
    assert len(shown(world)) - before == 8


def test_an_answer_does_not_leave_a_locked_vault_and_nobody_can_count_that(world: World) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "for two", (ANA, BO))
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    item = desk.keep(world.courier(), world.only_case(ANA).name, Answer("Thank you."))
    assert item.state is ItemState.SENDING
    before = len(shown(world))
    deliver(world, ANA, dial=Dial(desk.lock))
    assert len(shown(world)) - before == 8
    assert not world.source(receipt).visit().replies
    desk.unlock(PASSPHRASE)
    world.sleep()
    deliver(world, ANA)
    assert len(world.source(receipt).visit().replies) == 1


def test_an_answer_that_joins_a_delivery_is_not_on_top(world: World) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "for one", (ANA,))
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    before = len(shown(world))
    post = desk.post()
    delivery = Delivery(post, putting(desk, post, world.courier()), 900, Dial())
    item = desk.keep(world.courier(), world.only_case(ANA).name, Answer("Thank you."))
    assert delivery.join((world.only_case(ANA).name, item.commitment))
    delivery.run()
    assert len(shown(world)) - before == 8
    assert len(world.source(receipt).visit().replies) == 1
    world.sleep()
    world.sync(ANA)
    assert len(shown(world)) == 8, "tomorrow has all its places"


def test_what_did_not_leave_leaves_with_the_next_sync_of_the_day_and_not_on_top(world: World) -> None:
    world.sleep(3)
    for _ in range(3):
        world.tell(Receipt.generate(), "for two", (ANA, BO))
    before = len(shown(world))
    courier = world.courier()
    courier.fail_at = 4
    with pytest.raises(Unreachable):
        deliver(world, ANA, courier)
    assert len(shown(world)) - before == 7
    world.reopen(ANA)
    world.sync(ANA)
    assert len(shown(world)) - before == 8
    world.sync(BO)
    assert sum(len(case.reports) for case in world.desks[BO].inbox()) == 3


def test_no_day_is_left_out_where_a_later_one_went_first(world: World) -> None:
    """The order is random: a console that is cut off after the second day has to tell of the first one."""
    world.sleep(2)
    world.sync(ANA)
    world.sleep(2)
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    first, second = world.today - timedelta(days=3), world.today - timedelta(days=2)
    post = desk.post()
    post.left.sort(key=lambda letter: letter.day or date.min, reverse=True)
    assert [letter.day for letter in post.left[:2]] == [second, first]
    desk.put(post, post.left[0], world.courier())
    assert desk.journal.inventoried != second
    world.reopen(ANA).sync(world.courier())
    assert set(days_told(world)) == {first, second}


def test_days_that_are_put_together_are_noted_in_their_order_and_once(world: World) -> None:
    world.sleep(2)
    world.sync(ANA)
    world.sleep(5)
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    post = desk.post()
    book = desk._open().book
    while post.left:
        post.put(post.begin(), world.courier(), None)
    assert post.is_unnoted
    post.note(book)
    assert not post.is_unnoted
    assert desk.journal.inventoried == world.today - timedelta(days=2)
    before = len(list(book.ledger.acts()))
    post.note(book)
    post.add((bytes(32), bytes(32)))
    post.put(post.begin(), world.courier(), None)
    post.note(book)
    assert len(list(book.ledger.acts())) == before + 1, "the place, and no day or event again"


def test_a_day_that_finds_no_place_holds_the_later_ones_back(world: World) -> None:
    """Days are told in their order: a later one that is told stands for all before it."""
    world.sleep(3)
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    large = [number.to_bytes(8) for number in range(9 * 800)]
    first, second = world.today - timedelta(days=3), world.today - timedelta(days=2)
    desk._open().entries = {first: large, second: []}
    post = desk.post()
    assert [letter for letter in post.left if letter.day] == []
    assert len(post.left) == 8
    desk._open().entries = {second: large[:800], first: []}
    assert {letter.day for letter in desk.post().left if letter.day} == {first, second}


def test_a_day_counts_as_told_when_all_its_parts_were_put(world: World) -> None:
    world.sleep(2)
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    day = world.today - timedelta(days=2)
    desk._open().entries = {day: [number.to_bytes(8) for number in range(801)]}
    post = desk.post()
    parts = [letter for letter in post.left if letter.day]
    assert len(parts) == 2
    desk.put(post, parts[0], world.courier())
    assert desk.journal.inventoried is None
    desk.put(post, parts[1], world.courier())
    assert desk.journal.inventoried == day


def test_answers_inventories_and_events_share_the_places(world: World) -> None:
    receipt = Receipt.generate()
    world.sleep(2)
    world.tell(receipt, "for two", (ANA, BO))
    world.sync(ANA)
    world.sleep(5)
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    for number in range(6):
        desk.keep(world.courier(), world.only_case(ANA).name, Answer(f"Number {number}."))
    letters = desk.post().left
    assert len(letters) == 8
    assert sum(letter.answer is not None for letter in letters) == 6
    assert sum(letter.day is not None for letter in letters) == 2


def test_where_all_was_taken_ahead_nothing_leaves_today(world: World) -> None:
    world.tell(Receipt.generate(), "for one", (ANA,))
    world.sync(ANA)
    desk, book = world.desks[ANA], world.desks[ANA]._open().book
    book.record(world.today, (book.journal, Posted(4, 8)))
    desk.keep(world.courier(), world.only_case(ANA).name, Answer("Thank you."))
    assert desk.post().left == []
    world.sleep()
    assert sum(letter.answer is not None for letter in desk.post().left) == 1
    assert len(desk.post().left) == 4


def test_the_place_of_an_answer_that_cannot_be_sent_is_not_left_empty(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tell(Receipt.generate(), "for one", (ANA,))
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    desk.keep(world.courier(), world.only_case(ANA).name, Answer("Thank you."))
    before = len(shown(world))

    def taken(*_arguments: object) -> None:
        raise AddressTaken

    monkeypatch.setattr("whistle.console.posting.send_one", taken)
    deliver(world, ANA)
    assert len(shown(world)) - before == 8
    assert world.only_case(ANA).items[-1].state is ItemState.SENDING


def days_told(world: World) -> Sequence[date]:
    identities = world.desks[BO]._open().vault.secrets.identities
    found = []
    for record in shown(world):
        try:
            body = open_any(record, identities[-1].identity).body
        except Exception:  # noqa: BLE001, S112 - not for this reader
            continue
        if isinstance(body, Inventory):
            found.append(body.day)
    return found


def test_an_event_counts_as_told_only_when_those_before_it_were_put(world: World) -> None:
    world.tell(Receipt.generate(), "for two", (ANA, BO))
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    (name,) = (case.name for case in desk.inbox())
    book = desk._open().book
    (again,) = (event for _name, event in book.untold)
    book.tell(world.today, name, decode(again.payload), (ANA, BO))
    post = desk.post()
    letters = sorted((letter for letter in post.left if letter.told), key=lambda letter: letter.told.counter)  # type: ignore[union-attr] # chosen so
    assert [letter.told.counter for letter in letters if letter.told] == [0, 1]
    desk.put(post, letters[1], world.courier())
    assert [event.counter for _name, event in book.untold] == [0, 1]
    desk.put(post, letters[0], world.courier())
    assert not book.untold
    assert again.counter == 0


def test_a_sync_that_is_locked_meanwhile_puts_nothing_more(world: World) -> None:
    desk = world.desks[ANA]
    desk.fetch(world.courier())
    desk.lock()
    with pytest.raises(VaultLocked):
        desk.post()
