from dataclasses import replace

import pytest

from tests.protocol import cast
from tests.source.stage import KEYS, RECEIPT, ShelfCourier, Stage
from whistle.errors import NothingFound, ReadersRejected, RecordAltered, RecordMalformed, StreamKeyReused
from whistle.protocol import labels
from whistle.protocol.content import Content, Echo
from whistle.protocol.receipt import Receipt
from whistle.protocol.sealing import decoy
from whistle.source import Source

ONE_VISIT = [("look", 4_096), ("fetch", 256)]


def calls_of(stage: Stage) -> list[tuple[str, int]]:
    courier = ShelfCourier(stage.shelf)
    Source(courier, stage.directory, RECEIPT).visit()
    return courier.calls


def test_a_visit_tells_what_is_stored_and_who_reads(stage: Stage) -> None:
    sent = stage.tell()
    visit = stage.source.visit()
    assert (visit.stored, visit.newest, visit.next_index) == ((0,), 0, 1)
    assert visit.commitment == sent.commitment
    assert (visit.channel, visit.readers, visit.preselected) == (1, (cast.ANA, cast.BO), (cast.ANA, cast.BO))
    assert (visit.received_by, visit.replies, visit.older, visit.problems, visit.withdrawn) == ((), (), None, (), False)


def test_a_verified_reply_is_shown_with_its_author(stage: Stage) -> None:
    stage.tell()
    stage.answer(0, "When was this?")
    visit = stage.source.visit()
    (reply,) = visit.replies
    assert (reply.number, reply.day, reply.author, reply.readers) == (1, cast.TODAY, "Ana", ("Ana", "Bo"))
    assert reply.content == Content("When was this?")
    assert reply.doubt is False
    assert visit.received_by == ("Ana",)


def test_received_is_said_only_of_the_commitment_that_lies_there(stage: Stage) -> None:
    stage.tell()
    stage.answer(0, echoes=(Echo(0, cast.chance("another", 32)),))
    assert stage.source.visit().received_by == ()


def test_the_calls_are_the_same_whether_or_not_replies_wait(stage: Stage) -> None:
    stage.tell()
    assert calls_of(stage) == ONE_VISIT
    for index in range(7):
        stage.answer(index)
        assert calls_of(stage) == ONE_VISIT
    for index in range(7, 30):
        stage.answer(index)
    assert calls_of(stage) == ONE_VISIT


def test_a_reply_with_files_or_a_long_text_needs_no_other_calls(stage: Stage) -> None:
    stage.tell()
    stage.answer_with_files(0, {"a.txt": b"a" * 100_000}, "long " * 10_000)
    assert calls_of(stage) == ONE_VISIT


def test_wrong_words_and_an_expired_thread_look_the_same(stage: Stage) -> None:
    stage.tell()
    stranger = ShelfCourier(stage.shelf)
    with pytest.raises(NothingFound):
        Source(stranger, stage.directory, Receipt(bytes(16))).visit()
    assert stranger.calls == [("look", 4_096), ("look", 4_096), ("fetch", 256)]


def test_replies_are_found_after_the_first_messages_expired(stage: Stage) -> None:
    stage.put(cast.seal_message(KEYS, cast.message(KEYS, index=70, previous="unknown")))
    visit = stage.source.visit()
    assert (visit.stored, visit.newest, visit.next_index) == ((70,), 70, 71)
    assert [name for name, _size in stage.courier.calls] == ["look", "look", "fetch"]


@pytest.mark.parametrize(("index", "looks"), [(55, 1), (56, 2), (63, 2)])
def test_another_look_follows_where_the_window_is_nearly_full(stage: Stage, index: int, looks: int) -> None:
    stage.tell()
    stage.put(cast.seal_message(KEYS, cast.message(KEYS, index=index, previous="unknown")))
    assert stage.source.visit().next_index == index + 1
    assert [name for name, _size in stage.courier.calls[2:]] == ["look"] * looks + ["fetch"]


def test_older_replies_come_on_request(stage: Stage) -> None:
    stage.tell()
    for index in range(16):
        stage.answer(index)
    first = stage.source.visit()
    assert [reply.index for reply in first.replies] == [15, 14, 13, 12, 11, 10, 9]
    assert first.older == 9
    second = stage.source.visit(before=first.older)
    assert [reply.index for reply in second.replies] == [8, 7, 6, 5, 4, 3, 2]
    third = stage.source.visit(before=second.older)
    assert [reply.index for reply in third.replies] == [1, 0]
    assert third.older is None


def test_a_reply_that_does_not_hold_is_skipped_and_reported(stage: Stage) -> None:
    stage.tell()
    for index in range(9):
        stage.answer(index)
    broken = cast.flipped(stage.answer_at_hand(9), labels.RECORD_SIZE - 1)
    stage.put(broken)
    visit = stage.source.visit()
    assert [reply.index for reply in visit.replies] == [8, 7, 6, 5, 4, 3, 2]
    assert [(problem.ours, problem.index, type(problem.error)) for problem in visit.problems] == [
        (False, 9, RecordAltered)
    ]
    assert visit.problems[0].message().startswith("Reply 10 was not shown: This record was changed")
    assert visit.older == 2


