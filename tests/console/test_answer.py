from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import pytest

from tests.console.world import ANA, BO, CHI, DirectCourier, World
from whistle.console.answer import Answer, Attachment, addressees
from whistle.console.case import ItemKind, ItemState
from whistle.errors import (
    AddressTaken,
    BodyMalformed,
    KeyLapsed,
    NobodyChoseYou,
    NothingToSay,
    ReaderClosed,
    StatementRejected,
    TooLarge,
    Unreachable,
)
from whistle.protocol import labels
from whistle.protocol.keyring import Role
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.stream import StreamReader
from whistle.source import ReceivedReply

RECEIPT = Receipt(bytes(range(16)))


def attachment(name: str, data: bytes) -> Attachment:
    return Attachment(name, "text/plain", BytesIO(data))


def received(world: World) -> tuple[ReceivedReply, ...]:
    """Return what the source finds when she comes back, the oldest first."""
    source = world.source(RECEIPT)
    return tuple(sorted((source.load(reply) for reply in source.visit().replies), key=lambda reply: reply.index))


def down(world: World, index: int) -> Record:
    (found,) = world.shelf.fetch([world.keys(RECEIPT).thread.address(labels.DOWN, index)])
    assert found is not None
    return Record.parse(found)


@pytest.fixture(autouse=True)
def report(world: World) -> None:
    """Let the source report, and Ana read it."""
    world.tell(RECEIPT, "The tender was fixed.")
    world.sync(ANA)


@pytest.mark.parametrize("text", ["Thank you.", "谢谢", "no " * 40_000, "🙊" * 9_000])
def test_a_reply_reaches_the_source_and_a_colleague(world: World, text: str) -> None:
    world.answer(ANA, text)
    (reply,) = received(world)
    assert reply.content is not None
    assert (reply.content.text, reply.author, reply.readers, reply.doubt) == (text, "ana", ("ana", "bo"), False)
    world.sync(BO)
    items = world.only_case(BO).items
    assert [item.text for item in items] == ["The tender was fixed.", text]
    assert world.only_case(ANA).items[1].text == text
    assert world.reopen(ANA).inbox()[0].items[1].text == text


def test_files_travel_with_it(world: World) -> None:
    files = {"a.txt": b"a" * 70_000, "empty": b"", "план.pdf": bytes(range(256))}
    world.answer(ANA, "", attachments=[attachment(f"/home/ana/{name}", data) for name, data in files.items()])
    (reply,) = received(world)
    source = world.source(RECEIPT)
    assert {file.name: b"".join(source.file(reply, file)) for file in reply.files} == files
    world.sync(BO)
    for desk in (world.desks[ANA], world.desks[BO]):
        case = desk.inbox()[0]
        item = case.items[1]
        got = {each.name: b"".join(desk.file(case.name, item.commitment, n)[1]) for n, each in enumerate(item.files)}
        assert got == files


def test_so_many_files_that_their_table_moves_to_the_stream(world: World) -> None:
    files = [attachment(f"{number:03}-{Receipt.generate().words()}", b"x") for number in range(200)]
    world.answer(ANA, "see", attachments=files)
    (reply,) = received(world)
    assert len(reply.files) == 200


def test_it_echoes_the_newest_64_and_goes_above_everything(world: World) -> None:
    for number in range(66):
        world.tell(RECEIPT, f"more {number}")
    world.sync(ANA)
    world.answer(ANA, "first")
    world.answer(ANA, "second")
    echoes = world.only_case(ANA).items[-1].echoes
    assert [echo.index for echo in echoes] == list(range(3, 67))
    assert [reply.index for reply in received(world)] == [0, 1]


def test_it_goes_above_what_lies_there_unread(world: World) -> None:
    """Numbers taken on the shelf by records that this console cannot open, beyond one look."""
    thread = world.keys(RECEIPT).thread
    for index in (0, 3, 64, 65):
        world.put(Record(thread.address(labels.DOWN, index), bytes(32), bytes(labels.SEALED_SIZE)))
    world.answer(ANA)
    assert world.only_case(ANA).items[-1].index == 66


def test_colleagues_who_write_at_the_same_time_get_different_numbers(world: World) -> None:
    world.sync(BO)
    case = world.only_case(BO)

    class Late(DirectCourier):
        """Ana's reply is stored between Bo's look and Bo's put."""

        def look(self, addresses):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - as the class it replaces
            found = super().look(addresses)
            if "late" not in self.calls:
                self.calls.append("late")
                world.answer(ANA, "by Ana", attachments=[attachment("a", b"a")])
            return found

    item = world.desks[BO].reply(Late(world), case.name, Answer("by Bo", attachments=[attachment("b", b"b" * 99)]))
    assert (item.index, item.state) == (1, ItemState.COMPLETE)
    source = world.source(RECEIPT)
    first, second = received(world)
    assert [first.author, second.author] == ["ana", "bo"]
    assert b"".join(source.file(second, second.files[0])) == b"b" * 99
    assert [item.index for item in world.reopen(BO).inbox()[0].items] == [0, 1]


