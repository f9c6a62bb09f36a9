"""Each part of what takes the pages over, by itself: no form leads away, no secret stays, no act is lost."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.browser.chromium import Chromium
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.site import serving
from tests.intake.browsing import opened
from tests.journeys.instance import ROOT

_BUNDLE = """
import { writeFile } from "node:fs/promises";
import { bundle } from "./build.mjs";
await writeFile(process.argv[1], await bundle("test/parts.ts"));
"""
_INDEX = """<!doctype html>
<html lang="en"><head><title>Parts</title></head><body><header></header><main><div id="first"><h1>First</h1>
<form method="post" action="/elsewhere" enctype="multipart/form-data" data-act="go">
<input name="text" id="typed" required><textarea id="story">Once</textarea>
<button data-act="other">Other</button><input type="submit" value="Send"></form>
<a href="/elsewhere" data-act="leave-it">Away</a> <a href="#story">To the story</a> <a href="#nothing">Nowhere</a>
<a href="#below">Below</a><pre>{rows}</pre><p id="below">Below</p><pre>{rows}</pre><button type="button">Plain</button>
</div></main></body></html>"""
_PRELUDE = """
const parts = await import("/parts.js");
history.scrollRestoration = "manual";
const main = document.querySelector("main");
const loaded = async () => {
  const request = new XMLHttpRequest();
  request.open("GET", "/steps.html");
  request.responseType = "document";
  await new Promise((resolve) => { request.onloadend = resolve; request.send(); });
  return new parts.Steps(request.responseXML);
};
const pause = (milliseconds = 50) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const $ = (path) => document.querySelector(path);
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("parts")
    node = ["node", "--input-type=module", "--eval", _BUNDLE, str(folder / "parts.js")]
    subprocess.run(node, check=True, cwd=ROOT / "browser")
    (folder / "index.html").write_text(_INDEX.replace("{rows}", "row\n" * 200))
    with opened(tmp_path_factory.mktemp("place")) as place:
        (folder / "steps.html").write_bytes(place.browser().get("/steps").body)
    with serving(folder, ROOT / "whistle" / "static" / "intake" / "code") as address:
        yield address


