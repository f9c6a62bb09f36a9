"""What others wrote, on a terminal and as the names of files: shown as it is, but able to do nothing."""

from pathlib import Path
from unicodedata import category

_UNNAMED = "file"
_LONGEST_NAME = 200
#: Control, formatting (such as right-to-left overrides), surrogates, private use, line and paragraph separators.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
#: Needed between letters of several scripts, and harmless.
_JOINERS = "\u200c\u200d"


def plain(text: str) -> str:
    """Return ``text`` without what a terminal would act upon; its lines stay lines."""
    return "".join(_visible(mark) if mark not in "\n\t" else mark for mark in text)


def plain_name(name: str) -> str:
    """Return the name of a file as one line that shows every sign it has."""
    return "".join(_visible(mark) for mark in name)


def saved_as(folder: Path, prefix: str, name: str) -> Path:
    """Return where to save a file that somebody named ``name``: in ``folder``, and nowhere else."""
    safe = "".join(_visible(mark) for mark in name).replace("/", "_").replace("\\", "_").strip(" .") or _UNNAMED
    stem, dot, ending = safe.rpartition(".")
    ending = (dot + ending) if stem and len(ending) <= _LONGEST_NAME // 10 else ""
    room = _LONGEST_NAME - len(prefix.encode()) - len(ending.encode())
    cut = safe[: len(safe) - len(ending)].encode()[:room].decode(errors="ignore")
    return folder / f"{prefix}{cut}{ending}"


def _visible(mark: str) -> str:
    return "\ufffd" if category(mark) in _INVISIBLE and mark not in _JOINERS else mark
