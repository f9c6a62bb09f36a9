"""Nobody at a page waits for the day's records: they leave by themselves, and the page says calmly how that goes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

from tests.console.test_pages import SETTINGS, Browser, replies
from tests.console.world import ANA, BO, PASSPHRASE, DirectCourier, World, without_and_with_report
from whistle.console import serve
from whistle.console.delivery import Alarm
from whistle.console.pages import here
from whistle.console.pages.outgoing import Outgoing
from whistle.errors import ShelfFull, Unreachable
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record


class Held(Alarm):
    """An alarm at whose moments nothing happens before the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.let = Event()
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        while not (self.let.is_set() or self.has_rung):
            self.let.wait(0.01)
        self.time += seconds


@pytest.fixture
def alarm() -> Held:
    return Held()


@pytest.fixture
def ana(world: World, alarm: Held) -> Iterator[Browser]:
    browser = Browser(world, ANA, replace(SETTINGS, post_minutes=15))
    outgoing_of(browser)._alarm = lambda: alarm
    yield browser
    alarm.let.set()
    outgoing_of(browser).hurry()
    browser.desk.unlock(PASSPHRASE)


def outgoing_of(browser: Browser) -> Outgoing:
    return here.of(browser.app).outgoing


def count(world: World) -> int:
    return len(world.shelf.messages_of(world.today, b"", 10_000))


def finish(browser: Browser, alarm: Held) -> None:
    alarm.let.set()
    thread = outgoing_of(browser)._thread
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()


def test_what_came_is_shown_before_anything_leaves(world: World, ana: Browser, alarm: Held) -> None:
    world.tell(Receipt.generate(), "A report.")
    inbox = ana.unlock().fetch()
    assert "1 new message has come." in inbox
    assert "8 records of today are yet to leave" in inbox
    assert "15 minutes" in inbox
    assert count(world) == 1
    finish(ana, alarm)
    assert count(world) == 9
    assert "yet to leave" not in ana.get("/").text


def test_each_record_goes_over_a_way_of_its_own(world: World, ana: Browser, alarm: Held) -> None:
    opened: list[DirectCourier] = []

    @contextmanager
    def ways() -> Iterator[tuple[DirectCourier, DirectCourier]]:
        opened.append(world.courier())
        yield world.courier(), opened[-1]

    outgoing_of(ana)._couriers = ways
    ana.unlock().fetch()
    finish(ana, alarm)
    assert [courier.calls for courier in opened] == [["put message"]] * 8


def test_a_second_fetch_sends_nothing_twice(world: World, ana: Browser, alarm: Held) -> None:
    ana.unlock().fetch()
    ana.fetch()
    finish(ana, alarm)
    ana.fetch()
    finish(ana, alarm)
    assert count(world) == 8


def test_records_leave_while_the_console_is_locked(world: World, ana: Browser, alarm: Held) -> None:
    ana.unlock().fetch()
    assert ana.post("/lock").status_code == 303
    assert count(world) == 0
    finish(ana, alarm)
    assert count(world) == 8
    ana.inside = ""
    ana.unlock().fetch()
    assert count(world) == 8


def test_an_answer_leaves_in_the_place_of_a_decoy(world: World, ana: Browser, alarm: Held) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    assert ana.post(f"/cases/{label}/answer", draft="a", text="Which bridge?").status_code == 303
    page = ana.get(f"/cases/{label}").text
    assert "Your answer leaves at a random moment of the next 15 minutes." in page
    assert "This has not left yet." in page
    assert not replies(world, receipt)
    finish(ana, alarm)
    assert replies(world, receipt) == ["Which bridge?"]
    assert count(world) == 9, "a report and eight records"


def test_an_answer_without_a_fetch_leaves_by_itself(world: World, ana: Browser, alarm: Held) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    finish(ana, alarm)
    alarm.let.clear()
    label = world.only_case(ANA).label
    for number in range(2):
        ana.post(f"/cases/{label}/answer", draft=str(number), text=f"Number {number}.")
    assert "2 records of today are yet to leave" in ana.get("/").text
    assert not replies(world, receipt)
    finish(ana, alarm)
    assert sorted(replies(world, receipt)) == ["Number 0.", "Number 1."]


def test_answers_take_no_more_than_half_of_tomorrows_places(world: World, ana: Browser, alarm: Held) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    for number in range(13):
        ana.post(f"/cases/{label}/answer", draft=str(number), text=f"Number {number}.")
        said = ana.get(f"/cases/{label}").text
        # Eight places were there: seven decoys and one note of what was read. Half of eight may be taken ahead.
        assert ("No more records are sent today" in said) == (number >= 11), number
    finish(ana, alarm)
    assert len(replies(world, receipt)) == 7
    assert count(world) == 13


def test_whoever_closes_the_console_leaves_nothing_behind(
    world: World, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gunicorn calls this when its worker ends; how many records left must not tell how long somebody sat there."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    ana.unlock().fetch()
    assert count(world) == 0
    server = serve._Server.__new__(serve._Server)
    server._app = ana.app
    server._close(SimpleNamespace(), SimpleNamespace())
    assert count(world) == 8


class Full(DirectCourier):
    """Has no room for what is put."""

    def put_message(self, record: Record) -> None:
        del record
        raise ShelfFull


class Down(DirectCourier):
    """Takes nothing, and answers nothing either, when something is put."""

    def put_message(self, record: Record) -> None:
        del record
        raise Unreachable


@pytest.mark.parametrize("minutes", [0, 15])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Full, "Everything was fetched. The intake has no room at the moment: 8 records of this console wait for it."),
        (Down, "8 records of this console wait. Nothing is lost; they leave next time."),
    ],
)
def test_where_nothing_can_be_put_what_came_is_there_and_the_rest_waits(
    world: World, alarm: Held, minutes: int, kind: type[DirectCourier], words: str
) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "for two", (ANA, BO))
    settings = replace(SETTINGS, post_minutes=minutes)
    browser = Browser(world, ANA, settings)
    alarm.let.set()
    outgoing = Outgoing(browser.desk, couriers_of(kind(world)), minutes, lambda: alarm)
    console = here.of(browser.app)
    browser.app.extensions[here.EXTENSION] = replace(console, outgoing=outgoing)
    console.fetching._outgoing = outgoing
    fetched = browser.unlock()
    if not minutes:
        fetched.next_courier = kind(world)
    inbox = fetched.fetch()
    if minutes:
        finish(browser, alarm)
    assert "1 new message has come." in inbox
    assert words in browser.get("/").text
    assert "for two" in browser.get("/").text
    before = count(world)
    outgoing._couriers = couriers_of(world.courier())
    browser.fetch()
    if minutes:
        finish(browser, alarm)
    assert count(world) - before == 8
    assert words not in browser.get("/").text
    browser.desk.unlock(PASSPHRASE)
    world.sync(BO)
    assert world.only_case(BO).reports


def couriers_of(courier: DirectCourier) -> here.Couriers:
    @contextmanager
    def opened() -> Iterator[tuple[DirectCourier, DirectCourier]]:
        yield courier, courier

    return opened


def test_a_page_of_an_excluded_reviewer_counts_the_same(tmp_path: Path) -> None:
    pages = []
    for world in without_and_with_report(tmp_path):
        browser = Browser(world, BO, replace(SETTINGS, post_minutes=15))
        outgoing_of(browser)._alarm = Held
        page = browser.unlock().fetch().replace(browser.inside, "")
        pages.append(re.sub(r'value="[^"]{30,}"', "", page))
        outgoing_of(browser).hurry()
    assert "8 records of today" in pages[0]
    assert pages[0] == pages[1]
