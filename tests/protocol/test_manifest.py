"""Manifests: what is accepted, what is refused, and that nothing else than a ``ManifestError`` comes of any bytes."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import FIRST, SITE, TODAY, refuses, signer
from tests.vectors.of_manifest import CODE, LAST, STYLE, manifest, manifest_of, odd_release, release
from whistle.errors import ManifestError, ManifestForked, ManifestMalformed, ManifestRolledBack, SignatureInvalid
from whistle.protocol import labels
from whistle.protocol import manifest as module
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.hashing import hashed
from whistle.protocol.manifest import (
    MANIFEST_LIMIT,
    Header,
    Manifest,
    Release,
    SeenManifest,
    SiteFile,
    verify,
)
from whistle.protocol.signing import Signed

ROOT = signer("root")


def check(served: bytes, seen: SeenManifest | None = None, today: date = TODAY) -> Manifest:
    return verify(served, ROOT.verifier, SITE, today, seen)


segments = st.from_regex(r"\A\.?[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,20}\Z")
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
lines = st.from_regex(r"\A[!-~]([ -~]{0,40}[!-~])?\Z")
files = st.builds(SiteFile, paths, lines, st.integers(0, 64 << 20), st.binary(min_size=32, max_size=32))
headers = st.builds(Header, st.from_regex(r"\A[a-z][a-z0-9-]{0,20}\Z"), lines)


def ascending(items: Any, name: Any) -> tuple[Any, ...]:
    return tuple(each for _name, each in sorted({name(each): each for each in items}.items()))


releases = st.builds(
    Release,
    st.from_regex(r"\A[!-~]{1,50}\Z"),
    st.lists(headers, max_size=5).map(lambda items: ascending(items, lambda each: each.name)),
    st.lists(paths | st.just("/"), max_size=5).map(lambda items: ascending(items, str)),
    st.lists(files, max_size=5).map(lambda items: ascending(items, lambda each: each.path)),
)


@given(releases)
def test_a_release_survives_its_writing(made: Release) -> None:
    assert Release.parse(bytes(made)) == made
    served = manifest(release=made).sign(ROOT)
    assert check(served).release == made
    assert Manifest.claimed(served).release == made


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_another_error(untrusted: bytes) -> None:
    for read in (Release.parse, Manifest.claimed, SeenManifest.of, SeenManifest.parse, check):
        with pytest.raises(ManifestError):
            read(untrusted)


@given(st.data())
def test_a_manifest_that_was_changed_in_any_byte_is_refused(data: st.DataObject) -> None:
    served = bytearray(manifest_of())
    place = data.draw(st.integers(0, len(served) - 1))
    served[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((ManifestMalformed, SignatureInvalid)):
        check(bytes(served))


def test_a_file_is_told_by_size_and_digest() -> None:
    assert SiteFile.of("/a", "text/plain", b"abc") == SiteFile("/a", "text/plain", 3, sha256(b"abc").digest())


@pytest.mark.parametrize(
    "change",
    [
        {"version": ""},
        {"version": "\ud800"},
        {"pages": ("/replies", "/")},
        {"pages": ("replies",)},
        {"files": (STYLE, CODE)},
        {"files": (CODE, CODE)},
        {"files": (replace(CODE, size=-1),)},
        {"headers": (Header("a", "b\n"),)},
        {"headers": (Header("A", "b"),)},
    ],
)
def test_an_impossible_release_is_neither_written_nor_signed(change: dict[str, Any]) -> None:
    refuses(ManifestMalformed, lambda: bytes(release(**change)))
    refuses(ManifestMalformed, lambda: manifest(release=release(**change)).sign(ROOT))


@pytest.mark.parametrize("change", [{"number": 0}, {"site": b"short"}, {"expires": date(2026, 10, 31)}])
def test_an_impossible_manifest_is_not_signed(change: dict[str, Any]) -> None:
    refuses(ManifestMalformed, lambda: manifest(**change).sign(ROOT))


def test_whoever_has_seen_a_manifest_never_goes_back() -> None:
    newer = manifest_of(number=9)
    seen = SeenManifest.of(newer)
    assert seen.number == 9
    assert SeenManifest.parse(bytes(seen)) == seen
    check(newer, seen)
    check(manifest_of(number=10), seen)
    with pytest.raises(ManifestRolledBack):
        check(manifest_of(number=8), seen)
    with pytest.raises(ManifestForked):
        check(manifest_of(number=9, expires=LAST.replace(day=2)), seen)


def test_two_releases_of_one_number_are_told_apart_by_any_byte() -> None:
    changed = (replace(CODE, digest=bytes(32)), STYLE)
    assert SeenManifest.of(manifest_of()) != SeenManifest.of(manifest_of(release=release(files=changed)))
    assert SeenManifest.of(manifest_of()) == SeenManifest.of(manifest().sign(signer("second root")))


def test_a_manifest_that_is_too_large_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decode", lambda _bytes: pytest.fail("it was read"))
    refuses(ManifestMalformed, lambda: check(bytes(MANIFEST_LIMIT + 1)))


def test_a_manifest_that_nobody_would_read_is_not_signed() -> None:
    many = tuple(SiteFile.of(f"/{place:05}{'p' * 500}", "text/plain", b"") for place in range(10_000))
    refuses(ManifestMalformed, lambda: manifest(release=release(files=many)).sign(ROOT))


def test_a_manifest_as_large_as_it_may_be_is_read() -> None:
    served = manifest_of()
    filler = MANIFEST_LIMIT - len(served)
    refuses(ManifestMalformed, lambda: check(served + b" " * filler))
    assert len(served) < MANIFEST_LIMIT


def test_the_limits_of_a_release_are_within_reach() -> None:
    many = tuple(SiteFile.of(f"/static/{place:05}", "text/plain", b"") for place in range(10_000))
    assert Release.parse(bytes(release(files=many))).files == many
    refuses(
        ManifestMalformed,
        lambda: Release.parse(odd_release(files=[each.to_json() for each in many] + [many[-1].to_json()]).encode()),
    )
    assert len(encode(release(files=many).to_json())) < MANIFEST_LIMIT
    pages = tuple(f"/{place:03}" for place in range(200))
    every = tuple(Header(f"x-{place:02}", "1") for place in range(50))
    assert Release.parse(bytes(release(pages=pages, headers=every))) == release(pages=pages, headers=every)
    assert Release.parse(bytes(release(version="1" * 100))).version == "1" * 100
    longest = "/" + "p" * 1_023
    assert Release.parse(bytes(release(pages=(longest,)))).pages == (longest,)
    kind = "t" * 128
    assert Release.parse(bytes(release(files=(replace(CODE, type=kind),)))).files[0].type == kind


def test_both_days_count() -> None:
    assert check(manifest_of(), today=FIRST).issued == FIRST
    assert check(manifest_of(), today=LAST).expires == LAST


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/" + "p" * 1_024},
        {"type": "t" * 129},
        {"size": (64 << 20) + 1},
        {"digest": base64(bytes(31))},
        {"digest": base64(bytes(33))},
    ],
)
def test_a_file_out_of_its_bounds_is_refused(change: dict[str, Any]) -> None:
    largest = replace(CODE, size=64 << 20)
    assert Release.parse(bytes(release(files=(largest,)))).files == (largest,)
    plain: Any = CODE.to_json()
    refuses(ManifestMalformed, lambda: Release.parse(odd_release(files=[plain | change]).encode()))


def test_a_header_has_a_value_of_4096_bytes_at_most() -> None:
    longest = (Header("x", "v" * 4_096),)
    assert Release.parse(bytes(release(headers=longest))).headers == longest
    refuses(ManifestMalformed, lambda: bytes(release(headers=(Header("x", "v" * 4_097),))))


def test_the_first_manifest_may_hold_for_one_day() -> None:
    first = check(manifest_of(number=1, issued=TODAY, expires=TODAY))
    assert (first.number, first.issued, first.expires) == (1, TODAY, TODAY)


def test_of_a_manifest_its_number_and_a_hash_under_its_label_are_kept() -> None:
    served = manifest_of(number=1)
    payload = Signed.from_json(decode(served)).untrusted_payload
    kept = SeenManifest(1, hashed(labels.MANIFEST, payload))
    assert SeenManifest.of(served) == kept
    assert SeenManifest.parse(bytes(kept)) == kept


@pytest.mark.parametrize("wrong", [SeenManifest(0, bytes(32)), SeenManifest(1, bytes(31)), SeenManifest(1, bytes(33))])
def test_what_was_never_kept_of_a_manifest_is_refused(wrong: SeenManifest) -> None:
    refuses(ManifestMalformed, lambda: SeenManifest.parse(bytes(wrong)))


def test_the_size_of_a_manifest_has_a_limit_that_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    served = manifest_of()
    monkeypatch.setattr(module, "MANIFEST_LIMIT", len(served))
    check(served)
    monkeypatch.setattr(module, "MANIFEST_LIMIT", len(served) - 1)
    refuses(ManifestMalformed, lambda: check(served))
