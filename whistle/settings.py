"""How a room reads its own section of ``config/whistle.toml``: once, into a frozen type, strictly.

Each room has a type of its own and sees no other room's section. A setting that is unknown, of the wrong type or out
of its bounds refuses to start, and the sentence names the file's line.
"""

import re
import tomllib
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from whistle.errors import SettingsError
from whistle.language import _

SECTIONS = ("intake", "console")
_SECTION = re.compile(r"\s*\[\s*([^\]\s]+)\s*\]")


class Section(Protocol):
    """A frozen dataclass that names its section and may check how its values fit together."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    section: ClassVar[str]

    def check(self) -> None:
        """Raise ``SettingsError`` for values that are unsafe together."""


S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest value of a number, both included."""

    low: int
    high: int


def between(low: int, high: int, default: int) -> Any:  # noqa: ANN401 - what a dataclass field is typed as
    """Return a dataclass field for a number within bounds."""
    return field(default=default, metadata={"bounds": Bounds(low, high)})


def read(path: Path, kind: type[S], **overrides: object) -> S:
    """Return the section of ``kind`` in the file at ``path``, with ``overrides`` (``None`` for none) in place of it.

    Paths are relative to the file's own folder. Raises ``SettingsError``.
    """
    try:
        source = path.read_text("utf-8")
        document = tomllib.loads(source)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(_("{path} cannot be read").format(path=path)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_("{path}: {reason}").format(path=path, reason=error)) from error
    for name in document:
        if name not in SECTIONS:
            raise _at(path, source, None, name, _("there is no setting of this name"))
    values = _values(path, source, kind, document.get(kind.section, {}))
    values |= {name: value for name, value in overrides.items() if value is not None}
    for each in fields(kind):
        if each.name not in values and each.default is MISSING:
            raise SettingsError(_("{path}: the setting {name} is missing").format(path=path, name=each.name))
    settings = kind(**values)
    settings.check()
    return settings


def _values(path: Path, source: str, kind: type[Section], section: object) -> dict[str, object]:
    """Return what the file says, checked against the fields of ``kind``."""
    if not isinstance(section, dict):
        raise _at(path, source, None, kind.section, _("this must be a section"))
    known = {each.name: each for each in fields(kind)}
    values: dict[str, object] = {}
    for name, value in section.items():
        if name not in known:
            raise _at(path, source, kind.section, name, _("there is no setting of this name"))
        try:
            values[name] = _value(known[name], value, path.parent)
        except ValueError as error:
            raise _at(path, source, kind.section, name, str(error)) from error
    return values


def _value(setting: Field[Any], value: object, folder: Path) -> object:
    """Return ``value`` as the setting's type; raises ``ValueError`` with the reason."""
    if setting.type is Path:
        if not isinstance(value, str) or not value:
            raise ValueError(_("this must be a path"))
        return (folder / value).resolve()
    if type(value) is not setting.type:
        raise ValueError(_("this must be of type {type}").format(type=getattr(setting.type, "__name__", setting.type)))
    bounds = setting.metadata.get("bounds")
    if bounds is not None and isinstance(value, int) and not bounds.low <= value <= bounds.high:
        raise ValueError(_("this must be from {low} to {high}").format(low=bounds.low, high=bounds.high))
    return value


def _at(path: Path, source: str, section: str | None, name: str, reason: str) -> SettingsError:
    line = _line(source, section, name)
    return SettingsError(
        _("{path}, line {line}, {name}: {reason}").format(path=path, line=line, name=name, reason=reason)
    )


def _line(source: str, section: str | None, name: str) -> int:
    """Return the number of the line that sets ``name``."""
    current = None
    assignment = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[=.]")
    for number, line in enumerate(source.splitlines(), 1):
        heading = _SECTION.match(line)
        if heading:
            current = heading[1]
            if section is None and current.split(".")[0] == name:
                return number
        elif current == section and assignment.match(line):
            return number
    return 1
