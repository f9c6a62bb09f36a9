from dataclasses import replace
from io import BytesIO

import pytest

from tests.protocol import cast
from tests.source.stage import KEYS, Stage, draft
from whistle.errors import CourierError, NobodyToRead, NothingFound, ReaderUnavailable
from whistle.protocol import labels
from whistle.protocol.message import Withdraw
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy
from whistle.protocol.stream import StreamReader
from whistle.source import Attachment

READERS = (cast.ANA, cast.BO)


def report(stage: Stage) -> list[Record]:
    """Send a report with files and contact details, a follow-up, and two replies; return all records put."""
    files = [Attachment("a", "", BytesIO(bytes(600_000))), Attachment("b", "", BytesIO(b"b"))]
    stage.tell("Report.", *files, contact="Mo", custodians=(cast.CHI,))
    stage.tell("More. " + cast.chance("noise", 30_000).hex())
    stage.answer(0)
    stage.answer_with_files(1, {"c": b"c" * 50_000})
    return [Record.parse(each) for each in stage.courier.put]


def left(stage: Stage, records: list[Record]) -> list[Record]:
    return [record for record in records if stage.rests(record.address)]


def chunks_of_replies(stage: Stage) -> list[bytes]:
    """Return where the chunks of all replies lie."""
    streams = [reply.stream for reply in stage.source.visit().replies if reply.stream is not None]
    found = [StreamReader(stream).address(index) for stream in streams for index in range(stream.chunks)]
    assert len(found) == 8
    assert all(map(stage.rests, found))
    return found


def withdraw_at(stage: Stage, index: int, person: int = cast.ANA) -> Withdraw:
    body = stage.read_up(index, person).body
    assert isinstance(body, Withdraw)
    return body


def test_withdraw_tells_first_and_leaves_nothing(stage: Stage) -> None:
    records = report(stage)
    commitments = (stage.echo(0).commitment, stage.echo(1).commitment)
    chunks = chunks_of_replies(stage)
    withdrawn = stage.source.withdraw(READERS, "en", also_replies=True)
    assert (withdrawn.messages, withdrawn.replies, withdrawn.problems) == ((0, 1), (0, 1), ())
    assert left(stage, records) == []
    assert not any(map(stage.rests, chunks))
    for person in READERS:
        body = withdraw_at(stage, 2, person)
        assert (body.commitments, body.previous, body.readers) == (commitments, commitments[1], READERS)
    # Nothing else rests on the shelf: no chunk, no contact, no reply.
    for _step in stage.shelf.tidy():
        pass
    assert [record.address for record in stage.everything()] == [KEYS.thread.address(labels.UP, 2)]
    names = [name for name, _size in stage.courier.calls]
    assert names.index("burn") > max(at for at, name in enumerate(names) if name == "put message")


def test_replies_stay_unless_asked(stage: Stage) -> None:
    report(stage)
    stage.source.withdraw(READERS, "en")
    visit = stage.source.visit()
    assert [reply.index for reply in visit.replies] == [1, 0]
    assert (visit.withdrawn, visit.newest, visit.stored) == (True, 2, (2,))
    reply = visit.replies[0]
    assert b"".join(stage.source.file(reply, reply.files[0])) == b"c" * 50_000


def test_after_a_withdraw_the_source_may_write_again(stage: Stage) -> None:
    report(stage)
    stage.source.withdraw(READERS, "en")
    sent = stage.source.prepare(draft("I changed my mind."), (), stage.source.visit()).send()
    assert sent.index == 3
    assert stage.source.visit().withdrawn is False


def test_a_second_withdraw_keeps_what_the_first_said(stage: Stage) -> None:
    report(stage)
    stage.source.withdraw(READERS, "en")
    again = stage.source.withdraw(READERS, "en", also_replies=True)
    assert (again.messages, again.replies) == ((), (0, 1))
    assert len(withdraw_at(stage, 2).commitments) == 2
    assert not stage.rests(KEYS.thread.address(labels.UP, 3))


def test_a_withdraw_that_failed_anywhere_can_be_done_again(stage: Stage) -> None:
    records = report(stage)
    before = len(stage.courier.calls)
    commitments = {stage.echo(0).commitment, stage.echo(1).commitment}
    for call in range(1, 40):
        stage.courier.fail_at = before + call
        try:
            stage.source.withdraw(READERS, "en", also_replies=True)
        except CourierError:
            before = len(stage.courier.calls)
            continue
        break
    else:
        pytest.fail("no withdraw came to its end")
    assert left(stage, records) == []
    told: set[bytes] = set()
    for index in stage.source.visit().stored:
        told.update(withdraw_at(stage, index).commitments)
    assert told == commitments


def test_nobody_told_means_nothing_burned(stage: Stage) -> None:
    records = report(stage)
    with pytest.raises(NobodyToRead):
        stage.source.withdraw((), "en")
    with pytest.raises(ReaderUnavailable):
        stage.source.withdraw((cast.CHI,), "en")
    assert left(stage, records) == records


def test_records_of_strangers_are_left_and_reported(stage: Stage) -> None:
    stage.tell()
    stage.put(replace(decoy(), address=KEYS.thread.address(labels.UP, 1)))
    withdrawn = stage.source.withdraw(READERS, "en")
    assert withdrawn.messages == (0,)
    assert [(problem.ours, problem.index) for problem in withdrawn.problems] == [(True, 1)]
    assert withdraw_at(stage, 2).previous == "unknown"
    assert stage.rests(KEYS.thread.address(labels.UP, 1))


def test_more_messages_than_one_withdraw_can_name(stage: Stage) -> None:
    for index in range(205):
        previous = None if index == 0 else "unknown"
        stage.put(cast.seal_message(KEYS, cast.message(KEYS, index=index, previous=previous)))
    assert len(stage.source.withdraw(READERS, "en").messages) == 205
    assert [len(withdraw_at(stage, index).commitments) for index in (205, 206)] == [200, 5]


def test_nothing_to_withdraw(stage: Stage) -> None:
    with pytest.raises(NothingFound):
        stage.source.withdraw(READERS, "en")
