"""After whole journeys nothing of them is on the intake's side: no sentence, no name of a file, no receipt, no key."""

import os
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from tests.absence.search import LEAST, Needle, Search
from tests.corpus import Report, load
from tests.journeys.instance import ANA, BOON, Console, Instance, copied
from tests.journeys.visitor import Visitor
from whistle.console.answer import Attachment
from whistle.protocol import labels
from whistle.protocol.thread import SourceKeys

CORPUS = load()
#: Characters of a fragment: enough that nobody else wrote it.
FRAGMENT = 24
#: Different bytes in a piece of a file, below which it could be in any other file too.
VARIED = 16


def fragments(text: str) -> Iterator[str]:
    """Give three pieces of a text: from its beginning, its middle and its end, each within one line."""
    for place in (0, len(text) // 2, len(text) * 9 // 10):
        pieces = [line.strip()[:FRAGMENT] for line in text[place:].splitlines()]
        yield from [piece for piece in pieces if len(piece.encode()) >= FRAGMENT][:1]


def told(report: Report) -> Iterator[Needle]:
    """Give what a report, its answer, its follow-up and its files say."""
    texts = {"text": report.text, "answer": report.answer, "follow-up": report.follow_up, "contact": report.contact}
    for part, text in texts.items():
        for number, fragment in enumerate(fragments(text or "")):
            yield Needle.text(f"{report.slug}, {part} {number}", fragment)
    for number, file in enumerate(report.attachments):
        if len(file.name.encode()) >= LEAST:
            yield Needle.text(f"{report.slug}, name of file {number}", file.name)
        middle = file.content[len(file.content) // 2 :][: 2 * FRAGMENT]
        if len(set(middle)) >= VARIED:
            yield Needle(f"{report.slug}, content of file {number}", middle)


def secrets_of(slug: str, words: str, keys: SourceKeys) -> Iterator[Needle]:
    """Give a receipt in its spellings, and every secret that derives from it."""
    for joint in (" ", "+", "\n", ","):
        listed = words.split()
        for start in range(0, 12, 4):
            yield Needle.text(f"{slug}, words", joint.join(listed[start : start + 4]))
    yield Needle(f"{slug}, receipt", keys._entropy)
    yield Needle(f"{slug}, thread key", keys.thread.key)
    yield Needle(f"{slug}, state key", keys.state_key)
    yield Needle(f"{slug}, burn key", keys._burn_key)
    for index in range(3):
        address = keys.thread.address(labels.UP, index)
        yield Needle(f"{slug}, burn token {index}", keys.burn_token(address))
        yield Needle(f"{slug}, contact token {index}", keys.contact_burn_token(index))
    for name, identity in (("identity", keys.identity), ("contact identity", keys.contact_identity)):
        secret = identity.secret_bytes()
        yield Needle(f"{slug}, {name}, X25519", secret[:32])
        yield Needle(f"{slug}, {name}, ML-KEM", secret[32:64])


@dataclass
class Used:
    """An instance that was lived in, still served, and all that must not be found in it."""

    instance: Instance
    needles: list[Needle]
    search: Search


@pytest.fixture(scope="module")
def used(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    instance = copied(founded, tmp_path_factory.mktemp("used"))
    needles = [needle for report in CORPUS for needle in told(report)]
    with instance.serving():
        receipts = {report.slug: Visitor(instance.address).report(report) for report in CORPUS}
        keys = {slug: instance.keys_of(words) for slug, words in receipts.items()}
        for slug, words in receipts.items():
            needles += secrets_of(slug, words, keys[slug])
        needles += _answered(instance, keys)
        for report in CORPUS:
            _reads_and_adds(Visitor(instance.address), report, receipts[report.slug])
        yield Used(instance, needles, Search(needles))


def _answered(instance: Instance, keys: dict[str, SourceKeys]) -> list[Needle]:
    """Answer every report; return the keys of the streams that the reviewers came to know."""
    needles = []
    for number in (ANA, BOON):
        with closing(Console(instance, number)) as console:
            console.sync()
            for report in CORPUS:
                case = console.case(keys[report.slug])
                if case is None:
                    continue
                needles += [Needle(f"{report.slug}, stream key", item.stream.key) for item in case.items if item.stream]
                if number == min(case.readers):
                    files = [Attachment(each.name, "text/plain", BytesIO(each.content)) for each in report.attachments]
                    console.reply(case, report.answer, report.language, *files[:2])
    return needles


def _reads_and_adds(visitor: Visitor, report: Report, words: str) -> None:
    page = visitor.come_back(words)
    assert "There is no answer yet" not in page.text
    if any(form.action == "/replies/file" for form in page.forms):
        visitor.submit("/replies/file")
        visitor.come_back(words)
    page = visitor.submit("/replies/follow-up", text=report.follow_up)
    assert "Your message has arrived" in page.text, page.text


def places(instance: Instance) -> list[Path]:
    """Return everything on the intake's side: its folder, its settings, its log, its temporary files."""
    return [instance.intake, instance.trial.config, instance.log, instance.scratch]


def test_there_is_enough_to_look_for(used: Used) -> None:
    names = {needle.name for needle in used.needles}
    assert len([name for name in names if ", text " in name]) >= 60
    assert len([name for name in names if "name of file" in name]) >= 40
    assert len([name for name in names if name.endswith(", words")]) == len(CORPUS)


def test_nothing_is_in_any_file(used: Used) -> None:
    kinds = {path.name for path in used.instance.intake.rglob("*") if path.is_file()}
    assert any(name.endswith("-wal") for name in kinds), kinds
    assert used.instance.log.stat().st_size > 0
    assert used.search.files(*places(used.instance)) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a hardened process")
def test_nothing_is_in_the_memory_of_the_server(used: Used) -> None:
    server = used.instance.server
    assert server is not None
    assert used.search.memory(server.master) == set()
    assert used.search.memory(server.worker) == set()
    assert used.search.memory(server.nursery) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a hardened process")
def test_the_search_sees_the_memory_of_the_server(used: Used) -> None:
    """What is public lies there: the keyring, for one."""
    assert used.instance.server is not None
    public = Search([Needle.text("a name", "Trial Bureau against Corruption")])
    assert public.memory(used.instance.server.worker)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "UTF-16, low byte first": lambda raw: raw.decode().encode("utf-16-le"),
    "UTF-16, high byte first": lambda raw: raw.decode().encode("utf-16-be"),
    "base64": lambda raw: b64encode(b"x" + raw),
    "hex": lambda raw: raw.hex().encode(),
}


def _leak_to_database(folder: Path, leak: bytes) -> None:
    _leaky(folder, leak).close()


def _leak_to_write_ahead_log(folder: Path, leak: bytes) -> None:
    connection = _leaky(folder, leak)
    ahead = folder / "intake" / "shelf" / "messages.sqlite-wal"
    kept = ahead.read_bytes()
    assert leak in kept
    connection.close()  # and with it its write-ahead log, which is put back
    shutil.copy(folder / "before.sqlite", folder / "intake" / "shelf" / "messages.sqlite")
    ahead.write_bytes(kept)


def _leaky(folder: Path, leak: bytes) -> sqlite3.Connection:
    path = folder / "intake" / "shelf" / "messages.sqlite"
    shutil.copy(path, folder / "before.sqlite")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE leaked (what BLOB) STRICT")
    connection.execute("INSERT INTO leaked VALUES (?)", (leak,))
    return connection


def _leak_to(name: str) -> Callable[[Path, bytes], None]:
    def append(folder: Path, leak: bytes) -> None:
        with (folder / name).open("ab") as file:
            file.write(b"..." + leak + b"...")

    return append


LEAKS: dict[str, Callable[[Path, bytes], None]] = {
    "database": _leak_to_database,
    "write-ahead log": _leak_to_write_ahead_log,
    "log": _leak_to("intake.log"),
    "settings": _leak_to("whistle.toml"),
    "statement": _leak_to("intake/statements/1.json"),
    "temporary file": _leak_to("scratch/upload"),
}


@dataclass
class Leaky:
    """The folders of an instance on which nothing happened, and a search for all of the corpus."""

    instance: Instance
    needles: list[Needle]
    search: Search


@pytest.fixture(scope="module")
def clean(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Leaky:
    instance = copied(founded, tmp_path_factory.mktemp("clean"))
    shelf = instance.intake / "shelf"
    shelf.mkdir()
    with closing(sqlite3.connect(shelf / "messages.sqlite")) as connection:
        connection.execute("CREATE TABLE record (address BLOB) STRICT")
    instance.trial.configure(1, 1)
    instance.log.touch()
    needles = [needle for report in CORPUS for needle in told(report)]
    return Leaky(instance, needles, Search(needles))


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("coding", CODINGS)
def test_what_leaks_is_found(clean: Leaky, tmp_path: Path, leak: str, coding: str) -> None:
    for place in places(clean.instance):
        if place.is_dir():
            shutil.copytree(place, tmp_path / place.name)
        else:
            shutil.copy(place, tmp_path / place.name)
    assert clean.search.files(tmp_path) == set()
    canary = next(each for each in clean.needles if each.name == f"{CORPUS[0].slug}, text 0")
    LEAKS[leak](tmp_path, CODINGS[coding](canary.raw))
    assert {hit.needle for hit in clean.search.files(tmp_path)} == {canary.name}
