"""What a process gives up, asked of the kernel; and when giving up swap is needed at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from whistle.hardening import can_be_swapped_out, may_lock_memory

SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"
PARTITION = "/dev/dm-1 partition 999420 0 -2\n"


def machine(root: Path, *, swaps: str, limits: dict[str, str] | None = None) -> Path:
    """Lay out the kernel's files of a machine whose process 7 is in the control group a/b."""
    (root / "proc/7").mkdir(parents=True)
    (root / "proc/swaps").write_text(SWAPS + swaps)
    (root / "proc/7/cgroup").write_text("0::/a/b\n")
    for group, limit in (limits or {}).items():
        folder = root / "sys/fs/cgroup" / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.swap.max").write_text(limit + "\n")
    return root


@pytest.mark.parametrize(
    ("swaps", "limits", "expected"),
    [
        ("", {}, False),
        (PARTITION, {}, True),
        (PARTITION, {"a/b": "max", "a": "max"}, True),
        (PARTITION, {"a/b": "4096"}, True),
        (PARTITION, {"a/b": "0"}, False),
        (PARTITION, {"a/b": "max", "a": "0"}, False),
        (PARTITION, {"": "0"}, False),
        (PARTITION, {"c": "0"}, True),
    ],
)
def test_swap_is_reachable_unless_there_is_none_or_a_group_forbids_it(
    tmp_path: Path, swaps: str, limits: dict[str, str], *, expected: bool
) -> None:
    assert can_be_swapped_out("7", machine(tmp_path, swaps=swaps, limits=limits)) is expected


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_locked_memory_is_locked_and_a_child_has_to_lock_its_own() -> None:
    if not may_lock_memory():
        assert os.geteuid() != 0  # and the test below shows what such a user gets
        return
    locked = "int(open('/proc/self/status').read().split('VmLck:')[1].split()[0])"
    code = f"import os\nfrom whistle.hardening import lock_memory\nlock_memory()\nprint({locked}, flush=True)\n"
    code += f"if os.fork() == 0:\n    print({locked}, flush=True)\n    os._exit(0)\nos.wait()"
    parent, child = map(int, in_a_process(code).split())
    assert parent > 5_000
    assert child == 0


def test_an_ordinary_user_with_a_small_limit_may_not_lock() -> None:
    code = "import os, resource\nfrom whistle.hardening import may_lock_memory, lock_memory\n"
    code += "resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))\n"
    code += "if os.geteuid() == 0:\n    os.setuid(65534)\nprint(may_lock_memory())\n"
    code += "try:\n    lock_memory()\nexcept OSError as error:\n    print(error.strerror)"
    assert in_a_process(code) == "False\nmlockall"


def test_dumps_are_forbidden() -> None:
    code = "import resource, ctypes\nfrom whistle.hardening import forbid_dumps\nforbid_dumps()\n"
    code += "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    assert in_a_process(code) == "(0, 0) 0"
