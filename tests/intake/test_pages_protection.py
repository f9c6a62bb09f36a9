"""What protects a visitor on every page: headers, no cookie, no other site's forms, no file on the disk."""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Never

import pytest
from werkzeug.http import parse_csp_header, parse_dict_header

from tests.intake.browsing import Page, Place, multipart
from whistle.intake.headers import SECURITY_HEADERS
from whistle.intake.pages.errors import refusal_pages

STORY = "What only she could know"


def every_kind_of_answer(place: Place) -> Iterator[Page]:
    browser, form, words = place.at_form()
    yield browser.get("/")
    yield browser.get("/static/site.css")
    yield browser.get("/static/icon.svg")
    yield browser.get("/static/nothing")
    yield browser.get("/nowhere")
    yield browser.get("/report/send")
    yield browser.post("/")
    yield browser.post("/report", [("channel", "x")])
    yield browser.submit(form)
    yield browser.submit(form.set("text", STORY))
    yield browser.submit(form)
    yield place.come_back(words)
    yield place.come_back(["no"])
    yield browser.get("/replies")
    yield browser.send("/report/send", b"{}", "application/json")
    yield browser.send("/report/send", b"text=" + b"x" * (13 << 20), "application/x-www-form-urlencoded")
    yield place.browser(Origin="http://elsewhere").submit(form)


def test_every_answer_carries_the_headers_and_no_other_that_tells(place: Place) -> None:
    statuses = set()
    for page in every_kind_of_answer(place):
        statuses.add(page.status)
        for name, value in SECURITY_HEADERS.items():
            assert page.headers.get(name) == value, (page.path, name)
        assert not set(page.headers) & {"Set-Cookie", "Server", "ETag", "Last-Modified", "Location", "Vary"}, page.path
    assert statuses == {200, 400, 403, 404, 405, 413, 422}


def test_the_values_of_the_headers_are_valid() -> None:
    policy = parse_csp_header(SECURITY_HEADERS["Content-Security-Policy"])
    assert dict(policy) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    for directive in SECURITY_HEADERS["Content-Security-Policy"].split(";"):
        assert re.fullmatch(r" ?[a-z-]+( '(none|self|script)')+", directive)
    powers = parse_dict_header(SECURITY_HEADERS["Permissions-Policy"])
    assert powers
    assert set(powers.values()) == {"()"}
    assert all(re.fullmatch("[a-z-]+", name) for name in powers)
    known = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    assert known.items() <= SECURITY_HEADERS.items()
    assert set(SECURITY_HEADERS) == {*known, "Content-Security-Policy", "Permissions-Policy"}


def test_a_page_needs_nothing_that_its_policy_forbids(place: Place) -> None:
    for page in every_kind_of_answer(place):
        tags = {tag for tag, _given in page.tags}
        assert not tags & {"style", "iframe", "object", "img", "svg", "base", "embed"}
        for _tag, given in page.tags:
            assert "style" not in given
            assert not [name for name in given if name.startswith("on")]
            for name in ("href", "src", "action"):
                assert re.match(r"/|#", given.get(name) or "/"), given
        if page.tags:
            assert ("html", {"lang": "en"}) in page.tags
            assert next(given for tag, given in page.tags if tag == "meta" and given.get("name") == "viewport")


def test_a_script_takes_over_on_first_pages_only_and_comes_from_a_file(place: Place) -> None:
    browser, form, _words = place.at_form()
    taking_over = [browser.get("/"), browser.get("/replies")]
    others = [
        browser.get("/without-script"),
        browser.get("/replies/without-script"),
        browser.get("/nowhere"),
        browser.post("/report", [("channel", "1")]),
        browser.submit(form),
        place.come_back(["no"]),
    ]
    for page in taking_over:
        (script,) = (given for tag, given in page.tags if tag == "script")
        assert script["src"] == "/static/code/pages.js"
        assert re.search(rb"<script [^>]*></script>", page.body)
    for page in others:
        assert "script" not in {tag for tag, _given in page.tags}, page.path


