"""Coming back with 12 words: what is shown, and that the size of a page tells nobody what it shows."""

import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from mnemonic import Mnemonic

from tests.intake.browsing import Form, Page, Place, opened
from tests.protocol import cast
from tests.source.stage import KEYS, RECEIPT
from whistle.errors import AmbiguousReceipt, NothingFound, ReceiptError
from whistle.intake.padding import PAGE_SIZE
from whistle.intake.pages import replies
from whistle.intake.pages.replies import disposition
from whistle.protocol import labels
from whistle.protocol.message import Withdraw
from whistle.protocol.receipt import LANGUAGES, Receipt

UNKNOWN = Receipt(cast.chance("nobody's", 16)).words()
LONG_THAI = "".join(chr(0x0E01 + at * 7919 % 46) for at in range(4_000))


def weight(page: Page) -> tuple[int, int, int]:
    """Return what an observer could count: the status and headers as bytes, the body, the announced length."""
    head = sum(len(name) + len(value) + 4 for name, value in page.headers.items())
    return head + len(str(page.status)), len(page.body), int(page.headers["Content-Length"])


def answers(page: Page) -> list[str]:
    return re.findall(r"Answer (\d+), from", page.text)


def of_two_languages() -> list[str]:
    """Return 12 words that are a receipt in English and another one in French."""
    french = set(Mnemonic("french").wordlist)
    common = [word for word in Mnemonic("english").wordlist if word in french]
    for first, last in product(common, common):
        words = [first, *common[:10], last]
        try:
            Receipt.parse(" ".join(words))
        except AmbiguousReceipt:
            return words
        except ReceiptError:
            continue
    raise AssertionError


def add_form(page: Page) -> Form:
    return page.form("/replies/follow-up")


# --- one size


def test_every_answer_to_twelve_words_weighs_the_same(place: Place) -> None:
    seen = {"unknown words": place.come_back(UNKNOWN)}
    seen["a wrong word"] = place.come_back(["hause", *UNKNOWN[1:]])
    seen["a wrong checksum"] = place.come_back(["abandon"] * 12)
    seen["too few"] = place.come_back(["one"])
    seen["the question"] = place.browser().get("/replies")
    place.stage.tell()
    seen["no answer"] = place.come_back()
    place.stage.answer(0, "Yes.")
    seen["one answer"] = place.come_back()
    for index in range(1, 6):
        place.stage.answer(index, LONG_THAI)
    place.stage.answer_with_files(6, {f"{at}-{'ф' * 200}.txt": b"x" for at in range(40)})
    seen["seven long answers"] = place.come_back()
    place.stage.answer_with_files(7, {}, "<&>" * 100_000)
    seen["a longer one"] = place.come_back()
    place.stage.answer(8, "&" * 12_000)
    seen["one that grows when it is shown"] = place.come_back()
    seen["older ones"] = place.come_back(before="5")
    seen["withdrawing"] = place.browser().submit(seen["one answer"].form("/withdraw"))
    assert {name: weight(page) for name, page in seen.items()} == dict.fromkeys(seen, weight(seen["no answer"]))
    assert len(seen["no answer"].body) == PAGE_SIZE
    assert {page.status for page in seen.values()} == {200}
    assert len(answers(seen["seven long answers"])) == 7


def test_unknown_expired_and_withdrawn_look_the_same(tmp_path: Path) -> None:
    filler = re.compile(rb"<!-- [0-9a-f]* -->")
    with opened(tmp_path) as place:
        unknown = place.come_back(UNKNOWN)
        place.stage.tell()
        place.backstage.day += timedelta(days=91)
        expired = place.come_back(wordlist="english")
    assert filler.sub(b"", unknown.body) == filler.sub(b"", expired.body)
    assert weight(unknown) == weight(expired)


def test_the_filler_is_another_one_each_time(place: Place) -> None:
    first, second = (place.come_back(UNKNOWN) for _ in range(2))
    assert first.body != second.body
    assert first.text == second.text


# --- words


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("one two three", "exactly 12 words"),
        ("abandon " * 12, "together they are not a receipt"),
        ("abandon " * 3 + "hause " + "abandon " * 8, "Word 4 is in none of the word lists"),
        ("", "exactly 12 words"),
    ],
)
def test_wrong_words_are_kept_and_named_by_their_place(place: Place, typed: str, sentence: str) -> None:
    page = place.come_back([typed])
    assert sentence in page.text
    assert page.form("/replies").values("receipt") == [typed]


def test_words_are_read_as_people_write_them(place: Place) -> None:
    place.stage.tell()
    numbered = "\n".join(f"{at}. {word.upper()}" for at, word in enumerate(RECEIPT.words(), 1))
    for typed in (
        numbered,
        ", ".join(RECEIPT.words()),
        " ".join(RECEIPT.words("spanish")),
        "".join(RECEIPT.words("chinese_simplified")),
    ):
        assert place.come_back([typed]).title == "Answers to your report"


