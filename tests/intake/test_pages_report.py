"""A report by the form: what it stores, what it never does twice, and that no error loses what was typed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.intake.browsing import Form, Page, Place, harbour_watch, multipart, opened
from tests.protocol import cast
from whistle.errors import NotForMe
from whistle.intake.forms import CONTACT_LIMIT, TEXT_LIMIT
from whistle.protocol.content import Answers
from whistle.protocol.published import Published

STORY = 'The tender was opened early.\n\nI saw it <b>myself</b> & "wrote" it down. 招标 กล่อง'
NAMES = [
    "report.pdf",
    "дело №7.pdf",
    "証拠 写真.jpg",
    "ملف.txt",
    'it\'s "q".txt',
    "a;b=c.txt",
    "%41.txt",
    "ไฟล์.doc",
    "📎.png",
]


def kept(page: Page) -> str:
    """Return what stands in the story's field of a page, and that nothing of the page is a trace."""
    assert "Traceback" not in page.text
    forms = [form for form in page.forms if form.values("text")]
    return forms[0].values("text")[0]


# --- the way to the form


def test_the_first_page_names_everybody_who_can_read(place: Place) -> None:
    page = place.browser().get("/")
    assert page.status == 200
    for name in ("Ana", "Bo", "Chi", "Dede", "Harbour Watch"):
        assert name in page.text


def test_the_limits_stand_on_the_first_page(tmp_path: Path) -> None:
    with opened(tmp_path, form_mib=3, form_files=7) as place:
        assert "at most 7 files fit, together no larger than 3 MB" in place.browser().get("/").text


def test_somebody_who_cannot_be_reached_is_shown_with_the_reason(tmp_path: Path) -> None:
    usual = harbour_watch()
    without_ana = Published(usual.keyring, (), usual.statements[1:], usual.challenge, usual.work)
    with opened(tmp_path, without_ana) as place:
        assert (
            "Ana reads and answers reports. Cannot be reached now: their key has run out"
            in place.browser().get("/").text
        )
        browser, form, words = place.at_form()
        assert (("excluded", str(cast.ANA)) not in form.boxes, str(cast.ANA) not in form.values("shown")) == (
            True,
            True,
        )
        assert browser.submit(form.set("text", STORY)).status == 200
        assert place.read(words, person=cast.BO).readers == (cast.BO, cast.DEDE)


def test_the_receipt_is_made_before_anything_is_stored_and_shown_again_unchanged(place: Place) -> None:
    browser = place.browser()
    receipt = browser.submit(browser.get("/").forms[0])
    asked = browser.submit(receipt.form("/report/words"))
    again = browser.submit(asked.form("/report"))
    assert len(receipt.words) == 12
    assert again.words == receipt.words
    assert browser.submit(browser.get("/").forms[0]).words != receipt.words
    assert place.records() == []


def test_two_words_are_asked_back(place: Place) -> None:
    browser = place.browser()
    receipt = browser.submit(browser.get("/").forms[0])
    page = browser.submit(receipt.form("/report/words"))
    form = page.form("/report/form")
    places = [int(value) for value in form.values("place")]
    assert len(set(places)) == 2
    # Some of the page's own words, such as "sure", are in the list too: they stand on the page of everybody.
    stranger = place.browser()
    theirs = stranger.submit(stranger.submit(stranger.get("/").forms[0]).form("/report/words"))
    assert not any(word in page.text for word in receipt.words if word not in theirs.text)

    wrong = browser.submit(form)
    assert f"Word {places[0]} is not the one that you were shown." in wrong.text

    words = iter(receipt.words[at - 1] for at in places)
    form.fields = [(name, next(words).title() + " " if name == "word" else value) for name, value in form.fields]
    assert browser.submit(form).form("/report/send").files


def test_a_half_right_answer_is_kept(place: Place) -> None:
    browser = place.browser()
    receipt = browser.submit(browser.get("/").forms[0])
    form = browser.submit(receipt.form("/report/words")).form("/report/form")
    first, second = [int(value) for value in form.values("place")]
    right = iter([receipt.words[first - 1], "nonsense"])
    form.fields = [(name, next(right) if name == "word" else value) for name, value in form.fields]
    page = browser.submit(form)
    assert f"Word {second} is not" in page.text
    assert page.form("/report/form").values("word") == [receipt.words[first - 1], "nonsense"]


def test_the_words_never_stand_in_an_address(place: Place) -> None:
    browser, form, words = place.at_form()
    page = browser.submit(form.set("text", STORY))
    for _tag, given in page.tags:
        for name in ("href", "action", "src"):
            assert not any(word in (given.get(name) or "") for word in words)


# --- what is stored


