"""The real server seen from outside: directly, and through proxies that do what proxies do to a site."""

import datetime as dt
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.intake.doctor.conftest import codes
from tests.intake.server import Server, serving
from whistle.errors import SettingsError
from whistle.intake.doctor import outside
from whistle.intake.doctor.outside import Address, examine

SITE = "tests.intake.pages_site:site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("seen"), ", form_mib=1", site=SITE) as running:
        yield running


@dataclass
class Proxy:
    """Passes connections on; can store requests, meddle with heads of answers, end TLS, and speak SOCKS."""

    target: int
    stores: bool = False
    swaps: list[tuple[bytes, bytes]] = field(default_factory=list)
    answers: bytes = b""
    tls: ssl.SSLContext | None = None
    socks: bool = False
    asked: list[bytes] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[int]:
        """Give the port."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                visitor, _address = listener.accept()
            except OSError:
                return
            Thread(target=self._pass_on, args=(visitor,), daemon=True).start()

    def _pass_on(self, visitor: socket.socket) -> None:
        try:
            if self.socks:
                self._greet(visitor)
            if self.tls is not None:
                visitor = self.tls.wrap_socket(visitor, server_side=True)
            request = self._request(visitor)
            if self.answers:
                visitor.sendall(self.answers)
                return
            with socket.create_connection(("127.0.0.1", self.target)) as site:
                site.sendall(request)
                answer = b""
                while piece := site.recv(1 << 16):
                    answer += piece
            for old, new in self.swaps:
                answer = answer.replace(old, new, 1)
            visitor.sendall(answer)
        except OSError:
            return
        finally:
            visitor.close()

    def _greet(self, visitor: socket.socket) -> None:
        assert visitor.recv(3) == b"\x05\x01\x00"
        visitor.sendall(b"\x05\x00")
        head = visitor.recv(5)
        self.asked.append(visitor.recv(head[4] + 2)[: head[4]])
        visitor.sendall(b"\x05\x00\x00\x01" + bytes(6))

    def _request(self, visitor: socket.socket) -> bytes:
        """Read a head, or the whole request where that is the kind of proxy."""
        request = b""
        while b"\r\n\r\n" not in request:
            request += visitor.recv(1 << 16)
        head, _, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: ([0-9]+)", head)
        while self.stores and length and len(body) < int(length[1]):
            piece = visitor.recv(1 << 16)
            if not piece:
                raise ConnectionResetError
            body += piece
        return head + b"\r\n\r\n" + body


def look(port: int, document: bytes | None = None, host: str = "127.0.0.1") -> set[str]:
    return codes(examine(Address.parse(f"http://{host}:{port}", None), document))


def test_the_intake_itself_is_left_in_peace(site: Server) -> None:
    document = site.get("/v1/keyring").body
    assert look(site.port, document) == set()


def test_a_proxy_that_passes_on_is_left_in_peace(site: Server) -> None:
    with Proxy(site.port).running() as port:
        assert look(port) == set()


def test_a_proxy_that_stores_requests_is_found(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_PATIENCE", 1)
    with Proxy(site.port, stores=True).running() as port:
        assert look(port) == {"proxy-stores-bodies"}


CSP = b"Content-Security-Policy: "
MEDDLING = [
    (CSP, b"X-Policy: ", "outside-headers"),
    (b"default-src 'none'", b"default-src *", "outside-headers"),
    (CSP, b"Content-Security-Policy: default-src *\r\n" + CSP, "outside-headers"),
    (CSP, b"Content-Encoding: gzip\r\n" + CSP, "outside-compressed"),
    (CSP, b"Set-Cookie: a=b\r\n" + CSP, "outside-cookie"),
    (CSP, b"Server: nginx/1.26\r\n" + CSP, "outside-telling"),
    (CSP, b"Via: 1.1 somewhere\r\n" + CSP, "outside-telling"),
    (CSP, b"Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n" + CSP, "outside-date"),
]


@pytest.mark.parametrize(("old", "new", "code"), MEDDLING)
def test_what_a_proxy_does_to_answers_is_found(site: Server, old: bytes, new: bytes, code: str) -> None:
    with Proxy(site.port, swaps=[(old, new)]).running() as port:
        assert look(port) == {code}


def test_a_server_name_without_a_version_tells_little(site: Server) -> None:
    with Proxy(site.port, swaps=[(CSP, b"Server: nginx\r\n" + CSP)]).running() as port:
        assert look(port) == set()


def test_another_site_is_told_apart(site: Server, tmp_path: Path) -> None:
    document = site.get("/v1/keyring").body
    with serving(tmp_path) as other:  # of another organisation
        assert "outside-other-site" in look(other.port, document)


def test_a_wall_before_the_site_that_answers_by_itself(site: Server) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    with Proxy(site.port, answers=page).running() as port:
        found = look(port, site.get("/v1/keyring").body)
    assert found == {"outside-other-site", "outside-headers", "outside-bodies-unknown"}


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert look(port) == {"outside-unreachable"}


@pytest.mark.parametrize("answers", [b"what?", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", b"\x16\x03\x01"])
def test_something_else_there(answers: bytes) -> None:
    with Proxy(0, answers=answers).running() as port:
        assert look(port) == {"outside-unreachable"}


def test_the_way_through_tor_s_proxy(site: Server) -> None:
    proxy = Proxy(site.port, socks=True)
    with proxy.running() as port:
        address = Address.parse("http://abc.onion", f"socks5h://127.0.0.1:{port}")
        assert codes(examine(address, None)) == set()
    assert set(proxy.asked) == {b"abc.onion"}


def test_a_name_without_tls_is_a_problem(site: Server) -> None:
    with Proxy(site.port, socks=True).running() as port:
        address = Address.parse("http://report.example.org", f"socks5h://127.0.0.1:{port}")
        assert codes(examine(address, None)) == {"outside-plain"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("report.example.org", None),
        ("ftp://a", None),
        ("https://", None),
        ("https://a:99999", None),
        ("https://a", "http://127.0.0.1:1"),
        ("https://a", "socks5h://127.0.0.1"),
        ("https://a", "127.0.0.1:9050"),
    ],
)
def test_addresses_that_make_no_sense_are_refused(url: str, proxy: str | None) -> None:
    with pytest.raises(SettingsError):
        Address.parse(url, proxy)


# --- TLS


def certificate(folder: Path, days: int) -> ssl.SSLContext:
    """Return the server's side of a certificate for 127.0.0.1, which lies in ``folder / "c.pem"``."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days, hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "c.pem", folder / "k.pem")
    return context


HSTS = (CSP, b"Strict-Transport-Security: max-age=9\r\n" + CSP)


@pytest.mark.parametrize(
    ("days", "swaps", "expected"),
    [
        (90, [HSTS], set()),
        (90, [], {"outside-no-hsts"}),
        (13, [HSTS], {"outside-certificate"}),
    ],
)
def test_tls(
    site: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    swaps: list[tuple[bytes, bytes]],
    expected: set[str],
) -> None:
    context = certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "c.pem"))
    with Proxy(site.port, swaps=swaps, tls=context).running() as port:
        assert codes(examine(Address.parse(f"https://127.0.0.1:{port}", None), None)) == expected


def test_a_certificate_that_browsers_refuse(site: Server, tmp_path: Path) -> None:
    with Proxy(site.port, tls=certificate(tmp_path, 90)).running() as port:
        (finding,) = examine(Address.parse(f"https://127.0.0.1:{port}", None), None)
    assert finding.code == "outside-unreachable"
    assert "self" in finding.words
