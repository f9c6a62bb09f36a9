"""Style sheets, icons and ``/.well-known/`` files: read once at the start, answered from memory.

They hold no secrets and cost no child. Only files of a known type that are there at the start can ever be named by
a request, so no path of a visitor reaches the file system.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from whistle.intake.answers import answer
from whistle.intake.heads import Head

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".pem": "application/x-pem-file",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class StaticFiles:
    """The files below each folder, under the path given for it: ``{"/static/": folder}``. A missing folder is empty."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        for prefix, folder in folders.items():
            for file in _files_of(folder):
                self._files[prefix + file.relative_to(folder).as_posix()] = (file.read_bytes(), _TYPES[file.suffix])

    def __iter__(self) -> Iterator[tuple[str, str, bytes]]:
        """Give path, media type and content of every file."""
        return ((path, kind, content) for path, (content, kind) in self._files.items())

    def find(self, head: Head) -> bytes | None:
        """Return the whole answer if this asks for one of the files, otherwise nothing."""
        if head.method == "POST" or head.path not in self._files:
            return None
        body, kind = self._files[head.path]
        return answer(200, body, kind, keep_alive=head.keep_alive, for_people=True, head_only=head.method == "HEAD")


def _files_of(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix in _TYPES)