def test_a_report_arrives_byte_for_byte(place: Place) -> None:
    browser, form, words = place.at_form()
    page = browser.submit(form.set("text", STORY))
    assert (page.status, page.title) == (200, "Your report has arrived")
    message = place.read(words)
    assert message.content is not None
    assert message.content.text == STORY
    assert message.content.answers == Answers("story/1", {})
    assert (message.index, message.language, message.readers) == (0, "en", (cast.ANA, cast.BO, cast.DEDE))
    assert "Ana, Bo, Dede" in page.text
    assert page.words == words


def test_the_excluded_cannot_open_it(place: Place) -> None:
    browser, form, words = place.at_form()
    browser.submit(form.set("text", STORY).tick("excluded", str(cast.ANA)))
    assert place.read(words, person=cast.BO).readers == (cast.BO, cast.DEDE)
    with pytest.raises(NotForMe):
        place.read(words, person=cast.ANA)


def test_somebody_who_was_not_shown_is_not_a_reader(place: Place) -> None:
    browser, form, words = place.at_form()
    form.fields = [pair for pair in form.fields if pair != ("shown", str(cast.ANA))]
    browser.submit(form.set("text", STORY))
    assert place.read(words, person=cast.BO).readers == (cast.BO, cast.DEDE)


def test_contact_details_go_to_the_custodian_alone(place: Place) -> None:
    browser, form, words = place.at_form()
    page = browser.submit(form.set("text", STORY).set("contact", "Lee\n+60 3 1234"))
    assert "contact details are stored apart" in page.text
    assert place.stage.contacts() == ["Lee\n+60 3 1234"]
    assert cast.CHI not in place.read(words).readers


def test_files_keep_name_and_bytes_in_any_script(place: Place) -> None:
    files = {name: os.urandom(50_000 + 7 * at) for at, name in enumerate(NAMES)}
    browser, form, words = place.at_form()
    page = browser.submit(form.set("text", STORY), *files.items())
    assert page.status == 200, page.text
    assert place.files(place.read(words)) == files


def test_a_path_is_cut_off_the_name_of_a_file(place: Place) -> None:
    browser, form, words = place.at_form()
    browser.submit(form.set("text", STORY), ("C:\\Users\\lee\\a.txt", b"1"), ("/home/lee/b.txt", b"2"))
    assert place.files(place.read(words)) == {"a.txt": b"1", "b.txt": b"2"}


def test_a_long_account_arrives(place: Place) -> None:
    text = "".join(chr(0x4E00 + at * 7919 % 20_000) for at in range(TEXT_LIMIT))
    browser, form, words = place.at_form()
    assert browser.submit(form.set("text", text)).status == 200
    message = place.read(words)
    assert message.content is None


def test_a_form_without_multipart_arrives_as_well(place: Place) -> None:
    browser, form, words = place.at_form()
    assert browser.post(form.action, form.set("text", STORY).fields).status == 200
    assert place.read(words).content is not None


# --- nothing twice


def test_a_form_sent_again_is_stored_once(place: Place) -> None:
    browser, form, words = place.at_form()
    browser.submit(form.set("text", STORY), ("a.txt", b"x"))
    before = place.records()
    page = browser.submit(form, ("a.txt", b"x"))
    assert (page.status, page.title) == (200, "Message 1 has arrived")
    assert place.records() == before
    assert kept(page) == STORY
    assert place.read(words).index == 0


def test_a_double_click_is_stored_once(place: Place) -> None:
    browser, form, _words = place.at_form()
    form.set("text", STORY)
    with ThreadPoolExecutor(4) as clicks:
        titles = sorted(page.title for page in clicks.map(lambda _: browser.submit(form), range(4)))
    assert titles == ["Message 1 has arrived"] * 3 + ["Your report has arrived"]
    assert len(place.records()) == 1


def test_a_form_sent_again_does_not_bring_back_what_was_withdrawn(place: Place) -> None:
    browser, form, words = place.at_form()
    browser.submit(form.set("text", STORY))
    asked = browser.submit(place.come_back(words).form("/withdraw"))
    browser.submit(asked.form("/withdraw/now"))
    before = place.records()
    assert browser.submit(form).status == 200
    assert place.records() == before


def test_a_ticket_is_used_up_by_success_only(tmp_path: Path) -> None:
    with opened(tmp_path, form_files=1) as place:
        browser, form, _words = place.at_form()
        browser.submit(form.set("text", STORY), ("a", b"1"), ("b", b"2"))
        assert len(place.backstage.tickets) == 0
        browser.submit(form)
        assert len(place.backstage.tickets) == 1


