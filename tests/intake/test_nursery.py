"""The process that forks children: what it is without, what becomes of the site when it ends, what it rehearses."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.intake.browsing import Place
from tests.intake.server import Server, eventually, serving
from whistle.errors import Refused


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


def test_pages_that_are_the_same_for_everybody_cost_no_child(tmp_path: Path) -> None:
    with serving(tmp_path, site="tests.intake.pages_site:site") as server:
        assert eventually(lambda: server.get("/").status == 200 and not costs_a_child(server, "/"))
        for path in ("/without-script", "/replies", "/replies/without-script", "/room", "/steps"):
            assert server.get(path).status == 200
            assert not costs_a_child(server, path)
        assert costs_a_child(server, "/nothing")


def costs_a_child(server: Server, path: str) -> bool:
    """Whether a child has ended that was forked for this; the kernel counts its page faults when it is waited for."""
    before = faults_of_children(server.nursery)
    server.get(path)
    time.sleep(0.3)
    return faults_of_children(server.nursery) > before


def faults_of_children(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[8])


def test_what_is_shown_goes_when_it_is_wrong(tmp_path: Path) -> None:
    with serving(tmp_path, site="tests.intake.pages_site:site") as server:
        assert eventually(lambda: not costs_a_child(server, "/"))
        (tmp_path / "statements" / "1.json").unlink()
        assert eventually(lambda: b"Cannot be reached now" in server.get("/").body)


def test_a_child_cannot_change_what_others_are_shown(place: Place) -> None:
    with place.backstage.link() as link, pytest.raises(Refused):
        link.show("/", b"defaced")
