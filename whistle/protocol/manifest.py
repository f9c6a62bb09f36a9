"""The manifest of a site: every page and file that it serves, signed by the organisation's root.

docs/protocol.md, section 7. Who has it can tell whether a site still serves what the organisation released. What a
server is about to serve is a ``Release``; the root makes a ``Manifest`` of it, with a number that only rises.
"""

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Self

from whistle.errors import ManifestExpired, ManifestForked, ManifestMalformed, ManifestRolledBack
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import Fields, text
from whistle.protocol.hashing import hashed
from whistle.protocol.signing import Signed, Signer, Verifier

#: Where a site serves its manifest.
MANIFEST_PATH: Final = "/.well-known/whistle-manifest.json"
#: Bytes of a manifest that travels.
MANIFEST_LIMIT: Final = 4 << 20

VERSION_LIMIT: Final = 100
HEADER_LIMIT: Final = 50
HEADER_VALUE_LIMIT: Final = 4_096
PAGE_LIMIT: Final = 200
SITE_FILE_LIMIT: Final = 10_000
SITE_FILE_SIZE_LIMIT: Final = 64 << 20
SITE_PATH_LIMIT: Final = 1_024
_TYPE_LIMIT: Final = 128

_HEADER_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PRINTABLE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
#: Segments of letters, digits, ".", "_", "~" and "-", none of which is "." or "..".
_PATH: Final = re.compile(r"(?:/\.?[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file as it is served: its path, its ``Content-Type``, its size in bytes, and its SHA-256 (32 bytes)."""

    path: str
    type: str
    size: int
    digest: bytes

    @classmethod
    def of(cls, path: str, kind: str, content: bytes) -> Self:
        """Return what is told of a file that is served at ``path`` as ``kind``."""
        return cls(path, kind, len(content), sha256(content).digest())

    def to_json(self) -> Json:
        """Return the object that is signed."""
        return {"path": self.path, "type": self.type, "size": self.size, "digest": base64(self.digest)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "path", "type", "size", "digest")
        return cls(
            _path(fields["path"]),
            _printable(fields["type"], _TYPE_LIMIT),
            fields.integer("size", 0, SITE_FILE_SIZE_LIMIT),
            fields.octets("digest", sha256().digest_size),
        )


@dataclass(frozen=True, slots=True)
class Header:
    """A header of every page, its name in small letters."""

    name: str
    value: str

    def to_json(self) -> Json:
        """Return the object that is signed."""
        return {"name": self.name, "value": self.value}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "name", "value")
        name = fields.text("name")
        if _HEADER_NAME.fullmatch(name) is None:
            raise ValueError("no name of a header")
        return cls(name, _printable(fields["value"], HEADER_VALUE_LIMIT))


@dataclass(frozen=True, slots=True)
class Release:
    """What a server serves: its version, the headers of its pages, the pages that need no secret, and the files.

    ``headers`` ascend by name, ``pages`` are ascending paths, ``files`` ascend by path; each is there once.
    """

    version: str
    headers: tuple[Header, ...]
    pages: tuple[str, ...]
    files: tuple[SiteFile, ...]

    def to_json(self) -> Json:
        """Return the object that is signed."""
        return {
            "version": self.version,
            "headers": [header.to_json() for header in self.headers],
            "pages": list(self.pages),
            "files": [file.to_json() for file in self.files],
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "version", "headers", "pages", "files")
        release = cls(
            fields.name("version", VERSION_LIMIT),
            fields.items("headers", Header.from_json, HEADER_LIMIT),
            fields.items("pages", _page, PAGE_LIMIT),
            fields.items("files", SiteFile.from_json, SITE_FILE_LIMIT),
        )
        _check_order([header.name for header in release.headers])
        _check_order(list(release.pages))
        _check_order([file.path for file in release.files])
        return release

    def __bytes__(self) -> bytes:
        """Return the release as JSON, to be carried to the root; raises ``ManifestMalformed`` for an impossible one."""
        try:
            written = encode(self.to_json())
        except ValueError as error:
            raise ManifestMalformed from error
        self.parse(written)
        return written

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the release in JSON; raises ``ManifestMalformed``."""
        try:
            return cls.from_json(decode(untrusted_bytes))
        except ValueError as error:
            raise ManifestMalformed from error


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the root signs of a release, for one ``site`` (32 bytes). ``number`` only rises."""

    site: bytes
    number: int
    issued: date
    expires: date
    release: Release

    def sign(self, root: Signer) -> bytes:
        """Return the signed manifest as it is served; raises ``ManifestMalformed`` for what nobody would accept."""
        payload: Json = {
            "site": base64(self.site),
            "number": self.number,
            "issued": self.issued.isoformat(),
            "expires": self.expires.isoformat(),
            "release": self.release.to_json(),
        }
        try:
            encoded = encode(payload)
            self._parse(encoded)
            served = encode(Signed.make(root, labels.MANIFEST, encoded).to_json())
            _envelope(served)
        except ValueError as error:
            raise ManifestMalformed from error
        return served

    @classmethod
    def claimed(cls, untrusted_bytes: bytes) -> Self:
        """Return what a manifest claims, whoever signed it; raises ``ManifestMalformed``."""
        try:
            return cls._parse(_envelope(untrusted_bytes).untrusted_payload)
        except ValueError as error:
            raise ManifestMalformed from error

    @classmethod
    def _parse(cls, payload: bytes) -> Self:
        fields = Fields(decode(payload), "site", "number", "issued", "expires", "release")
        manifest = cls(
            fields.octets("site", labels.HASH_SIZE),
            fields.integer("number", 1),
            fields.day("issued"),
            fields.day("expires"),
            Release.from_json(fields["release"]),
        )
        if manifest.expires < manifest.issued:
            raise ValueError("expired before it was issued")
        return manifest


