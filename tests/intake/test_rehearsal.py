"""The rehearsal goes through every step of a report, leaves nothing behind, and shows faults before a visitor does."""

import pytest
from flask import Flask, template_rendered
from jinja2 import Template

from tests.intake.browsing import Place
from whistle.intake.pages import rehearsal, start


def ignore(_path: str, _page: bytes) -> None:
    """Be the worker, which shows pages."""


def test_what_is_the_same_for_everybody_is_shown(place: Place) -> None:
    shown: dict[str, bytes] = {}
    with place.backstage.link(shown.__setitem__) as link:
        rehearsal.prepare(place.app, link)
    assert set(shown) == {"/", "/without-script", "/replies", "/replies/without-script", "/room", "/steps"}
    assert shown["/"] == place.browser().get("/").body


def test_every_step_is_rehearsed(place: Place) -> None:
    rendered: set[str | None] = set()

    def note(_app: Flask, template: Template, **_more: object) -> None:
        rendered.add(template.name)

    with place.backstage.link(ignore) as link, template_rendered.connected_to(note, place.app):
        rehearsal.prepare(place.app, link)
    steps = ["start", "receipt", "words", "message", "arrived", "enter", "replies"]
    assert {f"intake/{step}.html" for step in steps} <= rendered


def test_nothing_is_stored(place: Place) -> None:
    with place.backstage.link(ignore) as link:
        rehearsal.prepare(place.app, link)
    assert len(place.backstage.tickets) == 0
    assert not list(place.backstage.shelf.messages_of(place.backstage.day, b"", 8))


def test_a_fault_is_counted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_channel: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(start, "_door", broken)
    with place.backstage.link(ignore) as link:
        rehearsal.prepare(place.app, link)
    assert "ZeroDivisionError" in "".join(place.backstage.troubles.drain())
