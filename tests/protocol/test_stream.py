from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from itertools import chain
from math import floor, log2
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import chance, flipped, refuses
from whistle.errors import BodyMalformed, StreamAltered, StreamKeyReused, StreamMalformed, TooLarge
from whistle.protocol import labels, stream
from whistle.protocol.content import Content, File, Part, StreamReference
from whistle.protocol.hashing import Row, hashed
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.stream import Layout, StreamKeys, StreamReader, StreamWriter, chunks_of, padded

TEXT = 32_688


tokens = partial(Row, b"tokens of the tests", key=bytes(32))


def write(files: Sequence[tuple[str, bytes]], part: bytes | None = None, piece: int = 50_000) -> Any:
    """Return the writer and the records of a stream of ``files``, each written ``piece`` bytes at a time."""
    writer = StreamWriter(tokens)
    records: list[Record] = []
    for name, data in files:
        records += writer.begin(name, "text/plain")
        for at in range(0, len(data), piece):
            records += writer.write(data[at : at + piece])
    records += writer.finish(part)
    return writer, records


@cache
def usual() -> tuple[StreamReference, tuple[File, ...], tuple[Record, ...]]:
    content = bytes(Content("A long account.", None, ()))
    writer, records = write([("a", chance("a", 70_000)), ("empty", b""), ("b", chance("b", TEXT))], content)
    assert writer.reference is not None
    return writer.reference, writer.files, tuple(records)


def read(reference: StreamReference, files: Sequence[File], records: Sequence[Record]) -> dict[str, bytes]:
    """Return the files of a stream, after every check."""
    reader, layout = StreamReader(reference), Layout(reference, files)
    texts = [layout.data(index, reader.open(index, record)) for index, record in enumerate(records)]
    reader.finish()
    return {file.name: b"".join(texts[index] for index in layout.chunks(file)) for file in files}


# --- sizes


@pytest.mark.parametrize(
    ("size", "chunks"), [(0, 0), (1, 1), (TEXT - 1, 1), (TEXT, 1), (TEXT + 1, 2), (10 * TEXT, 10), (10 * TEXT + 1, 11)]
)
def test_a_piece_takes_as_many_chunks_as_it_needs(size: int, chunks: int) -> None:
    assert chunks_of(size) == chunks


@pytest.mark.parametrize(
    ("count", "total"),
    [(0, 8), (1, 8), (8, 8), (9, 10), (10, 10), (11, 12), (15, 16), (17, 18), (33, 36), (100, 104), (1_000, 1_024)],
)
def test_the_total_is_at_least_8_and_otherwise_padme_of_the_count(count: int, total: int) -> None:
    assert padded(count) == total


@given(st.integers(9, 1 << 20))
def test_padme_as_its_paper_defines_it(count: int) -> None:
    exponent = floor(log2(count))
    last_bits = exponent - (floor(log2(exponent)) + 1)
    mask = (1 << last_bits) - 1
    total = padded(count)
    assert total == (count + mask) & ~mask
    assert count <= total <= count * 1.12
    assert padded(total) == total


# --- round trips


@given(
    st.lists(st.integers(0, 3) | st.integers(TEXT - 2, TEXT + 2) | st.just(2 * TEXT), max_size=4),
    st.none() | st.sampled_from([1, TEXT - 1, TEXT, TEXT + 1]),
    st.sampled_from([1_000, TEXT, TEXT + 1, 200_000]),
)
def test_what_is_written_is_read(sizes: list[int], part_size: int | None, piece: int) -> None:
    files = {f"file {number}": chance(f"file {number}", size) for number, size in enumerate(sizes)}
    part = None if part_size is None else chance("part", part_size)
    writer, records = write(list(files.items()), part, piece)
    assert read(writer.reference, writer.files, records) == files
    needed = sum(chunks_of(size) for size in sizes) + chunks_of(part_size or 0)
    assert len(records) == writer.reference.chunks == padded(needed)
    assert [file.size for file in writer.files] == sizes
    assert all(file.type == "text/plain" for file in writer.files)
    assert (writer.reference.part is None) == (part is None)


def test_the_content_in_the_last_part_is_read_before_the_files() -> None:
    files = (File("a", "text/plain", 40_000, 0),)
    content = Content("x" * 50_000, None, files)
    writer, records = write([("a", chance("a", 40_000))], bytes(content))
    reader = StreamReader(writer.reference)
    assert reader.part_chunks() == range(2, 4)
    texts = [reader.open(index, records[index]) for index in reader.part_chunks()]
    assert reader.open_part(texts) == content
    assert read(writer.reference, content.files, records)["a"] == chance("a", 40_000)


