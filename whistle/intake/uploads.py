"""The body of a form, read as it arrives: first its text, which is kept, then its files, which pass through.

Werkzeug's own reader puts files over 500 KB in clear into a temporary file. Here nothing is stored: a file is read
while it is sealed, and no more than a piece of it is in memory at a time. Therefore all text has to come before the
first file, as it does in our own pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Final

from werkzeug.datastructures import MultiDict

from whistle.errors import RequestRefused
from whistle.intake.multipart import Multipart, Part

_PIECE: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much of a form is taken: bytes of text, bytes of files, number of fields and files together."""

    text_bytes: int
    file_bytes: int
    parts: int


class Upload:
    """One file of a form, whose bytes can be read once, from the beginning, while the form arrives."""

    def __init__(self, form: "FormBody", name: str, media_type: str) -> None:
        self.name = name
        self.type = media_type
        self._form = form
        self._rest = b""
        self._more = True

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none at the end; raises ``RequestRefused`` (400, 413) and ``OSError``."""
        while self._more and not self._rest:
            self._rest, self._more = self._form.next_data()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def skip(self) -> None:
        """Read past what is left."""
        while self.read(_PIECE):
            pass

    @property
    def absent(self) -> bool:
        """Whether this is what a browser sends for a field in which no file was chosen."""
        if not self.name and not self._rest:
            self._rest = self.read(_PIECE)
        return not self.name and not self._rest


class FormBody:
    """A form with files. ``text`` is what it says; ``uploads`` reads on from there, and can be taken once.

    Raises ``RequestRefused`` with status 400 for what is no such form, and 413 for more than ``limits`` allow. Where
    that happens before the first file, ``text`` holds what was read until then. May raise ``OSError``.
    """

    def __init__(self, stream: IO[bytes], boundary: str, limits: FormLimits, text: MultiDict[str, str]) -> None:
        self.text = text
        #: whether any file came with it
        self.has_files = False
        self._parts = Multipart(stream, boundary)
        self._limits = limits
        self._first: Upload | None = None
        self._text_bytes = self._file_bytes = self._count = 0

    def read_text(self) -> None:
        """Read up to the first file, or to the end. Fields for files that were left empty are no files."""
        while (part := self._next_part()) is not None:
            if part.filename is None:
                self._read_field(part.name)
            elif not (upload := Upload(self, part.filename, part.type)).absent:
                self._first = upload
                self.has_files = True
                return

    def uploads(self) -> Iterator[Upload]:
        """Yield the files one after another; each is read, or skipped, before the next one is there."""
        upload, self._first = self._first, None
        while upload is not None:
            if not upload.absent:
                yield upload
            upload.skip()
            upload = self._next_upload()

    def next_data(self) -> tuple[bytes, bool]:
        """Return the next bytes of the file under way, and whether more may come; for ``Upload`` alone."""
        data, more = self._parts.next_data()
        self._file_bytes += len(data)
        if self._file_bytes > self._limits.file_bytes:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return data, more

    def _next_upload(self) -> Upload | None:
        part = self._next_part()
        if part is None:
            return None
        if part.filename is None:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        return Upload(self, part.filename, part.type)

    def _next_part(self) -> Part | None:
        part = self._parts.next_part()
        self._count += 1
        if part is not None and self._count > self._limits.parts:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return part

    def _read_field(self, name: str) -> None:
        pieces: list[bytes] = []
        more = True
        while more:
            data, more = self._parts.next_data()
            self._text_bytes += len(data)
            if self._text_bytes > self._limits.text_bytes:
                raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            pieces.append(data)
        self.text.add(name, b"".join(pieces).decode(errors="replace"))
