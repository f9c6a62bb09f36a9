"""A small site of our own for pages that only tests have, under a policy as strict as the intake's."""

import functools
import http.server
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types"
_KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json"}


class _Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/") or "index.html"
        found = [folder / path for folder in self._folders if (folder / path).is_file()]
        body = found[0].read_bytes() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", _KINDS.get(Path(path).suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(*folders: Path) -> Iterator[str]:
    """Serve the files of some folders, the first that has one; gives the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Site, folders=folders)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
