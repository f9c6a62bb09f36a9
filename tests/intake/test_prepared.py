"""The published document is verified once for all children, and never believed beyond that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.intake.browsing import Place
from whistle.intake.pages import here
from whistle.protocol import directory


def test_pages_use_what_was_verified_before(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    here.prepare(place.app, place.backstage.bulletin.document)
    monkeypatch.setattr(here, "verify", lambda *_arguments: pytest.fail("verified again"))
    assert place.browser().get("/").status == 200


@pytest.mark.parametrize("changed", ["document", "day"])
def test_another_document_or_another_day_is_verified_anew(
    place: Place, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.prepare(place.app, place.backstage.bulletin.document)
    kept = place.app.extensions["whistle.prepared"]
    if changed == "document":
        kept = replace(kept, document=kept.document + b" ")
    else:
        kept = replace(kept, directory=replace(kept.directory, today=kept.directory.today - timedelta(days=1)))
    place.app.extensions["whistle.prepared"] = kept
    calls = []

    def verified(*arguments: object) -> directory.Directory:
        calls.append(arguments)
        return directory.verify(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(here, "verify", verified)
    assert place.browser().get("/").status == 200
    assert calls


def test_a_document_that_does_not_hold_is_left_to_the_pages(place: Place) -> None:
    here.prepare(place.app, b"{}")
    assert place.browser().get("/").status == 200
