"""What a visitor meets when the server is in trouble: a clear page, every word still there, and later all is well."""

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.intake.browsing import Form, Page
from tests.journeys.instance import ANA, Console, Instance, copied
from tests.journeys.jumping import Clock
from tests.journeys.ordinary import eventually_run, ordinary
from tests.journeys.visitor import Visitor, encoded
from tests.shelf.test_failures import damage
from whistle.console.case import ItemState
from whistle.errors import Unreachable

TEXT = "What I saw at the harbour, in “words” that nobody may lose: 港口, порт. " * 20
FILE = ("план 港.pdf", os.urandom(400_000))
ARRIVED = "Your report has arrived"
only_root_injects = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may disturb the system calls of a hardened process"
)
only_root_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk for a server")


@pytest.fixture
def instance(founded: Instance, tmp_path: Path) -> Instance:
    return copied(founded, tmp_path / "troubled")


def at_form(instance: Instance) -> tuple[Visitor, str, Form]:
    """Go up to the form, and write; return the receipt as well."""
    visitor = Visitor(instance.address)
    words = visitor.begin()
    return visitor, words, visitor.page.form("/report/send").set("text", TEXT)


def check_kept(page: Page, *sentences: str) -> None:
    """Check that a page says what is wrong and still has every word."""
    assert page.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.UNPROCESSABLE_ENTITY}, page.text
    assert " ".join(TEXT.split()) in page.text, "what was written is gone"
    for sentence in sentences:
        assert sentence in page.text, page.text
    assert "Traceback" not in page.text


def check_stored(instance: Instance, words: str, *, there: bool = True) -> None:
    """Check that a reviewer has the report whole, or nothing of it."""
    with closing(Console(instance, ANA)) as console:
        console.sync()
        case = console.case(instance.keys_of(words))
        if not there:
            assert case is None
            return
        assert case is not None
        (item,) = case.items
        assert (item.state, item.text) == (ItemState.COMPLETE, TEXT)
        assert console.files(case, item) == [FILE]


# --- the disk


@contextmanager
def disturbed(instance: Instance, trace: Path, *injections: str) -> Iterator[None]:
    """Let system calls of the server's worker fail."""
    assert instance.server is not None
    options = [option for injection in injections for option in ("-e", f"inject={injection}")]
    command = ["strace", "-f", "-o", str(trace), *options, "-p", str(instance.server.worker)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
        while "TracerPid:\t0" in Path(f"/proc/{instance.server.worker}/status").read_text():
            assert tracer.poll() is None
            time.sleep(0.02)
        yield
        tracer.terminate()


@only_root_injects
@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ("pwrite64", "EROFS", "cannot store anything at the moment. Nothing was stored."),
        pytest.param(
            *("pwrite64", "EIO", "cannot store anything at the moment. Nothing was stored."), marks=pytest.mark.long
        ),
        ("pwrite64", "ENOSPC", "no room for more at the moment. Nothing was stored."),
    ],
)
def test_a_disk_that_takes_nothing_costs_no_word(
    instance: Instance, tmp_path: Path, call: str, error: str, sentence: str
) -> None:
    with instance.serving():
        visitor, words, form = at_form(instance)
        with disturbed(instance, tmp_path / "trace", f"{call}:error={error}"):
            check_kept(visitor.send(form, FILE), sentence, "What you wrote is still here. Please try again later.")
        check_stored(instance, words, there=False)
        again = visitor.page.form("/report/send")
        assert ARRIVED in visitor.send(again, FILE).text
        check_stored(instance, words)


@only_root_mounts
def test_a_disk_that_is_mounted_read_only_is_named_at_the_start(founded: Instance) -> None:
    with ordinary(founded, 96) as instance, instance.serving() as server:
        visitor, words, form = at_form(instance)
        assert ARRIVED in visitor.send(form, FILE).text
        server.kill()
        eventually_run("mount", "-o", "remount,ro", instance.intake)
        with pytest.raises((AssertionError, Unreachable)):
            instance.start(server.port)
        assert "The site cannot store anything at the moment." in instance.log.read_text()
        assert "Traceback" not in instance.log.read_text()
        eventually_run("mount", "-o", "remount,rw", instance.intake)
        instance.start(server.port)
        check_stored(instance, words)


def test_a_shelf_that_somebody_else_has_open_is_said_at_the_start(instance: Instance) -> None:
    with instance.serving() as server:
        visitor, words, form = at_form(instance)
        assert ARRIVED in visitor.send(form, FILE).text
        server.kill()
        other = sqlite3.connect(instance.intake / "shelf" / "messages.sqlite")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises((AssertionError, Unreachable)):
            instance.start(server.port)
        assert "Another program has the shelf open." in instance.log.read_text()
        other.close()
        instance.start(server.port)
        check_stored(instance, words)