def test_words_of_two_languages_are_asked_about(place: Place) -> None:
    words = of_two_languages()
    asked = place.come_back(words)
    assert "In which language are they?" in asked.text
    form = asked.form("/replies")
    assert form.boxes == [("wordlist", "english"), ("wordlist", "french")]
    form.fields.append(("wordlist", "french"))
    assert place.browser().submit(form).title == "Nothing was found for these words"


def test_every_list_of_words_has_a_title(place: Place) -> None:
    with place.app.test_request_context("/"):
        page = replies._enter(wordlists=LANGUAGES)
    assert not [name for name in LANGUAGES if f">{name}<" in page]


# --- answers


def test_answers_are_shown_newest_first_with_their_text(place: Place) -> None:
    place.stage.tell()
    place.stage.answer(0, "First\n  <b>line</b> & ไทย")
    place.stage.answer(1, "Second")
    page = place.come_back()
    assert answers(page) == ["2", "1"]
    assert "First<br>  &lt;b&gt;line&lt;/b&gt; &amp; ไทย" in page.body.decode()
    assert "Your newest message was opened by Ana." in page.text


def test_older_answers_on_request(place: Place) -> None:
    place.stage.tell()
    for index in range(9):
        place.stage.answer(index, f"number {index}")
    newest = place.come_back()
    assert answers(newest) == ["9", "8", "7", "6", "5", "4", "3"]
    older = place.browser().submit(next(form for form in newest.forms if form.values("before")))
    assert answers(older) == ["2", "1"]
    back = place.browser().submit(older.form("/replies"))
    assert answers(back) == answers(newest)


def test_a_long_answer_is_opened_on_request(place: Place) -> None:
    place.stage.tell()
    text = "A long letter. " * 20_000
    place.stage.answer_with_files(0, {"plan.pdf": b"%PDF"}, text)
    page = place.come_back()
    assert "This answer is long." in page.text
    opened_one = place.browser().submit(page.form("/replies/open"))
    assert text.strip() in opened_one.text
    assert len(opened_one.body) % PAGE_SIZE == 0
    saved = place.browser().submit(opened_one.form("/replies/file"))
    assert saved.body == b"%PDF"


def test_the_newest_answers_are_shown_in_full_as_far_as_they_fit(place: Place) -> None:
    place.stage.tell()
    for index in range(7):
        place.stage.answer(index, "&" * 8_000)  # five times as long on a page
    page = place.come_back()
    shown = [form.values("reply")[0] for form in page.forms if form.action == "/replies/open"]
    assert answers(page) == ["7", "6", "5", "4", "3", "2", "1"]
    assert shown
    assert shown == sorted(shown, reverse=True)
    assert "6" not in shown


def test_files_of_an_answer_are_saved_under_their_names(place: Place) -> None:
    files = {"дело №7.pdf": bytes(range(256)) * 300, "empty.txt": b"", "x\u202egnp.exe": b"MZ"}
    place.stage.tell()
    place.stage.answer_with_files(0, files)
    page = place.come_back()
    forms = [form for form in page.forms if form.action == "/replies/file"]
    saved = [place.browser().submit(form) for form in forms]
    assert [one.body for one in saved] == list(files.values())
    assert {one.headers["Content-Type"] for one in saved} == {"application/octet-stream"}
    assert "filename*=UTF-8''%D0%B4%D0%B5%D0%BB%D0%BE%20%E2%84%967.pdf" in saved[0].headers["Content-Disposition"]
    assert "filename*=UTF-8''x_gnp.exe" in saved[2].headers["Content-Disposition"]


@pytest.mark.parametrize("name", ['a"b;c\r\nSet-Cookie: x', "\x00\x1f", "../../etc/passwd", "%00", "", "证据.jpg"])
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert re.fullmatch(r"attachment; filename=\"[ !#$&-\[\]-~]+\"; filename\*=UTF-8''[\w.~%-]+", header), header
    assert not {"/", "\\", "\r", "\n"} & set(header)


def test_an_answer_that_does_not_hold_is_named_and_left_out(place: Place) -> None:
    place.stage.tell()
    record = place.stage.answer_at_hand(0)
    place.stage.put(cast.flipped(record, 32_000))
    page = place.come_back()
    assert answers(page) == []
    assert "Reply 1 was not shown" in page.text


def test_a_file_or_an_answer_that_is_not_there(place: Place) -> None:
    place.stage.tell()
    place.stage.answer_with_files(0, {"a.txt": b"x"})
    words = " ".join(RECEIPT.words())
    for path, reply, file in (
        ("open", "1", ""),
        ("open", "x", ""),
        ("file", "0", "1"),
        ("file", "0", ""),
        ("file", "9", "0"),
    ):
        page = place.browser().post(f"/replies/{path}", [("receipt", words), ("reply", reply), ("file", file)])
        assert page.status in {400, 404}
    assert place.browser().post("/replies/open", [("receipt", "x"), ("reply", "0")]).status == 400
    unknown = [("receipt", " ".join(UNKNOWN)), ("reply", "0")]
    assert place.browser().post("/replies/open", unknown).status == 404
    assert place.backstage.troubles.drain() == []


# --- follow-up


