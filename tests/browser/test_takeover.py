"""Once the script has taken over, nothing that was typed can be sent by the browser itself, whatever becomes of it."""

import pytest

from tests.browser import journey
from tests.browser.chromium import Chromium
from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.recorder import Recorder

TEXT = "The stamp costs three hundred, every time."
#: What an attacker, or a fault of ours, could do at worst with a form: each would be one request.
_SEND = """
const [text] = given;
const attempt = (sending) => {
  try {
    sending();
  } catch {
    // Firefox throws what its policy forbids.
  }
};
const sendings = [
  (form) => form.submit(),
  (form) => form.requestSubmit(),
  (form) => HTMLFormElement.prototype.submit.call(form),
];
for (const send of sendings) {
  for (const method of ["get", "post"]) {
    const form = document.createElement("form");
    Object.assign(form, { method, action: "/report/send" });
    const field = document.createElement("input");
    Object.assign(field, { name: "text", value: text });
    form.append(field);
    document.body.append(form);
    attempt(() => send(form));
  }
}
const own = document.querySelector("main form");
own.action = "/report/send";
own.method = "post";
attempt(() => HTMLFormElement.prototype.submit.call(own));
await new Promise((resolve) => setTimeout(resolve, 500));
"""
_FAIL = {
    "Chromium": "setTimeout(() => { throw new Error('on purpose'); });",
    # What its driver runs throws elsewhere than in the page.
    "Firefox": "dispatchEvent(new ErrorEvent('error'));",
}
_STATE = "return document.getElementById('receipt').getAttribute('aria-invalid');"
#: English and French words, and a receipt in both languages.
AMBIGUOUS = "abandon public tunnel humble palace figure crucial excuse unique lecture figure badge"


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_no_form_can_be_sent(kind: str, start: Start, recorder: Recorder) -> None:
    browser = start(kind, Mode.ON)
    journey.begin(browser, recorder.address)
    browser.write("What", TEXT)
    address = browser.address
    recorder.forget()
    browser.run(_SEND, TEXT)
    assert [request.path for request in recorder.requests()] == []
    assert browser.address == address
    assert browser.written("What") == TEXT
    browser.complaints()  # of forms that the policy forbids


def test_a_press_of_enter_sends_nothing(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    browser.open(f"{recorder.address}/", then="Make a report")
    browser.press("Make a report", then="Write down these 12 words")
    browser.press("I have written them down", then="Two of your words")
    recorder.forget()
    browser.click("//input[@name='word']")
    browser.keys("secretword", "Enter")
    browser.wait_for("is not the one that you were shown")
    assert recorder.requests() == []


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_a_script_that_fails_says_so_and_keeps_what_was_written(kind: str, start: Start, recorder: Recorder) -> None:
    browser = start(kind, Mode.ON)
    journey.begin(browser, recorder.address)
    browser.write("What", TEXT)
    recorder.forget()
    browser.run(_FAIL[kind])
    browser.wait_for("Something went wrong in this page. From here on it sends nothing.")
    assert browser.written("This is what you wrote") == TEXT
    assert "For that moment you trust the server." in browser.text()
    browser.run(_SEND.replace('document.querySelector("main form")', 'document.querySelector("form")'), TEXT)
    assert recorder.requests() == []
    browser.complaints()  # of what it was made to do


def test_a_page_whose_steps_do_not_come_says_so(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    assert isinstance(browser, Chromium)
    browser.page.route("**/steps", lambda route: route.abort())
    browser.go(f"{recorder.address}/")
    browser.wait_for("Something went wrong in this page.")
    browser.page.unroute("**/steps")
    browser.click("//a[normalize-space()='Go on without JavaScript']")
    browser.wait_for("In these pages the server seals your report for you")
    browser.click("//input[@value='Make a report']")
    browser.wait_for("Write down these 12 words")
    assert browser.address == f"{recorder.address}/report"
    browser.complaints()  # of what did not come


def test_words_are_completed_and_marked_while_they_are_typed(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    browser.open(f"{recorder.address}/replies", then="Enter your 12 words")
    # Until the lists are there, nobody can tell.
    browser.wait_until(lambda: any("turkish" in each.path for each in recorder.requests()), "the lists")
    browser.click("//textarea[@id='receipt']")
    browser.keys("1. zoo aban")
    browser.wait_for("Do you mean:")
    browser.keys(" ")
    browser.wait_until(lambda: browser.written("Your 12 words") == "1. zoo abandon ", "abandon")
    browser.keys("aba", "Tab", "Space")
    browser.wait_until(lambda: browser.written("Your 12 words").count("abandon") == 2, "abandon once more")
    assert browser.run(_STATE) == "false"
    browser.keys("xyzzy")
    browser.wait_for("Word 4 is in none of the word lists")
    assert browser.run(_STATE) == "true"
    browser.write("Your 12 words", "zoo " * 12)
    browser.wait_for("Every word exists, but together they are not a receipt.")


def test_the_language_is_asked_where_words_are_a_receipt_in_two(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    browser.open(f"{recorder.address}/replies", then="Enter your 12 words")
    browser.write("Your 12 words", AMBIGUOUS)
    browser.press("Look for answers", then="In which language are they?")
    assert browser.written("Your 12 words") == AMBIGUOUS
    browser.tick("French")
    browser.press("Look for answers", then="Nothing was found for these words")
    browser.press("Enter the words again", then="Enter your 12 words")
    assert browser.written("Your 12 words") == ""
