"""What a browser left in its profile, also where it is compressed or in a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.absence.search import Hit, Search

_MARK = b"mozLz40\0"
#: Tables in which browsers note what was typed into forms, and what sites asked them to keep.
_NOTED = {
    "autofill": "SELECT name, value FROM autofill",
    "cookies": "SELECT host_key, name FROM cookies",
    "moz_cookies": "SELECT host, name FROM moz_cookies",
    "moz_formhistory": "SELECT fieldname, value FROM moz_formhistory",
}
_VISITED = {"urls": "SELECT url, title FROM urls", "moz_places": "SELECT url, title FROM moz_places"}


def search(profile: Path, sought: Search) -> set[Hit]:
    """Return what is found in all files of a profile, as they are, and out of what Firefox has compressed."""
    hits = sought.files(profile)
    for path in _beginning(profile, _MARK):
        hits |= sought.data(uncompressed(path.read_bytes()), str(path))
    return hits


def noted(profile: Path) -> list[tuple[str, ...]]:
    """Return every cookie, and every word of a form that the browser would offer again."""
    return [row for path in _databases(profile) for row in _rows(path, _NOTED)]


def visited(profile: Path) -> set[tuple[str, str]]:
    """Return every address with its title that is in the history."""
    return {(row[0], row[1] or "") for path in _databases(profile) for row in _rows(path, _VISITED)}


def storage(profile: Path) -> list[Path]:
    """Return what sites had the browser store for them: databases, caches of workers, sessions."""
    kinds = ("storage/default/http*", "Default/IndexedDB/http*", "Default/Service Worker/*/*", "Default/databases/*/*")
    found = [path for kind in kinds for path in profile.glob(kind)]
    return found + [
        path for path in profile.glob("Default/*Storage/**/*.log") if b"http://127.0.0.1" in path.read_bytes()
    ]


def _databases(profile: Path) -> list[Path]:
    return _beginning(profile, b"SQLite format 3\0")


def _beginning(profile: Path, mark: bytes) -> list[Path]:
    return [path for path in profile.rglob("*") if path.is_file() and path.read_bytes().startswith(mark)]


def _rows(path: Path, asked: dict[str, str]) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:  # the browser has ended, so nobody else has it open
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        return [row for table in tables & asked.keys() for row in connection.execute(asked[table])]


def uncompressed(data: bytes) -> bytes:
    """Return what a file of Firefox's holds: a mark, the size, and one block of LZ4."""
    size, data = int.from_bytes(data[len(_MARK) : len(_MARK) + 4], "little"), data[len(_MARK) + 4 :]
    out, at = bytearray(), 0

    def length(short: int) -> int:
        nonlocal at
        more = 255 if short == 15 else 0
        while more == 255:
            more, at = data[at], at + 1
            short += more
        return short

    while at < len(data):
        token, at = data[at], at + 1
        literals = length(token >> 4)
        out += data[at : at + literals]
        at += literals
        if at >= len(data):
            break
        back, at = int.from_bytes(data[at : at + 2], "little"), at + 2
        for _ in range(length(token & 15) + 4):
            out.append(out[-back])
    assert len(out) == size
    return bytes(out)
