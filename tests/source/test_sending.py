from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocol import cast
from tests.source.stage import KEYS, RECEIPT, ShelfCourier, Stage, draft
from whistle.errors import (
    AddressTaken,
    AlreadySent,
    BodyMalformed,
    CourierError,
    KeyringMalformed,
    NobodyToRead,
    NotForMe,
    ReaderUnavailable,
    SendingBroken,
    TooLarge,
    Unreachable,
)
from whistle.protocol import labels
from whistle.protocol.canonical import base64
from whistle.protocol.content import Answers, Content
from whistle.protocol.labels import CHUNK_TEXT_SIZE
from whistle.protocol.message import Message, Withdraw
from whistle.protocol.reading import check_contact, check_up, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy
from whistle.protocol.stream import Layout, StreamReader
from whistle.protocol.thread import SourceKeys
from whistle.source import Attachment, Sending, Source

SCRIPTS = {"latin": "a", "arabic": "ض", "chinese": "贪", "thai": "ก", "emoji": "🕊"}


def attachment(name: str, data: bytes) -> Attachment:
    return Attachment(name, "text/plain", BytesIO(data))


def message(stage: Stage, index: int, person: int = cast.ANA) -> Message:
    body = stage.read_up(index, person).body
    assert isinstance(body, Message)
    return body


def files(stage: Stage, body: Message) -> dict[str, bytes]:
    """Read every file of a message as its reviewers do."""
    assert body.stream is not None
    reader = StreamReader(body.stream)
    texts = [reader.open(index, stage.record(reader.address(index))) for index in range(body.stream.chunks)]
    reader.finish()
    part = reader.part_chunks()
    content = body.content or reader.open_part([texts[index] for index in part])
    layout = Layout(body.stream, content.files)
    return {
        file.name: b"".join(layout.data(index, texts[index]) for index in layout.chunks(file)) for file in content.files
    }


def content(stage: Stage, body: Message) -> Content:
    if body.content is not None:
        return body.content
    assert body.stream is not None
    reader = StreamReader(body.stream)
    return reader.open_part([reader.open(index, stage.record(reader.address(index))) for index in reader.part_chunks()])


def test_a_report_is_what_its_readers_open(stage: Stage) -> None:
    sent = stage.tell("The tender was fixed.", answers=Answers("story/1", {"where": "port"}))
    assert (sent.index, sent.readers) == (0, ("Ana", "Bo"))
    for person in (cast.ANA, cast.BO):
        opened = stage.read_up(0, person)
        assert opened.body == message(stage, 0)
        assert opened.opened.commitment == sent.commitment
    body = message(stage, 0)
    assert body.content == Content("The tender was fixed.", Answers("story/1", {"where": "port"}))
    assert (body.index, body.previous, body.day, body.readers) == (0, None, cast.TODAY, (cast.ANA, cast.BO))
    assert (body.stream, body.reference) == (None, None)


def test_a_follow_up_names_the_message_before(stage: Stage) -> None:
    first = stage.tell()
    second = stage.tell("One more thing.")
    assert (second.index, message(stage, 1).previous) == (1, first.commitment)


def test_an_exclusion_survives_with_nothing_but_the_receipt(stage: Stage) -> None:
    stage.tell(readers=(cast.BO,))
    visit = stage.source.visit()
    assert visit.preselected == (cast.BO,)
    stage.source.prepare(draft("More.", readers=visit.preselected), (), visit).send()
    assert message(stage, 1, cast.BO).readers == (cast.BO,)
    with pytest.raises(NotForMe):
        stage.read_up(1, cast.ANA)


@pytest.mark.parametrize("script", SCRIPTS)
def test_10_and_4000_characters_look_the_same(stage: Stage, script: str) -> None:
    courier, traces = stage.courier, []
    for number, length in enumerate((10, 4_000)):
        # Words of a script, not one character again and again, which would compress to nothing.
        text = "".join(chr(ord(SCRIPTS[script]) + at * 7 % 40) for at in range(length))
        courier.calls.clear()
        source = Source(courier, stage.directory, Receipt(bytes([number]) * 16))
        source.prepare(draft(text)).send()
        traces.append(list(courier.calls))
    assert traces[0] == traces[1] == [("look", 4_096), ("put message", 32_768)]
    assert {len(record) for record in courier.put} == {32_768}


