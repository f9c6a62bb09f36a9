"""One visit to a site: everything that anybody can ask for without a secret. It judges nothing.

What is asked does not depend on what is found, but for the pages, files and forms that the site itself names.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from secrets import SystemRandom, token_hex
from typing import Final

from whistle.courier import wire
from whistle.courier.browsing import Browsing, Fetched
from whistle.errors import CourierError, ManifestMalformed, Unreachable
from whistle.inspection import pages
from whistle.inspection.forms import ways_on
from whistle.inspection.visitors import Guise, Wanted
from whistle.protocol.manifest import MANIFEST_LIMIT, MANIFEST_PATH, Manifest

#: Bytes of the largest page. Those of a visit with a receipt are filled up to 128 KiB.
PAGE_LIMIT: Final = 1 << 20
#: Bytes that one visit takes altogether, and seconds that it waits for answers: a site may name ten thousand files.
VISIT_LIMIT: Final = 48 << 20
VISIT_SECONDS: Final = 3_600.0
_NOWHERE: Final = "/nowhere-"
_ANSWERS: Final = "/replies"
_REPORT: Final = "/report"
_TOO_LARGE: Final = 1 << 40
#: It says what holds for the moment, to a script: whether files are taken.
_ROOM: Final = "/room"
_FORMS: Final = 8
#: Files that a page names beside those of the manifest; every one of them is a finding.
_LOADED: Final = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: ``place`` is the same in all visits, ``expected`` are the statuses of an honest answer."""

    place: str
    expected: tuple[int, ...] = (200,)
    is_page: bool = True
    #: Whether honest answers to it are the same for everybody, letter by letter.
    is_steady: bool = True


KEYRING: Final = Question(f"GET {wire.KEYRING_PATH}", is_page=False, is_steady=False)
MANIFEST: Final = Question(f"GET {MANIFEST_PATH}", is_page=False)
_MISSING: Final = Question(f"GET {_NOWHERE}…", (404,))
_REFUSED: Final = Question(f"POST {_ANSWERS} (1 TiB)", (413,))
_UNPOSTABLE: Final = Question("POST /", (405,))
_SENSELESS: Final = Question(f"POST {_REPORT} (nothing)", (400,))
_WRONG_WORDS: Final = Question(f"POST {_ANSWERS}", is_steady=False)


def file_at(path: str) -> Question:
    """Return the question for a file."""
    return Question(f"GET {path}", is_page=False)


@dataclass
class Visit:
    """What one visitor was answered, in the order of asking: an error where there was no answer."""

    visitor: str
    answers: dict[Question, Fetched | CourierError] = field(default_factory=dict)

    def fetched(self, question: Question) -> Fetched | None:
        """Return the answer to a question, if there was one."""
        answer = self.answers.get(question)
        return answer if isinstance(answer, Fetched) else None