def test_every_field_has_a_label_and_no_browser_may_remember_or_check_it(place: Place) -> None:
    for page in every_kind_of_answer(place):
        labelled = {given.get("for") for tag, given in page.tags if tag == "label"}
        named = [given["id"] for _tag, given in page.tags if "id" in given]
        assert len(named) == len(set(named))
        for tag, given in page.tags:
            if tag == "textarea" or (tag == "input" and given["type"] in {"text", "checkbox", "radio"}):
                assert given["id"] in labelled
            if tag == "textarea" or (tag == "input" and given["type"] == "text"):
                # Some browsers send what is checked to their maker.
                assert (given["spellcheck"], given["autocomplete"]) == ("false", "off")
            for described in (given.get("aria-describedby") or "").split():
                assert described in named


# --- other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://LOCALHOST"}, 200),  # behind a proxy that ends TLS
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "nonsense"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://elsewhere"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "http://[oops"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(place: Place, headers: dict[str, str], status: int) -> None:
    _browser, form, _words = place.at_form()
    page = place.browser(**headers).submit(form.set("text", STORY))
    assert page.status == status
    assert len(place.records()) == (status == 200)
    if status == 403:
        assert STORY in page.text
        assert not page.forms  # nothing goes on with a receipt that another site may know
    assert place.browser(**headers).post("/report", [("channel", "1")]).status == status
    assert place.browser(**headers).get("/").status == 200


# --- nothing on the disk, nothing in a log


@contextmanager
def watched_files() -> Iterator[list[str]]:
    """Write down every file that this process opens for writing meanwhile."""
    written: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[2], int) and arguments[2] & 3:
            written.append(str(arguments[0]))

    sys.addaudithook(watch)  # a hook stays for ever, and is deaf afterwards
    yield written
    watching = False


def test_an_upload_never_touches_the_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object, **_options: object) -> Never:
        raise AssertionError("a temporary file")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, forbidden)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", forbidden)
    browser, form, words = place.at_form()
    secret = b"clear text " * 300_000
    with watched_files() as written:
        assert browser.submit(form.set("text", STORY), ("big.bin", secret)).status == 200
    assert [name for name in written if not Path(name).is_relative_to(place.folder / "shelf")] == []
    assert place.files(place.read(words)) == {"big.bin": secret}
    for file in place.folder.rglob("*"):
        if file.is_file():
            assert b"clear text" not in file.read_bytes()


def test_a_file_is_never_in_memory_as_a_whole(place: Place) -> None:
    _browser, form, _words = place.at_form()
    body, kind = multipart(form.set("text", STORY).fields, [("file", "a.bin", b"x" * 8_000_000)])
    stored_at: list[int] = []

    class Watched(BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            stored_at.append(len(place.backstage.put))
            return super().readinto(buffer)

    assert place.browser().send_stream("/report/send", Watched(body), len(body), kind).status == 200
    # When the last piece is read, all but the newest of those before it are stored already.
    assert stored_at[0] == 0
    assert stored_at[-1] >= 8_000_000 // 32_688 - 3 * 32


def test_nothing_is_printed_or_logged(place: Place, capfd: pytest.CaptureFixture[str], caplog: Any) -> None:
    for _page in every_kind_of_answer(place):
        pass
    out, err = capfd.readouterr()
    assert (out, err, caplog.records) == ("", "", [])
    assert place.backstage.troubles.drain() == []


# --- errors


def test_the_server_has_a_page_for_what_it_refuses_itself(place: Place) -> None:
    pages = refusal_pages(place.app)
    assert set(pages) >= {400, 403, 404, 405, 413, 500, 503}
    for page in pages.values():
        assert page.startswith(b"<!doctype html>")
        assert b'href="/static/site.css"' in page
        assert b"Whistle" in page


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [("/nowhere", 404, "There is nothing here"), ("/report/send", 405, "This page cannot be opened like this")],
)
def test_errors_have_pages_of_their_own(place: Place, path: str, status: int, heading: str) -> None:
    page = place.browser().get(path)
    assert (page.status, page.title) == (status, heading)
    assert "Harbour Watch" in page.text
