"""The real site behind somebody who changes its answers: a hostile proxy, or a server that was taken over."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Final

from tests.intake.server import ROOT as CHECKOUT
from tests.intake.server import serving
from tests.protocol import cast
from whistle.courier.browsing import Browsing
from whistle.inspection.inspection import inspect
from whistle.inspection.judging import Report
from whistle.inspection.visitors import VISITS, Guise
from whistle.intake.release import release_of
from whistle.intake.settings import IntakeSettings
from whistle.protocol.directory import Directory, verify
from whistle.protocol.manifest import MANIFEST_PATH, Manifest, Release, SeenManifest
from whistle.protocol.published import Published

ROOT = cast.signer("root")
KEYRING_PATH: Final = "/v1/keyring"
_LARGEST: Final = 1 << 20
#: What belongs to one connection; and the mirror keeps every answer as it is before it is packed.
_HOP: Final = frozenset({"connection", "content-length", "transfer-encoding", "accept-encoding"})


@dataclass(frozen=True)
class Asked:
    """A request, without its query: ``count`` tells how often the same was asked before, of all visitors."""

    method: str
    path: str
    headers: Mapping[str, str]
    count: int

    @property
    def by_chromium(self) -> bool:
        return "Chrome/" in self.headers.get("User-Agent", "")


@dataclass(frozen=True)
class Served:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_header(self, name: str, value: str) -> "Served":
        """Return it with one more header, or with ``value`` in place of the one it has."""
        kept = tuple(each for each in self.headers if each[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def without_header(self, name: str) -> "Served":
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name.lower()))

    def having(self, old: str, new: str) -> "Served":
        """Return it with a piece of its text replaced."""
        assert old.encode() in self.body
        return replace(self, body=self.body.replace(old.encode(), new.encode()))


Tamper = Callable[[Asked, Served], Served | None]


def release(folder: Path) -> Release:
    """Return what the real site in ``folder`` serves."""
    return release_of(IntakeSettings(folder=folder, questionnaires=CHECKOUT / "config" / "questionnaires"))


def today() -> date:
    return datetime.now(UTC).date()


def manifest(of: Release, **changes: object) -> Manifest:
    usual = Manifest(cast.SITE, 4, today() - timedelta(days=1), today() + timedelta(days=90), of)
    return replace(usual, **changes)  # type: ignore[arg-type]


@dataclass
class Mirror:
    """Honest answers of the real site, kept because it gives everybody the same; each test changes what it wants."""

    port: int
    release: Release
    kept: dict[tuple[str, str, bytes], Served] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def honest(self, method: str, path: str, headers: Mapping[str, str], body: bytes, announced: int) -> Served:
        key = (method, "/nowhere" if path.startswith("/nowhere") else path, body if announced <= _LARGEST else b"!")
        with self.lock:
            if key not in self.kept:
                self.kept[key] = self._fetch(method, path, headers, body, announced)
            return self.kept[key]

    def _fetch(self, method: str, path: str, headers: Mapping[str, str], body: bytes, announced: int) -> Served:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        if method == "POST":
            sent["Content-Length"] = str(announced)
        try:
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            told = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _HOP)
            return Served(answer.status, told, answer.read())
        finally:
            connection.close()

    @property
    def directory(self) -> Directory:
        published = Published.parse(self.honest("GET", KEYRING_PATH, {"Host": "localhost"}, b"", 0).body)
        return verify(published, today())

    @contextmanager
    def served(self, tamper: Tamper) -> Iterator[str]:
        """Serve the site with every answer changed by ``tamper``, which hangs up by giving none; give its address."""
        counts: dict[tuple[str, str], int] = {}
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one piece, or each answer would wait for the client to acknowledge
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._serve(b"", 0)

            def do_POST(self) -> None:
                announced = int(self.headers["Content-Length"])
                self._serve(self.rfile.read(announced) if announced <= _LARGEST else b"", announced)

            def _serve(self, body: bytes, announced: int) -> None:
                headers = dict(self.headers.items())
                honest = mirror.honest(self.command, self.path, headers, body, announced)
                with mirror.lock:
                    count = counts.get((self.command, self.path), 0)
                    counts[self.command, self.path] = count + 1
                given = tamper(Asked(self.command, self.path.partition("?")[0], headers, count), honest)
                self.close_connection = given is None or announced > _LARGEST
                if given is not None:
                    self._answer(given.with_header("Connection", "close") if self.close_connection else given)

            def _answer(self, given: Served) -> None:
                self.send_response_only(given.status)
                for name, value in given.headers:
                    self.send_header(name, value)
                if not any(name.lower() == "content-length" for name, _value in given.headers):
                    self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join(10)

    def inspected(
        self,
        tamper: Tamper = lambda _asked, honest: honest,
        seen: SeenManifest | None = None,
        visits: tuple[Guise, ...] = VISITS[:2],
        seconds: float = 60,
    ) -> Report:
        """Return what an inspection says of the site as ``tamper`` changes it."""
        with self.served(tamper) as address:
            return self.inspected_at(address, seen, visits, seconds)

    def inspected_at(
        self, address: str, seen: SeenManifest | None, visits: tuple[Guise, ...], seconds: float = 60
    ) -> Report:
        def come(guise: Guise) -> Browsing:
            return Browsing(address, guise.always, seconds=seconds)

        return inspect(come, lambda _document: self.directory, today(), seen, visits=visits)


@contextmanager
def mirror(folder: Path) -> Iterator[Mirror]:
    """Run the real site with a manifest, and give what stands before it."""
    served = folder / MANIFEST_PATH.replace("/.well-known", "well-known").lstrip("/")
    served.parent.mkdir()
    released = release(folder)
    served.write_bytes(manifest(released).sign(ROOT))
    with serving(folder, site="tests.intake.pages_site:site") as server:
        yield Mirror(server.port, released)
