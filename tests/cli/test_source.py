import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import corpus
from tests.cli.town import Town, keyring, town, write_keyring
from tests.courier.scripted import OK, answer, listening, site
from tests.intake.server import ROOT
from tests.protocol import cast
from whistle.cli.sites import place_of
from whistle.errors import NotForMe
from whistle.protocol import labels
from whistle.protocol.message import Message, Withdraw
from whistle.protocol.receipt import Receipt


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("site")) as running:
        yield running


def test_a_whole_conversation(here: Town, tmp_path: Path) -> None:
    text = "Первая строка\r\nsecond line, no end of line"
    proof = tmp_path / "proof.pdf"
    proof.write_bytes(cast.chance("proof", 100_000))
    receipt = here.tip(text, "--attach", str(proof))
    assert here.content(here.read(receipt, 0)) == (text, {"proof.pdf": proof.read_bytes()})
    before = here.visit(receipt)
    assert (before["stored"], before["received_by"], before["replies"]) == ([1], [], [])
    here.answer(receipt, 0, "When was this?\n", {"form.txt": b"please\r\nfill in"})
    (reply,) = here.visit(receipt, "--save", str(tmp_path))["replies"]
    assert (reply["text"], reply["author"], reply["readers"]) == ("When was this?\n", "Ana", ["Ana", "Bo"])
    assert (tmp_path / "1-1-form.txt").read_bytes() == b"please\r\nfill in"
    assert (tmp_path / "1-1-form.txt").stat().st_mode & 0o077 == 0
    ended = here.whistle("follow-up", "--yes", "--receipt-file", here.receipt_file(receipt), given=b"In May.")
    assert (ended.status, ended.out) == (0, "Message 2 is stored.\n")
    follow_up = here.read(receipt, 1)
    assert here.content(follow_up) == ("In May.", {})
    assert follow_up.previous == here.record(here.keys(receipt).thread.address(labels.UP, 0)).sealed[1:33]


def test_an_exclusion_is_still_in_force_at_the_follow_up(here: Town) -> None:
    receipt = here.tip("About Bo.", "--exclude", "bo")
    file = here.receipt_file(receipt)
    ended = here.whistle("follow-up", "--yes", "--receipt-file", file, given=b"More about Bo.")
    assert "Does not read it: Bo – not among those who read your messages before" in ended.err
    for index in range(2):
        assert here.read(receipt, index).readers == (cast.ANA, cast.DEDE)
        with pytest.raises(NotForMe):
            here.read(receipt, index, cast.BO)
    here.whistle("follow-up", "--yes", "--receipt-file", file, "--include", "Bo", "--exclude", "4", given=b"After all.")
    assert here.read(receipt, 2, cast.BO).readers == (cast.ANA, cast.BO)


def test_contact_details_reach_the_custodian_only(here: Town, tmp_path: Path) -> None:
    (tmp_path / "contact").write_text("Mo at the harbour")
    ended = here.whistle("tip", "--yes", "--no-check", "--contact", str(tmp_path / "contact"), given=b"Report.")
    assert ended.status == 0
    assert "Reads your contact details: Chi (custodian)" in ended.err
    body = here.read(ended.out.splitlines()[0], 0)
    assert isinstance(body, Message)
    assert body.reference is not None
    nobody = here.whistle(
        "tip", "--yes", "--no-check", "--contact", str(tmp_path / "contact"), "--exclude", "Chi", given=b"Report."
    )
    assert (nobody.status, nobody.out) == (1, "")


def test_withdraw(here: Town) -> None:
    receipt = here.tip()
    here.answer(receipt, 0, "Thank you.")
    ended = here.whistle("withdraw", "--yes", "--receipt-file", "-", "--also-replies", given=receipt.encode())
    assert (ended.status, ended.out) == (0, "Burned: 1 of your messages.\n")
    assert "Told that you take it back: Ana, Bo, Dede" in ended.err
    assert isinstance(here.read(receipt, 1), Withdraw)
    visit = here.visit(receipt)
    assert (visit["withdrawn"], visit["stored"], visit["replies"]) == (True, [2], [])


def test_a_long_answer_is_fetched_on_request(here: Town) -> None:
    receipt, text = here.tip(), "long " * 10_000
    here.answer(receipt, 0, text)
    assert here.visit(receipt)["replies"][0]["text"] is None
    assert here.visit(receipt, "--long")["replies"][0]["text"] == text


