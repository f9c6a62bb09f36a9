"""JSON in exactly one spelling. docs/protocol.md, section 6.

A decoder accepts only what the encoder would have written: it encodes again what it read and compares. That one rule
refuses duplicate keys, floats, escapes that are not needed, lone surrogates, spaces and trailing bytes. The spelling
is that of ECMAScript's ``JSON.stringify``, so both languages of the project write the same bytes.
"""

import json
from base64 import b64decode, b64encode
from datetime import date
from itertools import count
from typing import TypeAlias

from whistle.protocol.labels import JSON_DEPTH, JSON_INTEGER_LIMIT, JSON_MARK_LIMIT

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


def encode(value: Json) -> bytes:
    """Return ``value`` as UTF-8 JSON; raises ``ValueError`` for anything a decoder would refuse."""
    encoded = _spell(value)
    _check_marks(encoded)
    return encoded


def decode(untrusted_bytes: bytes) -> Json:
    """Return the value that ``encode`` wrote; raises ``ValueError`` for every other sequence of bytes."""
    _check_marks(untrusted_bytes)
    try:
        value: Json = json.loads(untrusted_bytes.decode())
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if _spell(value) != untrusted_bytes:
        raise ValueError("not in canonical form")
    return value


def _spell(value: Json) -> bytes:
    _check(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ValueError("a lone surrogate") from error


def _check_marks(spelled: bytes) -> None:
    """Raise ``ValueError`` for more values than any honest document has, before an object is made of one of them."""
    if _marks(spelled) <= JSON_MARK_LIMIT:
        return  # even with those inside strings
    outside = spelled.replace(b"\\\\", b"").replace(b'\\"', b"")
    # A string follows a mark or a colon, and a colon a string: well-formed JSON has no more quotation marks than this.
    most = 4 * (JSON_MARK_LIMIT + 1)
    pieces = outside.split(b'"', most)
    if len(pieces) > most or sum(map(_marks, pieces[::2])) > JSON_MARK_LIMIT:
        raise ValueError("too many values")


def _marks(piece: bytes) -> int:
    return sum(piece.count(mark) for mark in (b"[", b"{", b","))


def _check(value: Json) -> None:
    """Raise ``ValueError`` for another type, an integer out of range, too deep nesting, or a name made of digits."""
    level: list[Json] = [value]
    for depth in count():
        if not all(item is None or isinstance(item, str | int | list | dict) for item in level):
            raise ValueError("a value of another type")
        if any(isinstance(item, int) and not 0 <= item <= JSON_INTEGER_LIMIT for item in level):
            raise ValueError("an integer that is not from 0 to 2^53-1")
        inner = [item for item in level if isinstance(item, dict | list)]
        if not inner:
            return
        if depth == JSON_DEPTH:
            raise ValueError("nested too deep")
        # JavaScript puts names that are numbers before all others, whatever their place in the text.
        if any(name.isascii() and name.isdigit() for each in inner if isinstance(each, dict) for name in each):
            raise ValueError("a name made of digits")
        level = [item for each in inner for item in (each.values() if isinstance(each, dict) else each)]


def base64(data: bytes) -> str:
    """Return ``data`` in standard base64 (RFC 4648, section 4) with padding."""
    return b64encode(data).decode()


def unbase64(text: str) -> bytes:
    """Return the bytes behind the one canonical spelling; raises ``ValueError`` for any other."""
    data = b64decode(text)  # whatever this lets pass, the comparison does not
    if base64(data) != text:
        raise ValueError("base64 in another spelling")
    return data


def undate(text: str) -> date:
    """Return the day in ``YYYY-MM-DD``; raises ``ValueError`` for any other form."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("no day") from None  # the error of the library repeats the text, which may be secret
    if day.isoformat() != text:
        raise ValueError("a day in another form")
    return day