def test_files_arrive_byte_for_byte_under_their_names(stage: Stage) -> None:
    given_files = {"документ.pdf": b"%PDF" + bytes(range(256)) * 300, "空.txt": b"", "c": b"c" * CHUNK_TEXT_SIZE * 2}
    stage.tell("See these.", *(attachment(name, data) for name, data in given_files.items()))
    body = message(stage, 0)
    assert files(stage, body) == given_files
    assert body.content is not None
    assert body.content.text == "See these."


def test_a_long_text_moves_to_the_last_part(stage: Stage) -> None:
    text = cast.chance("noise", 40_000).hex()
    stage.tell(text, attachment("a", b"a" * 50_000))
    body = message(stage, 0)
    assert body.content is None
    assert content(stage, body).text == text
    assert files(stage, body) == {"a": b"a" * 50_000}


def test_a_long_text_alone_has_a_stream_of_its_own(stage: Stage) -> None:
    text = cast.chance("noise", 40_000).hex()
    stage.tell(text)
    body = message(stage, 0)
    assert content(stage, body) == Content(text)


def test_around_the_limit_of_a_body_every_text_arrives(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    # The stream that content is measured with is made as small as chance could ever make it.
    monkeypatch.setattr("whistle.source.sending.token_bytes", bytes)
    fitted = set()
    for size in range(9_360, 9_600, 4):
        text = cast.chance("noise", size).hex()
        receipt = Receipt(cast.chance(f"receipt {size}", 16))
        source = Source(stage.courier, stage.directory, receipt)
        source.prepare(draft(text), [attachment("a", b"a")]).send()
        record = stage.record(SourceKeys(receipt, cast.SITE).thread.address(labels.UP, 0))
        reader = cast.reader(cast.ANA)
        body = check_up(open_any(record, reader.identity), reader).body
        assert isinstance(body, Message)
        assert content(stage, body).text == text
        fitted.add(body.content is not None)
    assert fitted == {True, False}


def test_chunks_come_first_in_batches_and_the_message_last(stage: Stage) -> None:
    stage.tell("Many.", attachment("large", bytes(CHUNK_TEXT_SIZE * 100)))
    assert [name for name, _size in stage.courier.calls] == ["look", *["put chunks"] * 4, "put message"]
    assert [size // 32_768 for name, size in stage.courier.calls if name == "put chunks"] == [32, 32, 32, 8]


def test_memory_stays_flat_and_each_stream_is_read_once(stage: Stage) -> None:
    held: list[int] = []

    class Once:
        """A stream of 300 chunks that notes how many of its bytes are sealed but not yet put."""

        def __init__(self) -> None:
            self.given = 0

        def read(self, size: int) -> bytes:
            held.append(self.given // CHUNK_TEXT_SIZE - len(stage.courier.put))
            if self.given >= 300 * CHUNK_TEXT_SIZE:
                return b""
            self.given += size
            return bytes(size)

    stage.tell("Large.", Attachment("large", "", Once()))
    assert max(held) <= labels.PUT_CHUNK_LIMIT + 2


def test_attachments_are_taken_one_after_the_other(stage: Stage) -> None:
    order: list[str] = []

    def parts() -> Iterator[Attachment]:
        for name in ("a", "b"):
            order.append(f"{name} comes")
            yield attachment(name, b"x" * CHUNK_TEXT_SIZE * 40)
            order.append(f"{name} was read, {len(stage.courier.put)} chunks are put")

    stage.source.prepare(draft(), parts()).send()
    assert order == ["a comes", "a was read, 32 chunks are put", "b comes", "b was read, 64 chunks are put"]


@pytest.mark.parametrize("name", ["C:\\Users\\alice\\proof.pdf", "/home/alice/proof.pdf", "proof.pdf"])
def test_the_folders_of_a_file_stay_at_home(stage: Stage, name: str) -> None:
    stage.tell("See this.", attachment(name, b"x"))
    assert list(files(stage, message(stage, 0))) == ["proof.pdf"]


def test_a_name_that_is_no_unicode_does_not_stop_the_report(stage: Stage) -> None:
    stage.tell("See this.", attachment("\udcff.pdf", b"x"), Attachment("", "", BytesIO(b"y")))
    assert files(stage, message(stage, 0)) == {"?.pdf": b"x", "file": b"y"}


# --- contact


def test_contact_details_go_to_the_custodian_alone(stage: Stage) -> None:
    stage.tell("Report.", contact="Ask for Mo at the harbour.", custodians=(cast.CHI,))
    assert stage.contacts() == ["Ask for Mo at the harbour."]
    records = stage.everything()
    assert len(records) == 2
    reference = message(stage, 0).reference
    assert reference is not None
    assert b"harbour" not in b"".join(map(bytes, records))


def test_contact_and_report_share_nothing_but_the_reference(stage: Stage) -> None:
    stage.tell("Report.", contact="Mo", custodians=(cast.CHI,))
    body = message(stage, 0)
    thread_words = [bytes(body.thread.recipient), body.thread.key]
    (contact,) = [record for record in stage.everything() if record.address == KEYS.contact_address(0)]
    reader = cast.reader(cast.CHI)
    opened = check_contact(open_any(contact, reader.identity), reader)
    assert opened.body.reference == body.reference
    assert opened.body.recipient == KEYS.contact_identity.recipient != body.thread.recipient
    assert not any(base64(word).encode() in opened.opened.body for word in thread_words)


def test_a_second_contact_finds_a_place_of_its_own(stage: Stage) -> None:
    stage.tell("Report.", contact="Mo", custodians=(cast.CHI,))
    stage.tell("More.", contact="Or ask for Ki.", custodians=(cast.CHI,))
    assert sorted(stage.contacts()) == ["Mo", "Or ask for Ki."]


def test_contact_without_a_custodian_sends_nothing(stage: Stage) -> None:
    with pytest.raises(NobodyToRead):
        stage.tell("Report.", contact="Mo")
    with pytest.raises(ReaderUnavailable):
        stage.tell("Report.", contact="Mo", custodians=(cast.ANA,))
    assert stage.courier.put == []


# --- readers


def test_nobody_is_skipped_silently(stage: Stage) -> None:
    lapsed = cast.directory(statements=tuple(cast.signed_statement(each) for each in (cast.ANA, cast.CHI)))
    source = Source(stage.courier, lapsed, RECEIPT)
    with pytest.raises(ReaderUnavailable) as raised:
        source.prepare(draft(readers=(cast.ANA, cast.BO)))
    assert raised.value.names == ["Bo"]
    assert "Bo" in raised.value.message()
    source.prepare(draft(readers=(cast.ANA,))).send()
    assert message(stage, 0).readers == (cast.ANA,)


@pytest.mark.parametrize("person", [cast.CHI, cast.EVE, 99])
def test_only_readers_of_the_channel_can_be_chosen(stage: Stage, person: int) -> None:
    with pytest.raises(ReaderUnavailable):
        stage.source.prepare(draft(readers=(cast.ANA, person)))


def test_a_report_for_nobody_is_refused(stage: Stage) -> None:
    with pytest.raises(NobodyToRead):
        stage.source.prepare(draft(readers=()))
    with pytest.raises(KeyringMalformed):
        stage.source.prepare(draft(channel=9))


# --- what cannot travel


def test_bad_drafts_are_refused_before_anything_is_put(stage: Stage) -> None:
    for bad in (
        draft("\ud800"),
        draft(language="no language"),
        draft(answers=Answers("no questionnaire", {})),
        draft(answers=Answers("story/1", {"when": -1})),
    ):
        with pytest.raises(BodyMalformed):
            stage.source.prepare(bad)
    with pytest.raises(TooLarge):
        stage.source.prepare(draft("x" * (8 << 20)))
    with pytest.raises(TooLarge):
        stage.source.prepare(draft(contact=cast.chance("x", 20_000).hex(), custodians=(cast.CHI,)))
    assert stage.courier.calls == []


def test_a_file_that_breaks_off_commits_nothing(stage: Stage) -> None:
    class Breaks:
        def __init__(self) -> None:
            self.left = 50

        def read(self, size: int) -> bytes:
            self.left -= 1
            if not self.left:
                raise BrokenPipeError
            return bytes(size)

    sending = stage.source.prepare(draft(), [Attachment("a", "", Breaks())])
    with pytest.raises(BrokenPipeError):
        sending.send()
    for _again in range(2):
        with pytest.raises(SendingBroken):
            sending.send()
    assert stage.everything() == []


# --- the address


def test_a_second_click_is_told_that_the_first_arrived(stage: Stage) -> None:
    stage.tell()
    with pytest.raises(AlreadySent) as raised:
        stage.source.prepare(draft("Again."), [attachment("a", b"a")], index=0).send()
    assert raised.value.index == 0
    assert raised.value.message() == "Message 1 is already stored."
    assert [name for name, _size in stage.courier.calls if name == "put chunks"] == []
    assert len(stage.everything()) == 1


def test_a_second_click_that_overtakes_is_told_too(stage: Stage) -> None:
    class Overtaken:
        def read(self, size: int) -> bytes:
            del size
            if not stage.everything():
                stage.tell("Second click.")
            return b""

    slow = stage.source.prepare(draft("First click."), [Attachment("a", "", Overtaken())], index=0)
    with pytest.raises(AlreadySent):
        slow.send()
    assert content(stage, message(stage, 0)).text == "Second click."


def test_a_stranger_at_our_address_is_stepped_over(stage: Stage) -> None:
    for index in (0, 1):
        stage.put(replace(decoy(), address=KEYS.thread.address(labels.UP, index)))
    assert stage.source.prepare(draft()).send().index == 2
    assert message(stage, 2).previous == "unknown"


def test_a_stranger_who_comes_in_between_is_stepped_over(stage: Stage) -> None:
    class Obstructed(ShelfCourier):
        def put_message(self, record: Record) -> None:
            if not self.put:
                self.shelf.put_messages([replace(decoy(), address=record.address)])
            super().put_message(record)

    source = Source(Obstructed(stage.shelf), stage.directory, RECEIPT)
    assert source.prepare(draft()).send().index == 1
    assert content(stage, message(stage, 1)).text == "The tender was fixed."


def test_obstruction_has_an_end(stage: Stage) -> None:
    for index in range(70):
        stage.put(replace(decoy(), address=KEYS.thread.address(labels.UP, index)))
    with pytest.raises(AddressTaken):
        stage.source.prepare(draft()).send()


# --- half failures


def whole(stage: Stage) -> Sending:
    text = cast.chance("noise", 40_000).hex()
    return stage.source.prepare(
        draft(text, contact="Mo", custodians=(cast.CHI,)), [attachment("a", bytes(CHUNK_TEXT_SIZE * 40))]
    )


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("call", range(1, 6))
def test_a_sending_that_failed_anywhere_goes_on_with_the_same_bytes(stage: Stage, call: int, lost: bool) -> None:  # noqa: FBT001 - pytest's own call
    stage.courier.fail_at, stage.courier.lost = call, lost
    sending = whole(stage)
    with pytest.raises(Unreachable):
        sending.send()
    if call < 5 or not lost:
        assert not stage.rests(KEYS.thread.address(labels.UP, 0))
    sent = sending.send()
    assert [name for name, _size in stage.courier.calls] != []
    assert stage.read_up(0).opened.commitment == sent.commitment
    assert files(stage, message(stage, 0)) == {"a": bytes(CHUNK_TEXT_SIZE * 40)}
    assert stage.contacts() == ["Mo"]
    assert len(stage.everything()) == 2
    # What was put twice is the same bytes: no two records of ours share an address.
    assert len(set(stage.courier.put)) == len({record[:32] for record in stage.courier.put})


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("call", range(1, 6))
def test_a_new_session_after_a_failure_sends_all_or_says_it_is_there(stage: Stage, call: int, lost: bool) -> None:  # noqa: FBT001 - pytest's own call
    stage.courier.fail_at, stage.courier.lost = call, lost
    with pytest.raises(CourierError):
        whole(stage).send()
    stage.courier.fail_at = None
    if call == 5 and lost:
        with pytest.raises(AlreadySent):
            whole(stage).send()
    else:
        whole(stage).send()
    assert files(stage, message(stage, 0)) == {"a": bytes(CHUNK_TEXT_SIZE * 40)}
    reference = message(stage, 0).reference
    assert reference is not None
    assert "Mo" in stage.contacts()


# --- any draft


@given(
    text=st.text(max_size=3_000),
    names=st.lists(st.text(max_size=200), max_size=3),
    data=st.binary(max_size=200),
    follow=st.booleans(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_draft_arrives_as_it_was_written(
    stage: Stage,
    text: str,
    names: list[str],
    data: bytes,
    follow: bool,  # noqa: FBT001 - hypothesis' own call
) -> None:
    receipt = Receipt(cast.chance(repr((text, names, data, follow)), 16))
    source = Source(stage.courier, stage.directory, receipt)
    attachments = [attachment(name, data) for name in names]
    keys = SourceKeys(receipt, cast.SITE)
    if stage.rests(keys.thread.address(labels.UP, 0)):
        return
    source.prepare(draft(text), attachments).send()
    visit = source.visit()
    if follow:
        source.prepare(draft(text), [], visit).send()
        assert source.visit().next_index == 2
    address = keys.thread.address(labels.UP, 0)
    reader = cast.reader(cast.ANA)
    body = check_up(open_any(stage.record(address), reader.identity), reader).body
    assert not isinstance(body, Withdraw)
    assert content(stage, body).text == text
    if names:
        assert [file.size for file in content(stage, body).files] == [len(data)] * len(names)