def test_what_was_written_since_can_be_sent_as_the_next_message(place: Place) -> None:
    browser, form, words = place.at_form()
    browser.submit(form.set("text", STORY).tick("excluded", str(cast.BO)))
    page = browser.submit(form.set("text", "Something new"))
    assert "send it as message 2" in page.text
    following = page.form("/replies/follow-up")
    assert ("excluded", str(cast.BO)) in following.fields
    assert browser.submit(following).title == "Your message has arrived"
    second = place.read(words, 1)
    assert second.content is not None
    assert (second.content.text, second.readers) == ("Something new", (cast.ANA, cast.DEDE))


def test_the_shelf_knows_a_report_when_the_tickets_are_forgotten(place: Place) -> None:
    browser, form, _words = place.at_form()
    browser.submit(form.set("text", STORY))
    place.backstage.ticket_key = cast.chance("after a restart", 32)
    expired = browser.submit(form.set("text", STORY))
    assert expired.status == 422
    assert "open for too long" in expired.text
    assert kept(expired) == STORY
    page = browser.submit(expired.form("/report/send"))
    assert page.title == "Message 1 has arrived"
    assert len(place.records()) == 1


# --- every error keeps what was typed


def refused(place: Place, form: Form, status: int, *sentences: str) -> Page:
    page = place.browser().submit(form, ("a.txt", b"x"))
    assert page.status == status, page.text
    for sentence in sentences:
        assert sentence in page.text
    assert kept(page) == form.values("text")[0]
    assert place.records() == []
    assert "choose your files once more" in page.text
    return page


def test_nobody_left_to_read(place: Place) -> None:
    _browser, form, _words = place.at_form()
    for person in (cast.ANA, cast.BO, cast.DEDE):
        form.tick("excluded", str(person))
    page = refused(place, form.set("text", STORY), 422, "Nobody is left who could read this.")
    assert {value for name, value in page.form("/report/send").fields if name == "excluded"} == {"1", "2", "4"}


def test_a_reader_whose_key_has_run_out_meanwhile(place: Place) -> None:
    _browser, form, _words = place.at_form()
    (place.folder / "statements" / f"{cast.BO}.json").unlink()
    place.backstage.bulletin.refresh()
    page = refused(place, form.set("text", STORY), 422, "Bo")
    assert str(cast.BO) not in page.form("/report/send").values("shown")
    assert place.browser().submit(page.form("/report/send")).status == 200


def test_too_long_a_text(place: Place) -> None:
    _browser, form, _words = place.at_form()
    refused(place, form.set("text", "x" * (TEXT_LIMIT + 1)), 422, "too long: 200,001 characters")


def test_too_long_contact_details(place: Place) -> None:
    _browser, form, _words = place.at_form()
    form.set("text", STORY).set("contact", "y" * (CONTACT_LIMIT + 1))
    page = refused(place, form, 422, "too long: 2,001 characters")
    assert page.form("/report/send").values("contact") == ["y" * (CONTACT_LIMIT + 1)]


def test_contact_details_that_just_fit_in_any_script(place: Place) -> None:
    browser, form, _words = place.at_form()
    contact = "".join(chr(0x20000 + at * 7919 % 40_000) for at in range(CONTACT_LIMIT))
    assert browser.submit(form.set("text", STORY).set("contact", contact)).status == 200
    assert place.stage.contacts() == [contact]


def test_an_expired_ticket(place: Place) -> None:
    _browser, form, _words = place.at_form()
    page = refused(place, form.set("text", STORY).set("ticket", "AAAA"), 422, "open for too long")
    assert place.browser().submit(page.form("/report/send")).status == 200


def test_too_large_files(tmp_path: Path) -> None:
    with opened(tmp_path, form_mib=1) as place:
        browser, form, _words = place.at_form()
        page = browser.submit(form.set("text", STORY), ("a.bin", b"x" * 700_000), ("b.bin", b"x" * 700_000))
        assert page.status == 413
        assert "choose fewer or smaller files" in page.text
        assert kept(page) == STORY
        assert place.records() == []
        assert browser.submit(form, ("a.bin", b"x" * 700_000)).status == 200  # the ticket was not used up


def test_too_many_files(tmp_path: Path) -> None:
    with opened(tmp_path, form_files=2) as place:
        browser, form, _words = place.at_form()
        page = browser.submit(form.set("text", STORY), *[(f"{at}.txt", b"x") for at in range(3)])
        assert (page.status, kept(page)) == (413, STORY)
        assert browser.submit(form, *[(f"{at}.txt", b"x") for at in range(2)]).status == 200


def test_a_full_shelf(tmp_path: Path) -> None:
    with opened(tmp_path, capacity=40) as place:
        browser, form, _words = place.at_form()
        page = browser.submit(form.set("text", STORY), ("a.bin", os.urandom(1_200_000)))
        assert page.status == 503
        assert "no room for these files" in page.text
        assert kept(page) == STORY


