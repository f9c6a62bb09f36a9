"""What is wrong with what several visitors of a site were answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from itertools import islice
from typing import Final, Self

from whistle.courier.browsing import Fetched
from whistle.errors import AnswerMalformed, AnswerTooLarge, CourierError, ProtocolError
from whistle.inspection import pages, policy
from whistle.inspection.findings import Finding, Kind, merged
from whistle.inspection.visiting import KEYRING, MANIFEST, Question, Visit, file_at
from whistle.protocol.directory import Directory
from whistle.protocol.directory import verify as verify_directory
from whistle.protocol.manifest import Header, Manifest, Release, SeenManifest, SiteFile
from whistle.protocol.manifest import verify as verify_manifest
from whistle.protocol.published import Published

#: Findings about the parts of one page; more of them tell nothing new.
_OF_ONE_PAGE: Final = 20
_HTML: Final = "text/html; charset=utf-8"
_REDIRECTS: Final = range(300, 400)
_SHOWN: Final = 40


@dataclass(frozen=True)
class Report:
    """What was found, the newest manifest that held, and what to remember of it; how much was asked for."""

    findings: tuple[Finding, ...]
    manifest: Manifest | None
    seen: SeenManifest | None
    visits: int
    answers: int


def judge(visits: Sequence[Visit], directory: Directory, today: date, seen: SeenManifest | None) -> Report:
    """Return what is wrong. ``directory`` is verified, and says whose site it is; ``seen`` is what is remembered."""
    findings: list[Finding] = []
    held: list[tuple[Manifest, SeenManifest]] = []
    for visit in visits:
        findings += _by(visit, _judge_keyring(visit, directory, today))
        findings += _by(visit, _judge_manifest(visit, directory, today, seen, held))
    manifest, newest = max(held, key=lambda each: each[0].number, default=(None, seen))
    release = None if manifest is None else manifest.release
    if release is not None:
        findings += [Finding(Kind.POLICY, MANIFEST.place, part) for part in policy.judge_signed(release.headers)]
    signed = _Signed.of(release)
    for visit in visits:
        for question, answer in visit.answers.items():
            findings += _by(visit, islice(_judge_answer(question, answer, signed), _OF_ONE_PAGE))
    findings += _differences(visits)
    return Report(merged(findings), manifest, newest, len(visits), sum(len(visit.answers) for visit in visits))


@dataclass(frozen=True)
class _Signed:
    """A release, made ready for comparing; ``files`` is ``None`` where nobody knows what was signed."""

    headers: tuple[Header, ...]
    files: Mapping[Question, SiteFile] | None
    known: pages.Known

    @classmethod
    def of(cls, release: Release | None) -> Self:
        if release is None:
            return cls((), None, pages.Known())
        files = {file_at(file.path): file for file in release.files}
        known = pages.Known(frozenset(file.path for file in release.files), frozenset(release.pages))
        return cls(release.headers, files, known)


def _by(visit: Visit, findings: Iterator[Finding] | list[Finding]) -> Iterator[Finding]:
    return (replace(finding, visitors=(visit.visitor,)) for finding in findings)


# --- what is signed


def _judge_keyring(visit: Visit, directory: Directory, today: date) -> Iterator[Finding]:
    answer = visit.fetched(KEYRING)
    if answer is None:
        return
    try:
        verify_directory(Published.parse(answer.untrusted_body), today, directory.memory)
    except ProtocolError as error:
        yield Finding(Kind.KEYRING, KEYRING.place, error.message())


def _judge_manifest(
    visit: Visit,
    directory: Directory,
    today: date,
    seen: SeenManifest | None,
    held: list[tuple[Manifest, SeenManifest]],
) -> Iterator[Finding]:
    """Give what is wrong with the manifest that this visitor was shown, or add it to those that ``held``."""
    answer = visit.fetched(MANIFEST)
    if answer is None:
        return
    if answer.status == HTTPStatus.NOT_FOUND:
        yield Finding(Kind.NO_MANIFEST, MANIFEST.place)
        return
    try:
        manifest = verify_manifest(answer.untrusted_body, directory.roots[-1], directory.site, today, seen)
    except ProtocolError as error:
        yield Finding(Kind.MANIFEST, MANIFEST.place, error.message())
    else:
        held.append((manifest, SeenManifest.of(answer.untrusted_body)))


# --- one answer


def _judge_answer(question: Question, answer: Fetched | CourierError, signed: _Signed) -> Iterator[Finding]:
    place = question.place
    if isinstance(answer, CourierError):
        kinds = {AnswerTooLarge: Kind.TOO_LARGE, AnswerMalformed: Kind.UNREADABLE}
        yield Finding(kinds.get(type(answer), Kind.UNREACHABLE), place)
        return
    if answer.status in _REDIRECTS:
        yield Finding(Kind.ELSEWHERE, place, ", ".join(answer.all("location")))
    elif answer.status not in question.expected and not (
        question == MANIFEST and answer.status == HTTPStatus.NOT_FOUND
    ):
        yield Finding(Kind.STATUS, place, str(answer.status))
    if question.is_page:
        yield from policy.judge_headers(place, answer, signed.headers)
        yield from _judge_page(place, answer, signed)
    else:
        yield from policy.judge_headers(place, answer, policy.OF_EVERYTHING)
        yield from _judge_file(question, answer, signed)


def _judge_page(place: str, answer: Fetched, signed: _Signed) -> Iterator[Finding]:
    if signed.files is None:
        yield from (Finding(Kind.POLICY, place, part) for part in policy.judge_unsigned(answer))
    if answer.all("content-type") != (_HTML,):
        yield Finding(Kind.TYPE, place, ", ".join(answer.all("content-type")))
    try:
        page = pages.read(answer.untrusted_body)
    except pages.Unclear as unclear:
        yield Finding(Kind.UNCLEAR, place, str(unclear))
    else:
        yield from pages.judge(place, page, signed.known)


def _judge_file(question: Question, answer: Fetched, signed: _Signed) -> Iterator[Finding]:
    file = (signed.files or {}).get(question)
    if file is None or answer.status != HTTPStatus.OK:
        return
    if answer.all("content-type") != (file.type,):
        yield Finding(Kind.TYPE, question.place, ", ".join(answer.all("content-type")))
    digest = sha256(answer.untrusted_body).digest()
    if (len(answer.untrusted_body), digest) != (file.size, file.digest):
        yield Finding(Kind.FILE, question.place, f"SHA-256 {digest.hex()}")


# --- all answers to one question


def _differences(visits: Sequence[Visit]) -> Iterator[Finding]:
    for question in dict.fromkeys(question for visit in visits for question in visit.answers):
        told = [(visit.visitor, answer) for visit in visits if (answer := visit.fetched(question)) is not None]
        for visitor, answer in told[1:]:
            if _essence(question, answer) != _essence(question, told[0][1]):
                yield Finding(Kind.DIFFERS, question.place, _difference(question, told[0][1], answer), (visitor,))


def _essence(question: Question, answer: Fetched) -> object:
    """Return what honest answers to this question have in common."""
    return answer.status, _headers(answer), _content(question, answer)


def _headers(answer: Fetched) -> frozenset[tuple[str, str]]:
    return frozenset(each for each in answer.untrusted_headers if each[0] not in policy.PASSING)


def _difference(question: Question, first: Fetched, other: Fetched) -> str:
    """Return where the second answer leaves the first, for somebody who looks for the reason."""
    if first.status != other.status:
        return str(other.status)
    if differing := sorted(_headers(first) ^ _headers(other)):
        return f"{differing[0][0]}: {differing[0][1]}"
    before, after = _content(question, first), _content(question, other)
    if not isinstance(before, str) or not isinstance(after, str):
        return ""
    pairs = enumerate(zip(before, after, strict=False))
    place = next((at for at, (left, right) in pairs if left != right), min(len(before), len(after)))
    return after[max(0, place - _SHOWN) : place + _SHOWN]


def _content(question: Question, answer: Fetched) -> object:
    body = answer.untrusted_body
    if question == KEYRING:
        try:
            published = Published.parse(body)
        except ProtocolError:
            return None
        # Challenge and work are of the day, and of no consequence.
        return published.keyring, published.successions, published.statements
    if not question.is_page:
        return body
    try:
        page = pages.read(body)
    except pages.Unclear:
        return body
    return page.content if question.is_steady else page.skeleton
