"""The one door through which every sentence that a person reads passes.

Catalogues are compiled GNU gettext files under ``whistle/locale/<language>/LC_MESSAGES/whistle.mo``.
The language belongs to one request or one command, so it lives in a context variable, never in a global.
"""

from contextvars import ContextVar
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Final

_LOCALE = Path(__file__).parent / "locale"
_STEP: Final = 1_000
_current: ContextVar[NullTranslations] = ContextVar("translations", default=NullTranslations())  # noqa: B039 - a NullTranslations holds no state to share by mistake


def use(language: str) -> None:
    """Speak ``language`` (a BCP 47 tag such as ``en``) from here on; English where no catalogue exists."""
    _current.set(translation("whistle", _LOCALE, [language.replace("-", "_")], fallback=True))


def _(message: str) -> str:
    """Return ``message`` in the language in use."""
    return _current.get().gettext(message)


def plural(one: str, many: str, count: int) -> str:
    """Return the form of the sentence that fits ``count``, in the language in use."""
    return _current.get().ngettext(one, many, count)


def later(message: str) -> str:
    """Mark ``message`` for translation where it is written down before anybody's language is known."""
    return message


def size_of(size: int) -> str:
    """Return a number of bytes as people say it, in steps of 1,000."""
    if size < _STEP:
        return plural("{count} byte", "{count} bytes", size).format(count=size)
    if (count := round(size / _STEP)) < _STEP:
        return _("{count} kB").format(count=count)
    if (tenths := round(10 * size / _STEP**2)) < 10 * _STEP:
        return _("{count} MB").format(count=f"{tenths / 10:g}")
    return _("{count} GB").format(count=f"{round(10 * size / _STEP**3) / 10:g}")
