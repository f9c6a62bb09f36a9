"""Reading the files of a reply: nothing is given out before the whole stream was found to be the right one."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from whistle.courier import Courier
from whistle.courier.asking import batches, fetch
from whistle.errors import StreamAltered
from whistle.protocol.content import Content, File, StreamReference
from whistle.protocol.labels import FETCH_COUNT
from whistle.protocol.record import Record
from whistle.protocol.stream import Layout, StreamReader


class ReplyStream:
    """The chunks of one reply, fetched eight at a time; only their hashes stay in memory."""

    def __init__(self, courier: Courier, reference: StreamReference) -> None:
        self._courier = courier
        self._reader = StreamReader(reference)
        self._hashes: dict[int, bytes] = {}

    def content(self) -> Content:
        """Return text, answers and file table from the last part.

        Raises ``StreamMalformed``, ``StreamAltered`` and ``BodyMalformed``.
        """
        chunks = self._reader.part_chunks()
        texts = [self._reader.open(index, record) for index, record in self._records(chunks)]
        return self._reader.open_part(texts)

    def verify(self, layout: Layout) -> None:
        """Fetch every chunk once; raises ``StreamAltered`` unless all are there and as the message says."""
        for index, record in self._records(range(self._reader.reference.chunks)):
            layout.data(index, self._reader.open(index, record))
            self._hashes[index] = sha256(bytes(record)).digest()
        self._reader.finish()

    def read(self, file: File, layout: Layout) -> Iterator[bytes]:
        """Give out the bytes of ``file``, a chunk at a time; raises ``StreamAltered`` for a chunk changed since."""
        for index, record in self._records(layout.chunks(file)):
            if sha256(bytes(record)).digest() != self._hashes[index]:
                raise StreamAltered
            yield layout.data(index, self._reader.open(index, record))

    def _records(self, indices: Sequence[int]) -> Iterator[tuple[int, Record]]:
        for batch in batches(indices, FETCH_COUNT):
            addresses = [self._reader.address(index) for index in batch]
            for index, record in zip(batch, fetch(self._courier, addresses), strict=True):
                if record is None:
                    raise StreamAltered
                yield index, record
