import os
import resource
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.intake.probe import PERSON_SEED, ROOT_SEED, keyring, write_keyring
from whistle.errors import KeyringMalformed, RootSuperseded, SettingsError, ShelfUnavailable, StatementRejected
from whistle.intake.published import Bulletin, today
from whistle.protocol.canonical import encode
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.keys import Identity
from whistle.protocol.labels import VERSION
from whistle.protocol.published import Published
from whistle.protocol.signing import Signer
from whistle.protocol.statement import Statement


class Days:
    day = today()

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_keyring(tmp_path / "keyring.json")
    return tmp_path


def bulletin(folder: Path, days: Days | None = None, bits: int = 12) -> Bulletin:
    return Bulletin(folder / "keyring.json", folder / "statements", bits, days or Days())


def statement(number: int = 1, person: int = 7, seed: bytes = PERSON_SEED, identity: Identity | None = None) -> bytes:
    recipient = (identity or Identity.generate()).recipient
    made = Statement(keyring().site, person, number, recipient, today(), today() + timedelta(days=20))
    return encode(made.sign(Signer(seed)).to_json())


def test_the_challenge_is_the_days_and_yesterdays_is_still_accepted(folder: Path) -> None:
    days = Days()
    board = bulletin(folder, days)
    first = Published.parse(board.document)
    assert (first.challenge, first.work) == (board.challenges()[0], 12)
    days.day += timedelta(days=1)
    second = Published.parse(board.document)
    assert second.challenge != first.challenge
    assert board.challenges() == (second.challenge, first.challenge)


def test_challenges_cannot_be_foreseen_by_who_knows_the_files(folder: Path) -> None:
    assert bulletin(folder).challenges()[0] != bulletin(folder).challenges()[0]


def test_the_document_is_built_once_a_day(folder: Path) -> None:
    board = bulletin(folder)
    assert board.document is board.document


def test_a_new_keyring_file_is_taken_up(folder: Path) -> None:
    board = bulletin(folder)
    before = board.document
    renewed = keyring()
    renewed = Keyring(
        "Example",
        renewed.first_root,
        (Channel(1, "Reports", "story/1", ()),),
        (),
        (),
        VERSION,
        2,
        renewed.issued,
        renewed.expires,
    )
    content = encode({"keyring": renewed.sign(Signer(ROOT_SEED)).to_json(), "successions": []})
    (folder / "keyring.json").write_bytes(content)
    board.refresh()
    assert board.document != before
    assert board.person(7) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"{", b'{"keyring":1,"successions":[]}'])
def test_a_keyring_that_is_none_refuses_to_start_but_does_not_stop(folder: Path, content: bytes) -> None:
    board = bulletin(folder)
    document = board.document
    (folder / "keyring.json").write_bytes(content)
    with pytest.raises(KeyringMalformed):
        board.refresh()
    assert board.document == document
    with pytest.raises(KeyringMalformed):
        bulletin(folder)


def test_a_keyring_signed_by_somebody_else_is_refused(folder: Path) -> None:
    content = encode({"keyring": keyring().sign(Signer(b"x" * 32)).to_json(), "successions": []})
    (folder / "keyring.json").write_bytes(content)
    with pytest.raises(RootSuperseded):
        bulletin(folder)


def test_a_keyring_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"keyring\.json"):
        bulletin(tmp_path)


def test_what_is_no_statement_of_that_person_is_not_published(folder: Path) -> None:
    bulletin(folder)
    (folder / "statements/7.json").write_bytes(statement(seed=b"x" * 32))
    (folder / "statements/8.json").write_bytes(statement())
    (folder / "statements/9.json").write_bytes(os.urandom(20))
    assert Published.parse(bulletin(folder).document).statements == ()


def test_two_people_never_share_a_key(folder: Path) -> None:
    second = b"q" * 32
    other = Person(8, "Sam Example", Role.REVIEWER, Signer(second).verifier)
    base = keyring()
    both = Keyring(
        "Example", base.first_root, base.channels, (*base.people, other), (), VERSION, 2, base.issued, base.expires
    )
    content = encode({"keyring": both.sign(Signer(ROOT_SEED)).to_json(), "successions": []})
    (folder / "keyring.json").write_bytes(content)
    board = bulletin(folder)
    identity = Identity.generate()
    board.publish(statement(identity=identity))
    with pytest.raises(StatementRejected):
        board.publish(statement(person=8, seed=second, identity=identity))
    board.publish(statement(person=8, seed=second))
    assert len(Published.parse(board.document).statements) == 2


def test_a_statement_that_is_laid_there_by_hand_is_taken_up(folder: Path) -> None:
    board = bulletin(folder)
    for number in (1, 2):
        (folder / "statements/7.json").write_bytes(statement(number))
        board.refresh()
        (signed,) = Published.parse(board.document).statements
        assert Statement.claimed(signed).number == number


def test_a_statement_leaves_no_draft_behind(folder: Path) -> None:
    board = bulletin(folder)
    board.publish(statement(1))
    board.publish(statement(2))
    assert [file.name for file in (folder / "statements").iterdir()] == ["7.json"]


def test_a_statement_that_cannot_be_written_is_not_published_and_leaves_nothing(folder: Path) -> None:
    board = bulletin(folder)
    board.publish(statement(1))
    document = board.document
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(ShelfUnavailable):
            board.publish(statement(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert board.document == document
    assert [file.name for file in (folder / "statements").iterdir()] == ["7.json"]
    board.publish(statement(3))
    assert board.document != document
