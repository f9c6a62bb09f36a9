"""What a source says on the command line, and to whom: text, files, readers."""

import mimetypes
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import click

from whistle.errors import NobodyToRead
from whistle.language import _
from whistle.naming import screen_line
from whistle.protocol.directory import Directory
from whistle.source import Attachment, Choice, Draft, choices

F = TypeVar("F", bound=Callable[..., Any])
_EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)
_CONTACT_HELP = "Send the text of this file, such as your name, to the custodians alone."
#: Linux cuts a typed line off at 4,096 bytes, and tells nobody (termios(3), canonical mode).
_TERMINAL_LINE = 4_095
_ROLES = {"REVIEWER": "reviewer", "CUSTODIAN": "custodian", "OVERSIGHT": "oversight"}


def draft_options(function: F) -> F:
    """Add the options of a message, which the command is given as ``spoken``."""

    @click.option("--text", type=click.File("rb"), help="Read the text from this file, or from stdin (-).")
    @click.option("--attach", multiple=True, type=_EXISTING, help="Send this file too; repeat for more.")
    @click.option("--contact", type=click.File("rb"), help=_CONTACT_HELP)
    @click.option("--language", default="en", show_default=True, help="The language of the text, such as en or zh.")
    @click.option("--exclude", multiple=True, metavar="PERSON", help="Somebody who must not read it; repeatable.")
    @click.option("--yes", is_flag=True, help="Do not ask whether the right people will read it.")
    @wraps(function)
    def command(
        *,
        text: BinaryIO | None,
        attach: tuple[Path, ...],
        contact: BinaryIO | None,
        language: str,
        exclude: tuple[str, ...],
        yes: bool,
        **rest: Any,  # noqa: ANN401 - passed on
    ) -> object:
        return function(spoken=Spoken(text, attach, contact, language, exclude, yes), **rest)

    return cast("F", command)


@dataclass(frozen=True)
class Spoken:
    """What the options say."""

    text_file: BinaryIO | None
    attached: tuple[Path, ...]
    contact_file: BinaryIO | None
    language: str
    exclude: tuple[str, ...]
    yes: bool

    @property
    def from_stdin(self) -> bool:
        """Whether standard input is used up by the text."""
        return not sys.stdin.isatty() if self.text_file is None else self.text_file.name == "<stdin>"

    def text(self) -> str:
        """Read the text, byte for byte, from a file, from a pipe, or from the keyboard."""
        text = _typed() if self.text_file is None else _decoded(self.text_file.read())
        if not text.strip() and not self.attached:
            raise click.UsageError(_("there is nothing to send: neither text nor files"))
        return text

    def addressed(
        self,
        text: str,
        directory: Directory,
        channel: int,
        preselected: Sequence[int] | None,
        include: Sequence[str] = (),
    ) -> Draft:
        """Say who will read ``text``, and who will not and why, and have it confirmed; raises ``NobodyToRead``."""
        contact = None if self.contact_file is None else _decoded(self.contact_file.read())
        shown = choices(directory, channel, preselected)
        included = {_found(shown, name).person.id for name in include}
        excluded = {_found(shown, name).person.id for name in self.exclude}
        # The list in force holds readers of reports only; a custodian is chosen anew each time.
        reading = [
            choice
            for choice in shown
            if choice.closed is None
            and choice.person.id not in excluded
            and (choice.selected or choice.custodian or choice.person.id in included)
            and (contact is not None or not choice.custodian)
        ]
        _announce(shown, reading, excluded, contact=contact is not None)
        readers = tuple(choice.person.id for choice in reading if not choice.custodian)
        if not readers:
            raise NobodyToRead
        if not self.yes:
            confirm(_("Send it to these people?"))
        custodians = tuple(choice.person.id for choice in reading if choice.custodian)
        return Draft(text, self.language, channel, readers, None, contact, custodians)

    def attachments(self) -> Iterator[Attachment]:
        """Open the files one after the other."""
        for path in self.attached:
            kind, _encoding = mimetypes.guess_type(path.name)
            with path.open("rb") as stream:
                yield Attachment(path.name, kind or "", stream)


def confirm(question: str) -> None:
    """Ask, and stop the command unless the answer is yes; without a terminal nobody can be asked."""
    need_terminal("--yes")
    click.confirm(question, abort=True, err=True)


def need_terminal(instead: str) -> None:
    """Stop the command where nobody can be asked; ``instead`` is the option that makes asking needless."""
    if not sys.stdin.isatty():
        raise click.UsageError(_("there is no terminal to ask at: use {option}").format(option=instead))


def channel_of(directory: Directory, name: str | None) -> int:
    """Return the channel with this number or name, or the only one there is."""
    channels = directory.keyring.channels
    found = [each for each in channels if name is None or name in {str(each.id), each.name}]
    if len(found) != 1:
        listed = ", ".join(f"{each.id} ({screen_line(each.name)})" for each in channels)
        raise click.UsageError(_("choose a channel with --channel: {channels}").format(channels=listed))
    return found[0].id


def _typed() -> str:
    stdin = sys.stdin.buffer
    if not sys.stdin.isatty():
        return _decoded(stdin.read())
    click.echo(_("Write your message. End it with a line that holds only a dot."), err=True)
    lines: list[bytes] = []
    while (line := stdin.readline()) and line.strip() != b".":
        if len(line) >= _TERMINAL_LINE:
            raise click.UsageError(_("a line is too long to be typed: write it into a file and use --text"))
        lines.append(line)
    return _decoded(b"".join(lines))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(_("the text is not in UTF-8")) from error


def _found(shown: Sequence[Choice], name: str) -> Choice:
    wanted = name.strip().casefold()
    found = [each for each in shown if wanted in {str(each.person.id), each.person.name.casefold()}]
    if len(found) != 1:
        listed = ", ".join(f"{each.person.id} ({screen_line(each.person.name)})" for each in shown)
        raise click.UsageError(_("{name} is not one of: {people}").format(name=name, people=listed))
    return found[0]


def _announce(shown: Sequence[Choice], reading: Sequence[Choice], excluded: set[int], *, contact: bool) -> None:
    for choice in reading:
        role = _ROLES[choice.person.role.name]
        line = _("Reads your contact details: {name} ({role})") if choice.custodian else _("Reads it: {name} ({role})")
        click.echo(line.format(name=screen_line(choice.person.name), role=role), err=True)
    for choice in shown:
        if choice in reading or (choice.custodian and not contact):
            continue
        if choice.person.id in excluded:
            reason = _("you excluded them")
        elif choice.closed is not None:
            reason = choice.closed.message()
        else:
            reason = _("not among those who read your messages before")
        name = screen_line(choice.person.name)
        click.echo(_("Does not read it: {name} – {reason}").format(name=name, reason=reason), err=True)
