"""What is the same for everybody, answered from memory: style sheets, icons, scripts, ``/.well-known/`` and some pages.

It holds no secrets and costs no child. Only files of a known type that are there at the start can ever be named by
a request, so no path of a visitor reaches the file system.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from whistle.intake.answers import answer
from whistle.intake.heads import Head

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".pem": "application/x-pem-file",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
#: What is sent compressed to those who take it: over a slow circuit, scripts and lists of words then arrive in a third
#: of the time. Nothing in them is secret, so their sizes tell nothing.
_PACKED: Final = frozenset({".css", ".js", ".json"})


class StaticFiles:
    """The files below each folder, under the path given for it: ``{"/static/": folder}``. A missing folder is empty."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        self._packed: dict[str, bytes] = {}
        for prefix, folder in folders.items():
            for file in _files_of(folder):
                path, content = prefix + file.relative_to(folder).as_posix(), file.read_bytes()
                self._files[path] = (content, _TYPES[file.suffix])
                if file.suffix in _PACKED:
                    self._packed[path] = gzip.compress(content, mtime=0)

    def __iter__(self) -> Iterator[tuple[str, str, bytes]]:
        """Give path, media type and content of every file."""
        return ((path, kind, content) for path, (content, kind) in self._files.items())

    def show(self, path: str, page: bytes) -> None:
        """Answer with ``page`` (HTML) from now on; an empty one is no page any more."""
        if page:
            self._files[path] = (page, _TYPES[".html"])
        else:
            self._files.pop(path, None)

    def find(self, head: Head) -> bytes | None:
        """Return the whole answer if this asks for one of the files, otherwise nothing."""
        if head.method == "POST" or head.path not in self._files:
            return None
        body, kind = self._files[head.path]
        packed = self._packed.get(head.path) if _takes_gzip(head) else None
        return answer(
            200,
            packed or body,
            kind,
            encoding="gzip" if packed else "",
            keep_alive=head.keep_alive,
            for_people=True,
            head_only=head.method == "HEAD",
        )


def _takes_gzip(head: Head) -> bool:
    """Tell whether a browser asks for it plainly; one that weighs it against others gets the file as it is."""
    return "gzip" in {each.strip() for each in head.fields.get("accept-encoding", "").lower().split(",")}


def _files_of(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix in _TYPES)