class Page:
    """A page of the site, on which scripts run one after the other."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.again()

    def again(self) -> None:
        self.browser.go(self.address)

    def run(self, script: str) -> Any:
        return self.browser.run(_PRELUDE + script)

    def wait_until(self, holds: str) -> None:
        """Wait for the page that comes after this one."""

        def found() -> bool:
            with suppress(*self.browser.gone):  # between the two
                return self.browser.run(f"return {holds};") is True
            return False

        self.browser.wait_until(found, holds)


@pytest.fixture
def page(start: Start, site: str) -> Iterator[Page]:
    browser = start("Chromium", Mode.ON)
    yield Page(browser, site)
    browser.complaints()  # of what the policy forbids


# --- forms


def test_a_form_that_was_disarmed_leads_nowhere_by_itself(page: Page) -> None:
    """Without the policy of the page, and without anybody who stops its sending."""
    assert page.run("""
        parts.disarm(document);
        const form = $("form");
        HTMLFormElement.prototype.submit.call(form);
        form.requestSubmit();
        await pause(300);
        const kept = ["action", "enctype"].filter((each) => form.hasAttribute(each));
        return [form.method, kept, form.noValidate, location.pathname];
    """) == ["dialog", [], True, "/"]


def test_a_page_that_was_disarmed_stops_forms_that_were_not(page: Page) -> None:
    assert page.run("""
        parts.disarmPage();
        const form = document.createElement("form");
        form.action = "/elsewhere";
        document.body.append(form);
        form.addEventListener("submit", (event) => event.stopImmediatePropagation());
        const event = new SubmitEvent("submit", { bubbles: true, cancelable: true });
        form.dispatchEvent(event);
        const stopped = event.defaultPrevented;
        const violated = [];
        document.addEventListener("securitypolicyviolation", (each) => violated.push(each.effectiveDirective));
        form.submit();  // sends without asking anybody
        await pause(300);
        return [stopped, violated, location.pathname, $("main form").method];
    """) == [True, ["form-action"], "/", "dialog"]


# --- steps on the stage


def test_a_step_is_shown_alone_from_its_beginning(page: Page) -> None:
    assert page.run("""
        const stage = new parts.Stage(main, await loaded());
        const first = stage.adopt();
        $("#typed").value = "kept";
        document.body.append($("pre").cloneNode(true));
        scrollTo(0, 500);
        const shown = stage.make("not-found", { keep_days: "90" });
        const before = document.body.contains(shown.root);
        stage.show(shown);
        const focused = document.activeElement;
        const seen = [before, main.children.length, focused.tagName, focused.tabIndex, scrollY];
        stage.show(first);
        return [...seen, first.root.id, $("#typed").value];
    """) == [False, 1, "H1", -1, 0, "first", "kept"]


def test_asking_leaves_a_step_alone_that_is_there_already(page: Page) -> None:
    assert page.run("""
        const stage = new parts.Stage(main, await loaded());
        $("#typed").focus();
        stage.ask(stage.adopt());
        const stays = document.activeElement.id;
        stage.ask(stage.make("not-found", { keep_days: "90" }));
        return [stays, main.querySelector("#first") === null];
    """) == ["typed", True]


def test_what_is_done_is_told_once_by_its_name(page: Page) -> None:
    assert page.run("""
        parts.disarm(document);
        const stage = new parts.Stage(main, await loaded());
        const told = [];
        const listen = async () => {
          const act = await stage.next();
          told.push([act.name, act.form?.dataset.act ?? null, act.element.tagName]);
        };
        const after = async (doing) => { listen(); doing(); await pause(); };
        await after(() => $("input[type=submit]").click());
        await after(() => $("button[data-act=other]").click());
        await after(() => $("form").requestSubmit());
        await after(() => $("a[data-act]").click());
        $("a[data-act]").click();  // nobody waits
        $("main button[type=button]").click();  // and this one is nothing to wait for
        await pause();
        return [told, location.pathname];
    """) == [
        [["go", "go", "INPUT"], ["other", "go", "BUTTON"], ["go", "go", "FORM"], ["leave-it", None, "A"]],
        "/",
    ]


def test_nobody_waits_twice_and_nothing_happens_on_a_frozen_stage(page: Page) -> None:
    assert page.run("""
        parts.disarm(document);
        const stage = new parts.Stage(main, await loaded());
        const told = [];
        stage.next().then(() => told.push("the first"));
        stage.next().then(() => told.push("the second"));
        const pressed = ["[type=submit]", "button[data-act]", "button[type=button]"].map((each) => $(`main ${each}`));
        const disabled = () => pressed.map((each) => each.getAttribute("aria-disabled"));
        const marks = () => [main.getAttribute("aria-busy"), ...disabled()];
        stage.freeze(true);
        const frozen = marks();
        $("a[data-act]").click();
        await pause();
        const silent = told.length;
        stage.freeze(false);
        $("a[data-act]").click();
        await pause();
        return [frozen, silent, marks(), told];
    """) == [["true"] * 4, 0, [None] * 4, ["the second"]]


def test_a_place_in_the_page_is_no_entry_of_the_history(page: Page) -> None:
    assert page.run("""
        new parts.Stage(main, await loaded());
        const before = history.length;
        const seen = [];
        for (const place of ["story", "below", "nothing"]) {
          $(`a[href="#${place}"]`).click();
          seen.push([document.activeElement.id, document.activeElement.tabIndex]);
        }
        return [seen, history.length - before, location.hash, Math.round($("#below").getBoundingClientRect().top)];
    """) == [[["story", 0], ["below", -1], ["below", -1]], 0, "", 0]


def test_a_warning_is_at_the_top_and_alone(page: Page) -> None:
    assert page.run("""
        const stage = new parts.Stage(main, await loaded());
        const shown = stage.adopt();
        const other = document.createElement("div");
        other.className = "box warn";
        shown.root.append(other);
        stage.warn(shown, "One", [{ field: "typed", wrong: "Empty" }]);
        const links = [...main.querySelectorAll(".top a")].map((each) => [each.getAttribute("href"), each.textContent]);
        stage.warn(shown, "Two");
        const top = $("h1").nextElementSibling;
        const boxes = main.querySelectorAll(".box").length;
        return [links, top.innerText.trim(), document.activeElement === top, boxes, top.querySelector("ul") === null];
    """) == [[["#typed", "Empty"]], "Two", True, 2, True]


def test_a_form_without_a_name_does_nothing_and_no_form_is_sent(page: Page) -> None:
    assert page.run("""
        const stage = new parts.Stage(main, await loaded());
        const told = [];
        stage.next().then((act) => told.push(act.name));
        const send = () => $("form").dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
        delete $("form").dataset.act;
        const goesOn = [send()];
        await pause();
        goesOn.push(told.length);
        $("form").dataset.act = "go";
        goesOn.push(send());
        await pause();
        return [goesOn, told];
    """) == [[False, 0, False], ["go"]]


# --- ways out


_LEAVING = """
const say = { "neutral-site": "#gone" };
const steps = { say: (name) => say[name], step: () => {
  const made = document.createDocumentFragment();
  const button = document.createElement("button");
  button.id = "leave";
  made.append(button);
  return made;
} };
let forgotten = 0;
const leaving = new parts.Leaving(steps, () => { forgotten += 1; });
const field = $("#story");
const other = $("#typed");
other.value = "typed";
const escape = (at, more = {}) => {
  const event = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true, ...more });
  Object.defineProperty(event, "timeStamp", { value: at });
  document.body.dispatchEvent(event);
  return event.defaultPrevented;
};
const unload = () => {
  const event = new Event("beforeunload", { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
};
const kept = () => field.value + other.value;
const entries = history.length;
const left = () => [location.hash, forgotten, document.body.childNodes.length, kept(), document.title,
  history.length - entries];
"""
_GONE = ["#gone", 1, 0, "", "\u00a0", 0]
_HERE = ["", 0, 2, "Oncetyped", "Parts", 0]


@pytest.mark.parametrize(
    ("doing", "gone"),
    [
        ("escape(5000); escape(5999);", True),
        ("escape(5000); escape(6000);", False),
        ("escape(5000); escape(6000); escape(6999);", True),
        ("escape(10);", False),
        ("escape(5000); escape(5100, { repeat: true });", False),
        ("escape(5000); escape(5100, { isComposing: true });", False),
        ("escape(5000); escape(5100, { key: 'a' });", False),
        ("document.body.addEventListener('keydown', (e) => e.stopPropagation()); escape(5000); escape(5999);", True),
        ("$('#leave').click();", True),
        ("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));", False),
    ],
)
def test_ways_out_in_a_hurry(page: Page, doing: str, *, gone: bool) -> None:
    found = page.run(_LEAVING + doing + "await pause(100); return left();")
    assert (found if gone else [*found[:2], 2, *found[3:]]) == (_GONE if gone else _HERE)


def test_the_key_that_leaves_does_nothing_else(page: Page) -> None:
    assert page.run(_LEAVING + "return [escape(5000), escape(5100)];") == [False, True]


def test_a_page_that_is_hidden_is_empty(page: Page) -> None:
    assert page.run(_LEAVING + "dispatchEvent(new Event('pagehide')); return left();") == ["", *_GONE[1:]]


def test_whoever_is_warned_once_is_not_held(page: Page) -> None:
    assert page.run(
        _LEAVING
        + """
        const before = unload();
        leaving.unsent = true;
        const told = [leaving.unsent, unload(), unload(), leaving.unsent];
        leaving.unsent = true;
        leaving.leaveNow();
        return [before, ...told, unload()];
    """
    ) == [False, True, True, False, False, False]


def test_a_page_out_of_the_browsers_memory_begins_anew(page: Page) -> None:
    page.run(_LEAVING + "window.old = true; dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));")
    page.wait_until("window.old === undefined")


def test_to_the_start_everything_is_forgotten_and_nobody_is_asked(page: Page) -> None:
    page.browser.go(page.address + "index.html?elsewhere")
    page.run("""
        window.name = `${history.length} `;
        const steps = { say: () => "/", step: () => document.createDocumentFragment() };
        const leaving = new parts.Leaving(steps, () => { window.name += `forgotten ${leaving.unsent}`; });
        leaving.unsent = true;
        setTimeout(() => leaving.toStart(), 100);
    """)
    page.wait_until("location.search === ''")
    assert page.browser.run("return [location.pathname, window.name === `${history.length} forgotten false`];") == [
        "/",
        True,
    ]


# --- twelve words


_ENTERING = """
const steps = await loaded();
const list = async (language) => new parts.WordList(language, await (await fetch(`/words/${language}.json`)).json());
const lists = await Promise.all(["english", "french", "spanish"].map(list));
const stage = new parts.Stage(main, steps);
let all = async () => lists;
const visitor = { steps, stage, words: { all: () => all() }, busy: async (_sentence, work) => await work() };
let entering = new parts.Entering(visitor);
const asked = entering.receipt();
await pause();
const input = () => $("#receipt");
const type = (text, data = null, caret = text.length) => {
  input().value = text;
  input().setSelectionRange(caret, caret);
  input().dispatchEvent(new InputEvent("input", { data, bubbles: true }));
};
const state = () => [input().value, $("#receipt-so-far").textContent.trim(), input().getAttribute("aria-invalid"),
  [...document.querySelectorAll(".completions button")].map((each) => each.textContent)];
const send = async () => { $("form").requestSubmit(); await pause(); };
"""
WORDS = "begin cluster cage judge keep boss green topic consider myth north neck"
#: English and French words, and a receipt in both languages.
AMBIGUOUS = "abandon public tunnel humble palace figure crucial excuse unique lecture figure badge"


def typed(page: Page, doing: str) -> Any:
    page.again()
    return page.run(_ENTERING + doing + "return state();")


def test_words_are_counted_completed_and_marked(page: Page) -> None:
    assert typed(page, "type('');") == ["", "", "false", []]
    assert typed(page, "type('zoo zo');") == ["zoo zo", "2 of 12 words.", "false", ["zone", "zoo"]]
    # What is behind the caret is not being typed.
    assert typed(page, "type('zoo zo', null, 3);")[2:] == ["true", ["zoo", "zoologie"]]
    assert typed(page, "type('zoo xyzzy ');")[1:3] == [
        "Word 2 is in none of the word lists. Please check its spelling.",
        "true",
    ]
    # A beginning that can be nothing else is completed by a space, and by nothing else.
    assert typed(page, "type('zoo aban ', ' ');")[:2] == ["zoo abandon ", "2 of 12 words."]
    assert typed(page, "type('zoo aban.', '.');")[0] == "zoo aban."
    assert typed(page, "type('zoo aban ', null);")[0] == "zoo aban "
    assert typed(page, "type('zoo aban', 'n');")[0] == "zoo aban"
    # A word that is whole is not offered to itself.
    assert typed(page, "type('zoo abandon');")[3] == []


def test_a_word_that_is_offered_takes_the_place_of_its_beginning(page: Page) -> None:
    assert typed(page, "type('zo abc', null, 2); document.querySelectorAll('.completions button')[1].click();")[0] == (
        "zoo abc"
    )
    assert page.run("return [document.activeElement.id, $('#receipt').selectionStart];") == ["receipt", 4]


def test_twelve_words_are_judged_while_they_are_typed(page: Page) -> None:
    assert typed(page, f"type('{WORDS}');")[1:3] == ["12 words, and they belong together.", "false"]
    wrong = "Every word exists, but together they are not a receipt."
    found = typed(page, f"type('{'zoo ' * 12}');")
    assert found[1].startswith(wrong)
    assert found[2] == "true"
    assert typed(page, f"type('{AMBIGUOUS}');")[1:3] == ["12 of 12 words.", "false"]
    assert typed(page, f"type('{WORDS} zoo');")[1:3] == ["13 of 12 words.", "false"]


def test_words_of_two_languages_are_kept_while_the_language_is_asked(page: Page) -> None:
    shown = typed(page, f"type('{AMBIGUOUS}'); await send();")
    assert shown[0] == AMBIGUOUS
    offered = "return [...document.querySelectorAll('input[name=wordlist]')].map((each) => each.value);"
    assert sorted(page.run(offered)) == ["english", "french"]
    assert page.run("return $('.box.top').innerText.length > 0;") is True
    done = typed(
        page,
        f"""
        type('{AMBIGUOUS}');
        await send();
        $("input[value=french]").checked = true;
        await send();
        return (await asked).words(lists[1]).join(" ");
    """,
    )
    assert done.split()[0] == "abandon"


def test_what_is_no_receipt_stays_and_is_asked_for_again(page: Page) -> None:
    assert typed(page, "type('zoo zoo'); await send();")[0] == "zoo zoo"
    assert page.run("return $('.box.top').innerText.length > 0;") is True
    done = typed(
        page, f"type('zoo'); await send(); type('{WORDS}'); await send(); return (await asked).words(lists[0]);"
    )
    assert done == WORDS.split()


def test_the_lists_are_asked_for_again_where_they_did_not_come(page: Page) -> None:
    found = typed(
        page,
        f"""
        const unforeseen = [];
        addEventListener("unhandledrejection", (event) => unforeseen.push(event));
        all = async () => {{ throw new Error("no lists"); }};
        main.replaceChildren();
        entering = new parts.Entering(visitor);
        const again = entering.receipt();
        await pause();
        type('xyzzy ');
        const unmarked = state();
        all = async () => lists;
        type('{WORDS}');
        await send();
        return [unmarked, (await again).words(lists[0]).length, unforeseen.length];
    """,
    )
    assert found == [["xyzzy ", "1 of 12 words.", "false", []], 12, 0]


def test_what_was_typed_before_the_lists_came_is_marked_when_they_come(page: Page) -> None:
    assert typed(
        page,
        """
        let come;
        const coming = new Promise((resolve) => { come = resolve; });
        all = () => coming;
        main.replaceChildren();
        entering = new parts.Entering(visitor);
        entering.receipt();
        await pause();
        type('xyzzy ');
        const unmarked = state()[2];
        come(lists);
        await pause();
        return [unmarked, state()[1], state()[2]];
    """,
    ) == ["false", "Word 1 is in none of the word lists. Please check its spelling.", "true"]


def test_words_are_taken_out_of_the_page(page: Page) -> None:
    assert typed(
        page, "type('zoo zo'); entering.wipe(); return [input().value, $('#receipt-said').childNodes.length];"
    ) == [
        "",
        0,
    ]


# --- room for files


@pytest.mark.parametrize(
    ("status", "kind", "body", "taken"),
    [
        (200, "text/html", '<!doctype html><p data-files="open">', True),
        (200, "text/html", '<!doctype html><p data-files="shut">', False),
        (200, "text/html", "<!doctype html><p>", True),
        (503, "text/html", '<!doctype html><p data-files="shut">', True),
        (200, "text/plain", '<p data-files="shut">', True),
    ],
)
def test_only_a_plain_no_is_a_no(page: Page, status: int, kind: str, body: str, *, taken: bool) -> None:
    """Where the site does not say, sending files tells."""
    assert isinstance(page.browser, Chromium)
    page.browser.page.route("**/room", lambda route: route.fulfill(status=status, content_type=kind, body=body))
    assert page.run("return await parts.takesFiles();") is taken