def test_sealed_again_with_a_newer_key_its_files_can_still_be_burned(world: World) -> None:
    """Its chunks were sealed and put with the tokens of the old key."""
    answer = Answer("by Ana", attachments=[attachment("a", b"a" * 99)])
    courier = world.courier()
    courier.fail_at = 3
    with pytest.raises(Unreachable):
        world.desks[ANA].reply(courier, world.only_case(ANA).name, answer)
    assert courier.calls[-1] == "put message"
    world.sync(BO)
    world.answer(BO, "by Bo, under the number that Ana's was to have")
    world.rotate(ANA)
    world.sync(ANA)
    item = next(item for item in world.only_case(ANA).items if item.text == "by Ana")
    assert (item.index, item.state) == (1, ItemState.COMPLETE)
    assert item.stream is not None
    reader = StreamReader(item.stream)
    addresses = [reader.address(index) for index in range(item.stream.chunks)]
    assert world.shelf.look(addresses) == [True] * len(addresses)
    world.desks[ANA].delete(world.only_case(ANA).name, world.courier())
    assert world.shelf.look(addresses) == [False] * len(addresses)


def test_a_shelf_on_which_every_number_is_taken_ends(world: World) -> None:
    class Full(DirectCourier):
        def put_message(self, record: Record) -> None:
            self.calls.append(record.address.hex())
            raise AddressTaken

    with pytest.raises(AddressTaken):
        world.desks[ANA].reply(Full(world), world.only_case(ANA).name, Answer("hello"))
    world.sync(ANA)
    assert len(received(world)) == 1


def test_a_shelf_that_shows_every_address_in_use_ends(world: World) -> None:
    """Meanwhile nobody could lock the console."""

    class Endless(DirectCourier):
        def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
            self.calls.append("look")
            return (True,) * len(addresses)

        def put_message(self, _record: Record) -> None:
            raise AddressTaken

    courier = Endless(world)
    with pytest.raises(AddressTaken):
        world.desks[ANA].reply(courier, world.only_case(ANA).name, Answer("hello"))
    assert len(courier.calls) < 200
    world.sync(ANA)
    assert len(received(world)) == 1


@pytest.mark.parametrize("lost", [True, False])
def test_a_reply_that_was_cut_off_is_sent_again_byte_by_byte(world: World, *, lost: bool) -> None:
    """At whatever call it fails, with the answer lost or not, the source gets one reply, whole."""
    case = world.only_case(ANA)
    for call in range(1, 6):
        courier = world.courier()
        courier.fail_at, courier.lost = call, lost
        answer = Answer(f"reply {call}", attachments=[attachment("a", bytes([call]) * 1_400_000)])
        try:
            world.desks[ANA].reply(courier, case.name, answer)
        except Unreachable:
            world.reopen(ANA)
    pending = [item for item in world.only_case(ANA).items if item.state is ItemState.SENDING]
    sealed = {item.index: item.outgoing.record for item in pending if item.outgoing is not None}
    assert pending
    world.sync(ANA)
    world.sleep()  # there are more of them than places left for today
    world.sync(ANA)
    assert all(item.state is ItemState.COMPLETE for item in world.only_case(ANA).items)
    assert {index: bytes(down(world, index)) for index in sealed} == sealed
    source = world.source(RECEIPT)
    for reply in received(world):
        assert reply.content is not None
        number = int(reply.content.text.split()[1])
        assert b"".join(source.file(reply, reply.files[0])) == bytes([number]) * 1_400_000


def test_chunks_first_and_the_message_last(world: World) -> None:
    courier = world.courier()
    answer = Answer("see", attachments=[attachment("a", bytes(2_000_000))])
    world.desks[ANA].reply(courier, world.only_case(ANA).name, answer)
    assert courier.calls == ["look", "put chunks", "put chunks", "put message"]


def test_only_whom_the_source_chose_can_read_it(world: World) -> None:
    world.sleep()
    world.tell(RECEIPT, "Only Ana from now on.", readers=(ANA,))
    world.sync(ANA)
    assert [person.id for person in world.desks[ANA].addressees(world.only_case(ANA).name).open] == [ANA]
    world.answer(ANA, "between us")
    assert received(world)[0].readers == ("ana",)
    world.sync(BO)
    assert [item.text for item in world.only_case(BO).items] == ["The tender was fixed."]


