"""The console's pages: one browser, one name, nothing lost, and nothing of what somebody else may not see."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.console.world import ANA, BO, PASSPHRASE, DirectCourier, World, without_and_with_report
from whistle.console.app import create_app
from whistle.console.pages import here
from whistle.console.settings import ConsoleSettings
from whistle.errors import Unreachable
from whistle.protocol.receipt import Receipt

SETTINGS = ConsoleSettings(Path("unused"), "http://127.0.0.1:1", post_minutes=0)
BASE = "http://console.localhost:8001"

T = TypeVar("T")


class Browser:
    """A client of the pages of one reviewer, who fills in the forms that are there."""

    def __init__(self, world: World, person: int, settings: ConsoleSettings = SETTINGS) -> None:
        self.world, self.desk = world, world.desks[person]
        self.next_courier: DirectCourier | None = None
        self.app = create_app(settings, self.desk, self._couriers)
        self.client: FlaskClient = self.app.test_client()
        self.inside = ""
        self.desk.lock()

    @contextmanager
    def _couriers(self) -> Iterator[tuple[DirectCourier, DirectCourier]]:
        courier = self.next_courier or self.world.courier()
        self.next_courier = None
        yield courier, courier

    def get(self, path: str, base: str = BASE) -> TestResponse:
        return self.client.get(self.inside + path, base_url=base)

    def post(self, path: str, base: str = BASE, **fields: object) -> TestResponse:
        page = self.get("/unlock").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return self.client.post(self.inside + path, base_url=base, data={"csrf_token": found[1], **fields})

    def unlock(self) -> "Browser":
        answer = self.post("/unlock", passphrase=PASSPHRASE)
        assert answer.status_code == 303
        self.inside = answer.headers["Location"].rstrip("/")
        return self

    def fetch(self) -> str:
        assert self.post("/fetch").status_code == 303
        until = monotonic() + 20
        while self.get("/fetch").status_code == 200:
            assert monotonic() < until
            sleep(0.02)
        return self.get("/").text


def replies(world: World, receipt: Receipt) -> list[str]:
    return [reply.content.text for reply in world.source(receipt).visit().replies if reply.content is not None]


@pytest.fixture
def ana(world: World) -> Iterator[Browser]:
    browser = Browser(world, ANA)
    yield browser
    browser.desk.unlock(PASSPHRASE)


def test_nothing_is_shown_before_the_passphrase(ana: Browser) -> None:
    for path in ("/", "/cases/00000000", "/journal", "/fetch", "/cases/00000000/delete"):
        answer = ana.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/unlock"), path
    wrong = ana.post("/unlock", passphrase="something else entirely")
    assert wrong.status_code == 403
    assert "does not open the vault" in wrong.text
    assert ana.get("/").status_code == 302


def test_the_browser_that_gave_the_passphrase_is_the_only_one(ana: Browser) -> None:
    ana.unlock()
    other = ana.app.test_client()
    assert ana.get("/").status_code == 200
    assert other.get("/", base_url=BASE).status_code == 302
    assert ana.post("/lock").status_code == 303
    assert ana.desk.is_locked
    assert ana.get("/").status_code == 302


def test_the_cookie_alone_opens_nothing(ana: Browser) -> None:
    """Browsers send it to every port of the name, so another user of the machine can come by it."""
    ana.unlock()
    for path in ("/", "/journal", "/fetch", "/" + "0" * 64 + "/", ana.inside, ana.inside[:-1] + "/"):
        answer = ana.client.get(path, base_url=BASE)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/unlock"), path
        assert ana.inside not in answer.text
    assert ana.get("/").status_code == 200
    assert re.fullmatch("/[0-9a-f]{64}", ana.inside)


def test_a_text_typed_before_the_path_was_known_is_kept(world: World, ana: Browser) -> None:
    world.tell(Receipt.generate(), "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    inside, ana.inside = ana.inside, ""
    again = ana.post("/unlock", passphrase=PASSPHRASE, text="Two hours of work", case=label)
    assert (again.status_code, again.headers["Location"]) == (307, inside + "/unlock")


def test_a_wrong_passphrase_from_elsewhere_disturbs_nobody(ana: Browser) -> None:
    ana.unlock()
    other = Browser.__new__(Browser)
    other.app, other.client, other.inside = ana.app, ana.app.test_client(), ""
    assert other.post("/unlock", passphrase="something else entirely").status_code == 403
    assert ana.get("/").status_code == 200
    assert other.get("/").status_code == 302
    other.unlock()
    assert other.get("/").status_code == 200
    assert ana.get("/").status_code == 302


@pytest.mark.parametrize(
    "host",
    ["http://evil.example:8001", "http://localhost:8001", "http://console.localhost", "http://console.localhost:80"],
)
def test_other_names_are_refused(ana: Browser, host: str) -> None:
    ana.unlock()
    answer = ana.get("/", base=host)
    assert answer.status_code == 421
    assert "Inbox" not in answer.text
    assert ana.client.post("/lock", base_url=host).status_code == 421
    assert not ana.desk.is_locked


def test_the_address_in_numbers_leads_to_the_name(ana: Browser) -> None:
    answer = ana.get("/", base="http://127.0.0.1:8001")
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://console.localhost:8001/")


def test_a_form_from_elsewhere_does_nothing(ana: Browser) -> None:
    ana.unlock()
    answer = ana.client.post("/lock", base_url=BASE)
    assert answer.status_code == 400
    assert not ana.desk.is_locked


def test_cookies_are_for_this_site_and_no_script(ana: Browser) -> None:
    cookie = ana.get("/unlock").headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    assert "Domain" not in cookie


def test_every_answer_is_protected(ana: Browser) -> None:
    ana.unlock()
    for path in ("/", "/unlock", "/nowhere", "/static/console.css"):
        with ana.get(path) as answer:
            headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_report_is_fetched_read_and_answered(world: World, ana: Browser) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "The bridge <script>alert(1)</script> was paid for twice.", files=[("документ.txt", b"proof")])
    inbox = ana.unlock().fetch()
    assert "1 new message has come." in inbox
    assert "&lt;script&gt;" in inbox
    label = world.only_case(ANA).label
    page = ana.get(f"/cases/{label}").text
    assert "The bridge &lt;script&gt;" in page
    assert "документ.txt" in page
    save = re.search(rf'action="{ana.inside}(/cases/{label}/items/[^"]+)"', page)
    assert save
    saved = ana.post(save[1])
    assert saved.data == b"proof"
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    sent = ana.post(f"/cases/{label}/answer", draft="a", text="Which bridge?", files=(BytesIO(b"a map"), "map.txt"))
    assert sent.status_code == 303
    page = ana.get(f"/cases/{label}").text
    assert '<div class="box" role="status"><p>Your answer has been sent.</p></div>' in page
    assert 'role="alert"' not in page
    assert replies(world, receipt) == ["Which bridge?"]


def test_an_answer_sent_twice_arrives_once(world: World, ana: Browser) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    for _click in range(2):
        assert ana.post(f"/cases/{label}/answer", draft="same", text="Once.").status_code == 303
    assert replies(world, receipt) == ["Once."]


def test_what_was_typed_survives_an_error_and_the_lock(world: World, ana: Browser) -> None:
    world.tell(Receipt.generate(), "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    assert "needs a text or a file" in ana.post(f"/cases/{label}/answer", draft="b", text="  ").text
    world.desks[ANA].lock()
    locked = ana.post(f"/cases/{label}/answer", draft="b", text="Two hours of work")
    assert locked.status_code == 403
    assert "Two hours of work" in locked.text
    wrong = ana.post("/unlock", passphrase="not the right one", text="Two hours of work", case=label)
    assert "Two hours of work" in wrong.text
    back = ana.post("/unlock", passphrase=PASSPHRASE, text="Two hours of work", case=label)
    assert "Two hours of work</textarea>" in back.text


def test_the_files_of_an_answer_are_in_no_temporary_file(
    world: World, ana: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flask would put what is over 500 KiB into the folder for such files, in clear."""
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    token = re.search(r'name="csrf_token" value="([^"]+)"', ana.get(f"/cases/{label}").text)
    assert token
    large = FileStorage(BytesIO(b"x" * 1_200_000), "large.bin", "files")
    boundary, body = encode_multipart({"csrf_token": token[1], "draft": "a", "text": "See the file.", "files": large})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    answer = ana.client.post(
        f"{ana.inside}/cases/{label}/answer",
        base_url=BASE,
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status_code == 303
    (reply,) = world.source(receipt).visit().replies
    assert [file.size for file in world.source(receipt).load(reply).files] == [1_200_000]


def test_an_answer_that_cannot_be_sent_is_kept(world: World, ana: Browser) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    ana.next_courier = world.courier()
    ana.next_courier.fail_at = 2
    assert ana.post(f"/cases/{label}/answer", draft="c", text="Later.").status_code == 303
    assert "is kept here" in ana.get(f"/cases/{label}").text
    ana.fetch()
    assert replies(world, receipt) == ["Later."]


def test_an_answer_is_kept_while_the_site_does_not_answer_at_all(world: World, ana: Browser) -> None:
    class Down(DirectCourier):
        def _do(self, name: str, act: Callable[[], T]) -> T:
            del name, act
            raise Unreachable

    receipt = Receipt.generate()
    world.tell(receipt, "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    ana.next_courier = Down(world)
    assert ana.post(f"/cases/{label}/answer", draft="c", text="Two hours of work.").status_code == 303
    assert "is kept here" in ana.get(f"/cases/{label}").text
    ana.fetch()
    assert replies(world, receipt) == ["Two hours of work."]


def test_an_answer_that_no_courier_was_there_for_stays_on_the_page(world: World, ana: Browser) -> None:
    @contextmanager
    def gone() -> Iterator[tuple[DirectCourier, DirectCourier]]:
        raise Unreachable
        yield

    world.tell(Receipt.generate(), "A report.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    console = ana.app.extensions[here.EXTENSION]
    ana.app.extensions[here.EXTENSION] = replace(console, couriers=gone)
    answer = ana.post(f"/cases/{label}/answer", draft="c", text="Two hours of work.")
    assert "Two hours of work.</textarea>" in answer.text
    assert "is kept here" not in answer.text


def test_a_deleted_case_is_gone(world: World, ana: Browser) -> None:
    world.tell(Receipt.generate(), "A report about the harbour.")
    ana.unlock().fetch()
    label = world.only_case(ANA).label
    assert "cannot be undone" in ana.get(f"/cases/{label}/delete").text
    assert ana.post(f"/cases/{label}/delete").status_code == 303
    assert ana.get(f"/cases/{label}").status_code == 404
    assert "harbour" not in ana.get("/").text
    assert f"Case {label} was deleted." in ana.get("/journal").text


def test_an_excluded_reviewer_sees_the_same_pages(tmp_path: Path) -> None:
    pages = []
    for world in without_and_with_report(tmp_path):
        browser = Browser(world, BO).unlock()
        seen = [browser.fetch(), browser.get("/").text, browser.get("/journal").text]
        pages.append([re.sub(r'value="[^"]{30,}"', "", page.replace(browser.inside, "")) for page in seen])
    assert pages[0] == pages[1]


def test_no_page_shows_a_trace(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.unlock()
    monkeypatch.setattr(type(ana.desk), "inbox", lambda _desk: 1 / 0)
    answer = ana.get("/")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "Nothing is lost" in answer.text
