"""A search for what must not be there: every spelling in which a text or a secret could lie in a file or in memory."""

import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote_from_bytes

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
        """Return every spelling that is searched for: as it is, UTF-16, base64 at each place, hex, percent signs."""
        found = {self.raw, *_base64(self.raw), self.raw.hex().encode(), self.raw.hex().upper().encode()}
        found |= {quote_from_bytes(self.raw, safe="").encode(), quote_from_bytes(self.raw, safe=" ").encode()}
        with suppress(UnicodeDecodeError):
            text = self.raw.decode()
            for form in {text, normalize("NFC", text), normalize("NFKD", text)}:
                wide = (form.encode("utf-16-le"), form.encode("utf-16-be"))
                found |= {form.encode(), *wide, *(each.hex().encode() for each in wide)}
                for each in wide:
                    found |= _base64(each)
        return {spelling for spelling in found if len(spelling) >= LEAST}


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
        self._beginnings: dict[int, list[bytes]] = {}
        for spelling in self._names:
            self._beginnings.setdefault(int.from_bytes(spelling[:LEAST], sys.byteorder), []).append(spelling)

    def data(self, data: bytes, place: str) -> set[Hit]:
        """Return what is found in bytes.

        Thousands of spellings take one pass: data is read as numbers of eight bytes, eight times, a byte further on
        each time, and only where a number is the beginning of a spelling is that looked for.
        """
        hits: set[Hit] = set()
        view = memoryview(data)
        for shift in range(min(LEAST, len(data))):
            numbers = view[shift : len(data) - (len(data) - shift) % LEAST].cast("Q")
            if self._beginnings.keys().isdisjoint(numbers):
                continue
            for beginning in self._beginnings.keys() & set(numbers):
                found = (each for each in self._beginnings[beginning] if each in data)
                hits |= {Hit(self._names[spelling], place) for spelling in found}
        return hits

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
        for region in _regions(process):
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


def _regions(process: int) -> Iterator[bytes]:
    with Path(f"/proc/{process}/mem").open("rb") as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, rights, *_rest = line.split()
            if rights.startswith("rw"):  # nothing can have been written to the others
                start, end = (int(one, 16) for one in place.split("-"))
                with suppress(OSError):  # a mapping beyond the end of its file
                    memory.seek(start)
                    yield memory.read(end - start)
