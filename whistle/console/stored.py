"""Streams at rest: the chunk records of one message in one file, sealed with the key of its case. docs/console.md.

They are sealed once more, although a chunk is sealed already: the shelf has the same records, and whoever had a copy
of both would see which chunks belong together, and that this reviewer can read them.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from whistle.console import private
from whistle.console.vault import OVERHEAD, StorageKey
from whistle.errors import ProtocolError, StoredFileDamaged, StreamAltered, StreamMalformed
from whistle.protocol.content import Content, File, StreamReference
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.record import Record
from whistle.protocol.stream import Layout, StreamReader

_FRAME_SIZE = RECORD_SIZE + OVERHEAD
_NAME = b"whistle/console/1/file name"
_KEY = b"whistle/console/1/file key"
_NAME_SIZE = 16


class StoredStream:
    """The file of one stream; nothing in its name or its bytes says whose it is."""

    def __init__(self, folder: Path, case_key: StorageKey, stream_key: bytes) -> None:
        """Take the folder of stored files and the key of the case; the file may not be there yet."""
        self._folder = folder
        self.name = case_key.mark(_NAME, stream_key, size=_NAME_SIZE).hex()
        self._path = folder / self.name
        self._key = case_key.derive(_KEY, stream_key)

    def append(self, start: int, records: Sequence[Record]) -> None:
        """Write chunk records, the first of which has index ``start``, and drop whatever lay behind there."""
        private.make_folder(self._folder)
        with os.fdopen(private.open_private(self._path, os.O_RDWR | os.O_CREAT), "r+b") as file:
            file.seek(start * _FRAME_SIZE)
            file.truncate()
            for index, record in enumerate(records, start):
                file.write(self._key.seal(bytes(record), self._bound(index)))

    def settle(self) -> None:
        """Make what was written durable."""
        descriptor = private.open_private(self._path)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        private.sync_folder(self._folder)

    def records(self, indices: Sequence[int]) -> Iterator[Record]:
        """Give chunk records; raises ``StoredFileDamaged``."""
        with os.fdopen(private.open_private(self._path), "rb") as file:
            for index in indices:
                file.seek(index * _FRAME_SIZE)
                try:
                    yield Record.parse(self._key.open(file.read(_FRAME_SIZE), self._bound(index)))
                except (ValueError, ProtocolError) as error:
                    raise StoredFileDamaged from error

    def resume(self, reader: StreamReader) -> int:
        """Let ``reader`` take the chunks that are here already, and return how many of them are good."""
        if not self._path.exists():
            return 0
        count = self._path.stat().st_size // _FRAME_SIZE
        for index in range(min(count, reader.reference.chunks)):
            try:
                reader.open(index, *self.records([index]))
            except (StoredFileDamaged, StreamAltered):
                return index
        return min(count, reader.reference.chunks)

    def check(self, reference: StreamReference, inside: Content | None) -> Content | None:
        """Check a whole stream against its message, and return the content if it was in the stream's last part.

        ``inside`` is the content that the body holds. Raises ``StreamError`` of all kinds and ``BodyMalformed``.
        """
        reader = StreamReader(reference)
        part = None if reference.part is None else reader.open_part([*self._texts(reader, reader.part_chunks())])
        content = inside if part is None else part
        if content is None:
            raise StreamMalformed
        layout = Layout(reference, content.files)
        for index, text in enumerate(self._texts(reader, range(reference.chunks))):
            layout.data(index, text)
        reader.finish()
        return part

    def data(self, reference: StreamReference, files: Sequence[File], file: File) -> Iterator[bytes]:
        """Give the bytes of one file, a chunk at a time; raises ``StoredFileDamaged`` and ``StreamError``."""
        reader, layout = StreamReader(reference), Layout(reference, files)
        indices = layout.chunks(file)
        for index, record in zip(indices, self.records(indices), strict=True):
            yield layout.data(index, reader.open(index, record))

    def remove(self) -> None:
        """Overwrite the file and remove it."""
        private.remove_private(self._path)

    def _texts(self, reader: StreamReader, indices: Sequence[int]) -> Iterator[bytes]:
        for index, record in zip(indices, self.records(indices), strict=True):
            yield reader.open(index, record)

    def _bound(self, index: int) -> bytes:
        return _KEY + index.to_bytes(8, "little")
