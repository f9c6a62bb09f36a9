"""The verbs of a source: ``whistle tip | replies | follow-up | withdraw``.

Everything is sealed on this machine; the site sees records that it cannot open. What a script needs goes to standard
output, everything for a person to standard error.
"""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from whistle.cli.drafting import Spoken, channel_of, confirm, draft_options, need_terminal
from whistle.cli.receipts import Asked, check, receipt_options, show
from whistle.cli.showing import as_object, save_files, tell_problems, tell_visit
from whistle.cli.sites import Site, site_options
from whistle.errors import AlreadySent, CourierError, ShelfError
from whistle.language import _
from whistle.naming import screen_line, screen_text
from whistle.protocol.receipt import LANGUAGES, Receipt
from whistle.source import Sending, Source, choices

#: Exit statuses beside 0 (done), 1 (an error, told in a sentence) and 2 (the command was not understood).
NOT_SENT = 3
ALREADY_SENT = 4

_STATUSES = (
    "Exit status: 0 done, 1 an error that is told, 2 the command was not understood, "
    "3 not sent and safe to try again, 4 this message is stored already."
)
_WORDS_HELP = "The language of the twelve words; English if not given."
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each step.")


@click.command(epilog=_STATUSES)
@site_options
@draft_options
@click.option("--channel", help="The door by which it comes in: a number or a name.")
@click.option("--resume", is_flag=True, help="Send with the receipt of an attempt that failed, and make no new one.")
@receipt_options
@click.option("--words", type=click.Choice(LANGUAGES), default="english", metavar="LANGUAGE", help=_WORDS_HELP)
@click.option("--no-check", is_flag=True, help="Do not ask two words of the receipt back.")
@_AS_JSON
def tip(
    *,
    site: Site,
    spoken: Spoken,
    channel: str | None,
    resume: bool,
    asked: Asked,
    words: str,
    no_check: bool,
    as_json: bool,
) -> None:
    """Report something. You get twelve words first, the only way back to the answers; then it is sent."""
    resume = resume or asked.file is not None
    if not (resume or no_check):
        need_terminal("--no-check")
    _refuse_two_from_stdin(asked, spoken)
    text = spoken.text()
    with site:
        directory = site.directory()
        draft = spoken.addressed(text, directory, channel_of(directory, channel), None)
        receipt = asked.receipt() if resume else Receipt.generate()
        sending = Source(site.courier, directory, receipt).prepare(draft, spoken.attachments())
        if not resume:
            _hand_over(receipt.words(words), as_json=as_json, checked=not no_check)
        _send(sending, again="whistle tip --resume", as_json=as_json)


@click.command(epilog=_STATUSES)
@site_options
@receipt_options
@draft_options
@click.option("--include", multiple=True, metavar="PERSON", help="Somebody who may read it from now on; repeatable.")
@click.option("--number", type=click.IntRange(2), help="After a failure: the number that this message was to have.")
@_AS_JSON
def follow_up(
    *, site: Site, asked: Asked, spoken: Spoken, include: tuple[str, ...], number: int | None, as_json: bool
) -> None:
    """Add something to what you reported. Whoever could not read it before cannot read this either."""
    _refuse_two_from_stdin(asked, spoken)
    receipt = asked.receipt()
    text = spoken.text()
    with site:
        directory = site.directory()
        source = Source(site.courier, directory, receipt)
        visit = source.visit()
        tell_problems(visit)
        channel = visit.channel or channel_of(directory, None)
        draft = spoken.addressed(text, directory, channel, visit.preselected, include)
        index = None if number is None else number - 1
        sending = source.prepare(draft, spoken.attachments(), visit, index)
        _send(sending, again=f"whistle follow-up --number {sending.index + 1}", as_json=as_json)