def test_a_stream_without_a_part_has_no_chunks_for_one() -> None:
    writer, records = write([("a", b"a")])
    reader = StreamReader(writer.reference)
    assert reader.part_chunks() == range(0)
    refuses(StreamAltered, lambda: reader.open_part([reader.open(0, records[0])]))


def test_a_chunk_is_made_as_the_text_says() -> None:
    reference, _, records = usual()
    key = hashed(b"whistle/1/chunk key", key=reference.key)
    for index, record in enumerate(records):
        assert record.address == Row(b"whistle/1/chunk address", key=reference.key).at(index)
        assert record.burn_hash == burn_hash(tokens(reference.nonce).at(index))
        nonce = index.to_bytes(11, "big") + (b"\1" if index == len(records) - 1 else b"\0")
        text = AESGCM(key).decrypt(nonce, record.sealed, record.address + record.burn_hash)
        assert len(text) == TEXT
    assert reference.digest == sha256(b"".join(sha256(bytes(record)).digest() for record in records)).digest()


def test_every_stream_has_a_key_and_a_nonce_of_its_own_and_no_nonce_means_none() -> None:
    writers = [StreamWriter(tokens) for _ in range(50)]
    assert len({writer.key for writer in writers}) == len({writer.nonce for writer in writers}) == 50
    assert all(any(writer.nonce) and len(writer.nonce) == 8 and len(writer.key) == 32 for writer in writers)
    assert repr(writers[0].key) not in repr(usual()[0])


def test_nothing_is_held_back_but_two_chunks() -> None:
    writer = StreamWriter(tokens)
    assert list(writer.begin("a", "x/y")) == []
    assert len(list(writer.write(bytes(10 * TEXT)))) == 9
    assert len(list(writer.write(b"1"))) == 0
    assert writer.reference is None
    assert len(list(writer.finish())) == 12 - 9
    assert writer.reference is not None


# --- limits of the writer


def test_names_types_and_the_count_of_files_have_limits() -> None:
    writer = StreamWriter(tokens)
    assert list(writer.begin("é" * 512, "t" * 128)) == []
    refuses(TooLarge, lambda: list(writer.begin("é" * 512 + "e", "t")))
    refuses(TooLarge, lambda: list(writer.begin("n", "t" * 129)))
    for surrogate in (("\ud800", "t"), ("n", "\udfff")):
        refuses(StreamMalformed, lambda surrogate=surrogate: list(writer.begin(*surrogate)))  # type: ignore[misc] # bound early
    for _ in range(999):
        assert list(writer.begin("n", "t")) == []
    refuses(TooLarge, lambda: list(writer.begin("n", "t")))
    assert len(writer.files) == 1_000


def test_a_part_has_a_limit() -> None:
    writer = StreamWriter(tokens)
    refuses(TooLarge, lambda: list(writer.finish(bytes((16 << 20) + 1))))
    writer, _ = write([], bytes(16 << 20))
    assert writer.reference.part.size == 16 << 20


def test_a_stream_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "CHUNK_LIMIT", 12)
    writer, _ = write([("a", bytes(12 * TEXT))])
    assert writer.reference.chunks == 12
    refuses(TooLarge, lambda: write([("a", bytes(12 * TEXT + 1))]))
    writer = StreamWriter(tokens)
    assert len([*writer.begin("a", "t"), *writer.write(bytes(12 * TEXT))]) == 11
    refuses(TooLarge, lambda: list(writer.write(bytes(TEXT))))
    monkeypatch.setattr(labels, "CHUNK_LIMIT", 11)
    refuses(TooLarge, lambda: write([("a", bytes(11 * TEXT))]))


# --- attacks


def _altered(change: Callable[[list[Record]], object]) -> None:
    reference, files, records = usual()
    changed = list(records)
    change(changed)
    refuses(StreamAltered, lambda: read(reference, files, changed))


def test_an_untouched_stream_is_read() -> None:
    reference, files, records = usual()
    assert read(reference, files, records)["b"] == chance("b", TEXT)


@pytest.mark.parametrize("position", [0, 31, 32, 63, 64, 20_000, 32_751, 32_752, 32_767])
@pytest.mark.parametrize("index", [0, 3, 7])
def test_a_flipped_byte_anywhere_in_a_chunk_is_refused(index: int, position: int) -> None:
    reference, _, records = usual()
    refuses(StreamAltered, lambda: StreamReader(reference).open(index, flipped(records[index], position)))


