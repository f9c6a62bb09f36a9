"""Where a process's memory could end up on a disk: swap, core dumps, and debuggers."""

from collections.abc import Iterator
from pathlib import Path

from whistle.hardening import can_be_swapped_out
from whistle.intake.doctor.finding import Finding, note, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.intake.doctor.machine import Machine
from whistle.language import _

_MOUNT_POINT, _MOUNT_DEVICE = 4, 2
_YES = frozenset({"Y", "1"})


def examine(installation: Installation) -> Iterator[Finding]:
    """Look at swap, core dumps and who may trace."""
    yield from _swap(installation)
    yield from _dumps(installation)
    yield from _tracing(installation.machine)


# --- swap


def _swap(installation: Installation) -> Iterator[Finding]:
    machine, server = installation.machine, installation.server
    areas = [line.split()[0] for line in machine.lines("proc/swaps")[1:] if line.strip()]
    if not areas:
        return
    plain = [area for area in areas if not _stays_sealed(machine, area)]
    if not plain:
        yield note(
            "swap-sealed",
            _("Swap is on, but encrypted or in memory only: {areas}.").format(areas=", ".join(areas)),
            _("Nothing needs to be done."),
        )
        return
    if server is not None and not can_be_swapped_out(str(server.number), machine.root):
        yield note(
            "swap-forbidden",
            _("Swap is on, but the intake's control group may use none of it."),
            _("Nothing needs to be done."),
        )
        return
    words = _("Swap is on and not encrypted ({areas}): what somebody typed can end up on this disk and stay there.")
    limit = _("The intake locks the memory of what handles forms, since its limit allows that.")
    locked = server is not None and server.lock_limit == "unlimited"
    (tell, more) = (note, " " + limit) if locked else (warning, "")
    yield tell(
        "swap-on",
        words.format(areas=", ".join(plain)) + more,
        _(
            "Run swapoff -a and remove the swap from /etc/fstab; or encrypt it (/etc/crypttab: a key from /dev/urandom"
            " at each start); or forbid it to the service: MemorySwapMax=0, as in config/whistle-intake.service."
        ),
    )
    if machine.text("sys/module/zswap/parameters/enabled").strip() in _YES:
        yield note(
            "zswap-on",
            _("zswap is on: it holds swapped pages in memory for a while, and writes them to the swap later."),
            _("What is said about swap holds."),
        )


def _stays_sealed(machine: Machine, area: str) -> bool:
    """Return whether what is written to a swap area is encrypted, or never leaves the memory."""
    if Path(area).name.startswith("zram"):
        backing = machine.text(f"sys/block/{Path(area).name}/backing_dev").strip()
        return backing in {"", "none"}
    if area.startswith("/dev/"):
        return _is_encrypted(machine, f"sys/class/block/{_device_name(machine, area)}")
    device = _device_of_file(machine, area)
    return device is not None and _is_encrypted(machine, f"sys/dev/block/{device}")


def _device_name(machine: Machine, area: str) -> str:
    """Return the kernel's name of a device, which may be given by another (/dev/mapper/swap)."""
    return machine.path(area).resolve().name


def _is_encrypted(machine: Machine, device: str) -> bool:
    if machine.text(f"{device}/dm/uuid").startswith("CRYPT-"):
        return True
    below = machine.matching(f"{device}/slaves/*")
    return bool(below) and all(_is_encrypted(machine, f"sys/class/block/{path.name}") for path in below)


def _device_of_file(machine: Machine, file: str) -> str | None:
    """Return the number of the device (``8:1``) on which the file system of ``file`` lies."""
    mounts = [line.split() for line in machine.lines("proc/self/mountinfo")]
    above = [mount for mount in mounts if len(mount) > _MOUNT_POINT and Path(file).is_relative_to(mount[_MOUNT_POINT])]
    nearest = max(above, key=lambda mount: len(mount[_MOUNT_POINT]), default=None)
    return None if nearest is None else nearest[_MOUNT_DEVICE]


# --- core dumps and debuggers


def _dumps(installation: Installation) -> Iterator[Finding]:
    machine, server = installation.machine, installation.server
    if server is not None and server.core_limit not in {"0", ""}:
        yield problem(
            "core-dumps-on",
            _("The intake's process may write its memory to a file when it crashes."),
            _("Start it with config/gunicorn.conf.py, which gives up dumps, and add LimitCORE=0 to the service."),
        )
    pattern = machine.text("proc/sys/kernel/core_pattern").strip()
    if pattern.startswith("|"):
        handler = Path(pattern[1:].split()[0]).name if pattern[1:].split() else ""
        yield warning(
            "core-pattern-piped",
            _(
                "Crashing programs hand their memory to {handler}, which writes it to a disk whatever their limits say."
                " The intake gives up dumps by itself; a proxy or an onion service before it does not."
            ).format(handler=handler),
            _handler_mend(handler),
        )
    if machine.text("proc/sys/fs/suid_dumpable").strip() == "1":
        yield warning(
            "core-dumps-privileged",
            _("Programs that changed their user may be dumped and read (fs.suid_dumpable is 1)."),
            _("Run: sysctl -w fs.suid_dumpable=0 – and put it into /etc/sysctl.d/."),
        )


def _handler_mend(handler: str) -> str:
    if handler == "systemd-coredump":
        return _("Put Storage=none and ProcessSizeMax=0 into /etc/systemd/coredump.conf, under [Coredump].")
    if handler == "apport":
        return _("Run: systemctl disable --now apport – and remove the package.")
    return _("Run: sysctl -w kernel.core_pattern=core – and put it into /etc/sysctl.d/.")


def _tracing(machine: Machine) -> Iterator[Finding]:
    scope = machine.text("proc/sys/kernel/yama/ptrace_scope").strip()
    mend = _("Run: sysctl -w kernel.yama.ptrace_scope=1 – and put it into /etc/sysctl.d/.")
    if scope == "0":
        yield warning(
            "ptrace-open",
            _(
                "A program may read the memory of every other program of its user (ptrace_scope is 0). The intake"
                " forbids it for itself; a proxy or an onion service does not."
            ),
            mend,
        )
    elif not scope:
        yield note(
            "ptrace-unlimited",
            _("This kernel has no limit on debuggers (no Yama). The intake forbids them for itself."),
            _("Run nothing else as the users of the intake, the proxy and the onion service."),
        )
