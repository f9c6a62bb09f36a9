from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.console.world import ANA, BO, CHI, FIRST_DAY, KEEP_DAYS, DirectCourier, World, identity_of
from whistle.console.answer import Answer
from whistle.console.case import Case, ItemKind, ItemState
from whistle.console.sync import Progress
from whistle.courier import wire
from whistle.courier.carrying import CarriedCourier, carry_in, carry_out
from whistle.errors import AnswerMalformed, CarriedMalformed, NotInKeyring, Unreachable, VaultLocked, WhistleError
from whistle.protocol import labels
from whistle.protocol.content import Content, Echo
from whistle.protocol.fields import INDEX_LIMIT
from whistle.protocol.hashing import Row
from whistle.protocol.keyring import Role
from whistle.protocol.keys import Identity
from whistle.protocol.message import UNKNOWN, Body, Contact, Message, Reply, Withdraw, encode
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, pack, seal
from whistle.protocol.state import State
from whistle.protocol.stream import StreamWriter
from whistle.protocol.thread import SourceKeys

TEXTS = ["The tender was fixed.", "Тендер был предрешён", "入札は談合だった", "x" * 4_000, "ม" * 12_000, "🙊" * 90_000]


def texts(case: Case) -> list[str]:
    return [item.text for item in case.items]


@pytest.mark.parametrize("text", TEXTS)
def test_a_report_arrives_whole(world: World, text: str) -> None:
    files = [("a.txt", b"first" * 30_000), ("empty", b""), ("документ.pdf", bytes(range(256)))]
    world.tell(Receipt.generate(), text, files=files)
    assert world.sync(ANA).messages == 1
    case = world.only_case(ANA)
    (item,) = case.items
    assert (item.text, item.state, item.readers) == (text, ItemState.COMPLETE, (ANA, BO))
    assert [file.name for file in item.files] == [name for name, _data in files]
    for desk in (world.desks[ANA], world.reopen(ANA)):
        for number, (_name, data) in enumerate(files):
            assert b"".join(desk.file(case.name, item.commitment, number)[1]) == data


def test_follow_ups_and_a_withdrawal_stay_in_their_thread(world: World) -> None:
    first, second = Receipt.generate(), Receipt.generate()
    world.tell(first, "one")
    world.tell(second, "another")
    world.sync(ANA)
    world.sleep()
    world.tell(first, "one more")
    world.sync(ANA)
    world.sleep()
    world.source(second).withdraw((ANA, BO), "en")
    world.sync(ANA)
    cases = {texts(case)[0]: case for case in world.reopen(ANA).inbox()}
    assert texts(cases["one"]) == ["one", "one more"]
    assert [item.kind for item in cases["another"].items] == [ItemKind.MESSAGE, ItemKind.WITHDRAW]
    assert cases["another"].withdrawn
    assert cases["another"].items[0].withdrawn
    assert not cases["one"].withdrawn


def test_a_second_sync_brings_nothing_twice(world: World) -> None:
    world.tell(Receipt.generate(), "once", files=[("a", b"a")])
    world.sync(ANA)
    for again in (world.desks[ANA], world.reopen(ANA)):
        synced = again.sync(world.courier())
        assert (synced.messages, synced.faults) == (0, 0)
        assert texts(world.only_case(ANA)) == ["once"]


def test_more_than_a_page(world: World) -> None:
    receipts = [Receipt.generate() for _ in range(70)]
    for number, receipt in enumerate(receipts):
        world.tell(receipt, f"report {number}")
    assert world.sync(ANA).messages == 70
    assert len(world.desks[ANA].inbox()) == 70


@pytest.mark.parametrize("lost", [True, False])
def test_cut_off_at_any_call_it_goes_on(world: World, *, lost: bool) -> None:
    receipt = Receipt.generate()
    world.put_decoys(65)
    world.tell(receipt, "a long way " * 4_000, files=[("a", b"a" * 400_000)])
    calls = len(world.courier().calls) + 1
    while True:
        courier = world.courier()
        courier.fail_at, courier.lost = calls, lost
        try:
            world.sync(ANA, courier)
            break
        except Unreachable:
            calls += 5
            world.reopen(ANA)
    (item,) = world.only_case(ANA).items
    assert item.state is ItemState.COMPLETE
    assert item.text == "a long way " * 4_000