def test_a_damaged_shelf_costs_no_word_and_is_named(instance: Instance, tmp_path: Path) -> None:
    shelf, backup = instance.intake / "shelf", tmp_path / "backup"
    with instance.serving() as server:
        first, words, form = at_form(instance)
        assert ARRIVED in first.send(form, FILE).text
        server.stop()
        shutil.copytree(shelf, backup)
        instance.start(server.port)
        visitor, _words, form = at_form(instance)
        damage(shelf / "arrivals.sqlite")
        check_kept(visitor.send(form, FILE), "cannot store anything at the moment. Nothing was stored.")
        assert instance.server is not None
        instance.server.kill()
        with pytest.raises((AssertionError, Unreachable)):
            instance.start(server.port)
        assert "A file of the shelf is damaged." in instance.log.read_text()
        assert "arrivals.sqlite" in instance.log.read_text()
        shutil.rmtree(shelf)
        shutil.copytree(backup, shelf)
        instance.start(server.port)
        check_stored(instance, words)


# --- the visitor


@pytest.mark.parametrize("part", [0.5, *(pytest.param(part, marks=pytest.mark.long) for part in (0.01, 0.99))])
def test_a_visitor_who_vanishes_leaves_nothing_and_can_send_again(instance: Instance, part: float) -> None:
    with instance.serving() as server:
        visitor, words, form = at_form(instance)
        body, kind = encoded(form, [FILE])
        head = f"POST /report/send HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(head.encode() + body[: int(part * len(body))])
            time.sleep(0.3)
        check_stored(instance, words, there=False)
        assert ARRIVED in visitor.send(form, FILE).text
        check_stored(instance, words)


def test_a_visitor_who_vanishes_before_the_answer_finds_the_report_and_is_told(instance: Instance) -> None:
    with instance.serving() as server:
        visitor, words, form = at_form(instance)
        body, kind = encoded(form, [FILE])
        head = f"POST /report/send HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(head.encode() + body)
            assert sock.recv(1)
        check_stored(instance, words)
        assert "stored" in visitor.send(form, FILE).text
        assert " ".join(TEXT.split()) in visitor.page.text
        check_stored(instance, words)


# --- the clock


@pytest.fixture
def clock(instance: Instance, tmp_path: Path) -> Clock:
    clock = Clock(tmp_path / "ahead")
    instance.prefix = clock.prefix
    return clock


def test_a_report_that_is_sent_after_midnight_arrives(instance: Instance, clock: Clock) -> None:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    with instance.serving():
        clock.set(midnight - now - timedelta(seconds=60))
        visitor, words, form = at_form(instance)
        clock.set(midnight - now + timedelta(seconds=60))
        assert ARRIVED in visitor.send(form, FILE).text
        assert visitor.come_back(words).status == HTTPStatus.OK
        clock.set(timedelta())
        assert visitor.come_back(words).status == HTTPStatus.OK


@pytest.mark.parametrize("days", [365, -1, *(pytest.param(days, marks=pytest.mark.long) for days in (1, -365))])
def test_a_clock_that_jumps_while_somebody_writes_costs_nothing(instance: Instance, clock: Clock, days: int) -> None:
    with instance.serving():
        earlier, words, form = at_form(instance)
        assert ARRIVED in earlier.send(form, FILE).text
        visitor, later_words, form = at_form(instance)
        clock.set(timedelta(days=days))
        page = visitor.send(form, FILE)
        sent = ARRIVED in page.text
        if not sent:
            check_kept(page)
        clock.set(timedelta())
        if not sent:
            again = page.form("/report/send") if page.forms else form
            assert ARRIVED in visitor.send(again, FILE).text, visitor.page.text
        check_stored(instance, words)
        assert visitor.come_back(later_words).status == HTTPStatus.OK


def test_a_server_that_starts_a_year_ahead_loses_nothing(instance: Instance, clock: Clock) -> None:
    with instance.serving() as server:
        visitor, words, form = at_form(instance)
        assert ARRIVED in visitor.send(form, FILE).text
        server.stop()
        clock.set(timedelta(days=365))
        instance.start(server.port)
        time.sleep(2.5)  # the missed night would be made up for by now
        visitor.get("/")
        assert visitor.page.status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
        assert not visitor.page.forms or "run out" in visitor.page.text or "expired" in visitor.page.text
        clock.set(timedelta())
        check_stored(instance, words)
