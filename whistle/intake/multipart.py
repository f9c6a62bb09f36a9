"""The parts of a body of type multipart/form-data, one after another, as they arrive. RFC 7578, RFC 2046 section 5.1.

Strict where browsers are: lines end with CR LF, nothing stands before the first part. Werkzeug's decoder is not used:
where its input happens to end inside the last delimiter, it adds a byte to the file before it.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Final

from whistle.errors import RequestRefused

_PIECE: Final = 64 << 10
_BOUNDARY_LIMIT: Final = 70
_HEAD_LIMIT: Final = 16 << 10
_LINE_END: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_LAST: Final = b"--"

_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_PARAMETER: Final = re.compile(r';[ \t]*([A-Za-z*]+)=("(?:[^"\\]|\\.)*"|[^\s;"]*)[ \t]*')
_ESCAPED: Final = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a part: the name of its field and, for a file, the file's name and media type, as they were sent."""

    name: str
    filename: str | None
    type: str


class Multipart:
    """Reads ``stream`` and holds back no more than a piece of it. Raises ``RequestRefused`` (400), and ``OSError``."""

    def __init__(self, stream: IO[bytes], boundary: str) -> None:
        if not 0 < len(boundary) <= _BOUNDARY_LIMIT or not boundary.isascii():
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        self._stream = stream
        self._delimiter = _LINE_END + _LAST + boundary.encode("ascii")
        # The first delimiter has no line before it.
        self._buffer = bytearray(_LINE_END)
        self._begun = False

    def next_part(self) -> Part | None:
        """Return the head of the next part, or nothing at the end; the data of the part before was all read."""
        if not self._begun:
            self._begun = True
            if self.next_data() != (b"", False):
                raise RequestRefused(HTTPStatus.BAD_REQUEST)
        ending = self._take(len(_LINE_END))
        if ending == _LAST:
            return None
        if ending != _LINE_END:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        while (end := self._buffer.find(_HEAD_END)) < 0:
            if len(self._buffer) > _PIECE + _HEAD_LIMIT:
                raise RequestRefused(HTTPStatus.BAD_REQUEST)
            self._fill()
        head = self._take(end + len(_HEAD_END))
        return _part(head[:end].decode(errors="replace"))

    def next_data(self) -> tuple[bytes, bool]:
        """Return some data of the part, and whether more may come."""
        while (end := self._buffer.find(self._delimiter)) < 0:
            # What may be the beginning of a delimiter stays until more is known.
            certain = len(self._buffer) - len(self._delimiter) + 1
            if certain > 0:
                return self._take(certain), True
            self._fill()
        data = self._take(end)
        self._take(len(self._delimiter))
        return data, False

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> None:
        piece = self._stream.read(_PIECE)
        if not piece:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        self._buffer += piece


def _part(head: str) -> Part:
    fields: dict[str, str] = {}
    for line in head.split("\r\n"):
        match = _FIELD.fullmatch(line)
        if match is None or match[1].lower() in fields:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        fields[match[1].lower()] = match[2]
    kind, _, rest = fields.get("content-disposition", "").partition(";")
    parameters = _parameters(";" + rest) if rest else {}
    if kind.strip().lower() != "form-data" or "name" not in parameters:
        raise RequestRefused(HTTPStatus.BAD_REQUEST)
    return Part(parameters["name"], parameters.get("filename"), fields.get("content-type", ""))


def _parameters(text: str) -> dict[str, str]:
    """Return the parameters by name. Browsers write ``"`` as ``%22``, other programs as a backslash and a quote."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None or match[1].lower() in found:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        value = match[2]
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:-1]).replace("%22", '"')
        found[match[1].lower()] = value
        at = match.end()
    return found
