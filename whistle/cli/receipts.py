"""How the commands of a source show a receipt and ask for one: never as an argument, never where a shell keeps it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from secrets import SystemRandom
from typing import Any, BinaryIO, TypeVar, cast
from unicodedata import normalize

import click

from whistle.errors import AmbiguousReceipt, ReceiptError
from whistle.language import _
from whistle.protocol.receipt import LANGUAGES, Receipt

F = TypeVar("F", bound=Callable[..., Any])
_ATTEMPTS = 3
_ASKED_BACK = 2
_LANGUAGE_HELP = "The word list that the receipt is in, where several fit."


@dataclass(frozen=True)
class Asked:
    """Where a receipt comes from: a file, or a question to the person."""

    file: BinaryIO | None
    language: str | None

    @property
    def from_stdin(self) -> bool:
        """Whether standard input is used up by the receipt."""
        return self.file is not None and self.file.name == "<stdin>"

    def receipt(self) -> Receipt:
        """Return the receipt from the file, or ask for it without showing it; raises ``ReceiptError``."""
        if self.file is not None:
            return Receipt.parse(self.file.read().decode(errors="replace"), self.language)
        for left in range(_ATTEMPTS - 1, -1, -1):
            try:
                words = click.prompt(_("Your twelve words (not shown)"), hide_input=True, err=True)
                return _parsed(words, self.language)
            except ReceiptError as error:
                if not left:
                    raise
                click.echo(error.message(), err=True)
        raise AssertionError


def receipt_options(function: F) -> F:
    """Add the options by which a script gives a receipt, which the command is given as ``asked``."""

    @click.option("--receipt-file", type=click.File("rb"), help="Read the receipt from this file, or from stdin (-).")
    @click.option("--receipt-language", type=click.Choice(LANGUAGES), metavar="LANGUAGE", help=_LANGUAGE_HELP)
    @wraps(function)
    def command(*, receipt_file: BinaryIO | None, receipt_language: str | None, **rest: Any) -> object:  # noqa: ANN401 - passed on
        return function(asked=Asked(receipt_file, receipt_language), **rest)

    return cast("F", command)


def _parsed(text: str, language: str | None) -> Receipt:
    try:
        return Receipt.parse(text, language)
    except AmbiguousReceipt as error:
        choice = click.Choice(error.languages)
        return Receipt.parse(text, click.prompt(error.message(), type=choice, err=True))


def show(words: Sequence[str]) -> None:
    """Show the words, numbered, to be written down."""
    click.echo(_("Write down these twelve words, on paper. They are the only way back to the answers:"), err=True)
    rows = [words[at : at + 4] for at in range(0, len(words), 4)]
    for row, part in enumerate(rows):
        numbered = [f"{4 * row + place:2}. {word}" for place, word in enumerate(part, 1)]
        click.echo("   " + "".join(f"{each:16}" for each in numbered).rstrip(), err=True)
    click.echo(_("Nobody can give them to you again. Whoever has them can read the answers."), err=True)


def check(words: Sequence[str]) -> None:
    """Ask two of the words back until both are right."""
    for place in sorted(SystemRandom().sample(range(len(words)), _ASKED_BACK)):
        question = _("To be sure that you have them: what is word {number}?").format(number=place + 1)
        while normalize("NFKD", click.prompt(question, err=True)).strip().lower() != normalize("NFKD", words[place]):
            click.echo(_("That is another word. Please look at what you wrote down."), err=True)
