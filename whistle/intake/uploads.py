"""The body of a form, read as it arrives: first its text, which is kept, then its files, which pass through.

Werkzeug's own reader puts files over 500 KB in clear into a temporary file. Here nothing is stored: a file is read
while it is sealed, and no more than a piece of it is in memory at a time. Therefore all text has to come before the
first file, as it does in our own pages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, Final

from werkzeug.datastructures import MultiDict
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from whistle.errors import RequestRefused

_PIECE: Final = 64 << 10
#: RFC 2046, section 5.1.1.
_BOUNDARY_LIMIT: Final = 70
#: The heads of a part; nothing else is held back by the decoder for so long.
_PART_HEAD_LIMIT: Final = 16 << 10
_RAW_NAME: Final = re.compile(r';\s*filename="([^"]*)"\s*$')


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much of a form is taken: bytes of text, bytes of files, number of fields and files together."""

    text_bytes: int
    file_bytes: int
    parts: int


class Upload:
    """One file of a form, whose bytes can be read once, from the beginning, while the form arrives."""

    def __init__(self, form: "FormBody", untrusted_name: str, untrusted_type: str) -> None:
        self.name = untrusted_name
        self.type = untrusted_type
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


@dataclass
class _Counts:
    text: int = 0
    files: int = 0
    parts: int = 0


@dataclass
class FormBody:
    """A body of type multipart/form-data. ``text`` is there at once; ``uploads`` reads on, and can be taken once.

    Raises ``RequestRefused`` with status 400 for what is not such a body, and 413 for more than ``limits`` allow.
    Where that happens before the first file, ``text`` holds what was read until then.
    """

    stream: IO[bytes]
    boundary: str
    limits: FormLimits
    text: MultiDict[str, str] = field(default_factory=MultiDict)
    _counts: _Counts = field(default_factory=_Counts)
    _first: Upload | None = None
    has_files: bool = False

    def __post_init__(self) -> None:
        """Refuse a boundary that no browser makes: every byte of a file is compared with it."""
        if not 0 < len(self.boundary) <= _BOUNDARY_LIMIT or not self.boundary.isascii():
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        self._decoder = MultipartDecoder(self.boundary.encode("ascii"))

    def read_text(self) -> None:
        """Read up to the first file, or to the end. Fields for files that were left empty are no files."""
        while (part := self._next_part()) is not None:
            if isinstance(part, Field):
                self._read_field(part)
            elif not (upload := self._begun(part)).absent:
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
            part = self._next_part()
            if isinstance(part, Field):
                raise RequestRefused(HTTPStatus.BAD_REQUEST)
            upload = None if part is None else self._begun(part)

    def next_data(self) -> tuple[bytes, bool]:
        """Return the next bytes of the file under way, and whether more may come; for ``Upload`` alone."""
        data, more = self._next_data()
        self._counts.files += len(data)
        if self._counts.files > self.limits.file_bytes:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return data, more

    def _begun(self, part: File) -> Upload:
        return Upload(self, _name_of(part), part.headers.get("content-type", ""))

    def _read_field(self, part: Field) -> None:
        pieces: list[bytes] = []
        more = True
        while more:
            data, more = self._next_data()
            self._counts.text += len(data)
            if self._counts.text > self.limits.text_bytes:
                raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            pieces.append(data)
        self.text.add(part.name, b"".join(pieces).decode(errors="replace"))

    def _next_part(self) -> Field | File | None:
        event = self._next_event()
        while not isinstance(event, Field | File | Epilogue):
            event = self._next_event()
        if isinstance(event, Epilogue):
            return None
        self._counts.parts += 1
        if self._counts.parts > self.limits.parts:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not isinstance(event.name, str):  # the decoder passes a part without a name on as None
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        return event

    def _next_data(self) -> tuple[bytes, bool]:
        event = self._next_event()
        if not isinstance(event, Data):
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        return event.data, event.more_data

    def _next_event(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                if len(self._decoder.buffer) > _PIECE + _PART_HEAD_LIMIT:
                    raise RequestRefused(HTTPStatus.BAD_REQUEST)
                self._decoder.receive_data(self.stream.read(_PIECE) or None)
        except ValueError as error:
            raise RequestRefused(HTTPStatus.BAD_REQUEST) from error
        return event


def _name_of(part: File) -> str:
    r"""Return the name as it was sent. The decoder takes ``\`` out, and the folders of a Windows path with it.

    Then nobody could cut them off any more, and they may hold the name of their owner. Browsers quote ``"`` as ``%22``.
    """
    raw = _RAW_NAME.search(part.headers["content-disposition"])
    return part.filename if raw is None else raw[1].replace("%22", '"')