def test_a_full_shelf_says_so_before_anybody_types(tmp_path: Path) -> None:
    with opened(tmp_path, capacity=1) as place:
        browser, form, _words = place.at_form()
        at_two_words = browser.post("/report/words", form.fields)
        browser.submit(form.set("text", STORY))
        start = browser.get("/")
        assert "New reports cannot be taken now. The site has no room" in start.text
        assert not [form for form in start.forms if form.action == "/report"]
        for closed in (
            browser.post("/report", [("channel", "1")]),
            browser.submit(at_two_words.form("/report/form"), press=("skip", "yes")),
        ):
            assert closed.status == 503
            assert "no room" in closed.text


def test_an_expired_keyring_says_so_and_keeps_the_text(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        _browser, form, _words = place.at_form()
    late = cast.keyring().expires.replace(year=2028)
    other = tmp_path / "later"
    other.mkdir()
    with opened(other, today=late) as place:
        start = place.browser().get("/")
        assert start.status == 503
        assert "The organisation must publish a new one" in start.text
        page = place.browser().submit(form.set("text", STORY))
        assert page.status == 503
        assert STORY.split("\n", maxsplit=1)[0] in page.text


def test_a_fault_of_ours_keeps_the_text_and_tells_its_place_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **_options: object) -> None:
        raise RuntimeError(STORY)

    browser, form, _words = place.at_form()
    monkeypatch.setattr("whistle.intake.pages.message._draft", fail)
    page = browser.submit(form.set("text", STORY))
    assert page.status == 500
    assert "It was not sent" in page.text
    assert STORY.split("\n", maxsplit=1)[0] in page.text
    (line,) = place.backstage.troubles.drain()
    assert "RuntimeError" in line
    assert "tender" not in line


def test_a_body_that_breaks_off(place: Place) -> None:
    browser, form, _words = place.at_form()
    body, kind = multipart(form.set("text", STORY).fields, [("file", "a.txt", b"x" * 1_000)])
    page = browser.send("/report/send", body[:-500], kind)
    assert page.status == 400
    assert kept(page) == STORY
    assert place.records() == []


@pytest.mark.parametrize("name", ["receipt", "channel", "index"])
def test_what_our_pages_would_never_send(place: Place, name: str) -> None:
    browser, form, _words = place.at_form()
    page = browser.submit(form.set("text", STORY).set(name, "no"))
    assert page.status == 400
    assert STORY.split("\n", maxsplit=1)[0] in page.text


def test_an_unknown_channel_is_no_fault_of_ours(place: Place) -> None:
    browser, form, words = place.at_form()
    page = browser.submit(form.set("text", STORY).set("contact", "Ana, 0123").set("channel", "77"))
    assert page.status == 400
    assert STORY.split("\n", maxsplit=1)[0] in page.text
    assert "Ana, 0123" in page.text
    assert browser.post("/report", [("channel", "77")]).status == 400
    carried = [("receipt", " ".join(words)), ("channel", "77"), ("skip", "yes")]
    assert browser.post("/report/form", carried).status == 400
    assert place.records() == []
    assert place.backstage.troubles.drain() == []


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ufeff\u202e\u2066x", "\U0010ffff", "  leading\n\n\ntrailing \n\n", "</textarea><b>"]
)
def test_odd_text_arrives_as_it_was_typed(place: Place, text: str) -> None:
    browser, form, words = place.at_form()
    assert browser.submit(form.set("text", text)).status == 200
    content = place.read(words).content
    assert content is not None
    assert content.text == text


def test_too_many_people_are_nobody_that_our_pages_would_send(place: Place) -> None:
    browser, form, _words = place.at_form()
    form.set("text", STORY).fields += [("excluded", str(person)) for person in range(1, 40)]
    page = browser.submit(form)
    assert (page.status, place.records()) == (422, [])
    assert "more people than a report can have" in page.text


def test_a_name_that_is_too_long_is_refused_in_words(place: Place) -> None:
    browser, form, _words = place.at_form()
    page = browser.submit(form.set("text", STORY), ("я" * 600 + ".txt", b"x"))
    assert (page.status, kept(page)) == (413, STORY)


def test_where_there_is_no_room_for_files_the_form_says_so_before_anybody_chooses_one(tmp_path: Path) -> None:
    with opened(tmp_path, capacity=36) as place:
        browser, form, _words = place.at_form()
        assert form.files
        browser.submit(form.set("text", "The first one."))
        _browser, form, _words = place.at_form()
        assert not form.files
        page = place.browser().submit(form.set("text", "The second one, without files."))
        assert "Your report has arrived" in page.text
