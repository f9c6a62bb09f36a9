"""What the server does when the disk fails: nothing is said to be stored, and it finds its way back."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.intake.server import Server, eventually, serving
from whistle.courier import wire
from whistle.protocol.labels import RECORD_SIZE

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may disturb the system calls of a hardened process"
)


def put(server: Server) -> int:
    try:
        return server.put(wire.MESSAGES_PATH, os.urandom(RECORD_SIZE)).status
    except OSError:
        return 0


def test_a_disk_that_fails_to_sync_is_never_trusted_again_without_a_new_start(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert put(server) == 204
        calls = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=1"]
        with subprocess.Popen(["strace", "-f", "-o", tmp_path / "trace", *calls, "-p", str(server.worker)]) as tracer:
            time.sleep(0.5)
            assert put(server) == 503
            assert eventually(lambda: put(server) == 204)
            tracer.terminate()
        assert "EIO" in (tmp_path / "trace").read_text()
        assert "the shelf has to be opened again" in server.log()
        assert server.log().count("Booting worker") == 2
        server.worker = int(server.log().rsplit("Booting worker with pid: ", 1)[1].split()[0])
        assert server.post("/echo", b"a").status == 200
        # The operator learns which part of the machine it was, and nothing of what was to be stored.
        assert "ShelfUnavailable from OperationalError SQLITE_IOERR_FSYNC at whistle/shelf/" in server.log()
        assert str(tmp_path) not in server.log()
