"""Submissions of every kind to a server that is watched from all sides, and all that is left of them on its side."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.absence.canaries import contents_of, identities
from tests.absence.memory import Piece, Watch, processes
from tests.absence.search import Hit, Needle, Search
from tests.absence.test_instance import places, secrets_of, told
from tests.absence.trace import Trace
from tests.browser import journey
from tests.browser.chromium import Chromium
from tests.browser.driving import Browser, Mode
from tests.browser.firefox import Firefox
from tests.corpus import Report
from tests.intake.server import eventually
from tests.journeys.instance import Instance, Server
from tests.journeys.test_commands import Commands
from tests.journeys.visitor import Visitor

#: Master, worker and nursery.
_LASTING = 3


class Way(ABC):
    """One way of telling: what a source does who uses it, one report after the other."""

    @abstractmethod
    def report(self, report: Report) -> str:
        """Send a report, and return the receipt."""

    @abstractmethod
    def come_back(self) -> None:
        """Look for answers with the receipt of the last report."""

    @abstractmethod
    def add(self) -> None:
        """Send its follow-up, after coming back."""


class Form(Way):
    """The pages without JavaScript."""

    def __init__(self, instance: Instance) -> None:
        self._visitor = Visitor(instance.address)

    def report(self, report: Report) -> str:
        self._report, self._words = report, self._visitor.report(report)
        return self._words

    def come_back(self) -> None:
        self._visitor.come_back(self._words)

    def add(self) -> None:
        uploads = [(file.name, file.content) for file in self._report.attachments[:1]]
        page = self._visitor.submit("/replies/follow-up", *uploads, text=self._report.follow_up)
        assert "Your message has arrived" in page.text, page.text


class Page(Way):
    """The page with JavaScript, in a real browser."""

    def __init__(self, instance: Instance, browser: Browser, folder: Path) -> None:
        self._address = instance.address
        self._browser = browser
        self._folder = folder

    def report(self, report: Report) -> str:
        self._report = report
        self._files = journey.on_disk(self._folder / report.slug, report)
        self._words = journey.report(self._browser, self._address, report, self._files)
        return self._words

    def come_back(self) -> None:
        journey.come_back(self._browser, self._address, self._words)

    def add(self) -> None:
        journey.add(self._browser, self._report.follow_up, self._files[:1])


class Command(Way):
    """``whistle tip --attach``, ``whistle replies``, ``whistle follow-up``."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        self._commands = Commands(instance, folder)
        self._folder = folder

    def report(self, report: Report) -> str:
        self._told = self._commands.tip(report)
        return self._told.words

    def come_back(self) -> None:
        self._commands.replies(self._told, self._folder)

    def add(self) -> None:
        self._commands.follow_up(self._told)


@contextmanager
def way_of(mode: str, instance: Instance, folder: Path) -> Iterator[Way]:
    """Give the way that ``mode`` names."""
    if mode == "command":
        yield Command(instance, folder)
    elif mode == "Chromium":
        with sync_playwright() as playwright:
            browser = Chromium(Mode.ON, folder / "browser", playwright)
            yield Page(instance, browser, folder)
            browser.close()
    elif mode == "Firefox":
        firefox = Firefox(Mode.ON, folder / "browser")
        yield Page(instance, firefox, folder)
        firefox.close()
    else:
        yield Form(instance)


@dataclass
class Left:
    """What was found of some submissions, and what was looked for."""

    needles: list[Needle] = field(default_factory=list)
    in_memory: set[Hit] = field(default_factory=set)
    in_files: set[Hit] = field(default_factory=set)
    given_out: set[Hit] = field(default_factory=set)
    holes: set[str] = field(default_factory=set)
    #: what the children told their visitors: the only place where anything may be found
    answered: set[Hit] = field(default_factory=set)
    orders: list[bytes] = field(default_factory=list)
    #: bytes that went out elsewhere, so that nobody takes a search of nothing for a good sign
    searched: int = 0


def talkative(instance: Instance) -> tuple[str, ...]:
    """Return what makes a server say all that its settings can make it say, beside gunicorn's level "debug".

    Python's own debugging would overwrite memory that is given back, and hide what lies there: that part stays off.
    """
    gunicorn = f"--error-logfile {instance.log} --capture-output --enable-stdio-inheritance"
    syslog = "--log-syslog --log-syslog-to udp://127.0.0.1:9"
    python = ("PYTHONDEVMODE=1", "PYTHONMALLOC=default", "PYTHONWARNINGS=always", "PYTHONFAULTHANDLER=1")
    return ("env", *python, "FLASK_DEBUG=1", f"GUNICORN_CMD_ARGS={gunicorn} {syslog}")


class Eyes:
    """Eyes on a server from all sides. It is started after they are made, and they are opened when it runs."""

    def __init__(self, instance: Instance, trace: Path) -> None:
        self.trace = Trace(trace)
        instance.prefix = (*talkative(instance), *self.trace.prefix)
        #: bytes that went out elsewhere than to visitors
        self.searched = 0

    def open(self, server: Server) -> None:
        self.trace.attend(server)
        self._session = server.master
        self._watch = Watch(server.master)
        self._watch.look()

    def changed_memory(self) -> list[Piece]:
        """Return what has changed in memory since the last look, when the answer was given."""
        # A child ends when it has seen its visitor go; whatever does not end is looked at like the others.
        eventually(lambda: len(processes(self._session)) == _LASTING, seconds=5)
        return self._watch.look()

    def memory(self, search: Search) -> set[Hit]:
        """Return what is found in all memory."""
        return {hit for process in processes(self._session) for hit in search.memory(process)}

    def given_out(self, search: Search) -> set[Hit]:
        """Return what is found in all that went out elsewhere than to visitors, when the server has ended."""
        hits = set()
        for given in self.trace.given():
            self.searched += len(given.data)
            hits |= search.data(given.data, given.place)
        return hits


def submit(instance: Instance, mode: str, reports: Iterable[Report], folder: Path) -> Left:
    """Send reports, come back with each receipt and add to it; look everywhere for what may be left of it.

    Memory is looked at after every answer for what that answer was about, and in the end for all of it.
    """
    left, eyes = Left(), Eyes(instance, folder / "trace")
    readers = identities(instance)
    with instance.serving() as server, way_of(mode, instance, folder) as way:
        eyes.open(server)
        for report in reports:
            pieces, words = _tell(way, report, eyes)
            keys = instance.keys_of(words)
            needles = [*told(report), *secrets_of(report.slug, words, keys)]
            needles += contents_of(report.slug, instance, keys, readers)
            left.needles += needles
            left.in_memory |= found(Search(needles), pieces)
        everything = Search(left.needles)
        left.in_memory |= eyes.memory(everything)
        left.in_files |= everything.files(*places(instance))
    left.in_files |= everything.files(*places(instance))
    left.given_out = eyes.given_out(everything)
    left.answered = {hit for answer in eyes.trace.answers for hit in everything.data(answer.data, "an answer")}
    left.holes, left.orders, left.searched = eyes.trace.holes, eyes.trace.orders, eyes.searched
    return left


def _tell(way: Way, report: Report, eyes: Eyes) -> tuple[list[Piece], str]:
    """Go through one report; return the memory that changed, as it was after each answer, and the receipt."""
    words = way.report(report)
    pieces = eyes.changed_memory()
    way.come_back()
    pieces += eyes.changed_memory()
    way.add()
    return pieces + eyes.changed_memory(), words


def found(search: Search, pieces: Iterable[Piece]) -> set[Hit]:
    """Return what is found in some memory."""
    return {hit for piece in pieces for hit in search.data(piece.data, piece.place)}