def test_an_answer_cannot_drive_the_terminal_or_choose_where_a_file_goes(here: Town, tmp_path: Path) -> None:
    receipt = here.tip()
    here.answer(receipt, 0, "\x1b[2Jgone \u202e back", {"../../x\x1b\u202efdp.exe": b"x"})
    ended = here.whistle("replies", "--receipt-file", "-", "--save", str(tmp_path), given=receipt.encode())
    assert ended.status == 0
    assert not set("\x1b\u202e") & set(ended.out + ended.err)
    (saved,) = tmp_path.iterdir()
    assert saved.read_bytes() == b"x"
    again = here.whistle("replies", "--receipt-file", "-", "--save", str(tmp_path), given=receipt.encode())
    assert "Kept as it is" in again.err


@pytest.mark.parametrize("arguments", [["replies"], ["follow-up", "--yes", "--text", __file__], ["withdraw", "--yes"]])
def test_words_that_belong_to_nothing(here: Town, arguments: list[str]) -> None:
    words = " ".join(Receipt(cast.chance("nobody", 16)).words("spanish"))
    ended = here.whistle(*arguments, "--receipt-file", "-", given=words.encode())
    assert (ended.status, ended.out) == (1, "")
    assert "Nothing was found for these words." in ended.err
    wrong = here.whistle(*arguments, "--receipt-file", "-", given=b"not a receipt")
    assert (wrong.status, wrong.out) == (1, "")


# --- what a command refuses


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["tip"], b"x", "--no-check"),
        (["tip", "--no-check"], b"x", "--yes"),
        (["tip", "--no-check", "--yes"], b" \n", "nothing to send"),
        (["tip", "--no-check", "--yes"], b"\xff", "UTF-8"),
        (["tip", "--no-check", "--yes", "--channel", "Nowhere"], b"x", "1 (Everything)"),
        (["tip", "--no-check", "--yes", "--exclude", "Nobody"], b"x", "1 (Ana)"),
        (["tip", "--no-check", "--yes", "--attach", "/nothing/here"], b"x", "does not exist"),
        (["follow-up", "--yes", "--receipt-file", "-"], b"x", "both"),
    ],
)
def test_commands_that_cannot_be_understood(here: Town, arguments: list[str], given: bytes, said: str) -> None:
    ended = here.whistle(*arguments, given=given)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_excluding_everybody_sends_nothing(here: Town) -> None:
    everybody = [word for name in ("Ana", "Bo", "Dede") for word in ("--exclude", name)]
    ended = here.whistle("tip", "--yes", "--no-check", *everybody, given=b"x")
    assert (ended.status, ended.out) == (1, "")
    assert "Nobody is left who could read this." in ended.err


def test_a_receipt_is_no_argument(here: Town) -> None:
    ended = here.whistle("replies", *Receipt(bytes(16)).words())
    assert ended.status == 2


