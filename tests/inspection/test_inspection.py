"""A good site passes; each way in which a bad one can cheat is found, and named."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from tests.inspection.mirror import KEYRING_PATH, ROOT, Asked, Mirror, Served, Tamper, manifest, today
from tests.protocol import cast
from whistle.errors import AnswerTooLarge
from whistle.inspection import visiting
from whistle.inspection.findings import Kind
from whistle.inspection.judging import Report
from whistle.inspection.visitors import VISITS
from whistle.protocol.canonical import decode, encode
from whistle.protocol.manifest import MANIFEST_PATH, Header, SeenManifest

STYLE = "/static/site.css"
EVERYBODY = ("Tor Browser", "Chromium")
#: Pages, refusals and steps on the way to the form: each of them is judged.
PLACES = (
    "GET /",
    "GET /replies",
    "GET /nowhere-…",
    "POST /",
    "POST /replies (1 TiB)",
    "POST /report (nothing)",
    "POST /replies",
    "POST /report/form",
)


def found(report: Report) -> set[tuple[Kind, str]]:
    return {(finding.kind, finding.place) for finding in report.findings}


def at(path: str, change: Callable[[Served], Served], method: str = "GET") -> Tamper:
    """Change the answers to one question."""
    return lambda asked, honest: change(honest) if (asked.method, asked.path) == (method, path) else honest


def with_manifest(served: bytes) -> Tamper:
    return at(MANIFEST_PATH, lambda honest: replace(honest, body=served))


# --- a good site


def test_a_good_site_passes_whoever_asks(site: Mirror) -> None:
    report = site.inspected_at(f"http://127.0.0.1:{site.port}", None, VISITS)
    assert report.findings == ()
    assert report.manifest == manifest(site.release)
    assert report.seen == SeenManifest.of(manifest(site.release).sign(ROOT))
    assert report.visits == 4
    assert report.answers > 4 * (len(site.release.files) + len(site.release.pages) + 6)


def test_every_page_that_needs_no_secret_is_asked_for_and_every_file(site: Mirror) -> None:
    asked = set()

    def note(each: Asked, honest: Served) -> Served:
        asked.add((each.method, each.path))
        return honest

    site.inspected(note, visits=VISITS[:1])
    assert {("GET", page) for page in site.release.pages} <= asked
    assert {("GET", file.path) for file in site.release.files} <= asked
    assert {("POST", "/report"), ("POST", "/report/words"), ("POST", "/report/form")} <= asked
    assert ("POST", "/report/send") not in asked
    assert {"/", "/replies"} <= set(site.release.pages)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_proxy_that_packs_answers_is_no_reason_for_alarm(
    site: Mirror, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    def packed(_asked: Asked, honest: Served) -> Served:
        return replace(honest, body=pack(honest.body)).with_header("Content-Encoding", encoding)

    assert site.inspected(packed).findings == ()


def test_a_site_that_stops_taking_files_meanwhile_is_no_reason_for_alarm(site: Mirror) -> None:
    def shut(asked: Asked, honest: Served) -> Served:
        return honest.having('"open"', '"shut"') if (asked.path, asked.count) == ("/room", 1) else honest

    assert site.inspected(shut).findings == ()


# --- somebody is given something else


def test_more_for_one_browser_where_words_may_change(site: Mirror) -> None:
    def link(asked: Asked, honest: Served) -> Served:
        return (
            honest.having("</p>", '</p><a href="/">Go on</a>')
            if asked.by_chromium and asked.path == "/room"
            else honest
        )

    assert found(site.inspected(link)) == {(Kind.DIFFERS, "GET /room")}


def test_other_bytes_for_the_second_visitor(site: Mirror) -> None:
    def second(asked: Asked, honest: Served) -> Served:
        return replace(honest, body=b"/**/" + honest.body) if (asked.path, asked.count) == (STYLE, 1) else honest

    report = site.inspected(second)
    assert found(report) == {(Kind.FILE, f"GET {STYLE}"), (Kind.DIFFERS, f"GET {STYLE}")}
    assert {finding.visitors for finding in report.findings} == {("Chromium",)}


def test_other_bytes_for_somebody_who_comes_back(site: Mirror) -> None:
    def fourth(asked: Asked, honest: Served) -> Served:
        return replace(honest, body=honest.body + b"\n") if (asked.path, asked.count) == (STYLE, 3) else honest

    assert (Kind.FILE, f"GET {STYLE}") in found(site.inspected(fourth, visits=VISITS))


def test_other_words_for_one_browser(site: Mirror) -> None:
    def words(asked: Asked, honest: Served) -> Served:
        return (
            honest.having("</h1>", " in 13 words</h1>")
            if asked.by_chromium and (asked.method, asked.path) == ("GET", "/")
            else honest
        )

    report = site.inspected(words)
    assert found(report) == {(Kind.DIFFERS, "GET /")}
    assert "13 words" in report.findings[0].untrusted_detail
    assert report.findings[0].visitors == ("Chromium",)


def test_another_form_for_one_browser(site: Mirror) -> None:
    def field(asked: Asked, honest: Served) -> Served:
        if asked.by_chromium and asked.path == "/report/form":
            return honest.having("<fieldset", '<p><input type="text" name="your-name"></p><fieldset')
        return honest

    assert found(site.inspected(field)) == {(Kind.DIFFERS, "POST /report/form")}


def test_another_header_for_one_browser(site: Mirror) -> None:
    def mark(asked: Asked, honest: Served) -> Served:
        return honest.with_header("X-Visitor", "7") if asked.by_chromium and asked.path == STYLE else honest

    assert found(site.inspected(mark)) == {(Kind.DIFFERS, f"GET {STYLE}")}


def test_no_answer_for_one_browser(site: Mirror) -> None:
    def hang_up(asked: Asked, honest: Served) -> Served | None:
        return None if asked.by_chromium and asked.path == STYLE else honest

    report = site.inspected(hang_up)
    assert found(report) == {(Kind.UNREACHABLE, f"GET {STYLE}")}
    assert report.findings[0].visitors == ("Chromium",)


def test_other_readers_for_one_browser(site: Mirror) -> None:
    def fewer(asked: Asked, honest: Served) -> Served:
        if not asked.by_chromium or asked.path != KEYRING_PATH:
            return honest
        document = decode(honest.body)
        assert isinstance(document, dict)
        statements = document["statements"]
        assert isinstance(statements, list)
        return replace(honest, body=encode({**document, "statements": statements[:1]}))

    assert found(site.inspected(fewer)) == {(Kind.DIFFERS, f"GET {KEYRING_PATH}")}


def test_another_organisation_for_one_browser(site: Mirror) -> None:
    other = bytes(cast.published(keyring=cast.keyring().sign(cast.signer("second root"))))

    def foreign(asked: Asked, honest: Served) -> Served:
        return replace(honest, body=other) if asked.by_chromium and asked.path == KEYRING_PATH else honest

    place = f"GET {KEYRING_PATH}"
    assert found(site.inspected(foreign)) == {(Kind.KEYRING, place), (Kind.DIFFERS, place)}


def test_a_challenge_of_another_day_is_nothing(site: Mirror) -> None:
    def midnight(asked: Asked, honest: Served) -> Served:
        document = decode(honest.body) if asked.path == KEYRING_PATH and asked.count else None
        return (
            replace(honest, body=encode({**document, "challenge": "A" * 43 + "="}))
            if isinstance(document, dict)
            else honest
        )

    assert site.inspected(midnight).findings == ()


# --- the manifest


@pytest.mark.parametrize("days", [-1, 1])
def test_a_manifest_of_another_time(site: Mirror, days: int) -> None:
    first = today() + timedelta(days=1 if days > 0 else -9)
    served = manifest(site.release, issued=first, expires=first + timedelta(days=3)).sign(ROOT)
    report = site.inspected(with_manifest(served))
    assert found(report) == {(Kind.MANIFEST, f"GET {MANIFEST_PATH}")}
    assert "does not hold today" in report.findings[0].untrusted_detail
    assert (report.manifest, report.seen) == (None, None)


def test_a_manifest_that_goes_back(site: Mirror) -> None:
    seen = SeenManifest.of(manifest(site.release, number=5).sign(ROOT))
    report = site.inspected(seen=seen)
    assert found(report) == {(Kind.MANIFEST, f"GET {MANIFEST_PATH}")}
    assert "older list of its files" in report.findings[0].untrusted_detail
    assert report.seen == seen


def test_another_manifest_of_the_same_number(site: Mirror) -> None:
    seen = SeenManifest.of(manifest(site.release, expires=today()).sign(ROOT))
    assert found(site.inspected(seen=seen)) == {(Kind.MANIFEST, f"GET {MANIFEST_PATH}")}


@pytest.mark.parametrize(
    "served",
    [
        lambda site: manifest(site.release).sign(cast.signer("second root")),
        lambda site: manifest(site.release, site=bytes(32)).sign(ROOT),
        lambda _site: b"{}",
        lambda _site: b"\x1b[2J",
        lambda site: manifest(site.release).sign(ROOT).replace(b"a", b"b", 1),
    ],
)
def test_a_manifest_that_the_organisation_did_not_sign(site: Mirror, served: Callable[[Mirror], bytes]) -> None:
    report = site.inspected(with_manifest(served(site)))
    assert found(report) == {(Kind.MANIFEST, f"GET {MANIFEST_PATH}")}
    assert report.manifest is None


def test_no_manifest(site: Mirror) -> None:
    report = site.inspected(at(MANIFEST_PATH, lambda honest: replace(honest, status=404, body=b"")))
    assert found(report) == {(Kind.NO_MANIFEST, f"GET {MANIFEST_PATH}")}


def test_two_manifests_and_the_files_of_the_older(site: Mirror) -> None:
    changed = tuple(replace(file, digest=bytes(32)) if file.path == STYLE else file for file in site.release.files)
    newer = manifest(replace(site.release, files=changed), number=5).sign(ROOT)

    def both(asked: Asked, honest: Served) -> Served:
        return replace(honest, body=newer) if asked.by_chromium and asked.path == MANIFEST_PATH else honest

    report = site.inspected(both)
    assert found(report) == {(Kind.DIFFERS, f"GET {MANIFEST_PATH}"), (Kind.FILE, f"GET {STYLE}")}
    assert report.seen == SeenManifest.of(newer)


def test_a_policy_that_was_signed_and_is_too_wide(site: Mirror) -> None:
    wide = "default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.example; report-uri /r"
    headers = tuple(
        Header(each.name, wide) if each.name == "content-security-policy" else each for each in site.release.headers
    )
    served = manifest(replace(site.release, headers=headers)).sign(ROOT)

    def tamper(asked: Asked, honest: Served) -> Served:
        if asked.path == MANIFEST_PATH:
            return replace(honest, body=served)
        page = ("text/html" in dict(honest.headers).get("Content-Type", "")) or honest.status == 413
        return honest.with_header("Content-Security-Policy", wide) if page else honest

    report = site.inspected(tamper)
    assert {finding.kind for finding in report.findings} == {Kind.POLICY}
    assert {finding.untrusted_detail for finding in report.findings} == {
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' https://cdn.example",
        "report-uri /r",
        "base-uri",
        "form-action",
        "frame-ancestors",
    }


def test_without_a_manifest_the_policy_is_judged_by_itself(site: Mirror) -> None:
    def tamper(asked: Asked, honest: Served) -> Served:
        if asked.path == MANIFEST_PATH:
            return replace(honest, status=404)
        if asked.path == "/":
            return honest.with_header("Content-Security-Policy", "default-src *")
        return honest.without_header("Content-Security-Policy") if asked.path == "/replies" else honest

    report = site.inspected(tamper)
    assert {(Kind.POLICY, "GET /"), (Kind.POLICY, "POST /replies")} <= found(report)


# --- files


def test_another_file_for_everybody(site: Mirror) -> None:
    report = site.inspected(at(STYLE, lambda honest: replace(honest, body=b"body { display: none }")))
    assert found(report) == {(Kind.FILE, f"GET {STYLE}")}
    assert report.findings[0].visitors == EVERYBODY


def test_a_file_that_is_not_there(site: Mirror) -> None:
    assert found(site.inspected(at(STYLE, lambda honest: replace(honest, status=404)))) == {
        (Kind.STATUS, f"GET {STYLE}")
    }


def test_a_file_of_another_type(site: Mirror) -> None:
    for kind in ("text/html; charset=utf-8", "text/css"):
        report = site.inspected(at(STYLE, lambda honest, kind=kind: honest.with_header("Content-Type", kind)))  # type: ignore[misc]
        assert found(report) == {(Kind.TYPE, f"GET {STYLE}")}
    guess = site.inspected(at(STYLE, lambda honest: honest.without_header("X-Content-Type-Options")))
    assert found(guess) == {(Kind.HEADER, f"GET {STYLE}")}


# --- headers


@pytest.mark.parametrize("place", PLACES)
def test_a_page_without_its_policy(site: Mirror, place: str) -> None:
    assert found(site.inspected(on(place, lambda honest: honest.without_header("Content-Security-Policy")))) == {
        (Kind.HEADER, place)
    }


@pytest.mark.parametrize("place", [*PLACES, f"GET {STYLE}", f"GET {KEYRING_PATH}", f"GET {MANIFEST_PATH}"])
def test_a_cookie(site: Mirror, place: str) -> None:
    report = site.inspected(on(place, lambda honest: honest.with_header("Set-Cookie", "id=7; Secure")))
    assert found(report) == {(Kind.COOKIE, place)}
    assert report.findings[0].untrusted_detail == "id=7; Secure"


def on(place: str, change: Callable[[Served], Served]) -> Tamper:
    """Change the answers to the question that findings call ``place``."""
    method, path, *which = place.replace("…", "").split(" ", 2)
    sizes = {"(nothing)": range(1), "(1 TiB)": range(1 << 20, (1 << 40) + 1)}.get("".join(which), range(1, 1 << 20))

    def tamper(asked: Asked, honest: Served) -> Served:
        same = asked.path.startswith(path) if path.endswith("-") else asked.path == path
        if not same or asked.method != method:
            return honest
        fits = method == "GET" or place == "POST /" or int(asked.headers["Content-Length"]) in sizes
        return change(honest) if fits else honest

    return tamper


def test_another_policy(site: Mirror) -> None:
    def wider(honest: Served) -> Served:
        policy = next(value for name, value in honest.headers if name == "Content-Security-Policy")
        return honest.with_header("Content-Security-Policy", policy.replace("default-src 'none'", "default-src 'self'"))

    report = site.inspected(at("/", wider))
    assert found(report) == {(Kind.HEADER, "GET /")}
    assert "default-src 'self'" in report.findings[0].untrusted_detail


def test_a_second_policy(site: Mirror) -> None:
    extra = ("Content-Security-Policy", "default-src 'none'")
    assert found(site.inspected(at("/", lambda honest: replace(honest, headers=(*honest.headers, extra))))) == {
        (Kind.HEADER, "GET /")
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Refresh", "0; url=https://elsewhere.example"),
        ("Link", "</static/evil.js>; rel=modulepreload"),
        ("Report-To", '{"endpoints":[{"url":"https://elsewhere.example"}]}'),
        ("NEL", "{}"),
        ("Reporting-Endpoints", 'a="https://elsewhere.example"'),
        ("Content-Security-Policy-Report-Only", "default-src 'none'; report-uri https://elsewhere.example"),
        ("ETag", '"7"'),
        ("Alt-Svc", 'h2="elsewhere.example:443"'),
        ("Service-Worker-Allowed", "/"),
        ("Speculation-Rules", '"/static/rules.json"'),
        ("Access-Control-Allow-Origin", "*"),
    ],
)
def test_a_header_that_leads_elsewhere(site: Mirror, name: str, value: str) -> None:
    assert found(site.inspected(at("/", lambda honest: honest.with_header(name, value)))) == {
        (Kind.FORBIDDEN_HEADER, "GET /")
    }


def test_another_port_of_the_same_host_is_fine(site: Mirror) -> None:
    def tamper(_asked: Asked, honest: Served) -> Served:
        return honest.with_header("Alt-Svc", 'h3=":443"; ma=86400')

    assert site.inspected(tamper).findings == ()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(site: Mirror, status: int) -> None:
    elsewhere = "http://127.0.0.1:1/"

    def away(honest: Served) -> Served:
        return replace(honest, status=status).with_header("Location", elsewhere)

    report = site.inspected(at("/replies", away))
    assert (Kind.ELSEWHERE, "GET /replies") in found(report)
    assert elsewhere in {finding.untrusted_detail for finding in report.findings}


# --- pages


@pytest.mark.parametrize(
    ("piece", "kinds"),
    [
        ("<script>alert(1)</script>", {Kind.UNCLEAR, Kind.INLINE}),
        ('<script src="/static/evil.js"></script>', {Kind.UNLISTED}),
        ('<script src="https://elsewhere.example/a.js"></script>', {Kind.UNLISTED, Kind.ADDRESS}),
        ('<script src="//elsewhere.example/a.js"></script>', {Kind.UNLISTED, Kind.ADDRESS}),
        ('<script src="/static/site.css">alert(1)</script>', {Kind.INLINE}),
        ('<script type="importmap" src="/static/site.css"></script>', {Kind.INLINE}),
        ('<link rel="stylesheet" href="/static/evil.css">', {Kind.UNLISTED}),
        ('<img src="/static/evil.png" alt="">', {Kind.UNLISTED}),
        ('<img src="https://elsewhere.example/p.png" alt="">', {Kind.UNLISTED, Kind.ADDRESS}),
        ('<p onclick="x()">a</p>', {Kind.HANDLER}),
        ('<p style="color:red">a</p>', {Kind.INLINE}),
        ("<style>p { color: red }</style>", {Kind.ELEMENT}),
        ('<a href="javascript:x()">a</a>', {Kind.ADDRESS}),
        ('<a href="java&#115;cript:x()">a</a>', {Kind.ADDRESS}),
        ('<a href="data:text/html,a">a</a>', {Kind.ADDRESS}),
        ('<a href="/" ping="/p">a</a>', {Kind.ATTRIBUTE}),
        ('<form method="post" action="https://elsewhere.example/"></form>', {Kind.ADDRESS}),
        ('<input type="submit" formaction="//elsewhere.example/">', {Kind.ADDRESS}),
        ('<base href="https://elsewhere.example/">', {Kind.ELEMENT, Kind.UNLISTED, Kind.ADDRESS}),
        ('<meta http-equiv="refresh" content="0; url=/evil">', {Kind.ELEMENT, Kind.ATTRIBUTE}),
        ('<meta name="referrer" content="unsafe-url">', {Kind.ELEMENT}),
        ('<iframe src="/"></iframe>', {Kind.ELEMENT, Kind.UNLISTED}),
        ("<svg></svg>", {Kind.ELEMENT}),
        ('<p is="x-y">a</p>', {Kind.ATTRIBUTE}),
        ("<!--><script>alert(1)</script>-->", {Kind.UNCLEAR}),
        ("<P onclick=x()>", {Kind.UNCLEAR}),
        ("<a href=/>a</a>", {Kind.UNCLEAR}),
        ("<textarea><!-- </textarea><img src=x onerror=y> --></textarea>", {Kind.UNCLEAR}),
        ("a < b", {Kind.UNCLEAR}),
        ("\x00", {Kind.UNCLEAR}),
    ],
)
def test_a_page_that_could_run_or_load_something_else(site: Mirror, piece: str, kinds: set[Kind]) -> None:
    report = site.inspected(at("/", lambda honest: honest.having("</main>", f"{piece}</main>")), visits=VISITS[:1])
    assert {(kind, "GET /") for kind in kinds} >= {each for each in found(report) if each[1] == "GET /"} != set()
    if Kind.UNCLEAR not in kinds:
        assert {kind for kind, place in found(report) if place == "GET /"} == kinds


@pytest.mark.parametrize("place", PLACES)
def test_every_page_is_read(site: Mirror, place: str) -> None:
    report = site.inspected(on(place, lambda honest: honest.having("</main>", '<p onload="x">a</p></main>')))
    assert found(report) == {(Kind.HANDLER, place)}


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-16", "application/xhtml+xml; charset=utf-8"])
def test_a_page_of_another_type_or_script(site: Mirror, kind: str) -> None:
    assert found(site.inspected(at("/", lambda honest: honest.with_header("Content-Type", kind)))) == {
        (Kind.TYPE, "GET /")
    }


def test_a_page_in_another_encoding(site: Mirror) -> None:
    other = site.inspected(at("/", lambda honest: replace(honest, body=honest.body.decode().encode("utf-16"))))
    assert found(other) == {(Kind.UNCLEAR, "GET /")}


def test_a_page_full_of_faults_does_not_drown_the_rest(site: Mirror) -> None:
    def faulty(honest: Served) -> Served:
        return replace(honest, body=b"<!doctype html>" + b"".join(b'<p style="%d">' % place for place in range(9_000)))

    report = site.inspected(at("/replies", faulty))
    assert 0 < len([finding for finding in report.findings if finding.place == "GET /replies"]) <= 20


# --- bounds


def bomb(encoding: str = "gzip") -> Callable[[Served], Served]:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    return lambda honest: replace(honest, body=body).with_header("Content-Encoding", encoding)


def test_where_the_site_tells_nobody_whose_it_is_there_is_nothing_to_judge(site: Mirror) -> None:
    with pytest.raises(AnswerTooLarge):
        site.inspected(at(KEYRING_PATH, bomb()), visits=VISITS[:1])


@pytest.mark.parametrize("path", ["/", STYLE, MANIFEST_PATH])
def test_a_bomb_is_not_unpacked(site: Mirror, path: str) -> None:
    assert (Kind.TOO_LARGE, f"GET {path}") in found(site.inspected(at(path, bomb()), visits=VISITS[:1]))


def test_an_answer_that_is_too_large_is_cut_off(site: Mirror) -> None:
    report = site.inspected(at("/", lambda honest: replace(honest, body=honest.body + b" " * (1 << 20))))
    assert found(report) == {(Kind.TOO_LARGE, "GET /")}


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip"])
def test_an_answer_packed_in_another_way(site: Mirror, encoding: str) -> None:
    report = site.inspected(at("/", lambda honest: honest.with_header("Content-Encoding", encoding)))
    assert found(report) == {(Kind.UNREADABLE, "GET /")}


def test_a_visit_ends_however_slowly_each_answer_comes(site: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(0, 100)  # each look at the clock is 100 seconds later
    monkeypatch.setattr(visiting, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    report = site.inspected(visits=VISITS[:1])
    assert {kind for kind, _place in found(report)} == set()
    monkeypatch.setattr(visiting, "VISIT_SECONDS", 1_000.0)
    asked = []

    def note(each: Asked, honest: Served) -> Served:
        asked.append(each)
        return honest

    report = site.inspected(note, visits=VISITS[:1])
    assert {kind for kind, _place in found(report)} == {Kind.UNREACHABLE}
    assert len(asked) == 11 < report.answers


def test_a_visit_takes_so_much_and_no_more(site: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max(file.size for file in site.release.files)
    monkeypatch.setattr(visiting, "VISIT_LIMIT", size)
    assert {kind for kind, _place in found(site.inspected(visits=VISITS[:1]))} == {Kind.TOO_LARGE}


def test_an_answer_that_never_ends_is_given_up(site: Mirror) -> None:
    def stalled(honest: Served) -> Served:
        return honest.with_header("Content-Length", str(len(honest.body) + 1))

    report = site.inspected(at("/replies", stalled), visits=VISITS[:1], seconds=2)
    assert found(report) == {(Kind.UNREACHABLE, "GET /replies")}
