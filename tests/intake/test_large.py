"""Uploads of any size without JavaScript: the memory of all server processes together hardly grows."""

import os
from pathlib import Path

import pytest

from bench.uploads import Watch, send
from tests.intake.server import serving

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look at the memory of a hardened process")

_MIB = 1 << 20
#: MiB by which all processes of the server may grow, whatever is sent.
_GROWTH = 100


def _grown(folder: Path, size: int) -> float:
    """Send a file of ``size`` bytes, and return by how many MiB the server's processes together grew meanwhile."""
    with serving(folder, ", form_mib=4096, day_mib=16384", site="tests.intake.pages_site:site") as server:
        watch = Watch(server)
        send(server, _MIB)
        watch.look()
        idle, watch.peak = watch.peak, 0.0
        with watch.kept():
            send(server, size)
    return watch.peak - idle


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    assert _grown(tmp_path, 200 * _MIB) < _GROWTH


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_file_of_two_gigabytes_is_never_in_memory(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)
    assert free.f_bavail * free.f_frsize > 4_096 * _MIB, "this needs 4 GiB of disk"
    assert _grown(tmp_path, 2_048 * _MIB) < _GROWTH
