"""``whistle verify-site`` as somebody runs it, by hand or every night."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.town import Ended
from tests.inspection.mirror import ROOT as SIGNER
from tests.inspection.mirror import Asked, Mirror, Served, manifest, mirror
from tests.intake.server import ROOT
from tests.protocol import cast
from whistle.protocol.manifest import MANIFEST_PATH

STYLE = "/static/site.css"
WORDS = " ".join(cast.directory().fingerprint)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with mirror(tmp_path_factory.mktemp("site")) as running:
        yield running


def verify(address: str, *options: str, state: Path | None = None) -> Ended:
    command = [sys.executable, "-m", "whistle", "verify-site", address, *options]
    environment = os.environ | ({} if state is None else {"XDG_STATE_HOME": str(state)})
    command += ["--no-trace"] if state is None else []
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def honest(_asked: Asked, given: Served) -> Served:
    return given


def restyled(asked: Asked, given: Served) -> Served:
    return replace(given, body=b"p { color: red }") if asked.path == STYLE else given


def test_a_good_site(site: Mirror) -> None:
    with site.served(honest) as address:
        ended = verify(address, "--fingerprint", WORDS.upper())
    assert ended.status == 0, ended.out
    assert "Signed: version 0.1.0, number 4, until" in ended.out
    assert ended.out.endswith("Everything is as it was signed.\n")
    assert WORDS in ended.err


def test_a_bad_site_says_what_and_where_and_what_to_do(site: Mirror) -> None:
    with site.served(restyled) as address:
        ended = verify(address, "--fingerprint", WORDS)
    assert ended.status == 3
    assert "The file is not the one that was signed.\n" in ended.out
    assert f"    GET {STYLE}: SHA-256 " in ended.out
    assert "(Tor Browser, Chromium, w3m)\n" in ended.out
    assert "  What to do: Do not write into this site's pages until" in ended.out
    assert ended.out.endswith("One thing is wrong.\n")


def test_for_programs(site: Mirror) -> None:
    with site.served(restyled) as address:
        ended = verify(address, "--json")
    (told,) = ended.json
    assert ended.status == 3
    assert [(each["kind"], each["place"]) for each in told["findings"]] == [("file", f"GET {STYLE}")]
    assert (told["signed"]["number"], told["visits"]) == (4, 4)
    assert told["findings"][0]["visitors"] == ["Tor Browser", "Chromium", "w3m"]


def test_every_night(site: Mirror, tmp_path: Path) -> None:
    """It says nothing where nothing is wrong, and remembers the number and the root."""
    state = tmp_path / "state"
    newer = manifest(site.release, number=5).sign(SIGNER)
    other = manifest(site.release, number=5, expires=manifest(site.release).issued).sign(SIGNER)
    signed = {"now": newer}

    def serving(asked: Asked, given: Served) -> Served:
        return replace(given, body=signed["now"]) if asked.path == MANIFEST_PATH else given

    with site.served(serving) as address:
        first = verify(address, "--quiet", state=state)
        assert (first.status, first.out) == (0, "")
        assert WORDS in first.err
        again = verify(address, "--quiet", state=state)
        assert (again.status, again.out, again.err) == (0, "", "")
        signed["now"] = other
        forked = verify(address, "--quiet", state=state)
        signed["now"] = manifest(site.release).sign(SIGNER)
        back = verify(address, "--quiet", state=state)
    assert forked.status == back.status == 3
    assert "signed under one number" in forked.out
    assert "older list of its files" in back.out
    assert all(path.stat().st_mode & 0o077 == 0 for path in (state / "whistle").iterdir())


def test_other_words_stop_it_and_nothing_is_remembered(site: Mirror, tmp_path: Path) -> None:
    with site.served(honest) as address:
        ended = verify(address, "--fingerprint", "abandon " * 10, state=tmp_path)
    assert (ended.status, ended.out) == (1, "")
    assert "not those of this organisation" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_memory_is_not_forgotten(site: Mirror, tmp_path: Path) -> None:
    with site.served(honest) as address:
        assert verify(address, state=tmp_path).status == 0
        (kept,) = (tmp_path / "whistle").glob("*.manifest")
        kept.write_text("{}")
        ended = verify(address, state=tmp_path)
    assert ended.status == 1
    assert str(kept) in ended.err


def test_a_site_that_does_not_answer_could_not_be_checked() -> None:
    ended = verify("http://127.0.0.1:1")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("Error: ")
    assert verify("http://whistle.example").status == 1


def test_what_the_site_says_cannot_drive_the_terminal(site: Mirror) -> None:
    def hostile(asked: Asked, given: Served) -> Served:
        if asked.path == "/":
            return given.having("</main>", "<p \x1b]0;owned\x07>\x1b[2J\u202e\x9b31m</main>")
        if asked.path == STYLE:
            return given.with_header("Set-Cookie", "\x1b[2J\x9b\xad" + "x" * 5_000)
        return given

    with site.served(hostile) as address:
        ended = verify(address)
    assert ended.status == 3
    assert not {letter for letter in ended.out + ended.err if letter < " " and letter != "\n"}
    assert not set(ended.out + ended.err) & set("\x7f\x9b\u202e\xad")
    assert "\\u{1b}" in ended.out
    assert max(map(len, ended.out.splitlines())) < 1_000
    with site.served(hostile) as address:
        assert verify(address, "--json").out.isascii()


def test_json_is_one_line(site: Mirror) -> None:
    with site.served(honest) as address:
        ended = verify(address, "--json", "--quiet")
    assert json.loads(ended.out)["findings"] == []
    assert ended.out.count("\n") == 1