def test_what_was_tried_and_not_kept_is_tried_again(world: World) -> None:
    """A failure after a page was opened, in the same session, must not lose that page."""
    for number in range(3):
        world.tell(Receipt.generate(), f"kept {number}")
    world.put_decoys(64)
    courier = world.courier()
    keyrings, days = 2, KEEP_DAYS + 2
    courier.fail_at = keyrings + days + 1
    with pytest.raises(Unreachable):
        world.sync(ANA, courier)
    world.sync(ANA)
    assert {texts(case)[0] for case in world.desks[ANA].inbox()} == {"kept 0", "kept 1", "kept 2"}


def test_streams_go_on_where_they_were_cut_off(world: World) -> None:
    world.tell(Receipt.generate(), "see the file", files=[("a", bytes(32_688 * 40))])
    courier = world.courier()
    keyrings, days = 2, KEEP_DAYS + 2
    courier.fail_at = keyrings + days + 3
    with pytest.raises(Unreachable):
        world.sync(ANA, courier)
    fetched = courier.calls.count("fetch") - 1
    assert fetched > 0
    again = world.courier()
    world.reopen(ANA).sync(again)
    assert again.calls.count("fetch") == 5 - fetched
    assert world.only_case(ANA).items[0].state is ItemState.COMPLETE


def test_a_missing_file_is_said_and_fetched_later(world: World) -> None:
    world.tell(Receipt.generate(), "see the file", files=[("a", b"a" * 40_000)])

    class WithoutChunks(DirectCourier):
        def fetch(self, addresses):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - as the class it replaces
            return tuple(bytes(labels.RECORD_SIZE) for _ in addresses)

    assert world.sync(ANA, WithoutChunks(world)).faults == 1
    assert world.sync(ANA, WithoutChunks(world)).faults == 0
    (item,) = world.only_case(ANA).items
    assert item.state is ItemState.INCOMPLETE
    assert [fault.error for fault in world.only_case(ANA).faults] == ["StreamAltered"]
    with pytest.raises(WhistleError):
        world.desks[ANA].file(world.only_case(ANA).name, item.commitment, 0)
    world.sync(ANA)
    assert world.only_case(ANA).items[0].state is ItemState.COMPLETE


def test_a_custodian_sees_contact_details_and_nothing_else(world: World) -> None:
    world.tell(Receipt.generate(), "The tender was fixed.", contact="Ask for Dewi, after dark")
    assert world.sync(CHI).contacts == 1
    assert world.sync(ANA).contacts == 0
    contact, report = world.only_case(CHI), world.only_case(ANA)
    assert contact.is_contact
    assert texts(contact) == ["Ask for Dewi, after dark"]
    assert contact.items[0].reference == report.items[0].reference
    assert contact.thread is None
    assert contact.readers == ()


def test_progress_tells_of_days_only(world: World) -> None:
    world.put_decoys(10)
    seen: list[Progress] = []
    world.desks[ANA].sync(world.courier(), None, seen.append)
    assert seen[-1] == Progress(KEEP_DAYS + 2, KEEP_DAYS + 2)
    assert set(Progress.__dataclass_fields__) == {"done", "days"}


def test_a_lock_cuts_a_sync_off(world: World) -> None:
    world.tell(Receipt.generate(), "one")
    desk = world.desks[ANA]

    def lock(_progress: Progress) -> None:
        desk._session.closing = True  # type: ignore[union-attr] # it is open

    with pytest.raises(VaultLocked):
        desk.sync(world.courier(), None, lock)
    desk.lock()
    world.reopen(ANA).sync(world.courier())
    assert len(desk.inbox()) == 1


def test_closed_days_are_not_asked_for_again(world: World) -> None:
    world.sync(ANA)
    world.sleep(5)
    courier = world.courier()
    world.sync(ANA, courier)
    assert courier.calls.count("messages") == 7
    assert world.desks[ANA].synced == FIRST_DAY + timedelta(days=5)
    world.reopen(ANA)
    again = world.courier()
    world.sync(ANA, again)
    assert again.calls.count("messages") == 2


def test_somebody_who_was_removed_is_told(world: World) -> None:
    people = world.keyring.people
    channel = replace(world.keyring.channels[0], people=(BO, CHI))
    world.keyring = replace(world.keyring, people=people[1:], channels=(channel,), serial=9)
    with pytest.raises(NotInKeyring):
        world.sync(ANA)


# --- what does not verify


