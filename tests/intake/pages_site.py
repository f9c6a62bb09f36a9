"""The site as it is shipped, for an organisation whose keys are good today."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.intake.browsing import ROOT, write_published
from tests.protocol import cast
from whistle.intake.application import site_of
from whistle.intake.published import today
from whistle.intake.settings import IntakeSettings
from whistle.intake.site import Site
from whistle.protocol.keyring import Channel


def site(folder: str, **settings: Any) -> Site:
    """Return the site in ``folder``, as gunicorn's master loads it."""
    first = today() - timedelta(days=1)
    channel = Channel(1, "Everything", "story/1", (cast.ANA, cast.BO, cast.CHI))
    keyring = cast.keyring(channels=(channel,), issued=first, expires=first + timedelta(days=300))
    statements = tuple(
        cast.signed_statement(person, first=first, last=first + timedelta(days=20))
        for person in (cast.ANA, cast.BO, cast.CHI, cast.DEDE)
    )
    write_published(Path(folder), cast.published(keyring=keyring.sign(cast.signer("root")), statements=statements))
    usual = {"folder": Path(folder), "questionnaires": ROOT / "config" / "questionnaires", "work_bits": 0, "decoys": 0}
    return site_of(IntakeSettings(**usual | settings))  # type: ignore[arg-type] # of the types that it asks for
