"""A whole inspection: visits one after the other, and what is wrong with what they were answered."""

import time
from collections.abc import Callable, Sequence
from datetime import date
from secrets import SystemRandom

from whistle.courier.browsing import Browsing
from whistle.errors import CourierError, Unreachable
from whistle.inspection.judging import Report, judge
from whistle.inspection.visiting import KEYRING, Visit, Visitor
from whistle.inspection.visitors import VISITS, Guise
from whistle.protocol.directory import Directory
from whistle.protocol.manifest import Manifest, SeenManifest


def inspect(
    come: Callable[[Guise], Browsing],
    trust: Callable[[bytes], Directory],
    today: date,
    seen: SeenManifest | None = None,
    longest_pause: float = 0,
    visits: Sequence[Guise] = VISITS,
) -> Report:
    """Return what is wrong with a site; raises ``CourierError`` where it tells nobody whose it is.

    ``come`` opens a connection for each visit. ``trust`` verifies the published document as the first visitor got it,
    or raises. Before each question a visitor waits for up to ``longest_pause`` seconds, as chance wills. ``seen`` is
    the newest manifest of earlier inspections.
    """
    made: list[Visit] = []
    known: Manifest | None = None
    for guise in visits:
        with come(guise) as browsing:
            visitor = Visitor(browsing, guise, known, lambda: time.sleep(SystemRandom().uniform(0, longest_pause)))
            known = visitor.go()
            made.append(visitor.visit)
    return judge(made, trust(_published(made)), today, seen)


def _published(made: Sequence[Visit]) -> bytes:
    """Return the document as the first visitor got it, or raise why nobody did."""
    failure: CourierError = Unreachable()
    for visit in made:
        answer = visit.answers[KEYRING]
        if not isinstance(answer, CourierError):
            return answer.untrusted_body
        failure = answer
    raise failure
