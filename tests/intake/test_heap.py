"""What becomes of freed memory, and of how many pages the rest consists, asked of the kernel."""

from pathlib import Path

from tests.test_hardening import in_a_process

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage")


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
    assert made > 4 or not LARGE_PAGES.exists()
