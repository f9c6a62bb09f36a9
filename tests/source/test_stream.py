from dataclasses import replace

import pytest

from tests.protocol import cast
from tests.source.stage import KEYS, Stage
from whistle.errors import StreamAltered, StreamMalformed
from whistle.protocol import labels
from whistle.protocol.stream import StreamReader
from whistle.protocol.thread import reply_chunk_burn_tokens
from whistle.source import ReceivedReply

FILES = {"a.txt": b"a" * 100_000, "空": b"", "c": b"c"}


def answered(stage: Stage, text: str = "See these.") -> ReceivedReply:
    stage.tell()
    stage.answer_with_files(0, FILES, text)
    (reply,) = stage.source.visit().replies
    return reply


def replaced(stage: Stage, reply: ReceivedReply, chunk: int, text: bytes | None) -> None:
    """Burn a chunk, and put another in its place (or none) as a colleague who knows the stream key could."""
    assert reply.stream is not None
    shared = cast.identity(cast.name_of(cast.ANA)).shared_secret(KEYS.identity.recipient)
    token = reply_chunk_burn_tokens(shared, reply.stream.nonce).at(chunk)
    stage.shelf.burn([token])
    if text is not None:
        cipher = StreamReader(reply.stream)._cipher
        stage.shelf.put_chunks([cipher.seal(chunk, text, token, last=chunk == reply.stream.chunks - 1)])


def test_files_of_a_reply_are_read_back(stage: Stage) -> None:
    reply = answered(stage)
    assert [file.name for file in reply.files] == list(FILES)
    for file in reply.files:
        assert b"".join(stage.source.file(reply, file)) == FILES[file.name]


def test_a_long_text_is_loaded_on_request(stage: Stage) -> None:
    text = "long " * 10_000
    reply = answered(stage, text)
    assert (reply.content, reply.files) == (None, ())
    loaded = stage.source.load(reply)
    assert loaded.content is not None
    assert loaded.content.text == text
    assert stage.source.load(loaded) is loaded
    for file in loaded.files:
        assert b"".join(stage.source.file(loaded, file)) == FILES[file.name]


@pytest.mark.parametrize("text", [None, b"b" * labels.CHUNK_TEXT_SIZE, b"\1".rjust(labels.CHUNK_TEXT_SIZE, b"\0")])
@pytest.mark.parametrize("chunk", [0, 4, 7])
def test_no_byte_is_given_out_before_every_chunk_was_verified(stage: Stage, chunk: int, text: bytes | None) -> None:
    reply = answered(stage)
    replaced(stage, reply, chunk, text)
    with pytest.raises(StreamAltered):
        stage.source.file(reply, reply.files[0])


def test_a_chunk_that_changes_after_it_was_verified_is_not_given_out(stage: Stage) -> None:
    reply = answered(stage)
    data = stage.source.file(reply, reply.files[0])
    replaced(stage, reply, 0, b"b" * labels.CHUNK_TEXT_SIZE)
    with pytest.raises(StreamAltered):
        next(data)


def test_a_table_that_does_not_add_up_is_refused_before_anything_is_fetched(stage: Stage) -> None:
    reply = answered(stage)
    assert reply.content is not None
    files = (replace(reply.files[0], size=1), *reply.files[1:])
    wrong = replace(reply, content=replace(reply.content, files=files))
    before = len(stage.courier.calls)
    with pytest.raises(StreamMalformed):
        stage.source.file(wrong, wrong.files[0])
    assert len(stage.courier.calls) == before


def test_every_fetch_has_one_size(stage: Stage) -> None:
    reply = answered(stage)
    stage.courier.calls.clear()
    b"".join(stage.source.file(reply, reply.files[2]))
    assert stage.courier.calls == [("fetch", 256)] * 2


def test_a_reply_without_files_has_none(stage: Stage) -> None:
    stage.tell()
    stage.answer(0)
    (reply,) = stage.source.visit().replies
    assert reply.files == ()
    assert stage.source.load(reply) is reply
