"""A trial organisation to be scanned: its intake, a report that was answered with a file, and a console with cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.scan.dress import AsReviewer, AsSource, AsStranger, report
from whistle.cli.demonstration import send
from whistle.cli.servers import Servers
from whistle.cli.trial import MEMBERS, WHISTLE, Trial, run
from whistle.console.vault import Vault
from whistle.protocol.receipt import Receipt

_CORPUS = Path(__file__).parent.parent.parent / "tests" / "corpus"


@dataclass(frozen=True)
class Scanned:
    """Where the sites are, and how to come before them; ``words`` are those of a report that was answered."""

    intake_port: int
    console_port: int
    words: str
    source: AsSource
    stranger: AsStranger
    reviewer: AsReviewer


@contextmanager
def trial(folder: Path, intake_port: int, console_port: int) -> Iterator[Scanned]:
    """Serve a fresh trial while the block lasts."""
    made = Trial.at(folder / "trial")
    made.create()
    made.configure(intake_port, console_port)
    made.release()
    words = " ".join(Receipt.generate().words())
    with Servers() as servers:
        servers.start(*WHISTLE, "intake", "--config", str(made.config))
        servers.wait_for(intake_port)
        report(intake_port, words)
        _answer(made, folder)
        send(run, _CORPUS, made.folder, f"http://127.0.0.1:{intake_port}", {one.folder: one.name for one in MEMBERS})
        made.run("sync", "--config", made.config)
        servers.start(*WHISTLE, "console", "--config", str(made.config))
        servers.wait_for(console_port)
        colleague = Vault.open(made.folder / MEMBERS[1].folder, made.passphrase)
        source = AsSource(intake_port, words, colleague)
        reviewer = AsReviewer(console_port, made.passphrase)
        yield Scanned(intake_port, console_port, words, source, AsStranger(console_port), reviewer)


def _answer(made: Trial, folder: Path) -> None:
    """Answer the one report that is there, with a file."""
    made.run("sync", "--config", made.config)
    label = made.run("inbox", "--config", made.config).split()[0]
    text, file = folder / "answer.txt", folder / "form.txt"
    text.write_text("Thank you. Where was it?")
    file.write_text("Name of the place:\n")
    made.run("reply", label, "--yes", "--text", text, "--attach", file, "--config", made.config)
