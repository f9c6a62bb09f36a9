"""The steps that a script shows: all it asks for is there, the same for everybody, and nothing secret is among it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.intake.browsing import ROOT, Place, opened
from whistle import errors
from whistle.protocol.receipt import LANGUAGES

PAGES = ROOT / "browser" / "src" / "pages"
FINDINGS = ROOT / "browser" / "src" / "cleaning" / "finding.ts"


class Steps(HTMLParser):
    """The templates and sentences of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.templates: dict[str, list[tuple[str, dict[str, str | None]]]] = {}
        self.sentences: dict[str, str] = {}
        self._template = self._sentence = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("id") or ""
        if tag == "template":
            self._template = name.removeprefix("step-")
            self.templates[self._template] = []
        elif self._template:
            self.templates[self._template].append((tag, given))
        elif name.startswith("say-"):
            self._sentence = name.removeprefix("say-")
            self.sentences[self._sentence] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._template = ""
        elif tag == "p":
            self._sentence = ""

    def handle_data(self, data: str) -> None:
        if self._sentence:
            self.sentences[self._sentence] += data


@pytest.fixture
def steps(place: Place) -> Steps:
    page = place.browser().get("/steps")
    assert page.status == 200
    return Steps(page.body.decode())


def script() -> str:
    """Return all that the pages run."""
    return "\n".join(path.read_text("utf-8") for path in sorted(PAGES.glob("*.ts")))


def test_every_step_and_sentence_that_the_script_asks_for_is_there(steps: Steps) -> None:
    asked = re.findall(r'(?:\.make|\.step|steps\.step)\(\s*"([a-z-]+)"', script())
    assert len(asked) > 10
    assert set(asked) <= set(steps.templates)
    said = re.findall(r'(?:\.say|\.busy)\(\s*"([\w-]+)"', script())
    assert len(said) > 25
    assert set(said) <= set(steps.sentences)
    for choice in re.findall(r'\.say\([^"`)]*\? "([\w-]+)" : "([\w-]+)"', script()):
        assert set(choice) <= set(steps.sentences)


def test_nothing_is_there_that_no_script_asks_for(steps: Steps) -> None:
    named = set(re.findall(r'"([\w-]+)"', script()))
    computed = ("found-", "left-", "prompt-", "hint-", "language-", "role-", "stored-")
    errors_known = set(vars(errors))
    unused = {
        name
        for name in steps.sentences
        if name not in named | errors_known and not name.startswith(computed) and not name.endswith("-limit")
    }
    assert unused == set()


def test_every_error_that_a_source_can_meet_has_the_sentence_of_the_commands(steps: Steps) -> None:
    for name in ("Unreachable", "ShelfFull", "StreamAltered", "KeyringExpired", "WrongChecksum", "NothingFound"):
        assert steps.sentences[name] == getattr(errors, name)().message()
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    section = text[text.index("\n## 12. Errors") : text.index("\n## 13. Limits")]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(named) > 25
    assert set(named) <= set(steps.sentences)


def test_whatever_a_cleaner_finds_has_a_sentence(steps: Steps) -> None:
    text = FINDINGS.read_text("utf-8")
    for name, prefix in (("FINDINGS", "found-"), ("LEFT", "left-")):
        listed = re.search(rf"export const {name} = \[(.*?)\]", text, re.DOTALL)
        assert listed is not None
        keys = re.findall(r'^  "([a-z-]+)",', listed[1], re.MULTILINE)
        assert len(keys) > 15
        assert {prefix + key for key in keys} == {said for said in steps.sentences if said.startswith(prefix)}


def test_languages_of_receipts_have_names(steps: Steps) -> None:
    assert {f"language-{language}" for language in LANGUAGES} <= set(steps.sentences)


def test_a_step_carries_nothing_for_a_server(steps: Steps) -> None:
    for name, tags in steps.templates.items():
        for tag, given in tags:
            assert tag not in {"script", "style", "iframe", "object", "img"}, name
            assert given.get("type") != "hidden", name
            assert not [attribute for attribute in given if attribute.startswith("on") or attribute == "style"], name


def test_whatever_can_be_done_in_a_step_is_named(steps: Steps) -> None:
    for name, tags in steps.templates.items():
        for tag, given in tags:
            if tag == "form" or (tag == "a" and not (given["href"] or "").startswith("#")):
                assert given.get("data-act"), (name, given)


def test_steps_are_the_same_for_everybody(place: Place) -> None:
    first = place.browser().get("/steps").body
    browser, form, words = place.at_form()
    browser.submit(form.set("text", "A story"))
    assert browser.get("/steps").body == first
    assert not [word for word in words if f">{word}<".encode() in first]


def test_the_script_learns_whether_files_are_taken_and_an_observer_no_more_by_the_size(tmp_path: Path) -> None:
    with opened(tmp_path, capacity=36) as place:
        before = place.browser().get("/room")
        assert b'data-files="open"' in before.body
        browser, form, _words = place.at_form()
        browser.submit(form.set("text", "The first one."))
        after = place.browser().get("/room")
        assert b'data-files="shut"' in after.body
        assert len(after.body) == len(before.body)
        # Where not even a text is taken, the first page says so; here nothing is promised or denied.
        for _ in range(10):
            _browser, form, _words = place.at_form()
            browser.submit(form.set("text", "One more."))
        assert place.browser().get("/room").status == 200


def test_a_form_has_a_place_for_files_or_the_reason_why_not(steps: Steps) -> None:
    for name in ("report", "replies"):
        shown = [given.get("data-when") for _tag, given in steps.templates[name]]
        assert shown.count("files_open") == shown.count("!files_open") == 1, name


def test_every_id_is_there_once_in_its_step(steps: Steps) -> None:
    for name, tags in steps.templates.items():
        named = [given["id"] for _tag, given in tags if given.get("id")]
        # Somebody who can be excluded stands in two lists, of which a channel has each person in one.
        assert {each for each in named if named.count(each) > 1} <= {"excluded-{id}"}, name


def test_the_places_for_values_are_all_filled(steps: Steps) -> None:
    places = {place for said in steps.sentences.values() for place in re.findall(r"\{(\w+)\}", said)}
    for place in places:
        assert re.search(rf"\b{place}\b", script()), place


def test_the_script_stays_out_of_what_browsers_keep() -> None:
    for forbidden in ("localStorage", "sessionStorage", "indexedDB", "cookie", "serviceWorker", "caches", "pushState"):
        assert forbidden not in script(), forbidden
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", 'setTimeout("'):
        assert sink not in script(), sink


def test_modules_are_small() -> None:
    assert {path.name for path in PAGES.glob("*.ts") if len(Path(path).read_text().splitlines()) > 240} == set()
