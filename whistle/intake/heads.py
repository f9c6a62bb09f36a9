"""The head of an HTTP/1 request: read so that no byte of a form's body comes along, then parsed strictly. RFC 9112.

gunicorn's own parser is not used because it asks the socket for 8 KiB at a time, body included, and because one
and the same parse has to decide which part of the site is meant and where the body ends.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from whistle.errors import RequestRefused
from whistle.intake.limits import HEAD_FIELDS_LIMIT, HEAD_LIMIT, TARGET_LIMIT

INTERFACE: Final = "/v1/"
SMALLEST_INTERFACE_BODY: Final = 256

_END: Final = b"\r\n\r\n"
_LINE_END: Final = b"\r\n"
_SHORTEST: Final = len(b"GET / HTTP/1.1\r\n\r\n")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_INTERFACE_POST: Final = b"POST /v1/"
_REQUEST_LINE: Final = re.compile(r"([A-Z]{1,20}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_HOST_LABEL: Final = 63
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_SINGLE: Final = frozenset({"host", "content-length", "content-type", "transfer-encoding", "expect", "connection"})


@dataclass(frozen=True, slots=True)
class Head:
    """What a request asks for. ``path`` and ``query`` are as they travelled, field names in lower case."""

    method: str
    path: str
    query: str
    fields: dict[str, str]
    length: int
    keep_alive: bool
    expects_continue: bool
    #: what it was parsed from, so that another process can parse it again
    untrusted_bytes: bytes = field(repr=False)

    @property
    def interface(self) -> bool:
        """Whether this is for the blind interface, and so carries nothing that a person wrote."""
        return self.path.startswith(INTERFACE)


class HeadReader:
    """Collects one head, and says how much may be read from the socket without touching the body of a form.

    No head is shorter than 18 bytes, so these come in one piece. From there on, with k bytes of the final CRLFCRLF
    seen, the body is at least 4 - k bytes away. A valid POST of the interface has a body of 256 bytes or more, which
    may be read along, since it is sealed; that saves a system call for every few bytes where speed matters.

    So few bytes at a time are many turns, and whoever sends a long head makes us take them all: each has to be cheap.
    """

    def __init__(self) -> None:
        self._seen = bytearray()

    def __len__(self) -> int:
        """Return how many bytes were seen."""
        return len(self._seen)

    def wanted(self) -> int:
        """Return how many bytes may be read next."""
        seen = self._seen
        if len(seen) < _SHORTEST:
            return _SHORTEST - len(seen)
        along = SMALLEST_INTERFACE_BODY if seen.startswith(_INTERFACE_POST) else 0
        if seen[-1] not in _LINE_END:
            return len(_END) + along
        matched = next(count for count in (3, 2, 1, 0) if seen.endswith(_END[:count]))
        return len(_END) - matched + along

    def feed(self, untrusted_bytes: bytes) -> Head | None:
        """Take the bytes just read, and return the head if it is complete; raises ``RequestRefused``."""
        before = len(self._seen)
        self._seen += untrusted_bytes
        end = self._end(before) if b"\n" in untrusted_bytes else -1
        if not self._seen[0:1].isupper():
            raise RequestRefused(400)
        if (len(self._seen) if end < 0 else end + len(_END)) > HEAD_LIMIT:
            raise RequestRefused(431)
        return None if end < 0 else parse(bytes(self._seen[:end]))

    def _end(self, before: int) -> int:
        """Return where the head ends, or -1; only a line end that came after ``before`` can be the one."""
        end = self._seen.find(_END, max(0, before - 3))
        if _BARE_LF.search(self._seen, before, len(self._seen) if end < 0 else end + len(_END)):
            raise RequestRefused(400)
        return end

    def rest(self) -> bytes:
        """Return what was read along of the body; empty for everything but a POST of the interface."""
        return bytes(self._seen[self._seen.find(_END) + len(_END) :])


def parse(untrusted_bytes: bytes) -> Head:
    """Return the head in these bytes (without the empty line); raises ``RequestRefused``."""
    line, *lines = untrusted_bytes.decode("latin-1").split("\r\n")
    if (match := _REQUEST_LINE.fullmatch(line)) is None:
        raise RequestRefused(400)
    method, target, minor = match.groups()
    if len(target) > TARGET_LIMIT:
        raise RequestRefused(414)
    fields = _fields(lines)
    if "transfer-encoding" in fields or "#" in target or (minor == "1" and "host" not in fields):
        raise RequestRefused(400)
    name = fields.get("host", "").partition(":")[0]
    if name and not all(0 < len(label) <= _HOST_LABEL for label in name.removesuffix(".").split(".")):
        raise RequestRefused(400)  # no name, and what makes the pages could not even say so
    path, _, query = target.partition("?")
    options = {option.strip().lower() for option in fields.get("connection", "").split(",")}
    return Head(
        method=method,
        path=path,
        query=query,
        fields=fields,
        length=_length(method, fields),
        keep_alive="close" not in options and (minor == "1" or "keep-alive" in options),
        expects_continue=_expects_continue(fields, minor),
        untrusted_bytes=untrusted_bytes,
    )


def _fields(lines: list[str]) -> dict[str, str]:
    if len(lines) > HEAD_FIELDS_LIMIT:
        raise RequestRefused(431)
    fields: dict[str, str] = {}
    for line in lines:
        if (match := _FIELD.fullmatch(line)) is None:
            raise RequestRefused(400)
        name, value = match[1].lower(), match[2].strip(" \t")
        if name in fields:
            if name in _SINGLE:
                raise RequestRefused(400)
            value = f"{fields[name]}, {value}"
        fields[name] = value
    return fields


def _length(method: str, fields: dict[str, str]) -> int:
    if method not in {"GET", "HEAD", "POST"}:
        raise RequestRefused(405)
    text = fields.get("content-length")
    if text is None:
        if method == "POST":
            raise RequestRefused(411)
        return 0
    if _LENGTH.fullmatch(text) is None or (method != "POST" and int(text) > 0):
        raise RequestRefused(400)
    return int(text)


def _expects_continue(fields: dict[str, str], minor: str) -> bool:
    expected = fields.get("expect", "").lower()
    if expected not in {"", "100-continue"}:
        raise RequestRefused(417)
    return expected != "" and minor == "1"