def test_chunks_that_changed_places_are_refused() -> None:
    def swap(records: list[Record]) -> None:
        records[0], records[1] = records[1], records[0]

    def rename(records: list[Record]) -> None:
        records[0] = replace(records[1], address=records[0].address)

    _altered(swap)
    _altered(rename)
    _altered(lambda records: records.reverse())


def test_a_chunk_of_another_stream_is_refused() -> None:
    _, others = write([("a", chance("a", 70_000))])

    def graft(records: list[Record]) -> None:
        records[1] = others[1]

    def disguise(records: list[Record]) -> None:
        records[1] = replace(others[1], address=records[1].address, burn_hash=records[1].burn_hash)

    _altered(graft)
    _altered(disguise)


def test_a_stream_that_was_cut_is_refused() -> None:
    _altered(lambda records: records.pop())
    _altered(lambda records: records.pop(0))
    _altered(lambda records: records.clear())


def test_a_stream_cannot_be_cut_by_another_reference() -> None:
    reference, _, records = usual()
    shorter = replace(reference, chunks=8, part=None)
    writer, longer = write([("a", chance("a", 9 * TEXT))])
    assert len(longer) == 10
    cut = replace(writer.reference, chunks=9)
    refuses(StreamAltered, lambda: StreamReader(cut).open(8, longer[8]))
    assert StreamReader(shorter).open(7, records[7]) == bytes(TEXT)


def test_the_last_flag_is_on_the_very_last_and_cannot_be_moved() -> None:
    reference, _, records = usual()
    refuses(StreamAltered, lambda: StreamReader(replace(reference, chunks=7)).open(6, records[6]))
    refuses(StreamAltered, lambda: StreamReader(replace(reference, chunks=9)).open(7, records[7]))


def test_a_co_recipient_who_knows_the_key_cannot_replace_a_chunk() -> None:
    reference, files, records = usual()
    cipher = stream._Cipher(reference.key)
    forged = cipher.seal(1, chance("other words", TEXT), tokens(reference.nonce).at(1), last=False)
    assert StreamReader(reference).open(1, forged) == chance("other words", TEXT)
    refuses(StreamAltered, lambda: read(reference, files, [records[0], forged, *records[2:]]))


def test_a_co_recipient_who_knows_the_key_cannot_replace_the_content() -> None:
    reference, _, _ = usual()
    other = bytes(Content("Other words!!!!", None, ()))
    part = reference.part
    assert part is not None
    assert len(other) == part.size
    refuses(StreamAltered, lambda: StreamReader(reference).open_part([other.ljust(TEXT, b"\0")]))


def test_a_stream_is_whole_only_when_every_chunk_was_opened() -> None:
    reference, _, records = usual()
    reader = StreamReader(reference)
    refuses(StreamAltered, reader.finish)
    for index in (7, 0, 3, 1, 2, 6, 5):
        reader.open(index, records[index])
    refuses(StreamAltered, reader.finish)
    reader.open(4, records[4])
    reader.finish()


def test_one_digest_is_of_one_stream() -> None:
    reference, files, records = usual()
    refuses(StreamAltered, lambda: read(replace(reference, digest=bytes(32)), files, records))


def test_bytes_behind_a_piece_must_be_zero() -> None:
    reference, files, _ = usual()
    layout = Layout(reference, files)
    part_at = chunks_of(70_000) + 1
    assert layout.data(2, bytes(TEXT)) == bytes(70_000 - 2 * TEXT)
    assert layout.data(part_at, bytes(TEXT)) == bytes(len(bytes(Content("A long account.", None, ()))))
    assert [layout.data(index, bytes(TEXT)) for index in range(part_at + 1, 8)] == [b""] * (7 - part_at)
    assert layout.data(0, b"\1" * TEXT) == b"\1" * TEXT
    for index in (2, part_at, 7):
        for behind in (b"\1", b"X", b" "):
            refuses(StreamAltered, partial(layout.data, index, bytes(TEXT - 1) + behind))


def test_bytes_behind_the_content_must_be_zero() -> None:
    reference, _, records = usual()
    reader = StreamReader(reference)
    text = reader.open(reader.part_chunks()[0], records[reader.part_chunks()[0]])
    assert reader.open_part([text]).text == "A long account."
    for behind in (b"\1", b"X", b" "):
        refuses(StreamAltered, partial(reader.open_part, [text[:-1] + behind]))
    refuses(StreamAltered, lambda: reader.open_part([]))


def test_a_part_outside_the_stream_is_malformed() -> None:
    reference, _, _ = usual()
    for part in (Part(1, 8, bytes(32)), Part(TEXT + 1, 7, bytes(32)), Part(9 * TEXT, 0, bytes(32))):
        refuses(StreamMalformed, lambda part=part: StreamReader(replace(reference, part=part)).part_chunks())  # type: ignore[misc] # bound early
    assert StreamReader(replace(reference, part=Part(TEXT, 7, bytes(32)))).part_chunks() == range(7, 8)