def test_a_follow_up_keeps_who_was_excluded(place: Place) -> None:
    place.stage.tell(readers=(cast.BO,))
    page = place.come_back()
    form = add_form(page)
    assert {value for name, value in form.fields if name == "excluded"} == {str(cast.ANA), str(cast.DEDE)}
    sent = place.browser().submit(form.set("text", "One more thing"), ("b.txt", b"bytes"))
    assert sent.title == "Your message has arrived"
    message = place.read(RECEIPT.words(), 1, cast.BO)
    assert message.readers == (cast.BO,)
    assert message.content is not None
    assert (message.content.text, message.content.answers) == ("One more thing", None)
    assert place.files(message) == {"b.txt": b"bytes"}
    assert message.previous == place.stage.echo(0).commitment


def test_where_the_list_is_not_known_nobody_is_preselected(place: Place) -> None:
    place.stage.tell()
    place.stage.tell("again")
    place.stage.answer(0)
    place.backstage.shelf.burn([KEYS.burn_token(KEYS.thread.address(labels.UP, 1))])
    page = place.come_back()
    assert "We cannot tell for certain whom you shut out" in page.text
    assert {value for name, value in add_form(page).fields if name == "excluded"} == {"1", "2", "4"}
    assert place.browser().submit(add_form(page).set("text", "x")).status == 422


def test_a_follow_up_from_an_old_page_meets_the_newer_message(place: Place) -> None:
    place.stage.tell()
    form = add_form(place.come_back())
    place.stage.tell("from another device")
    page = place.browser().submit(form.set("text", "mine"))
    assert page.title == "Message 2 has arrived"
    assert "send it as message 3" in page.text
    assert add_form(page).values("text") == ["mine"]
    assert place.browser().submit(add_form(page)).title == "Your message has arrived"
    third = place.read(RECEIPT.words(), 2)
    assert third.content is not None
    assert third.content.text == "mine"


def test_an_index_far_away_is_not_taken(place: Place) -> None:
    place.stage.tell()
    form = add_form(place.come_back()).set("text", "x").set("index", "4000000")
    assert place.browser().submit(form).status == 200
    assert place.read(RECEIPT.words(), 1).index == 1


def test_a_follow_up_to_what_has_expired_begins_anew(place: Place) -> None:
    place.stage.tell()
    form = add_form(place.come_back()).set("text", "Still here")
    place.backstage.shelf.burn([KEYS.burn_token(KEYS.thread.address(labels.UP, 0))])
    assert place.browser().submit(form).status == 200
    assert place.read(RECEIPT.words(), 0).index == 0


# --- withdraw


def withdraw_form(place: Place) -> Form:
    page = place.browser().submit(place.come_back().form("/withdraw"))
    assert "Nobody can undo that" in page.text
    return page.form("/withdraw/now")


def test_withdrawing_asks_first_and_then_burns(place: Place) -> None:
    place.stage.tell(readers=(cast.BO,))
    place.stage.answer(0, author=cast.BO, readers=(cast.BO,))
    form = withdraw_form(place)
    assert place.stage.rests(KEYS.thread.address(labels.UP, 0))
    page = place.browser().submit(form)
    assert page.title == "It is withdrawn"
    assert "answers to you are gone" not in page.text
    assert not place.stage.rests(KEYS.thread.address(labels.UP, 0))
    assert place.stage.rests(KEYS.thread.address(labels.DOWN, 0))
    told = place.stage.read_up(1, cast.BO).body
    assert isinstance(told, Withdraw)
    assert told.readers == (cast.BO,)
    assert "You have withdrawn what you sent." in place.come_back().text


def test_withdrawing_the_answers_as_well(place: Place) -> None:
    place.stage.tell()
    place.stage.answer(0)
    form = withdraw_form(place)
    page = place.browser().submit(form.tick("also_replies", "yes"))
    assert "The answers to you are gone as well." in page.text
    assert not place.stage.rests(KEYS.thread.address(labels.DOWN, 0))


def test_withdrawing_twice_says_the_same_and_does_nothing(place: Place) -> None:
    place.stage.tell()
    form = withdraw_form(place)
    place.browser().submit(form)
    before = place.records()
    assert place.browser().submit(form).title == "It is withdrawn"
    assert place.records() == before


def test_withdrawing_needs_a_good_ticket(place: Place) -> None:
    place.stage.tell()
    page = place.browser().submit(withdraw_form(place).set("ticket", "no"))
    assert "open for too long" in page.text
    assert place.stage.rests(KEYS.thread.address(labels.UP, 0))


def test_a_ticket_for_a_message_does_not_withdraw(place: Place) -> None:
    place.stage.tell()
    ticket = add_form(place.come_back()).values("ticket")[0]
    place.browser().submit(withdraw_form(place).set("ticket", ticket))
    assert place.stage.rests(KEYS.thread.address(labels.UP, 0))


def test_withdrawing_what_is_not_there(place: Place) -> None:
    words = " ".join(UNKNOWN)
    assert "Nothing was found" in place.browser().post("/withdraw", [("receipt", words)]).text
    assert place.browser().post("/withdraw", [("receipt", "x")]).status == 400
    with pytest.raises(NothingFound):
        place.stage.source.visit()
