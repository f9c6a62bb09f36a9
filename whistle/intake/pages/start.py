"""The first page: what happens to a report, who can read it, and two ways on."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from whistle.errors import NobodyToRead, ProtocolError, StatementRejected, WhistleError
from whistle.intake.pages import here
from whistle.language import _
from whistle.protocol.keyring import Channel
from whistle.source import Choice

start_pages = Blueprint("start", __name__)


@dataclass(frozen=True)
class Door:
    """A channel as a visitor sees it: who is behind it, and why it is closed, if it is."""

    id: int
    name: str
    people: tuple[Choice, ...]
    closed: str | None


@start_pages.get("/")
def start() -> str:
    """Show the first page. Whoever cannot report now learns it here, and can still look for answers."""
    return _start(script=True)


@start_pages.get("/without-script")
def start_without_script() -> str:
    """Show the first page, and let no script take over: for somebody with whom it failed."""
    return _start(script=False)


def _start(*, script: bool) -> str:
    directory = here.directory()
    doors = [_door(channel) for channel in directory.keyring.channels]
    unavailable = None if any(door.closed is None for door in doors) else next((door.closed for door in doors), "")
    return render_template(
        "intake/start.html",
        doors=doors,
        unavailable=unavailable,
        fingerprint=directory.fingerprint,
        keep_days=here.settings().message_days,
        files_limit=here.settings().form_files,
        size_limit=here.size_limit(),
        script=script,
    )


def why_unreachable(error: ProtocolError) -> str:
    """Return the sentence that follows the name of somebody to whom nothing can be sealed now."""
    if isinstance(error, StatementRejected):
        return _("their key has run out or is not published yet, and the organisation has to renew it.")
    return _("their key on this site cannot be trusted. Please tell the organisation, if you can do so safely.")


def why_closed(error: WhistleError) -> str:
    """Return the sentence for a visitor who cannot report now."""
    if isinstance(error, NobodyToRead):
        return _("Nobody who reads reports can be reached: their keys have run out, and have to be renewed first.")
    return error.message()


def _door(channel: Channel) -> Door:
    try:
        here.check_open(channel.id)
    except WhistleError as error:
        return Door(channel.id, channel.name, here.people(channel.id), why_closed(error))
    return Door(channel.id, channel.name, here.people(channel.id), None)