@dataclass(frozen=True, slots=True)
class SeenManifest:
    """What is kept of the newest manifest seen, so that no site can go back: its number, and its hash (32 bytes)."""

    number: int
    digest: bytes

    @classmethod
    def of(cls, untrusted_bytes: bytes) -> Self:
        """Return what to keep of a manifest that was verified; raises ``ManifestMalformed``."""
        try:
            payload = _envelope(untrusted_bytes).untrusted_payload
        except ValueError as error:
            raise ManifestMalformed from error
        return cls(Manifest.claimed(untrusted_bytes).number, hashed(labels.MANIFEST, payload))

    def __bytes__(self) -> bytes:
        """Return it as JSON, to be kept."""
        return encode({"number": self.number, "digest": base64(self.digest)})

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return what was kept; raises ``ManifestMalformed``."""
        try:
            fields = Fields(decode(untrusted_bytes), "number", "digest")
            return cls(fields.integer("number", 1), fields.octets("digest", labels.HASH_SIZE))
        except ValueError as error:
            raise ManifestMalformed from error


def verify(
    untrusted_bytes: bytes, root: Verifier, site: bytes, today: date, seen: SeenManifest | None = None
) -> Manifest:
    """Return the manifest that a site serves, if ``root`` signed it for ``site`` and it holds ``today``.

    Raises ``ManifestMalformed``, ``SignatureInvalid``, ``ManifestRolledBack`` and ``ManifestForked`` where it is not
    the newest one ``seen`` or a later one, and ``ManifestExpired``; in this order.
    """
    try:
        signed = _envelope(untrusted_bytes)
        signed.verify(root, labels.MANIFEST)
        manifest = Manifest._parse(signed.untrusted_payload)  # noqa: SLF001 - of this module
    except ValueError as error:
        raise ManifestMalformed from error
    if manifest.site != site:
        raise ManifestMalformed
    if seen is not None and manifest.number < seen.number:
        raise ManifestRolledBack
    if seen is not None and manifest.number == seen.number and SeenManifest.of(untrusted_bytes) != seen:
        raise ManifestForked
    if not manifest.issued <= today <= manifest.expires:
        raise ManifestExpired
    return manifest


def _envelope(untrusted_bytes: bytes) -> Signed:
    if len(untrusted_bytes) > MANIFEST_LIMIT:
        raise ValueError("too large")
    return Signed.from_json(decode(untrusted_bytes))


def _path(value: Json) -> str:
    path = text(value, SITE_PATH_LIMIT)
    if _PATH.fullmatch(path) is None:
        raise ValueError("no path of a site")
    return path


def _page(value: Json) -> str:
    return "/" if value == "/" else _path(value)


def _printable(value: Json, limit: int) -> str:
    line = text(value, limit)
    if _PRINTABLE.fullmatch(line) is None:
        raise ValueError("no line of printable ASCII")
    return line


def _check_order(names: list[str]) -> None:
    if names != sorted(set(names)):
        raise ValueError("out of order, or twice")