@click.command(epilog=_STATUSES)
@site_options
@receipt_options
@click.option("--before", type=click.IntRange(2), metavar="NUMBER", help="Show answers older than this one.")
@click.option("--long", "load", is_flag=True, help="Fetch texts that are too long for one record.")
@click.option("--save", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Save files in here.")
@_AS_JSON
def replies(*, site: Site, asked: Asked, before: int | None, load: bool, save: Path | None, as_json: bool) -> None:
    """Show whether your messages arrived, and the answers, newest first."""
    receipt = asked.receipt()
    with site:
        source = Source(site.courier, site.directory(), receipt)
        visit = source.visit(None if before is None else before - 1)
        shown = [source.load(reply) if load or save is not None else reply for reply in visit.replies]
        if as_json:
            click.echo(json.dumps(as_object(visit, shown)))
        else:
            tell_visit(visit, shown)
        if save is not None:
            for reply in shown:
                save_files(source, reply, save)
        tell_problems(visit)


@click.command(epilog=_STATUSES)
@site_options
@receipt_options
@click.option("--language", default="en", show_default=True, help="Your language, such as en or zh.")
@click.option("--also-replies", is_flag=True, help="Burn the answers too.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def withdraw(*, site: Site, asked: Asked, language: str, also_replies: bool, yes: bool) -> None:
    """Take everything back: your readers are told, and the site burns what you sent."""
    receipt = asked.receipt()
    with site:
        directory = site.directory()
        source = Source(site.courier, directory, receipt)
        visit = source.visit()
        people = [] if visit.channel is None else choices(directory, visit.channel, visit.readers or ())
        told = [choice.person for choice in people if choice.selected]
        names = ", ".join(screen_line(person.name) for person in told) or _("nobody")
        click.echo(_("Told that you take it back: {names}").format(names=names), err=True)
        if not yes:
            confirm(_("Burn everything that you sent? This cannot be undone."))
        try:
            done = source.withdraw([person.id for person in told], language, also_replies=also_replies)
        except (CourierError, ShelfError) as error:
            click.echo(_("Error: {sentence}").format(sentence=error.message()), err=True)
            click.echo(_("Part of it may be left. Run the same command again, with the same words."), err=True)
            raise click.exceptions.Exit(NOT_SENT) from error
        for problem in done.problems:
            click.echo(screen_text(problem.message()), err=True)
        click.echo(_("Burned: {count} of your messages.").format(count=len(done.messages)))
        click.echo(_("Copies that readers already have may remain; they were told that you took it back."), err=True)


# --- sending


def _hand_over(words: tuple[str, ...], *, as_json: bool, checked: bool) -> None:
    """Give the receipt to the source, before anything is sent."""
    click.echo(json.dumps({"receipt": " ".join(words)}) if as_json else " ".join(words))
    show(words)
    if checked:
        check(words)


def _send(sending: Sending, *, again: str, as_json: bool) -> None:
    """Send; where it fails, offer to go on at once, and say what to do later."""
    while True:
        try:
            sent = sending.send()
        except AlreadySent as error:
            click.echo(error.message(), err=True)
            click.echo(_("If this was to be another message, send it with: whistle follow-up"), err=True)
            raise click.exceptions.Exit(ALREADY_SENT) from error
        except (CourierError, ShelfError) as error:
            click.echo(_("Error: {sentence}").format(sentence=error.message()), err=True)
            if sys.stdin.isatty() and click.confirm(_("Try again now?"), default=True, err=True):
                continue
            _give_up(error, _("Either it is stored as a whole, or nothing of it can be seen."), again)
        except OSError as error:
            click.echo(_("Error: a file could not be read: {reason}").format(reason=error.strerror), err=True)
            _give_up(error, _("Nothing was sent."), again)
        break
    if as_json:
        click.echo(json.dumps({"message": sent.index + 1, "readers": sent.readers}))
    else:
        click.echo(_("Message {number} is stored.").format(number=sent.index + 1))


def _give_up(error: Exception, state: str, again: str) -> NoReturn:
    click.echo(state, err=True)
    click.echo(_("To send it with the same words, add to the same command: {command}").format(command=again), err=True)
    raise click.exceptions.Exit(NOT_SENT) from error


def _refuse_two_from_stdin(asked: Asked, spoken: Spoken) -> None:
    if asked.from_stdin and spoken.from_stdin:
        raise click.UsageError(_("standard input cannot hold both the receipt and the text: use --text FILE"))
