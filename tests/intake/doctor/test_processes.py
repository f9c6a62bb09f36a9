import os
import socket
from pathlib import Path

import pytest

from tests.intake.doctor.conftest import MASTER, USER, WORKER, Place, codes
from whistle.intake.doctor.machine import Machine, family, holder
from whistle.intake.doctor.processes import examine
from whistle.shelf import Shelf


def look(place: Place) -> set[str]:
    return codes(examine(place.installation()))


def test_an_intake_that_runs_is_left_in_peace(healthy: Place) -> None:
    healthy.serve(user=USER)
    assert look(healthy) == set()


def test_an_intake_that_does_not_run(healthy: Place) -> None:
    assert look(healthy) == {"not-running"}


@pytest.mark.parametrize("number", [MASTER, WORKER, WORKER + 1])
def test_a_process_that_runs_as_root(healthy: Place, number: int) -> None:
    healthy.serve(user=USER)
    status = healthy.root / f"proc/{number}/status"
    status.write_text(status.read_text().replace(f"\t{USER}", "\t0"))
    assert look(healthy) == {"runs-as-root"}


def test_the_kernel_says_who_has_the_shelf_open(healthy: Place) -> None:
    """The one test that asks the kernel of this machine."""
    machine = Machine()
    assert holder(machine, healthy.shelf) is None
    installation = healthy.installation()
    with Shelf(healthy.shelf, today=lambda: installation.today, message_days=90, chunk_days=90, capacity=1_000):
        found = holder(machine, healthy.shelf)
        assert found is not None
        assert (found.number, found.parent, found.user) == (os.getpid(), os.getppid(), os.geteuid())
        assert found.core_limit
        assert 0 < found.started <= installation.now
        assert os.getpid() in {process.number for process in family(machine, found)}
    assert holder(machine, healthy.shelf) is None


@pytest.mark.parametrize("name", ["statements/1.new", "shelf/fresh-messages.sqlite", "shelf/sorting.sqlite"])
def test_what_was_cut_off(healthy: Place, name: str) -> None:
    (healthy.folder / name).write_text("x")
    assert look(healthy) == {"not-running", "cut-off"}


def test_things_that_whistle_never_makes(healthy: Place) -> None:
    healthy.serve(user=USER)
    stray = healthy.folder / "gunicorn.ctl"
    with socket.socket(socket.AF_UNIX) as sock:
        here = Path.cwd()
        os.chdir(healthy.folder)  # the names of sockets are short
        try:
            sock.bind("gunicorn.ctl")
        finally:
            os.chdir(here)
    assert look(healthy) == {"strange-files"}
    stray.unlink()
    (healthy.shelf / "x.lock").touch()
    assert look(healthy) == {"strange-files"}


def test_temporary_folders(healthy: Place) -> None:
    healthy.serve(user=USER)
    (healthy.root / "tmp").chmod(0o777)
    assert look(healthy) == {"temporary-open"}


@pytest.mark.parametrize("name", ["tmp/wgunicorn-abc", "var/lib/nginx/body/0000000012", "var/lib/nginx/proxy/1/00/01"])
def test_temporary_files_of_servers(healthy: Place, name: str) -> None:
    healthy.serve(user=USER)
    healthy.write(name, "what somebody sent")
    assert look(healthy) == {"temporary-files"}