class Visitor:
    """Makes one visit. ``known`` is the manifest of an earlier visit, by which this one knows its way.

    ``pause`` is called before every question.
    """

    def __init__(
        self, browsing: Browsing, guise: Guise, known: Manifest | None = None, pause: Callable[[], None] = lambda: None
    ) -> None:
        self.visit = Visit(guise.name)
        self._browsing = browsing
        self._guise = guise
        self._known = known
        self._pause = pause
        self._left = VISIT_LIMIT
        self._seconds = VISIT_SECONDS

    def go(self) -> Manifest | None:
        """Ask for everything, first as a browser does, then in an order of its own; return the manifest it knows."""
        self._open("/")
        self._get(KEYRING, wire.KEYRING_PATH, Wanted.DATA, wire.PUBLISHED_LIMIT)
        self._get(MANIFEST, MANIFEST_PATH, Wanted.DATA, MANIFEST_LIMIT)
        manifest = self._known or self._claimed()
        errands: list[Callable[[], None]] = [self._go_nowhere, self._send_too_much, self._say_wrong_words]
        errands += [self._post_to_a_page, self._say_nothing, self._begin_report]
        if manifest is not None:
            errands += [partial(self._open, page) for page in manifest.release.pages]
            errands += [partial(self._load, file.path) for file in manifest.release.files]
        SystemRandom().shuffle(errands)
        for errand in errands:
            errand()
        return manifest

    # --- pages and files

    def _open(self, path: str) -> None:
        """Open a page, and load what it names, in its order."""
        question = Question(f"GET {path}", is_steady=path != _ROOM)
        answer = self._get(question, path, Wanted.PAGE, PAGE_LIMIT)
        page = None if answer is None else _understood(answer)
        if page is not None:
            for element, source in page.loaded[:_LOADED]:
                self._load(source, _WANTED.get(element, Wanted.IMAGE))

    def _load(self, path: str, wanted: Wanted = Wanted.DATA) -> None:
        if pages.is_own_path(path):
            self._get(file_at(path), path, wanted, VISIT_LIMIT)

    def _claimed(self) -> Manifest | None:
        answer = self.visit.fetched(MANIFEST)
        try:
            return None if answer is None else Manifest.claimed(answer.untrusted_body)
        except ManifestMalformed:
            return None

    # --- what a site refuses, and what it asks

    def _go_nowhere(self) -> None:
        self._get(_MISSING, _NOWHERE + token_hex(6), Wanted.PAGE, PAGE_LIMIT)

    def _send_too_much(self) -> None:
        self._ask(_REFUSED, partial(self._browsing.announce, _ANSWERS, _TOO_LARGE, PAGE_LIMIT))

    def _post_to_a_page(self) -> None:
        self._ask(_UNPOSTABLE, partial(self._browsing.post, "/", {}, PAGE_LIMIT))

    def _say_nothing(self) -> None:
        self._ask(_SENSELESS, partial(self._browsing.post, _REPORT, {}, PAGE_LIMIT))

    def _say_wrong_words(self) -> None:
        self._ask(_WRONG_WORDS, partial(self._browsing.post, _ANSWERS, {"receipt": "none"}, PAGE_LIMIT))

    def _begin_report(self) -> None:
        """Follow the forms that ask for nothing, to the one in which somebody would write."""
        first = self.visit.fetched(Question("GET /"))
        ways = _ways(first)
        for _form in range(_FORMS):
            action = next((each for each in ways if _form_at(each) not in self.visit.answers), None)
            if action is None:
                return
            ways |= _ways(self._ask(_form_at(action), partial(self._browsing.post, action, ways[action], PAGE_LIMIT)))

    # --- asking

    def _get(self, question: Question, path: str, wanted: Wanted, limit: int) -> Fetched | None:
        most = min(limit, self._left)
        return self._ask(question, partial(self._browsing.get, path, most, self._guise.headers(wanted)))

    def _ask(self, question: Question, ask: Callable[[], Fetched]) -> Fetched | None:
        """Ask, unless this visit did before: what a browser loads twice, it keeps."""
        if question not in self.visit.answers:
            self._pause()
            begun = time.monotonic()
            try:
                if self._seconds < 0:
                    raise Unreachable
                answer = ask()
                self._left -= min(self._left, len(answer.untrusted_body))
                self.visit.answers[question] = answer
            except CourierError as error:
                self.visit.answers[question] = error
            self._seconds -= time.monotonic() - begun
        return self.visit.fetched(question)


_WANTED: Final = {"script": Wanted.SCRIPT, "link": Wanted.STYLE}


def _form_at(action: str) -> Question:
    """Return the question that a form asks, by whatever number it stands in line.

    Nobody may be there to read a report at present, and the answer holds words made by chance.
    """
    return Question(f"POST {action.partition('?')[0]}", (200, 422, 503), is_steady=False)


def _ways(answer: Fetched | None) -> dict[str, Mapping[str, str]]:
    page = None if answer is None else _understood(answer)
    return {} if page is None else {action: fields for action, fields in ways_on(page) if pages.is_own_path(action)}


def _understood(answer: Fetched) -> pages.Page | None:
    try:
        return pages.read(answer.untrusted_body)
    except pages.Unclear:
        return None
