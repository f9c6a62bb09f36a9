import pytest

from tests.intake.doctor.conftest import WORKER, Place, codes
from whistle.intake.doctor.memory import examine

SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"


def look(place: Place) -> dict[str, int]:
    found = list(examine(place.installation()))
    codes(found)
    return {finding.code: int(finding.severity) for finding in found}


def swap(place: Place, *areas: str) -> None:
    kind = {area: "partition" if area.startswith("/dev") else "file" for area in areas}
    place.write("proc/swaps", SWAPS + "".join(f"{area} {kind[area]} 999420 0 -2\n" for area in areas))


def test_a_healthy_machine_is_left_in_peace(healthy: Place) -> None:
    healthy.serve()
    assert look(healthy) == {}


@pytest.mark.parametrize("area", ["/dev/sda2", "/swapfile"])
def test_plain_swap(healthy: Place, area: str) -> None:
    healthy.write("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 8:5 / /boot rw - ext4 x rw\n")
    swap(healthy, area)
    assert look(healthy) == {"swap-on": 1}
    healthy.write("sys/module/zswap/parameters/enabled", "Y\n")
    assert look(healthy) == {"swap-on": 1, "zswap-on": 0}


def test_encrypted_swap_on_a_device(healthy: Place) -> None:
    healthy.write("sys/class/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap\n")
    swap(healthy, "/dev/dm-1")
    assert look(healthy) == {"swap-sealed": 0}
    swap(healthy, "/dev/dm-1", "/dev/sdb1")
    assert look(healthy) == {"swap-on": 1}


def test_encrypted_swap_by_another_name_and_below_a_volume(healthy: Place) -> None:
    healthy.write("dev/dm-3", "")
    (healthy.root / "dev/mapper").mkdir()
    (healthy.root / "dev/mapper/swap").symlink_to("../dm-3")
    healthy.write("sys/class/block/dm-3/dm/uuid", "LVM-abc\n")
    healthy.write("sys/class/block/dm-3/slaves/dm-0/x", "")
    swap(healthy, "/dev/mapper/swap")
    assert look(healthy) == {"swap-on": 1}
    healthy.write("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-abc\n")
    assert look(healthy) == {"swap-sealed": 0}


def test_a_swap_file_on_an_encrypted_disk(healthy: Place) -> None:
    healthy.write("proc/self/mountinfo", "22 1 253:0 / / rw - ext4 /dev/dm-0 rw\n")
    healthy.write("sys/dev/block/253:0/dm/uuid", "CRYPT-LUKS2-abc\n")
    swap(healthy, "/swapfile")
    assert look(healthy) == {"swap-sealed": 0}


def test_memory_that_is_compressed_and_stays(healthy: Place) -> None:
    swap(healthy, "/dev/zram0")
    assert look(healthy) == {"swap-sealed": 0}
    healthy.write("sys/block/zram0/backing_dev", "/dev/sda3\n")
    assert look(healthy) == {"swap-on": 1}


def test_swap_that_the_service_may_not_use(healthy: Place) -> None:
    swap(healthy, "/dev/sda2")
    healthy.serve()
    healthy.write(f"proc/{WORKER}/cgroup", "0::/system.slice/whistle-intake.service\n")
    assert look(healthy) == {"swap-on": 1}
    healthy.write("sys/fs/cgroup/system.slice/whistle-intake.service/memory.swap.max", "0\n")
    assert look(healthy) == {"swap-forbidden": 0}


def test_swap_that_is_locked_out(healthy: Place) -> None:
    swap(healthy, "/dev/sda2")
    healthy.serve(lock="unlimited")
    assert look(healthy) == {"swap-on": 0}


def test_dumps(healthy: Place) -> None:
    healthy.serve(core="unlimited")
    assert look(healthy) == {"core-dumps-on": 2}
    healthy.serve()
    healthy.write("proc/sys/fs/suid_dumpable", "1\n")
    assert look(healthy) == {"core-dumps-privileged": 1}


@pytest.mark.parametrize(
    ("pattern", "mend"),
    [
        ("|/usr/lib/systemd/systemd-coredump %P %u %g", "Storage=none"),
        ("|/usr/share/apport/apport -p%p", "apport"),
        ("|/bin/anything", "core_pattern=core"),
        ("|", "core_pattern=core"),
    ],
)
def test_dumps_that_are_handed_to_a_program(healthy: Place, pattern: str, mend: str) -> None:
    healthy.write("proc/sys/kernel/core_pattern", pattern + "\n")
    (finding,) = examine(healthy.installation())
    assert finding.code == "core-pattern-piped"
    assert mend in finding.mend


def test_debuggers(healthy: Place) -> None:
    scope = healthy.write("proc/sys/kernel/yama/ptrace_scope", "0\n")
    assert look(healthy) == {"ptrace-open": 1}
    scope.unlink()
    assert look(healthy) == {"ptrace-unlimited": 0}
