"""Who comes first when many wait, and that a ticket for it says and allows nothing else."""

import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from urllib.parse import quote

import pytest

from tests.intake.browsing import Place
from tests.intake.server import Server, eventually, serving
from whistle.intake import places, signed_ticket
from whistle.intake.places import Places, Standing

KEY = secrets.token_bytes(32)


def standing(given: Places, ticket: str) -> Standing:
    return given.standing(f"{places.PARAMETER}={quote(ticket)}")


def test_a_ticket_counts_once() -> None:
    known = Places(KEY, 10)
    ticket = places.issue(KEY, 60)
    assert standing(known, ticket) is Standing.KNOWN
    assert standing(known, ticket) is Standing.DOUBTFUL


@pytest.mark.parametrize("query", ["", "page=2", "places=x", "x=1&place=y"])
def test_a_request_without_one_is_somebody_new(query: str) -> None:
    assert Places(KEY, 10).standing(query) is Standing.NEW


def test_what_this_server_did_not_give_out_or_long_ago_is_doubtful() -> None:
    known = Places(KEY, 10)
    assert standing(known, places.issue(secrets.token_bytes(32), 60)) is Standing.DOUBTFUL
    assert standing(known, places.issue(KEY, -1)) is Standing.DOUBTFUL
    assert standing(known, signed_ticket.issue(KEY, "message", 1 << 40)) is Standing.DOUBTFUL
    assert standing(known, "é%00x") is Standing.DOUBTFUL


def test_no_more_are_remembered_than_there_is_room_for() -> None:
    known = Places(KEY, 2)
    tickets = [places.issue(KEY, 60) for _ in range(3)]
    assert [standing(known, ticket) for ticket in tickets] == [Standing.KNOWN] * 3
    assert standing(known, tickets[2]) is Standing.DOUBTFUL
    assert standing(known, tickets[0]) is Standing.KNOWN


def test_every_form_of_a_page_that_answers_a_form_carries_one(place: Place) -> None:
    browser = place.browser()
    start = browser.get("/")
    assert [form.query for form in start.forms] == [""]
    page = browser.submit(start.forms[0])
    assert page.forms
    known = Places(place.backstage.ticket_key, 100)
    assert [known.standing(form.query) for form in page.forms] == [Standing.KNOWN] * len(page.forms)


def test_a_page_with_an_address_only_is_the_same_for_everybody(place: Place) -> None:
    first, second = place.browser().get("/"), place.browser(User_Agent="another").get("/")
    assert first.body == second.body
    assert not re.search(rf"[?&]{places.PARAMETER}=", first.body.decode())


# --- on a server


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with eight children, of which strangers may hold six and old tickets one."""
    with serving(tmp_path_factory.mktemp("site"), ", children=8, patient_children=4") as running:
        yield running


@pytest.mark.parametrize(("query", "most"), [("place=forged&", 1), ("", 6)], ids=["doubtful", "new"])
def test_whoever_is_in_the_middle_of_a_report_does_not_wait_for_a_crowd(crowded: Server, query: str, most: int) -> None:
    known = [crowded.get("/place").body.decode() for _ in range(5)]
    crowd = [Thread(target=hold, args=(crowded, f"{query}ticket={query}{at}&seconds=1.5")) for at in range(24)]
    for stranger in crowd:
        stranger.start()
    assert eventually(lambda: len(crowded.children()) == most)
    for ticket in known:
        assert crowded.post(f"/echo?place={quote(ticket)}", b"text").body == b"4"
    assert any(stranger.is_alive() for stranger in crowd)  # they still wait
    for stranger in crowd:
        stranger.join()


def hold(server: Server, query: str) -> None:
    with suppress(OSError):
        server.post(f"/claim?{query}", b"form")
