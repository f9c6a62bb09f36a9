"""Typed access to the fields of one JSON object, in the one order of its spelling. docs/protocol.md, section 6.

Every method raises ``ValueError`` for what does not fit; the caller turns that into the error of its format.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar
from unicodedata import category

from whistle.protocol.canonical import Json, unbase64, undate
from whistle.protocol.labels import JSON_INTEGER_LIMIT, READER_LIMIT

PERSON_LIMIT = 65_535
INDEX_LIMIT = 2**32 - 1
_QUESTIONNAIRE = re.compile(r"[a-z][a-z0-9-]{0,62}/[1-9][0-9]{0,8}")
_UNSEEN = ("Zs", "Zl", "Zp", "Cf")

T = TypeVar("T")


class Fields:
    """One JSON object that has exactly the names given, in that order."""

    def __init__(self, value: Json, *names: str) -> None:
        """Take an object; raises ``ValueError`` for another type or other names."""
        if not isinstance(value, dict) or tuple(value) != names:
            raise ValueError("other fields than expected")
        self._value = value

    def __getitem__(self, name: str) -> Json:
        """Return the raw value of a field."""
        return self._value[name]

    def integer(self, name: str, low: int = 0, high: int = JSON_INTEGER_LIMIT) -> int:
        """Return an integer from ``low`` to ``high``, both included."""
        return integer(self._value[name], low, high)

    def text(self, name: str, limit: int = JSON_INTEGER_LIMIT) -> str:
        """Return a string of at most ``limit`` bytes in UTF-8."""
        return text(self._value[name], limit)

    def line(self, name: str, limit: int) -> str:
        """Return a text without control characters, so that it can break no line and drive no terminal."""
        value = self.text(name, limit)
        if any(category(mark) == "Cc" for mark in value):
            raise ValueError("a control character")
        return value

    def name(self, name: str, limit: int) -> str:
        """Return a line that somebody can see: more than spaces and format characters."""
        value = self.line(name, limit)
        if all(category(mark) in _UNSEEN for mark in value):
            raise ValueError("no name")
        return value

    def questionnaire(self, name: str) -> str:
        """Return the ``name/version`` of a questionnaire."""
        value = self.text(name)
        if not _QUESTIONNAIRE.fullmatch(value):
            raise ValueError("no questionnaire")
        return value

    def octets(self, name: str, size: int | None = None) -> bytes:
        """Return the bytes behind base64, ``size`` of them where it is given."""
        return octets(self._value[name], size)

    def day(self, name: str) -> date:
        """Return a UTC day."""
        return undate(text(self._value[name]))

    def optional(self, name: str, read: Callable[[Json], T]) -> T | None:
        """Return what ``read`` makes of the field, or ``None`` for ``null``."""
        value = self._value[name]
        return None if value is None else read(value)

    def items(self, name: str, read: Callable[[Json], T], limit: int) -> tuple[T, ...]:
        """Return what ``read`` makes of each of at most ``limit`` items of a list."""
        value = self._value[name]
        if not isinstance(value, list) or len(value) > limit:
            raise ValueError("no list, or too long a one")
        return tuple(read(item) for item in value)

    def people(self, name: str) -> tuple[int, ...]:
        """Return at most 15 person ids, ascending and each once."""
        people = self.items(name, person, READER_LIMIT)
        if list(people) != sorted(set(people)):
            raise ValueError("people out of order")
        return people


def integer(value: Json, low: int = 0, high: int = JSON_INTEGER_LIMIT) -> int:
    """Return ``value`` if it is an integer from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError("no integer, or out of range")
    return value


def text(value: Json, limit: int = JSON_INTEGER_LIMIT) -> str:
    """Return ``value`` if it is a string of at most ``limit`` bytes in UTF-8."""
    if not isinstance(value, str) or len(value.encode()) > limit:
        raise ValueError("no text, or too long a one")
    return value


def octets(value: Json, size: int | None = None) -> bytes:
    """Return the bytes behind the base64 in ``value``, ``size`` of them where it is given."""
    data = unbase64(text(value))
    if size is not None and len(data) != size:
        raise ValueError("bytes of another size")
    return data


def person(value: Json) -> int:
    """Return a person id, 1 to 65,535 (0 is the source)."""
    return integer(value, 1, PERSON_LIMIT)
