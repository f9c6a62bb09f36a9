from datetime import date, timedelta

import pytest

from tests.protocol import cast
from whistle.errors import KeyringMalformed, StatementRejected
from whistle.source import Attachment, Draft, choices


def test_a_first_report_preselects_everybody_who_can_be_written_to() -> None:
    shown = choices(cast.directory(), 1)
    assert [(choice.person.name, choice.selected, choice.custodian) for choice in shown] == [
        ("Ana", True, False),
        ("Bo", True, False),
        ("Dede", True, False),
        ("Chi", True, True),
    ]


def test_a_follow_up_preselects_the_list_in_force() -> None:
    assert [choice.person.name for choice in choices(cast.directory(), 1, (cast.BO,)) if choice.selected] == ["Bo"]
    assert not any(choice.selected for choice in choices(cast.directory(), 1, ()))


def test_somebody_whose_key_lapsed_is_shown_with_the_reason_and_unselected() -> None:
    yesterday = cast.TODAY - timedelta(days=1)
    lapsed = cast.signed_statement(cast.BO, last=yesterday)
    directory = cast.directory(statements=(cast.signed_statement(cast.ANA), lapsed))
    by_name = {choice.person.name: choice for choice in choices(directory, 1, (cast.ANA, cast.BO))}
    assert (by_name["Ana"].selected, by_name["Ana"].closed) == (True, None)
    assert by_name["Bo"].selected is False
    assert isinstance(by_name["Bo"].closed, StatementRejected)


def test_a_channel_that_does_not_exist() -> None:
    with pytest.raises(KeyringMalformed):
        choices(cast.directory(date(2026, 11, 21)), 3)


def test_what_was_written_never_shows_itself() -> None:
    draft = Draft("The tender was fixed.", "en", 1, (1,), contact="Mo")
    assert "tender" not in repr(draft)
    assert "Mo" not in repr(draft)


@pytest.mark.parametrize(
    ("name", "sent"),
    [("a.txt", "a.txt"), ("a/b.txt", "b.txt"), ("a\\b.txt", "b.txt"), ("", "file"), ("a/", "file"), ("\ud800", "?")],
)
def test_the_name_that_travels(name: str, sent: str) -> None:
    assert Attachment(name, "", None).sent_name == sent  # type: ignore[arg-type]
