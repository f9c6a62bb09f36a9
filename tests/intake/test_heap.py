"""What becomes of freed memory, and of how many pages the rest consists, asked of the kernel."""

from pathlib import Path

import pytest

from tests.test_hardening import in_a_process
from whistle.intake import heap


def test_a_buffer_that_is_freed_serves_the_next_one() -> None:
    faults = "resource.getrusage(resource.RUSAGE_SELF).ru_minflt"
    use = f"before = {faults}\nfor _each in range(10):\n"
    use += "    eight = [bytearray(1 << 20) for _one in range(8)]\n    del eight\n"
    code = "import resource\nfrom whistle.intake.heap import keep_free_memory\n"
    code += f"{use}print({faults} - before)\nkeep_free_memory()\n{use}print({faults} - before)"
    without, kept = map(int, in_a_process(code).split())
    assert without > 15_000
    assert kept < 5_000


def test_memory_is_gathered_where_the_kernel_can_and_stays_what_it_was() -> None:
    code = "import re\nfrom pathlib import Path\nfrom whistle.intake.heap import gather_memory\n"
    code += "kept = [bytes([number % 251]) * 400 for number in range(60_000)]\n"
    code += "made = gather_memory()\n"
    code += "assert kept == [bytes([number % 251]) * 400 for number in range(60_000)]\n"
    code += "held = re.search(r'AnonHugePages: +(\\d+)', Path('/proc/self/smaps_rollup').read_text())\n"
    code += "print(made, int(held[1]) // 2048)"
    made, held = map(int, in_a_process(code).split())
    assert made == held
    assert made > 4 or not can_gather()


def can_gather() -> bool:
    """Return whether this kernel makes a large page when it is asked for one."""
    code = "import mmap\nfrom whistle.intake.heap import _LARGE_PAGE, _MADV_COLLAPSE\n"
    code += "kept = mmap.mmap(-1, 2 * _LARGE_PAGE, flags=mmap.MAP_PRIVATE)\nkept.write(b'x' * 2 * _LARGE_PAGE)\n"
    code += "try:\n    kept.madvise(_MADV_COLLAPSE, 0, 2 * _LARGE_PAGE)\nexcept OSError:\n    print(0)\n"
    code += "else:\n    print(1)"
    return in_a_process(code).strip() == "1"


def test_where_the_kernel_does_not_show_what_there_is_nothing_is_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_MAPS", Path("/proc/self/nothing"))
    assert heap.gather_memory() == 0