def test_who_was_not_chosen_cannot_answer(world: World) -> None:
    world.sync(BO)
    world.sleep()
    world.tell(RECEIPT, "Only Ana from now on.", readers=(ANA,))
    world.sync(ANA)
    world.answer(ANA, "between us")
    case = world.only_case(ANA)
    assert case.readers == (ANA,)
    with pytest.raises(NobodyChoseYou):
        addressees(case, world.directory, BO)


def test_an_unknown_list_preselects_nobody(world: World) -> None:
    """A colleague's reply echoes a message that is not here: the list in force may be another one."""
    case = world.only_case(ANA)
    world.answer(ANA)
    item = world.only_case(ANA).items[-1]
    later = replace(item, echoes=(replace(item.echoes[0], index=1),))
    assert case.readers == (ANA, BO)
    assert replace(case, items=(*case.items, later)).readers == ()


def test_a_closed_reader_is_named_and_left_out_only_when_confirmed(world: World) -> None:
    del world.statements[BO]
    world.sync(ANA)
    case = world.only_case(ANA)
    to = world.desks[ANA].addressees(case.name)
    assert [person.name for person in to.open] == ["ana"]
    assert [(person.name, type(error)) for person, error in to.closed] == [("bo", StatementRejected)]
    with pytest.raises(ReaderClosed, match="bo"):
        world.desks[ANA].reply(world.courier(), case.name, Answer("hello"))
    world.desks[ANA].reply(world.courier(), case.name, Answer("hello"), without=[BO])
    assert received(world)[0].readers == ("ana",)


def test_a_lapsed_key_is_said(world: World) -> None:
    world.sleep(29)
    world.sync(ANA)
    world.sleep(1)
    with pytest.raises(KeyLapsed):
        world.answer(ANA)
    world.rotate(ANA)
    world.rotate(BO)
    world.sync(ANA)
    world.answer(ANA)


def test_a_reply_after_a_rotation_verifies(world: World) -> None:
    world.rotate(ANA)
    world.answer(ANA, "with the new key, not yet published")
    world.rotate(BO)
    world.sync(BO)
    world.sync(ANA)
    world.answer(ANA, "to the new key of Bo")
    world.sync(BO)
    assert [item.text for item in world.only_case(BO).items][1:] == [
        "with the new key, not yet published",
        "to the new key of Bo",
    ]
    assert len(received(world)) == 2


def test_either_side_can_burn_a_reply(world: World) -> None:
    world.answer(ANA, "burn this", attachments=[attachment("a", b"a" * 40_000)])
    outgoing = world.only_case(ANA).items[-1].outgoing
    assert outgoing is not None
    assert burn_hash(outgoing.token) == down(world, 0).burn_hash
    stream = world.only_case(ANA).items[-1].stream
    assert stream is not None
    assert len(outgoing.chunk_tokens) == stream.chunks
    name = world.only_case(ANA).name
    world.rotate(ANA)
    before = world.shelf.look([world.keys(RECEIPT).thread.address(labels.DOWN, 0)])
    world.desks[ANA].delete(name, world.courier())
    after = world.shelf.look([world.keys(RECEIPT).thread.address(labels.DOWN, 0)])
    assert (before, after) == ([True], [False])
    assert received(world) == ()


def test_nothing_to_say_and_too_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToSay):
        world.answer(ANA, "  \n ")
    with pytest.raises(BodyMalformed):
        world.answer(ANA, "\ud800")
    monkeypatch.setattr("whistle.console.answer.CHUNK_LIMIT", 20)
    with pytest.raises(TooLarge):
        world.answer(ANA, "see", attachments=[attachment("a", bytes(2_000_000))])
    assert received(world) == ()
    assert [*(world.folder / "ana" / "files").iterdir()] == []


def test_a_custodian_has_nobody_to_answer(world: World) -> None:
    world.tell(Receipt.generate(), "report", contact="me")
    world.sync(CHI)
    with pytest.raises(NobodyChoseYou):
        world.answer(CHI)
    assert world.desks[CHI].me.role is Role.CUSTODIAN


def test_own_replies_are_not_unread_and_not_taken_twice(world: World) -> None:
    world.answer(ANA)
    assert world.sync(ANA).replies == 0
    case = world.only_case(ANA)
    assert [item.kind for item in case.items] == [ItemKind.MESSAGE, ItemKind.REPLY]
    assert [item.kind for item in case.unread] == [ItemKind.MESSAGE]