class Forger:
    """Seals what an honest program would not."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = SourceKeys(Receipt.generate(), world.site)
        self.ana = identity_of(world.desks[ANA]).recipient
        self.bo = identity_of(world.desks[BO]).recipient

    def message(self, index: int = 0, **changes: object) -> Message:
        usual: dict[str, object] = {
            "thread": self.keys.thread,
            "index": index,
            "previous": None if index == 0 else "unknown",
            "day": self.world.today,
            "language": "en",
            "channel": 1,
            "readers": (ANA, BO),
            "reference": None,
            "content": Content("forged or not"),
            "stream": None,
        }
        return Message(**usual | changes)  # type: ignore[arg-type] # its fields

    def seal(
        self,
        body: Body,
        author: Identity | None = None,
        address: bytes | None = None,
        who: tuple[Role, int] = (Role.SOURCE, 0),
    ) -> Record:
        sender = author or self.keys.identity
        place = address or self.keys.thread.address(labels.UP, getattr(body, "index", 0))
        own = (self.keys, State(1, 0, bytes(8), (ANA, BO)))
        readers = [self.ana, self.bo]
        return seal(
            Place(place, burn_hash(bytes(32))),
            pack(encode(body)),
            Author(sender, *who),
            self.world.site,
            readers,
            own,
        )


@pytest.fixture
def forger(world: World) -> Forger:
    return Forger(world)


def only_fault(world: World) -> str:
    """Return the one fault of the journal or of a case, which a second sync does not add to."""
    assert world.sync(ANA).faults == 1
    assert world.reopen(ANA).sync(world.courier()).faults == 0
    journal = world.desks[ANA].journal.faults
    (fault,) = (*journal, *(fault for case in world.desks[ANA].inbox() for fault in case.faults))
    assert fault.message().endswith(".")
    return fault.error


def test_the_forgers_honest_message_arrives(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message()))
    assert world.sync(ANA).messages == 1


def test_a_record_changed_after_sealing(world: World, forger: Forger) -> None:
    sealed = bytes(forger.seal(forger.message()))
    world.put(Record.parse(sealed[:-1] + bytes([sealed[-1] ^ 1])))
    assert only_fault(world) == "RecordAltered"


def test_a_message_by_somebody_else(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message(), author=Identity.generate()))
    assert only_fault(world) == "SenderUnproven"


def test_a_message_at_a_wrong_address(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message(), address=bytes(32)))
    assert only_fault(world) == "RecordMisplaced"


def test_a_message_that_does_not_name_its_reader(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message(readers=(BO,))))
    assert only_fault(world) == "ReadersRejected"


def test_a_body_that_is_none(world: World, forger: Forger) -> None:
    place = Place(bytes(32), burn_hash(bytes(32)))
    author = Author(forger.keys.identity, 0, 0)
    world.put(seal(place, pack(b'{"kind":"message","kind":"message"}'), author, world.site, [forger.ana]))
    assert only_fault(world) == "BodyMalformed"


def test_an_unknown_kind(world: World, forger: Forger) -> None:
    place = Place(bytes(32), burn_hash(bytes(32)))
    author = Author(forger.keys.identity, 0, 0)
    world.put(seal(place, pack(b'{"kind":"referral"}'), author, world.site, [forger.ana]))
    assert only_fault(world) == "UnknownKind"


def test_a_contact_by_somebody_else(world: World, forger: Forger) -> None:
    body = Contact(forger.keys.contact_identity.recipient, bytes(16), world.today, "en", 1, (ANA,), "me")
    world.put(forger.seal(body, address=bytes(32)))
    assert only_fault(world) == "SenderUnproven"


def test_a_reply_in_no_thread(world: World, forger: Forger) -> None:
    reply = Reply(
        0, world.today, "en", BO, world.statements[BO], (ANA, BO), (Echo(0, bytes(32)),), Content("to nobody"), None
    )
    world.put(forger.seal(reply, identity_of(world.desks[BO]), bytes(32), (Role.REVIEWER, BO)))
    assert only_fault(world) == "RecordMisplaced"


def test_a_reply_to_more_than_the_source_chose(world: World, forger: Forger) -> None:
    """Bo was chosen alone with Ana; a reply of Bo that also goes to Chi changes nothing."""
    message = forger.seal(forger.message())
    world.put(message)
    world.sync(ANA)
    bo = identity_of(world.desks[BO])
    echo = Echo(0, message.sealed[1:33])
    reply = Reply(0, world.today, "en", BO, world.statements[BO], (ANA, BO, CHI), (echo,), Content("hi"), None)
    place = Place(forger.keys.thread.address(labels.DOWN, 0), burn_hash(bytes(32)))
    world.put(seal(place, pack(encode(reply)), Author(bo, 1, BO), world.site, [forger.ana, bo.recipient]))
    assert only_fault(world) == "ReadersRejected"
    assert len(world.only_case(ANA).items) == 1


@pytest.mark.parametrize("echoed", [(), (Echo(0, bytes(32)),), (Echo(1, bytes(32)),)])
def test_a_reply_that_echoes_nothing_known(world: World, forger: Forger, echoed: tuple[Echo, ...]) -> None:
    world.put(forger.seal(forger.message()))
    world.sync(ANA)
    bo = identity_of(world.desks[BO])
    reply = Reply(0, world.today, "en", BO, world.statements[BO], (ANA, BO), echoed, Content("hi"), None)
    place = Place(forger.keys.thread.address(labels.DOWN, 0), burn_hash(bytes(32)))
    world.put(seal(place, pack(encode(reply)), Author(bo, 1, BO), world.site, [forger.ana, bo.recipient]))
    assert only_fault(world) == "ReadersRejected"


def test_two_messages_that_claim_one_stream(world: World, forger: Forger) -> None:
    writer = StreamWriter(partial(Row, key=bytes(32)))
    chunks = [*writer.begin("a.txt", "text/plain"), *writer.write(b"theirs"), *writer.finish()]
    world.shelf.put_chunks(chunks)
    content = Content("mine", None, writer.files)
    world.put(forger.seal(forger.message(content=content, stream=writer.reference)))
    world.sync(ANA)
    world.put(forger.seal(forger.message(1, content=content, stream=writer.reference)))
    assert only_fault(world) == "StreamKeyReused"
    first, second = world.only_case(ANA).items
    assert (first.state, second.state) == (ItemState.COMPLETE, ItemState.INCOMPLETE)
    with pytest.raises(WhistleError):
        world.desks[ANA].file(world.only_case(ANA).name, second.commitment, 0)


def test_a_layout_that_does_not_add_up(world: World, forger: Forger) -> None:
    writer = StreamWriter(partial(Row, key=bytes(32)))
    chunks = [*writer.begin("a.txt", "text/plain"), *writer.write(b"x"), *writer.finish()]
    world.shelf.put_chunks(chunks)
    files = tuple(replace(file, chunk=3) for file in writer.files)
    world.put(forger.seal(forger.message(content=Content("mine", None, files), stream=writer.reference)))
    assert only_fault(world) == "StreamMalformed"


def test_bytes_that_belong_to_no_file(world: World, forger: Forger) -> None:
    writer = StreamWriter(partial(Row, key=bytes(32)))
    chunks = [*writer.begin("a.txt", "text/plain"), *writer.write(b"seen, and hidden"), *writer.finish()]
    world.shelf.put_chunks(chunks)
    files = tuple(replace(file, size=4) for file in writer.files)
    world.put(forger.seal(forger.message(content=Content("mine", None, files), stream=writer.reference)))
    assert only_fault(world) == "StreamAltered"


def test_a_withdraw_by_somebody_else(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message()))
    world.sync(ANA)
    thread = forger.keys.thread
    withdraw = Withdraw(thread, 1, "unknown", world.today, "en", 1, (ANA, BO), ())
    world.put(forger.seal(withdraw, author=Identity.generate()))
    assert only_fault(world) == "SenderUnproven"
    assert not world.only_case(ANA).withdrawn
    assert world.only_case(ANA).faults


def test_gaps_and_misfits_are_shown(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message()))
    world.put(forger.seal(forger.message(2, previous=bytes(32))))
    world.put(forger.seal(forger.message(3, previous=b"x" * 32)))
    world.sync(ANA)
    case = world.only_case(ANA)
    assert case.missing == (range(1, 2),)
    assert case.missing_numbers == "2"
    assert [item.index for item in case.misfits] == [3]


def test_a_source_that_claims_a_number_of_thousands_of_millions_costs_nothing(world: World, forger: Forger) -> None:
    world.put(forger.seal(forger.message()))
    world.put(forger.seal(forger.message(INDEX_LIMIT, previous=UNKNOWN)))
    world.sync(ANA)
    assert world.only_case(ANA).missing_numbers == f"2–{INDEX_LIMIT}"


def test_a_reply_by_no_colleague_is_looked_for_in_no_thread(world: World, forger: Forger) -> None:
    """One of every number, each hashed with every thread, would keep a console busy for hours."""
    world.put(forger.seal(forger.message()))
    world.sync(ANA)
    cases = world.desks[ANA]._open().book.cases
    for index in range(1, 4):
        reply = Reply(index, world.today, "en", BO, world.statements[BO], (ANA, BO), (), Content("I am Bo"), None)
        world.put(forger.seal(reply))
    world.sync(ANA)
    assert not cases._places
    assert [fault.error for fault in world.desks[ANA].journal.faults] == ["SenderUnproven"] * 3


def test_no_two_cases_have_one_label(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With thousands of cases two would, and neither could be opened."""
    drawn = [b"same" + bytes([number]) * 28 for number in (1, 2)] + [b"else" + bytes(28)]
    monkeypatch.setattr("whistle.console.judging.token_bytes", lambda _size: drawn.pop(0))
    for text in ("one", "two"):
        world.tell(Receipt.generate(), text)
    world.sync(ANA)
    assert {case.name[:4] for case in world.desks[ANA].inbox()} == {b"same", b"else"}
    for case in world.desks[ANA].inbox():
        assert world.desks[ANA].case(case.label) == case


