"""The intake starts and answers where console, root and the trial do not exist, as in its image.

The files are those that the Dockerfile copies for it; ``make image-check`` does the same in a Debian root of its own.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dev.dockerfile import Ignore, parse
from dev.image import Image
from whistle.protocol.canonical import encode
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.labels import VERSION
from whistle.protocol.signing import Signer

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60
LISTENING = "Listening at: http://127.0.0.1:"


def lay_out(folder: Path, *stages: str) -> Path:
    """Lay out what the Dockerfile copies in these stages, and nothing else of the repository."""
    ignore = Ignore.read(ROOT / ".dockerignore")
    for stage in parse((ROOT / "Dockerfile").read_text()):
        for step in stage.steps:
            if stage.name in stages and step.instruction == "COPY" and step.origin is None:
                Image(folder, folder="/build").do(step, ignore, {})
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the files of the intake's image."""
    return lay_out(tmp_path_factory.mktemp("image"), "base", "intake")


def python(alone: Path, *arguments: str) -> list[str]:
    """Return the command that runs Python where only the image's files of ours can be imported."""
    script = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv.pop(0); "
    script += "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    return [sys.executable, "-P", "-c", script, str(alone / "build"), *arguments]


@pytest.fixture(scope="module")
def port(alone: Path) -> Iterator[int]:
    """Start the intake as its image does and return its port."""
    data = alone / "data"
    data.mkdir()
    (data / "keyring.json").write_bytes(keyring())
    settings = alone / "etc/whistle/whistle.toml"
    settings.write_text('[intake]\nfolder = "../../data"\nquestionnaires = "questionnaires"\n')
    arguments = ["gunicorn", "--config", str(alone / "etc/whistle/gunicorn.conf.py"), "--bind", "127.0.0.1:0"]
    log = alone / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(python(alone, *arguments), cwd=data, stdout=stream, stderr=stream) as process,
    ):
        try:
            yield listening(log, process)
        finally:
            process.terminate()


def listening(log: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that the log names, as soon as it does."""
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        found = [line for line in log.read_text().splitlines(keepends=True) if LISTENING in line and "\n" in line]
        if found:
            return int(found[0].split(LISTENING)[1].split()[0])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def keyring() -> bytes:
    """Return the published keyring of an organisation with one reviewer."""
    today = datetime.now(UTC).date()
    root = Signer.generate()
    person = Person(1, "Rosa Example", Role.REVIEWER, Signer.generate().verifier)
    channel = Channel(1, "Reports", "story/1", (1,))
    last = today + timedelta(days=300)
    ring = Keyring("Example", root.verifier, (channel,), (person,), (), VERSION, 1, today, last)
    return encode({"keyring": ring.sign(root).to_json(), "successions": []})


@pytest.mark.parametrize("path", ["/", "/v1/keyring"])
def test_the_intake_answers_without_console_and_root(port: int, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    connection.request("GET", path)
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("room", ["console", "root", "cli.console", "cli.root", "cli.trial"])
def test_what_is_not_copied_cannot_be_imported(alone: Path, room: str) -> None:
    result = subprocess.run(python(alone, f"whistle.{room}"), cwd=alone, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "No module named" in result.stderr


def test_the_command_offers_the_verbs_of_the_intake_only(alone: Path) -> None:
    result = subprocess.run(python(alone, "whistle", "--help"), cwd=alone, capture_output=True, text=True, check=True)
    offered = {line.split()[0] for line in result.stdout.split("Commands:")[1].splitlines() if line.strip()}
    assert {"intake", "carry"} <= offered
    assert not {"inbox", "read", "reply", "vault", "console", "init", "trial"} & offered


def test_the_command_of_a_console_needs_nothing_of_the_intake(tmp_path: Path) -> None:
    command = python(lay_out(tmp_path, "base", "console"), "whistle", "console", "--help")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