def test_the_address_is_checked_before_anything_is_asked() -> None:
    command = [sys.executable, "-m", "whistle", "replies", "--intake", "http://whistle.example", "--receipt-file", "-"]
    words = " ".join(Receipt(bytes(16)).words()).encode()
    done = subprocess.run(command, input=words, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert b"https://" in done.stderr


# --- failures


def test_what_to_do_when_the_site_does_not_answer(here: Town) -> None:
    document = here.courier.keyring()
    with listening(site(answer(OK, document), answer(OK, bytes(16)), *[answer("507 Full")] * 9)) as listener:
        ended = here.whistle("tip", "--yes", "--no-check", "--intake", listener.address, given=b"Report.")
    receipt = ended.out.strip()
    assert ended.status == 3
    assert "nothing of it can be seen" in ended.err
    assert "whistle tip --resume" in ended.err
    # The same words, the same text: now it arrives, and a second time it says so.
    resume = ["tip", "--yes", "--resume", "--receipt-file", here.receipt_file(receipt)]
    arrived = here.whistle(*resume, given=b"Report.")
    assert (arrived.status, arrived.out) == (0, "Message 1 is stored.\n")
    again = here.whistle(*resume, given=b"Report.")
    assert (again.status, again.out) == (4, "")
    assert "Message 1 is already stored." in again.err


def test_a_follow_up_whose_answer_was_lost_is_not_sent_twice(here: Town) -> None:
    receipt = here.tip()
    file = here.receipt_file(receipt)
    for status in (0, 4):
        ended = here.whistle("follow-up", "--yes", "--number", "2", "--receipt-file", file, given=b"More.")
        assert ended.status == status
    assert here.visit(receipt)["stored"] == [1, 2]


# --- memory


def test_a_site_that_goes_back_is_refused_unless_nothing_was_kept(tmp_path: Path) -> None:
    folder, state = tmp_path / "site", tmp_path / "state"
    folder.mkdir()
    with town(folder, serial=9) as there:
        first = there.whistle("tip", "--yes", "--no-check", given=b"x", state=state)
        assert "Compare these words" in first.err
        second = there.whistle("tip", "--yes", "--no-check", given=b"x", state=state)
        assert "Compare these words" not in second.err
        (remembered,) = (state / "whistle").iterdir()
        assert remembered.stat().st_mode & 0o077 == 0
        assert "127.0.0.1" not in remembered.name + remembered.read_text()
        address = there.address
    write_keyring(folder, keyring(serial=8))
    with town(tmp_path / "site", serial=8) as there:
        back = [*("tip", "--yes", "--no-check"), "--intake", there.address]
        (state / "whistle").rename(state / "old")
        refused = there.whistle(*back, given=b"x", state=_moved(state, remembered, there.address))
        assert (refused.status, refused.out) == (1, "")
        assert "older list of readers" in refused.err
        assert there.whistle(*back, "--no-trace", given=b"x", state=state).status == 0
        del address


def _moved(state: Path, remembered: Path, address: str) -> Path:
    """Let the memory of a site be that of another port of this machine, where the next server listens."""
    os.environ["XDG_STATE_HOME"] = str(state)
    try:
        place = place_of(address)
    finally:
        del os.environ["XDG_STATE_HOME"]
    place.parent.mkdir()
    (state / "old" / remembered.name).rename(place)
    return state


def test_what_is_kept_is_said_and_does_not_tell_of_later_visits(here: Town, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = here.whistle("tip", "--yes", "--no-check", given=b"x", state=state)
    (remembered,) = (state / "whistle").iterdir()
    assert f"Kept in {remembered}" in first.err
    assert "--no-trace" in first.err
    os.utime(remembered, (1, 1))
    second = here.whistle("tip", "--yes", "--no-check", given=b"x", state=state)
    assert "Kept in" not in second.err
    assert remembered.stat().st_mtime == 1


def test_no_trace_leaves_no_trace(here: Town, tmp_path: Path) -> None:
    ended = here.whistle("tip", "--yes", "--no-check", "--no-trace", given=b"x", state=tmp_path / "state")
    assert ended.status == 0
    assert not (tmp_path / "state").exists()


def test_a_damaged_memory_is_not_forgotten(here: Town, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert here.whistle("tip", "--yes", "--no-check", given=b"x", state=state).status == 0
    (remembered,) = (state / "whistle").iterdir()
    remembered.write_text("{}")
    ended = here.whistle("tip", "--yes", "--no-check", given=b"x", state=state)
    assert (ended.status, ended.out) == (1, "")
    assert str(remembered) in ended.err


# --- at a terminal


def test_at_a_terminal_two_words_are_asked_back_before_anything_is_sent(here: Town, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Report.")
    told = At(here, "tip", "--text", str(tmp_path / "text"))
    assert "Reads it: Ana (reviewer)" in told.until("Send it to these people?")
    told.say("y")
    shown = told.until("Whoever has them")
    words = dict(re.findall(r"(\d+)\. (\w+)", shown))
    assert len(words) == 12
    receipt = " ".join(words[str(place)] for place in range(1, 13))
    assert not any(here.courier.look([here.keys(receipt).thread.address(0, 0), *_unused(127)]))
    told.until("what is word ")
    told.say("wrong")
    told.until("another word")
    for _asked in range(2):
        told.until("what is word ")
        told.say(words[told.until("?").rstrip("?")])
    told.until("Message 1 is stored.")
    assert told.ended() == 0
    assert here.content(here.read(receipt, 0)) == ("Report.", {})


def test_at_a_terminal_the_receipt_is_not_shown(here: Town) -> None:
    receipt = here.tip()
    told = At(here, "replies")
    told.until("Your twelve words")
    told.say("no such words")
    told.until("exactly 12 words")
    told.until("Your twelve words")
    told.say(receipt)
    assert " ".join(receipt.split()[3:5]) not in told.until("There are no answers to show.")
    assert told.ended() == 0


def test_at_a_terminal_the_message_ends_with_a_dot_and_no_stops_it(here: Town) -> None:
    told = At(here, "tip", "--no-check")
    told.until("only a dot")
    told.say("Report.\n.")
    told.until("Send it to these people?")
    told.say("n")
    told.until("Aborted")
    assert told.ended() == 1


def test_a_line_that_the_terminal_would_cut_is_refused(here: Town) -> None:
    told = At(here, "tip", "--no-check", "--yes")
    told.until("only a dot")
    told.say("x" * 5_000)
    told.until("too long to be typed")
    assert told.ended() == 2


def _unused(count: int) -> list[bytes]:
    return [cast.chance(f"unused {place}", 32) for place in range(count)]


class At:
    """A command at a terminal of its own."""

    def __init__(self, here: Town, *arguments: str) -> None:
        self._unread = ""
        self._terminal, inner = pty.openpty()
        environment = os.environ | {"WHISTLE_INTAKE": here.address, "XDG_STATE_HOME": str(here.folder / "state")}
        command = [sys.executable, "-m", "whistle", *arguments]
        self._process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, cwd=ROOT, env=environment, start_new_session=True
        )
        os.close(inner)

    def until(self, sign: str) -> str:
        """Return what is shown until ``sign`` comes, and it."""
        while sign not in self._unread:
            ready, _writable, _failed = select.select([self._terminal], [], [], 60)
            assert ready, self._unread
            self._unread += os.read(self._terminal, 4_096).decode(errors="replace")
        shown, found, self._unread = self._unread.partition(sign)
        return shown + found

    def say(self, line: str) -> None:
        os.write(self._terminal, line.encode() + b"\n")

    def ended(self) -> int:
        status = self._process.wait(60)
        os.close(self._terminal)
        return status


# --- the corpus


@pytest.mark.parametrize("slug", [report.slug for report in corpus.load()])
def test_every_report_of_the_corpus_arrives_byte_for_byte(here: Town, tmp_path: Path, slug: str) -> None:
    (report,) = [each for each in corpus.load() if each.slug == slug]
    attached = []
    for place, attachment in enumerate(report.attachments):
        path = tmp_path / str(place) / attachment.name.replace("/", "_")
        path.parent.mkdir()
        path.write_bytes(attachment.content)
        attached += ["--attach", str(path)]
    receipt = here.tip(report.text, "--language", report.language, *attached)
    text, files = here.content(here.read(receipt, 0))
    assert text == report.text
    assert list(files.values()) == [attachment.content for attachment in report.attachments]
    here.answer(receipt, 0, report.answer)
    (reply,) = here.visit(receipt, "--long")["replies"]
    assert reply["text"] == report.answer


def test_names_of_a_hostile_site_cannot_drive_the_terminal(tmp_path: Path) -> None:
    """A name that hides what follows it could show other words than those that a source has to compare."""
    evil = "\x1b[2J\x1b]52;c;aGk=\x07\n   abandon ability able\x1b[8m\u202e"
    name = "\u202e abandon ability able \u2066"  # marks that turn the direction of writing; others no keyring can have
    people = tuple(replace(person, name=person.name + name) for person in keyring().people)
    channels = tuple(replace(channel, name=name) for channel in (keyring().channels[0],))
    with town(tmp_path, organisation="Harbour" + name, people=people) as hostile:
        write_keyring(tmp_path, keyring(organisation="Harbour" + name, people=people, channels=channels))
        ended = [
            hostile.whistle("tip", "--yes", "--no-check", *more, given=b"text")
            for more in ((), ("--channel", "none"), ("--exclude", "nobody"), ("--exclude", "1"))
        ]
        receipt = hostile.tip()
        hostile.answer(receipt, 0, "text" + evil)
        file = hostile.receipt_file(receipt)
        ended.append(hostile.whistle("replies", "--receipt-file", file))
        ended.append(hostile.whistle("withdraw", "--yes", "--receipt-file", file))
    assert [each.status for each in ended] == [0, 2, 2, 0, 0, 0], ended
    for each in ended:
        shown = each.out + each.err
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\u2066]", shown), shown
    for each in (ended[0], ended[3]):
        assert not re.search("^ *abandon", each.err, re.MULTILINE)
        assert "Organisation: Harbour\\u{202e}" in each.err
