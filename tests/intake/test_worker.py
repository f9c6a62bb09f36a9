"""What the server refuses to start with, and what it leaves on the machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.intake.server import ROOT, Server, eventually, serving
from whistle.courier import wire
from whistle.protocol.labels import RECORD_SIZE


def start(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config/gunicorn.conf.py")]
    command += ["--bind", "127.0.0.1:0", *options, f"tests.intake.probe:site({str(folder)!r})"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "options",
    [
        ("--workers", "2"),
        ("--access-logfile", "-"),
        ("--log-config-json", "logging.json"),
        ("--spew",),
        ("--logger-class", "gunicorn.glogging.Logger"),
        ("--bind", "unix:socket"),
        ("--reuse-port",),
    ],
)
def test_a_configuration_that_breaks_a_promise_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = start(tmp_path, *options)
    assert result.returncode != 0
    assert "SettingsError" in result.stderr


def test_a_shelf_that_is_in_use_stops_the_second_server_at_once(tmp_path: Path) -> None:
    with serving(tmp_path):
        result = start(tmp_path)
        assert result.returncode == 3
        assert "Another program has the shelf open" in result.stderr


def test_a_keyring_that_is_none_is_said_and_stops_the_server(tmp_path: Path) -> None:
    (tmp_path / "keyring.json").write_text("{}")
    result = start(tmp_path)
    assert result.returncode == 3
    assert "list of the people who read reports is not in the form" in result.stderr


def opened_by(process: int) -> Iterator[str]:
    """Yield what the descriptors of a process lead to; one that it closes meanwhile leads nowhere."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(link)  # noqa: PTH115


def test_the_server_keeps_its_files_to_itself(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.post("/echo", b"a")
        opened = list(opened_by(server.worker))
        files = [name for name in opened if name.startswith("/") and "(deleted)" not in name]
        assert all(name.startswith((str(tmp_path), "/dev/")) for name in files)
        assert [name for name in opened if "wgunicorn" in name and not name.startswith("/dev/shm/")] == []  # noqa: S108
        made = [file for file in tmp_path.rglob("*") if "shelf" in file.parts or "statements" in file.parts]
        assert made
        assert all(file.stat().st_mode & 0o077 == 0 for file in made)


def test_one_process_listens_and_no_control_socket_is_made(server: Server) -> None:
    lines = Path("/proc/net/unix").read_text().splitlines()
    assert not [line for line in lines if "gunicorn" in line]
    assert server.children() == []


def test_a_reload_hands_the_shelf_over(tmp_path: Path) -> None:
    body = os.urandom(RECORD_SIZE)
    with serving(tmp_path) as server:
        assert server.put(wire.MESSAGES_PATH, body).status == 204
        os.kill(server.master, signal.SIGHUP)
        assert eventually(lambda: server.log().count("Booting worker") == 2)
        assert eventually(lambda: f"Worker exiting (pid: {server.worker})" in server.log())
        assert server.put(wire.MESSAGES_PATH, body).status == 204
        assert server.put(wire.MESSAGES_PATH, body[:64] + os.urandom(RECORD_SIZE - 64)).status == 409
        assert server.post("/echo", b"a").status == 200
        assert server.stop() == 0


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        os.kill(server.worker, signal.SIGKILL)
        assert eventually(lambda: server.log().count("Booting worker") == 2)
        assert server.post("/echo", b"a").status == 200
