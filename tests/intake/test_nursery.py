"""The process that forks children: what it is without, what becomes of the site when it ends, what it rehearses."""

import os
import signal
from pathlib import Path

from tests.intake.server import Server, eventually, serving


def test_the_nursery_has_no_database_and_does_not_listen(server: Server) -> None:
    assert server.post("/echo", b"a").status == 200  # both have started in full
    loaded = Path(f"/proc/{server.nursery}/maps").read_text()
    assert "sqlite" not in loaded
    assert "sqlite" in Path(f"/proc/{server.worker}/maps").read_text()
    opened = [os.readlink(link) for link in Path(f"/proc/{server.nursery}/fd").iterdir()]  # noqa: PTH115
    assert not [name for name in opened if name.startswith("/") and name != os.devnull]
    assert len([name for name in opened if name.startswith("socket:")]) == 2


def test_the_worker_forks_nothing_but_the_nursery(server: Server) -> None:
    before = server.nursery
    assert server.post("/echo", b"a").status == 200
    assert server.nursery == before


def test_a_nursery_that_dies_is_replaced_with_its_worker(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        os.kill(server.nursery, signal.SIGKILL)
        assert eventually(lambda: server.log().count("Booting worker") == 2)
        assert server.post("/echo", b"a").status == 200