def test_a_listing_that_goes_back_ends(world: World) -> None:
    world.put_decoys(wire.LISTING_PAGE)
    first = world.shelf.messages_of(world.today, b"", wire.LISTING_PAGE)
    courier = world.courier()
    courier.meddle = lambda page: first if page or len(courier.calls) > 5 else page
    with pytest.raises(AnswerMalformed):
        world.sync(ANA, courier)


def test_a_server_that_shows_junk_stops_nothing(world: World) -> None:
    """Bytes of the right size that are nothing at all, between true records."""
    world.tell(Receipt.generate(), "true")
    courier = world.courier()
    junk = [Record(bytes([number]) * 32, bytes(32), bytes([number % 2]) * labels.SEALED_SIZE) for number in range(8)]
    courier.meddle = lambda records: junk + records
    assert world.sync(ANA, courier).messages == 1
    assert world.desks[ANA].journal.faults == ()


# --- over an air gap


def carried(world: World, number: int) -> CarriedCourier:
    """Write everything that is on the shelf to a file, and return a courier over it."""
    days = [world.today - timedelta(days=day) for day in reversed(range(KEEP_DAYS + 1))]
    path = world.folder / f"out-{number}"
    with path.open("wb") as stream:
        listed = ((day, world.shelf.messages_of(day, b"", 10_000)) for day in days)
        carry_out(stream, bytes(world.published), listed, world.chunks)
    return CarriedCourier(path, world.folder / f"in-{number}")


