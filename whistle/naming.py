"""Names and texts from elsewhere, made harmless for a file system and a screen; letters of every script stay."""

import unicodedata

_NAME_LIMIT = 200
_RESERVED = '<>:"|?*'
#: Control, format (such as a right-to-left override), surrogate, private and unassigned characters, line and
#: paragraph separators. The two joiners of Persian and Indic spelling are format characters that change no order.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
_LAYOUT = frozenset("\n\t")
_INDENT = "  "


def file_name(untrusted_name: str) -> str:
    """Return a name for a file in a folder of one's own: one part, nothing hidden, at most 200 bytes, never empty."""
    last = untrusted_name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join("_" if letter in _RESERVED else letter for letter in last if not _is_unseen(letter))
    kept = kept.strip().lstrip(".").rstrip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        stem, ending = ending, ""
    room = _NAME_LIMIT - len((dot + ending).encode())
    if room <= 0:
        stem, dot, ending, room = kept, "", "", _NAME_LIMIT
    return stem.encode()[:room].decode(errors="ignore") + dot + ending or "file"


def screen_text(untrusted_text: str) -> str:
    """Return the text with everything visible that could drive a terminal or turn its letters around."""
    return "".join(
        letter if letter in _LAYOUT or not _is_unseen(letter) else f"\\u{{{ord(letter):x}}}"
        for letter in untrusted_text
    )


def screen_block(untrusted_text: str) -> str:
    """Return the text indented, so that no line of it can pass for one of ours, such as the head of another answer."""
    return _INDENT + screen_text(untrusted_text).replace("\n", "\n" + _INDENT)


def screen_line(untrusted_text: str) -> str:
    """Return the text as one line, such as the name of a file, in which everything can be seen."""
    return "".join(letter if not _is_unseen(letter) else f"\\u{{{ord(letter):x}}}" for letter in untrusted_text)


def _is_unseen(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _UNSEEN
