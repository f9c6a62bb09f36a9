"""What a source finds, printed: for a person, or as JSON for a script."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from whistle.language import _
from whistle.naming import file_name, screen_block, screen_line, screen_text
from whistle.source import ReceivedReply, Source, Visit


def tell_visit(visit: Visit, shown: Sequence[ReceivedReply]) -> None:
    """Print what is stored, who confirmed it, and the answers in ``shown``."""
    if visit.newest is None:
        click.echo(_("None of your messages is stored any more."))
    elif visit.withdrawn:
        click.echo(_("You took back everything that you sent."))
    else:
        number = visit.newest + 1
        click.echo(_("Your newest message, number {number}, is stored.").format(number=number))
        if visit.received_by:
            click.echo(_("Received by: {names}").format(names=", ".join(map(screen_line, visit.received_by))))
        else:
            click.echo(_("No answer confirms yet that somebody read it."))
    if not shown:
        click.echo(_("There are no answers to show."))
    for reply in shown:
        _tell_reply(reply)


def _tell_reply(reply: ReceivedReply) -> None:
    click.echo()
    head = _("Answer {number}, {day}, from {author}; read by {readers}")
    author, readers = screen_line(reply.author), ", ".join(map(screen_line, reply.readers))
    click.echo(head.format(number=reply.number, day=reply.day, author=author, readers=readers))
    if reply.doubt:
        click.echo(_("The message that it answers is gone, so who may read it could not be checked."))
    if reply.content is None:
        click.echo(_("It is too long for one record. To fetch it: whistle replies --long"))
    else:
        click.echo(screen_block(reply.content.text))
    for file in reply.files:
        click.echo(_("File: {name}, {size} bytes").format(name=screen_line(file.name), size=file.size))


def tell_problems(visit: Visit) -> None:
    """Print what was skipped, and how to see older answers."""
    for problem in visit.problems:
        click.echo(screen_text(problem.message()), err=True)
    if visit.older is not None:
        click.echo(_("Older answers: --before {number}").format(number=visit.older + 1), err=True)


def save_files(source: Source, reply: ReceivedReply, folder: Path) -> None:
    """Save the files of a loaded answer in ``folder``; one that is there already is left as it is."""
    for place, file in enumerate(reply.files, 1):
        path = folder / f"{reply.number}-{place}-{file_name(file.name)}"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.writelines(source.file(reply, file))
        except FileExistsError:
            click.echo(_("Kept as it is: {path}").format(path=path), err=True)
        except BaseException:
            # Half a file must not look like a whole one.
            path.unlink(missing_ok=True)
            raise
        else:
            click.echo(_("Saved: {path}").format(path=path), err=True)


def as_object(visit: Visit, shown: Sequence[ReceivedReply]) -> dict[str, object]:
    """Return what a script is told; messages and answers are counted from 1, as for people."""
    return {
        "stored": [index + 1 for index in visit.stored],
        "newest": None if visit.newest is None else visit.newest + 1,
        "withdrawn": visit.withdrawn,
        "received_by": visit.received_by,
        "older": None if visit.older is None else visit.older + 1,
        "replies": [
            {
                "number": reply.number,
                "day": reply.day.isoformat(),
                "author": reply.author,
                "readers": reply.readers,
                "language": reply.language,
                "text": None if reply.content is None else reply.content.text,
                "files": [{"name": file.name, "type": file.type, "size": file.size} for file in reply.files],
                "doubt": reply.doubt,
            }
            for reply in shown
        ],
        "problems": [problem.message() for problem in visit.problems],
    }
