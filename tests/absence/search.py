"""A search for what must not be there: every spelling in which a text or a secret could lie in a file or in memory."""

import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote_from_bytes

from tests.absence.memory import regions

_BLOCK = 1 << 24
_PIECE = 1 << 16
#: Shorter needles are found by chance.
LEAST = 8


@dataclass(frozen=True)
class Needle:
    """Something that must not be found: a name to report, and its bytes as they are."""

    name: str
    raw: bytes

    @classmethod
    def text(cls, name: str, text: str) -> "Needle":
        return cls(name, text.encode())

    def spellings(self) -> set[bytes]:
        """Return every spelling that is searched for, of the bytes, and of the text if they are one."""
        found = {self.raw, *_base64(self.raw), *_hex(self.raw), *_percent(self.raw)}
        found.add(repr(self.raw)[2:-1].encode())
        with suppress(UnicodeDecodeError):
            text = self.raw.decode()
            for form in {text, normalize("NFC", text), normalize("NFKD", text)}:
                found |= _of_text(form)
        return {spelling for spelling in found if len(spelling) >= LEAST}


def _of_text(text: str) -> set[bytes]:
    """Return a text in UTF-8, as UTF-8 taken for Latin-1, in the widths of Python and browsers, and escaped."""
    raw = text.encode()
    wide = {text.encode(coding) for coding in ("utf-16-le", "utf-16-be", "utf-32-le")}
    found = {raw, raw.decode("latin-1").encode(), *wide, *_percent(raw), json.dumps(text)[1:-1].encode()}
    found.add(text.encode("ascii", "xmlcharrefreplace"))
    for each in wide:
        found |= _base64(each) | {each.hex().encode()}
    with suppress(UnicodeEncodeError):
        found.add(text.encode("latin-1"))
    return found


def _hex(raw: bytes) -> set[bytes]:
    return {raw.hex().encode(), raw.hex().upper().encode()}


def _percent(raw: bytes) -> set[bytes]:
    """Return what forms and addresses make of bytes, with the digits in either case."""
    found = {
        quote_from_bytes(raw, safe=""),
        quote_from_bytes(raw, safe=" "),
        quote_from_bytes(raw, safe=" ").replace(" ", "+"),
    }
    found |= {re.sub("%..", lambda escape: escape[0].lower(), each) for each in found}
    return {each.encode() for each in found}


def _base64(raw: bytes) -> set[bytes]:
    """Return what surely is in the base64 of anything that holds ``raw``: at three places, in two alphabets."""
    found = set()
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + raw)
        # The first letters depend on what stands before, the last ones on what follows.
        start = (0, 2, 3)[shift]
        whole = encoded[start : len(encoded) - (0 if (shift + len(raw)) % 3 == 0 else 4)]
        found |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


@dataclass(frozen=True)
class Hit:
    """A needle that was found, and where."""

    needle: str
    place: str


class Search:
    """Many needles at once, in files and in the memory of processes."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._names = {spelling: needle.name for needle in needles for spelling in needle.spellings()}
        self._longest = max(map(len, self._names))
        whole = {spelling for spelling in self._names if len(spelling) >= 2 * LEAST - 1}
        self._whole = _by_number(whole, range(LEAST))
        self._short = _by_number(self._names.keys() - whole, range(1))

    def data(self, data: bytes, place: str) -> set[Hit]:
        """Return what is found in bytes.

        Any number of spellings take one pass: data is read as numbers of eight bytes, and only where one is a part of
        a spelling is that looked for. Wherever a spelling of fifteen bytes lies, one of those numbers is all within it;
        for shorter ones data is read eight times, a byte further on each time.
        """
        hits = self._at(data, 0, self._whole, place)
        for shift in range(LEAST if self._short else 0):
            hits |= self._at(data, shift, self._short, place)
        return hits

    def _at(self, data: bytes, shift: int, parts: dict[int, list[bytes]], place: str) -> set[Hit]:
        if len(data) < shift + LEAST:
            return set()
        numbers = memoryview(data)[shift : len(data) - (len(data) - shift) % LEAST].cast("Q")
        if parts.keys().isdisjoint(numbers):
            return set()
        likely = {spelling for number in parts.keys() & set(numbers) for spelling in parts[number]}
        return {Hit(self._names[spelling], place) for spelling in likely if spelling in data}

    def files(self, *folders: Path) -> set[Hit]:
        """Return what is found in the names and the bytes of all files."""
        hits: set[Hit] = set()
        for path in (path for folder in folders for path in (folder, *sorted(folder.rglob("*")))):
            hits |= self.data(str(path).encode(errors="surrogateescape"), f"the name of {path}")
            if path.is_file():
                for block in self._blocks(path):
                    hits |= self.data(block, str(path))
        return hits

    def memory(self, process: int) -> set[Hit]:
        """Return what is found in the memory of a living process; only root may look."""
        hits: set[Hit] = set()
        for _start, region in regions(process):
            for start in range(0, len(region), _PIECE):
                piece = region[start : start + _PIECE + self._longest]
                if piece.strip(b"\0"):  # most of it was never touched
                    hits |= self.data(piece, f"process {process}")
        return hits

    def _blocks(self, path: Path) -> Iterator[bytes]:
        """Give a file in pieces that overlap by the longest needle."""
        with path.open("rb") as file:
            before = b""
            while data := file.read(_BLOCK):
                yield before + data
                before = data[-self._longest :]


def _by_number(spellings: Iterable[bytes], places: range) -> dict[int, list[bytes]]:
    """Return spellings by the numbers of eight bytes that lie in them at some places."""
    found: dict[int, list[bytes]] = {}
    for spelling in spellings:
        for at in places:
            found.setdefault(int.from_bytes(spelling[at : at + LEAST], sys.byteorder), []).append(spelling)
    return found
