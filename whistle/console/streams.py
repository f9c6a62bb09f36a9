"""Fetching the files and long texts of a message, once, into a file of this console."""

from collections.abc import Callable

from whistle.console.stored import StoredStream
from whistle.courier import Courier
from whistle.courier.asking import fetch
from whistle.errors import StreamAltered, TooLarge
from whistle.protocol.content import Content, StreamReference
from whistle.protocol.labels import FETCH_COUNT
from whistle.protocol.record import Record
from whistle.protocol.stream import StreamReader, chunks_of, padded

#: A file of 1 GiB and what it is padded with: what is larger is not fetched unasked.
CHUNK_LIMIT = padded(chunks_of(1 << 30))


def store(
    courier: Courier,
    stored: StoredStream,
    reference: StreamReference,
    inside: Content | None,
    beat: Callable[[], None],
    limit: int = CHUNK_LIMIT,
) -> Content | None:
    """Fetch what is missing of a stream, keep it, check all of it, and return the content if it was in the stream.

    Where it was cut off before, it goes on. ``beat`` is called before each request. Raises ``StreamError``,
    ``BodyMalformed``, ``TooLarge`` for more than ``limit`` chunks, and ``CourierError``.
    """
    if reference.chunks > limit:
        raise TooLarge
    reader = StreamReader(reference)
    for start in range(stored.resume(reader), reference.chunks, FETCH_COUNT):
        beat()
        indices = range(start, min(start + FETCH_COUNT, reference.chunks))
        records = fetch(courier, [reader.address(index) for index in indices])
        stored.append(start, [_good(reader, index, record) for index, record in zip(indices, records, strict=True)])
    reader.finish()
    content = stored.check(reference, inside)
    stored.settle()
    return content


def _good(reader: StreamReader, index: int, record: Record | None) -> Record:
    if record is None:
        raise StreamAltered
    reader.open(index, record)
    return record
