"""Vectors of releases and of the manifest of a site."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from dataclasses import replace
from datetime import date
from typing import Any

from tests.protocol.cast import FIRST, SITE, chance, signer
from tests.vectors.operations import text
from tests.vectors.pool import SITE_TEXT, Vector
from tests.vectors.wording import bad, good
from whistle.protocol import labels
from whistle.protocol.canonical import decode, encode
from whistle.protocol.manifest import Header, Manifest, Release, SeenManifest, SiteFile
from whistle.protocol.signing import Signed

ROOT, SECOND = signer("root"), signer("second root")
LAST = date(2027, 5, 1)
POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
CODE = SiteFile.of("/static/code/core.js", "text/javascript; charset=utf-8", b"export {};\n")
STYLE = SiteFile.of("/static/site.css", "text/css; charset=utf-8", b"body { margin: 0 }\n")


def release(**changes: Any) -> Release:
    headers = (Header("content-security-policy", POLICY), Header("x-content-type-options", "nosniff"))
    return replace(Release("0.1.0", headers, ("/", "/replies"), (CODE, STYLE)), **changes)


def manifest(**changes: Any) -> Manifest:
    return replace(Manifest(SITE, 4, FIRST, LAST, release()), **changes)


def manifest_of(**changes: Any) -> bytes:
    """Return a manifest as it is served."""
    return manifest(**changes).sign(ROOT)


def odd(**changes: Any) -> bytes:
    """Return a manifest that is rightly signed, and whose payload has other values."""
    payload: Any = decode(Signed.from_json(decode(manifest_of())).untrusted_payload)
    return enveloped(encode(payload | changes))


def enveloped(payload: bytes, label: bytes = labels.MANIFEST) -> bytes:
    return encode(Signed.make(ROOT, label, payload).to_json())


def odd_release(**changes: Any) -> str:
    return encode(_plain() | changes).decode()


def _plain() -> dict[str, Any]:
    plain: Any = decode(bytes(release()))
    return dict(plain)


def with_file(**changes: Any) -> str:
    return odd_release(files=[_plain()["files"][0] | changes])


def with_header(**changes: Any) -> str:
    return odd_release(headers=[_plain()["headers"][0] | changes])


def manifests() -> list[Vector]:
    return [*_releases(), *_manifests()]


def _releases() -> list[Vector]:
    plain = _plain()
    broken = {
        "no JSON": "release",
        "an unknown field": odd_release(more=1),
        "fields in another order": encode(dict(reversed(plain.items()))).decode(),
        "a version that cannot be seen": odd_release(version=" "),
        "a version of 101 bytes": odd_release(version="1" * 101),
        "a version on two lines": odd_release(version="1\n2"),
        "51 headers": odd_release(headers=[{"name": f"x-{place:02}", "value": "1"} for place in range(51)]),
        "a header in capitals": with_header(name="Content-Security-Policy"),
        "a header whose name begins with a digit": with_header(name="1a"),
        "a header whose name is 65 bytes": with_header(name="n" * 65),
        "a header without a value": with_header(value=""),
        "a header whose value ends in a space": with_header(value="none "),
        "a header whose value begins with a space": with_header(value=" none"),
        "a header on two lines": with_header(value="a\r\nset-cookie: b"),
        "a header in another script": with_header(value="naïve"),
        "a header of 4,097 bytes": with_header(value="v" * 4_097),
        "headers out of order": odd_release(headers=plain["headers"][::-1]),
        "a header twice": odd_release(headers=[plain["headers"][0]] * 2),
        "a page twice": odd_release(pages=["/", "/"]),
        "pages out of order": odd_release(pages=["/replies", "/"]),
        "a page on another site": odd_release(pages=["//elsewhere"]),
        "a page that is a number": odd_release(pages=[1]),
        "201 pages": odd_release(pages=[f"/{place:03}" for place in range(201)]),
        "files out of order": odd_release(files=plain["files"][::-1]),
        "a file twice": odd_release(files=[plain["files"][0]] * 2),
        "a file at the root": with_file(path="/"),
        "a path without its stroke": with_file(path="static/site.css"),
        "a path that ends in a stroke": with_file(path="/static/"),
        "a path with a query": with_file(path="/static/site.css?1"),
        "a path with a percent sign": with_file(path="/static/%2e"),
        "a path with a backslash": with_file(path="/static\\site.css"),
        "a path that climbs": with_file(path="/static/../site.css"),
        "a path that stands still": with_file(path="/static/./site.css"),
        "a path of 1,025 bytes": with_file(path="/" + "p" * 1_024),
        "a file without a type": with_file(type=""),
        "a type of 129 bytes": with_file(type="t" * 129),
        "a size that is no number": with_file(size=True),
        "a file of more than 64 MiB": with_file(size=(64 << 20) + 1),
        "a digest of 31 bytes": with_file(digest=text(bytes(31))),
        "files that are no list": odd_release(files={}),
    }
    return [
        good("a release", "release", release=bytes(release()).decode()),
        good("a release of nothing", "release", release=bytes(release(headers=(), pages=(), files=())).decode()),
        good("hidden folders, and every mark of a path", "release", release=with_file(path="/.well-known/a.B_c~d-1..2")),
        good("the largest file", "release", release=with_file(size=64 << 20)),
        good("an empty file", "release", release=with_file(size=0)),
        good("a header of 4,096 bytes", "release", release=with_header(value="v" * 4_096)),
        good("a header of one letter", "release", release=with_header(name="a", value="~")),
        *(bad(name, "ManifestMalformed", "release", release=given) for name, given in broken.items()),
    ]  # fmt: skip


def _manifests() -> list[Vector]:
    def at(manifest: bytes, today: str = "2026-11-21", **more: Any) -> Vector:
        root = text(bytes(ROOT.verifier))
        return {"manifest": manifest.decode(), "root": root, "site": SITE_TEXT, "today": today, **more}

    usual = manifest_of()
    seen, other = SeenManifest.of(usual), SeenManifest.of(manifest_of(release=release(version="0.1.1")))
    payload = Signed.from_json(decode(usual)).untrusted_payload

    def kept(manifest: SeenManifest) -> str:
        return bytes(manifest).decode()

    return [
        good("a manifest", "manifest", **at(usual)),
        good("a manifest on its first day", "manifest", **at(usual, "2026-11-01")),
        good("a manifest on its last day", "manifest", **at(usual, "2027-05-01")),
        good("a manifest of one day", "manifest", **at(manifest_of(expires=FIRST), "2026-11-01")),
        bad("a day before", "ManifestExpired", "manifest", **at(usual, "2026-10-31")),
        bad("a day after", "ManifestExpired", "manifest", **at(usual, "2027-05-02")),
        good("the same manifest again", "manifest", **at(usual, seen=kept(seen))),
        good("a later manifest", "manifest", **at(manifest_of(number=5), seen=kept(seen))),
        bad("an older manifest", "ManifestRolledBack", "manifest", **at(manifest_of(number=3), seen=kept(seen))),
        bad("an older manifest that has expired", "ManifestRolledBack", "manifest",
            **at(manifest_of(number=3), "2027-05-02", seen=kept(seen))),
        bad("another manifest of the same number", "ManifestForked", "manifest", **at(usual, seen=kept(other))),
        bad("another manifest of the same number that has expired", "ManifestForked", "manifest",
            **at(usual, "2027-05-02", seen=kept(other))),
        bad("a memory that is none", "ManifestMalformed", "manifest", **at(usual, seen="{}")),
        bad("a memory of number 0", "ManifestMalformed", "manifest", **at(usual, seen=kept(replace(seen, number=0)))),
        bad("a memory with a digest of 31 bytes", "ManifestMalformed", "manifest",
            **at(usual, seen=kept(replace(seen, digest=bytes(31))))),
        bad("a manifest of another root", "SignatureInvalid", "manifest", **at(manifest().sign(SECOND))),
        bad("a manifest signed under another label", "SignatureInvalid", "manifest", **at(enveloped(payload, labels.KEYRING))),
        bad("a manifest signed by nobody", "SignatureInvalid", "manifest", **at(encode(Signed(payload, bytes(64)).to_json()))),
        bad("a payload that was changed", "SignatureInvalid", "manifest",
            **at(encode(Signed(payload.replace(b"0.1.0", b"0.1.1"), Signed.from_json(decode(usual)).signature).to_json()))),
        bad("a manifest of another site", "ManifestMalformed", "manifest", **at(manifest_of(site=chance("another site", 32)))),
        bad("a manifest of another site that is older", "ManifestMalformed", "manifest",
            **at(manifest_of(site=chance("another site", 32), number=3), seen=kept(seen))),
        bad("no JSON", "ManifestMalformed", "manifest", **at(b"hello")),
        bad("a manifest with a space", "ManifestMalformed", "manifest", **at(usual + b" ")),
        bad("a manifest that says nothing", "ManifestMalformed", "manifest", **at(enveloped(b"{}"))),
        bad("a manifest with an unknown field", "ManifestMalformed", "manifest", **at(odd(more=1))),
        bad("a manifest of number 0", "ManifestMalformed", "manifest", **at(odd(number=0))),
        bad("a manifest for a site of 31 bytes", "ManifestMalformed", "manifest", **at(odd(site=text(bytes(31))))),
        bad("a manifest that expired before it was issued", "ManifestMalformed", "manifest", **at(odd(expires="2026-10-31"))),
        bad("a manifest of a release that is none", "ManifestMalformed", "manifest", **at(odd(release={}))),
    ]  # fmt: skip
