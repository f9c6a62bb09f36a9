"""What a page knows while it is made: the way to the shelf, the settings, the day, and who can be written to."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final, Protocol

from flask import Flask, current_app, g, request

from whistle.courier import Courier
from whistle.errors import KeyringMalformed, NobodyToRead, ProtocolError, RequestRefused, ShelfError, WhistleError
from whistle.intake import places
from whistle.intake.child import LINK
from whistle.intake.questionnaires import Questionnaire
from whistle.language import _
from whistle.protocol.directory import Directory, verify
from whistle.protocol.keyring import Channel
from whistle.protocol.published import Published
from whistle.source import Choice, choices

#: Where the application keeps its settings.
EXTENSION: Final = "whistle"
#: Where it keeps the published document that its server has verified.
_PREPARED: Final = "whistle.prepared"
_MIB: Final = 1 << 20
#: The only language yet.
LANGUAGE: Final = "en"


class Link(Courier, Protocol):
    """What a page is given by the process that forked it: the shelf, and the memory of used tickets."""

    @property
    def ticket_key(self) -> bytes:
        """32 bytes of this server process, for signing tickets."""

    def check_room(self) -> bool:
        """Return whether files are taken; raises ``ShelfFull`` or ``ShelfUnavailable`` where not even text is."""

    def claim(self, ticket: bytes) -> bool:
        """Ask whether the form with this ticket (16 bytes) may do its work now; false if it was done already."""

    def spend(self, ticket: bytes) -> None:
        """Mark a claimed ticket as used."""

    def show(self, path: str, page: bytes) -> None:
        """Have a page shown from memory; refused to everybody but the nursery."""

    def trouble(self, place: str) -> None:
        """Report a fault of our own by its place in the code."""


@dataclass(frozen=True)
class PageSettings:
    """What the pages need to know of the intake's settings; ``today`` gives the day in UTC."""

    questionnaires: Mapping[str, Questionnaire]
    message_days: int
    form_bytes: int
    form_files: int
    ticket_seconds: int
    today: Callable[[], date]


@dataclass(frozen=True)
class _Prepared:
    document: bytes
    directory: Directory


def place() -> str:
    """Return a ticket for the address of a form, by which whoever sends it comes before strangers."""
    return places.issue(link().ticket_key, settings().ticket_seconds)


def settings() -> PageSettings:
    """Return the settings of the application that makes this page."""
    found: PageSettings = current_app.extensions[EXTENSION]
    return found


def size_limit() -> str:
    """Return how large a form with its files may be, as a page says it."""
    return _("{size} MB").format(size=settings().form_bytes // _MIB)


def link() -> Link:
    """Return the way to the shelf."""
    found: Link = request.environ[LINK]
    return found


def takes_files() -> bool:
    """Return whether files may be sent; where not even a text would be taken, sending says so better."""
    try:
        return link().check_room()
    except ShelfError:
        return True


def directory() -> Directory:
    """Return the published document, verified once for this request.

    Raises what ``verify`` raises, ``ShelfUnavailable`` and ``CourierError``.
    """
    if "directory" not in g:
        document, day = link().keyring(), settings().today()
        prepared = current_app.extensions.get(_PREPARED)
        if prepared is None or prepared.document != document or prepared.directory.today != day:
            prepared = _verified(document, day)
        g.directory = prepared.directory
    found: Directory = g.directory
    return found


def prepare(app: Flask, document: bytes) -> None:
    """Verify the published document in the server's own process, so that its children need not do it for each page.

    One that does not hold is left to them: their pages say what is wrong.
    """
    with app.app_context(), suppress(ProtocolError):
        prepared, day = app.extensions.get(_PREPARED), settings().today()
        if prepared is None or prepared.document != document or prepared.directory.today != day:
            app.extensions[_PREPARED] = _verified(document, day)


def _verified(document: bytes, day: date) -> _Prepared:
    return _Prepared(document, verify(Published.parse(document), day))


def organisation() -> str | None:
    """Return the organisation's name for the top of a page, or nothing where even that cannot be known."""
    if LINK not in request.environ:
        return None
    try:
        return directory().keyring.organisation
    except WhistleError:
        return None


def questionnaire(channel: Channel) -> Questionnaire:
    """Return what the channel asks; raises ``KeyringMalformed`` where there is no such questionnaire."""
    if channel.questionnaire not in settings().questionnaires:
        raise KeyringMalformed(channel.questionnaire)
    return settings().questionnaires[channel.questionnaire]


def people(channel: int) -> tuple[Choice, ...]:
    """Return everybody of a channel, and why somebody cannot be reached; raises ``KeyringMalformed``."""
    return choices(directory(), channel)


def reachable(channel: int, *, custodians: bool = False) -> frozenset[int]:
    """Return the ids of those of a channel who can be written to today."""
    return frozenset(one.person.id for one in people(channel) if one.closed is None and one.custodian is custodians)


def asked_channel(channel: int) -> Channel:
    """Return the channel that a form names; raises ``RequestRefused`` for one that no page of ours names."""
    published = directory()
    try:
        return published.channel(channel)
    except KeyringMalformed:
        raise RequestRefused(HTTPStatus.BAD_REQUEST) from None


def check_open(channel: int) -> None:
    """Raise an error whose sentence says why nothing can be reported now; asked before anybody begins to write."""
    link().check_room()
    questionnaire(asked_channel(channel))
    if not reachable(channel):
        raise NobodyToRead


def day() -> date:
    """Return today (UTC), as the verified document has it."""
    return directory().today
