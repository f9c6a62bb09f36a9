"""Sending drafted replies: files first, the message last, the same bytes again after any failure."""

from whistle.console.answer import Answer, Writer
from whistle.console.book import Book
from whistle.console.case import Item, ItemState
from whistle.console.events import Drafted, Sent
from whistle.errors import AddressTaken
from whistle.protocol.labels import PUT_CHUNK_LIMIT
from whistle.protocol.record import Record

#: So many numbers may be snatched away by colleagues who write at the same time.
_ATTEMPTS = 5


def keep(writer: Writer, name: bytes, answer: Answer, without: frozenset[int] = frozenset()) -> Item:
    """Seal a reply in the case ``name``, keep it, and return it, not sent yet; raises as ``Writer.write``."""
    drafted = writer.write(name, answer, without)
    writer.book.record(writer.today, (name, drafted))
    return _drafted(writer, name, drafted.commitment)


def waiting(book: Book) -> list[tuple[bytes, bytes]]:
    """Return case and commitment of every reply that the shelf has not confirmed."""
    return [
        (case.name, item.commitment)
        for case in book.cases.by_name.values()
        for item in case.items
        if item.state is ItemState.SENDING
    ]


def send_one(writer: Writer, name: bytes, commitment: bytes) -> Item:
    """Send a reply that was kept, and return it; raises ``CourierError``, ``ShelfError`` and ``ConsoleError``."""
    for _attempt in range(_ATTEMPTS):
        item = _drafted(writer, name, commitment)
        _put_chunks(writer, name, item)
        try:
            writer.courier.put_message(_record(item))
        except AddressTaken:
            again = writer.write_again(name, item)
            writer.book.record(writer.today, (name, again))
            commitment = again.commitment
            continue
        writer.book.record(writer.today, (name, Sent(commitment)))
        return _drafted(writer, name, commitment)
    raise AddressTaken


def _put_chunks(writer: Writer, name: bytes, item: Item) -> None:
    if item.stream is None:
        return
    stored = writer.book.stored(name, item.stream)
    for start in range(0, item.stream.chunks, PUT_CHUNK_LIMIT):
        indices = range(start, min(start + PUT_CHUNK_LIMIT, item.stream.chunks))
        writer.courier.put_chunks([*stored.records(indices)])


def _drafted(writer: Writer, name: bytes, commitment: bytes) -> Item:
    item = writer.book.case(name).item(commitment)
    if item is None:
        raise AssertionError(Drafted)  # it was recorded a moment ago
    return item


def _record(item: Item) -> Record:
    if item.outgoing is None or item.outgoing.record is None:
        raise AssertionError(Drafted)  # only a reply that is being sent comes here
    return Record.parse(item.outgoing.record)
