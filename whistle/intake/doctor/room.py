"""Whether there is room for what the settings promise to keep, for a tidy, and for burns, which write too."""

import os
from collections.abc import Iterator

from whistle.intake.doctor.finding import Finding, problem, warning
from whistle.intake.doctor.installation import Installation
from whistle.language import _

_MIB = 1 << 20
#: Below 64 MiB the shelf itself refuses to store.
_LEAST_MIB = 256
_LEAST_FILES = 1_000
_NEARLY = 0.9


def examine(installation: Installation) -> Iterator[Finding]:
    """Look at the file system of the shelf, and at how full the shelf is."""
    settings = installation.settings
    if not settings.folder.is_dir():
        return
    system = os.statvfs(settings.folder)
    if system.f_flag & os.ST_RDONLY:
        yield problem(
            "disk-read-only",
            _("The file system of {path} is read-only: nothing can be stored.").format(path=settings.folder),
            _("Look into the kernel's messages (dmesg) for errors of the disk, and mount it for writing."),
        )
    files = list(settings.shelf.glob("*")) if settings.shelf.is_dir() else []
    used = sum(path.stat().st_size for path in files) // _MIB
    yield from _disk(installation, system.f_bavail * system.f_frsize // _MIB, used)
    if system.f_files > 0 and system.f_favail < _LEAST_FILES:
        yield problem(
            "inodes-few",
            _("The file system of {path} has room for {count} more files only.").format(
                path=settings.folder, count=system.f_favail
            ),
            _("Remove small files that nobody needs, or give the shelf a file system of its own."),
        )
    if used > _NEARLY * settings.capacity_mib:
        yield warning(
            "shelf-nearly-full",
            _("The shelf holds {used} of {capacity} MiB. When it is full, the site takes no reports.").format(
                used=used, capacity=settings.capacity_mib
            ),
            _("Raise capacity_mib, if the disk has room. Otherwise lower chunk_days, once consoles have fetched."),
        )


def _disk(installation: Installation, free: int, used: int) -> Iterator[Finding]:
    settings = installation.settings
    messages = settings.shelf / "messages.sqlite"
    # The tidy writes all messages anew beside the old ones.
    copy = messages.stat().st_size // _MIB if messages.is_file() else 0
    if free < _LEAST_MIB + copy:
        yield problem(
            "disk-full",
            _("Only {free} MiB are free on the disk of {path}; the nightly tidy alone needs {copy}.").format(
                free=free, path=settings.folder, copy=copy + _LEAST_MIB
            ),
            _("Make room now. With less than 64 MiB, the site takes no reports."),
        )
    elif free < settings.capacity_mib - used + copy:
        yield warning(
            "disk-small",
            _("The shelf may grow by {more} MiB (capacity_mib), but the disk of {path} has {free} free.").format(
                more=settings.capacity_mib - used, path=settings.folder, free=free
            ),
            _("Lower capacity_mib, so that the site says in time that it is full; or use a larger disk."),
        )