def test_a_report_and_its_answer_cross_an_air_gap(world: World) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "The tender was fixed.", files=[("a.txt", b"a" * 300_000)])
    with carried(world, 1) as courier:
        assert world.sync(ANA, courier).messages == 1
        case = world.only_case(ANA)
        assert case.items[0].state is ItemState.COMPLETE
        world.desks[ANA].reply(courier, case.name, Answer("Thank you."))
        world.rotate(ANA)
        world.sync(ANA, courier)
    newest = world.statements.pop(ANA)
    with (world.folder / "in-1").open("rb") as stream:
        assert carry_in(stream, world.courier()).taken == 0
    assert world.statements[ANA] == newest
    source = world.source(receipt)
    (reply,) = (source.load(each) for each in source.visit().replies)
    assert reply.content == Content("Thank you.")


def test_an_old_carried_file_closes_no_day_that_it_does_not_know(world: World) -> None:
    with carried(world, 1) as old:
        world.sleep(5)
        world.tell(Receipt.generate(), "after the file was written")
        world.sleep(5)
        world.sync(ANA, old)
    assert world.desks[ANA].synced == FIRST_DAY
    with carried(world, 2) as new:
        assert world.sync(ANA, new).messages == 1
    assert world.desks[ANA].synced == world.today
    with carried(world, 3) as again:
        again._days = {FIRST_DAY: []}
        assert world.sync(ANA, again).messages == 0
        assert world.desks[ANA].synced == world.today
        again._days = {}
        with pytest.raises(CarriedMalformed):
            world.sync(ANA, again)