def test_a_flood_of_rubbish_ends(stage: Stage) -> None:
    stage.tell()
    for index in range(400):
        stage.put(replace(decoy(), address=KEYS.thread.address(labels.DOWN, index)))
    visit = stage.source.visit()
    assert visit.replies == ()
    assert visit.older is not None
    assert stage.courier.calls.count(("fetch", 256)) < 20


def test_rubbish_above_our_newest_preselects_nobody(stage: Stage) -> None:
    stage.tell()
    stage.put(replace(decoy(), address=KEYS.thread.address(labels.UP, 1)))
    visit = stage.source.visit()
    assert (visit.newest, visit.readers, visit.preselected) == (0, (cast.ANA, cast.BO), ())
    assert visit.next_index == 2
    assert [(problem.ours, problem.index) for problem in visit.problems] == [(True, 1)]


def test_our_newest_is_found_beneath_much_rubbish(stage: Stage) -> None:
    stage.tell()
    for index in range(1, 50):
        stage.put(replace(decoy(), address=KEYS.thread.address(labels.UP, index)))
    visit = stage.source.visit()
    assert (visit.newest, visit.channel, visit.preselected, len(visit.problems)) == (0, 1, (), 49)


def test_an_echo_of_a_message_that_is_hidden_preselects_nobody(stage: Stage) -> None:
    stage.tell()
    echo = stage.echo(0)
    stage.answer(0, echoes=(echo, Echo(1, cast.chance("hidden", 32))))
    visit = stage.source.visit()
    assert visit.preselected == ()
    assert visit.next_index == 2


def test_an_echo_cannot_send_the_next_message_out_of_sight(stage: Stage) -> None:
    stage.tell()
    stage.answer(0, echoes=(stage.echo(0), Echo(2**32 - 1, bytes(32))))
    visit = stage.source.visit()
    assert visit.next_index == 1
    assert visit.preselected == ()


def test_readers_whom_the_source_never_chose_are_refused(stage: Stage) -> None:
    stage.tell(readers=(cast.ANA,))
    stage.answer(0, readers=(cast.ANA, cast.BO))
    visit = stage.source.visit()
    assert visit.replies == ()
    assert [type(problem.error) for problem in visit.problems] == [ReadersRejected]


def test_a_reply_written_under_an_older_list_is_judged_by_it(stage: Stage) -> None:
    stage.tell()
    echo = stage.echo(0)
    stage.tell("Bo must not read this any more.", readers=(cast.ANA,))
    stage.answer(0, echoes=(echo,))
    stage.answer(1, readers=(cast.ANA, cast.BO), echoes=(echo, stage.echo(1)))
    visit = stage.source.visit()
    assert [reply.index for reply in visit.replies] == [0]
    assert visit.replies[0].doubt is False
    assert [(problem.index, type(problem.error)) for problem in visit.problems] == [(1, ReadersRejected)]


def test_an_echo_of_other_words_does_not_bring_an_older_list_back(stage: Stage) -> None:
    stage.tell()
    stage.tell("Bo must not read this any more.", readers=(cast.ANA,))
    stage.answer(0, readers=(cast.ANA, cast.BO), echoes=(Echo(0, cast.chance("other words", 32)),))
    visit = stage.source.visit()
    assert visit.replies == ()
    assert [type(problem.error) for problem in visit.problems] == [ReadersRejected]


def test_a_reply_whose_list_is_gone_is_shown_with_doubt(stage: Stage) -> None:
    stage.tell()
    stage.answer(0)
    stage.shelf.burn([KEYS.burn_token(KEYS.thread.address(labels.UP, 0))])
    visit = stage.source.visit()
    assert (visit.newest, visit.readers, visit.preselected, visit.next_index) == (None, None, (), 1)
    assert [reply.doubt for reply in visit.replies] == [True]


def test_a_stream_key_is_never_met_twice(stage: Stage) -> None:
    stage.tell()
    stage.answer_with_files(0, {"a": b"a"})
    (reply,) = stage.source.visit().replies
    stage.answer(1, content=reply.content, stream=reply.stream)
    visit = stage.source.visit()
    assert [reply.index for reply in visit.replies] == [0]
    assert [(problem.index, type(problem.error)) for problem in visit.problems] == [(1, StreamKeyReused)]


def test_other_bytes_for_an_address_in_use_are_reported(stage: Stage) -> None:
    stage.tell()

    class Withholding(ShelfCourier):
        def fetch(self, addresses: object) -> tuple[bytes, ...]:
            del addresses
            return (cast.chance("noise", labels.RECORD_SIZE),) * 8

    visit = Source(Withholding(stage.shelf), stage.directory, RECEIPT).visit()
    assert (visit.newest, visit.preselected) == (None, ())
    assert [type(problem.error) for problem in visit.problems] == [RecordMalformed]