def test_a_part_that_is_no_content_is_malformed() -> None:
    reference, _, _ = usual()
    odd = b'{"text":1}'
    part = Part(len(odd), 4, sha256(odd).digest())
    refuses(BodyMalformed, lambda: StreamReader(replace(reference, part=part)).open_part([odd]))


@pytest.mark.parametrize(
    ("sizes", "starts", "part", "chunks"),
    [
        ([1], [1], None, 8),
        ([1, 1], [0, 0], None, 8),
        ([1, 1], [1, 0], None, 8),
        ([1, 1], [0, 2], None, 8),
        ([0, 1], [0, 1], None, 8),
        ([1], [0], None, 10),
        ([9 * TEXT], [0], None, 9),
        ([9 * TEXT], [0], None, 8),
        ([2**53 - 1], [0], None, 1 << 20),
        ([1], [0], Part(1, 0, bytes(32)), 8),
        ([1], [0], Part(1, 2, bytes(32)), 8),
        ([], [], Part(1, 1, bytes(32)), 8),
        ([], [], Part(9 * TEXT, 0, bytes(32)), 8),
    ],
)
def test_a_table_that_does_not_add_up_is_malformed(
    sizes: list[int], starts: list[int], part: Part | None, chunks: int
) -> None:
    files = [File("f", "t", size, start) for size, start in zip(sizes, starts, strict=True)]
    reference = StreamReference(bytes(32), b"12345678", chunks, bytes(32), part)
    refuses(StreamMalformed, lambda: Layout(reference, files))


def test_a_table_that_adds_up_is_accepted() -> None:
    reference = StreamReference(bytes(32), b"12345678", 10, bytes(32), Part(TEXT + 1, 8, bytes(32)))
    layout = Layout(reference, [File("f", "t", 7 * TEXT, 0), File("g", "t", 0, 7), File("h", "t", 5, 7)])
    assert [layout.chunks(file) for file in layout.files] == [range(7), range(7, 7), range(7, 8)]
    sizes = [len(layout.data(index, bytes(TEXT))) for index in range(10)]
    assert sizes == [*[TEXT] * 7, 5, TEXT, 1]


# --- a stream belongs to one message


def test_a_stream_key_in_two_messages_is_refused() -> None:
    reference, _, _ = usual()
    keys = StreamKeys()
    keys.meet(reference, b"c" * 32)
    keys.meet(reference, b"c" * 32)
    refuses(StreamKeyReused, lambda: keys.meet(reference, b"d" * 32))
    refuses(StreamKeyReused, lambda: keys.meet(replace(reference, nonce=b"another!", digest=bytes(32)), b"d" * 32))
    keys.meet(replace(reference, key=bytes(32)), b"d" * 32)


def test_the_streams_met_can_be_kept_and_tell_no_key() -> None:
    reference, _, records = usual()
    keys = StreamKeys()
    keys.meet(reference, b"c" * 32)
    assert dict(keys.met) == {records[0].address: b"c" * 32}
    again = StreamKeys(keys.met)
    refuses(StreamKeyReused, lambda: again.meet(reference, b"d" * 32))
    again.meet(replace(reference, key=bytes(32)), b"d" * 32)
    assert len(keys.met) == 1


@given(st.binary(min_size=1, max_size=30), st.integers(0, 9))
def test_any_record_is_refused_as_a_chunk(data: bytes, index: int) -> None:
    reference, _, records = usual()
    record = Record.parse((data * 32_768)[:32_768])
    disguised = replace(record, address=records[min(index, 7)].address)
    for untrusted in (record, disguised):
        refuses(StreamAltered, lambda untrusted=untrusted: StreamReader(reference).open(index, untrusted))  # type: ignore[misc] # bound early


def test_chunks_reach_the_shelf_with_nothing_of_the_file_in_them() -> None:
    plain = b"the minister's brother-in-law " * 3_000
    writer, records = write([("contract.pdf", plain)])
    everything = b"".join(chain.from_iterable((bytes(record),) for record in records))
    assert b"brother" not in everything
    assert b"contract" not in everything
    assert writer.key not in everything
    assert labels.CHUNK_MINIMUM == 8


def test_a_reader_knows_where_each_chunk_lies() -> None:
    reference, _, records = usual()
    reader = StreamReader(reference)
    assert [reader.address(index) for index in range(8)] == [record.address for record in records]
