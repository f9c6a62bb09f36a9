"""The pages over the real server: a child for every form, one size on the wire, nothing left in the log."""

import os
from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlencode

import pytest

from tests.intake.browsing import Form, Page, multipart
from tests.intake.server import Client, Server, request, serving
from tests.protocol import cast
from whistle.intake.headers import SECURITY_HEADERS
from whistle.intake.padding import PAGE_SIZE
from whistle.protocol.receipt import Receipt

SITE = "tests.intake.pages_site:site"
STORY = "Тендер открыли раньше срока.\nThe crane was never ordered."
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("pages"), ", form_mib=1", site=SITE) as running:
        yield running


def ask(server: Server, data: bytes, path: str) -> Page:
    answer = server.ask(data)
    assert "set-cookie" not in answer.headers
    headers = {name.title(): value for name, value in answer.headers.items()}
    return Page(answer.status, headers, answer.body, path)


def get(server: Server, path: str) -> Page:
    return ask(server, request("GET", path), path)


def submit(server: Server, form: Form, *files: tuple[str, bytes], press: tuple[str, str] | None = None) -> Page:
    fields = [*form.fields, press] if press else form.fields
    if form.enctype == "multipart/form-data":
        body, kind = multipart(fields, [("file", name, data) for name, data in files])
    else:
        body, kind = urlencode(fields).encode(), URLENCODED
    return ask(server, request("POST", form.action, body, Content_Type=kind), form.action)


def at_form(server: Server) -> tuple[Form, list[str]]:
    receipt = submit(server, get(server, "/").form("/report"))
    words = submit(server, receipt.form("/report/words"))
    return submit(server, words.form("/report/form"), press=("skip", "yes")).form("/report/send"), receipt.words


def look(server: Server, words: str) -> Page:
    return submit(server, get(server, "/replies").form("/replies").set("receipt", words))


def wire_size(server: Server, words: str) -> int:
    """Return how many bytes come back for 12 words, head and all."""
    body = urlencode({"receipt": words}).encode()
    with Client(server.port) as client:
        client.send(request("POST", "/replies", body, Content_Type=URLENCODED))
        size = 0
        while received := client.sock.recv(1 << 16):
            size += len(received)
    return size


def test_a_report_and_the_way_back(pages: Server) -> None:
    form, words = at_form(pages)
    arrived = submit(pages, form.set("text", STORY), ("фото.jpg", os.urandom(300_000)))
    assert arrived.title == "Your report has arrived"
    again = submit(pages, form, ("фото.jpg", b"x"))
    assert again.title == "Message 1 has arrived"
    back = look(pages, " ".join(words))
    assert "Your message is stored here: number 1." in back.text
    followed = submit(pages, back.form("/replies/follow-up").set("text", "One more thing"))
    assert followed.title == "Your message has arrived"
    assert "numbers 1, 2" in look(pages, " ".join(words)).text
    asked = submit(pages, look(pages, " ".join(words)).form("/withdraw"))
    assert submit(pages, asked.form("/withdraw/now")).title == "It is withdrawn"
    assert "You have withdrawn" in look(pages, " ".join(words)).text


def test_a_double_click_stores_once(pages: Server) -> None:
    form, words = at_form(pages)
    form.set("text", STORY)
    titles: list[str] = []
    clicks = [Thread(target=lambda: titles.append(submit(pages, form).title)) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert sorted(titles) == ["Message 1 has arrived"] * 3 + ["Your report has arrived"]
    assert "number 1." in look(pages, " ".join(words)).text


def test_the_wire_does_not_tell_what_twelve_words_found(pages: Server) -> None:
    form, words = at_form(pages)
    submit(pages, form.set("text", STORY))
    unknown = " ".join(Receipt(cast.chance("nobody's", 16)).words())
    sizes = {wire_size(pages, typed) for typed in (" ".join(words), unknown, "abandon " * 12, "x")}
    assert len(sizes) == 1
    assert PAGE_SIZE < sizes.pop() < PAGE_SIZE + 2_000


def test_a_form_that_is_too_large_keeps_its_text(pages: Server) -> None:
    form, _words = at_form(pages)
    page = submit(pages, form.set("text", STORY), ("large.bin", b"x" * 7_000_000))
    assert page.status == 413
    assert page.form("/report/send").values("text") == [STORY]
    assert submit(pages, page.form("/report/send")).title == "Your report has arrived"


def test_a_form_that_is_far_too_large_gets_a_page(pages: Server) -> None:
    with Client(pages.port) as client:
        client.send(b"POST /report/send HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n")
        answer = client.answer()
    assert answer.status == 413
    assert b"This is too large" in answer.body


@pytest.mark.parametrize("path", ["/", "/replies", "/static/site.css", "/static/icon.svg", "/nowhere"])
def test_every_answer_has_the_headers(pages: Server, path: str) -> None:
    page = get(pages, path)
    for name, value in SECURITY_HEADERS.items():
        assert page.headers[name.title()] == value
    assert not {"Server", "Date", "Etag", "Last-Modified"} & set(page.headers)


def test_a_head_request_gets_the_size_and_no_page(pages: Server) -> None:
    answer = pages.ask(request("HEAD", "/replies"), has_body=False)
    assert int(answer.headers["content-length"]) == PAGE_SIZE


def test_nothing_of_a_visit_is_in_the_log(pages: Server) -> None:
    form, words = at_form(pages)
    submit(pages, form.set("text", STORY))
    look(pages, " ".join(words))
    get(pages, "/nowhere")
    log = pages.log()
    for fragment in (STORY, words[0] + " " + words[1], "/report", "/replies", "/nowhere", "GET", "POST"):
        assert fragment not in log
