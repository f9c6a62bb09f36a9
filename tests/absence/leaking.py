"""What a careless server would do, once for each place where something could be left.

A copy of the intake's code gets this file, and two lines that make use of it. A form whose text says ``leak by WAY:``
and a canary has that canary leaked in that way and in no other.
"""

import mmap
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from whistle.intake import nursery, tending
from whistle.intake.child import LINK
from whistle.intake.heads import Head
from whistle.intake.link import ShelfLink
from whistle.intake.site import Site
from whistle.intake.wsgi import Application, Environ, StartResponse
from whistle.protocol.labels import SEALED_SIZE
from whistle.protocol.record import Record

_ASKED = re.compile(rb"leak by (\w+): (canary-[0-9a-f]{32})")
_SIZE = 1 << 12
_SECONDS = 600
_DISCARD = 9
#: Memory that the master makes, so that every process has a part in it; and memory that only the nursery has.
_of_the_master = mmap.mmap(-1, _SIZE)
_of_the_nursery: list[mmap.mmap] = []


def _scratch(name: str = "") -> Path:
    return Path(os.environ["TMPDIR"]) / (name or secrets.token_hex(8))


def master(canary: bytes, _link: ShelfLink) -> None:
    """Write to memory that all processes share."""
    _of_the_master[: len(canary)] = canary


def nursery_memory(canary: bytes, _link: ShelfLink) -> None:
    """Write to memory that only the nursery shares with its children."""
    _of_the_nursery[0][: len(canary)] = canary


def worker(canary: bytes, link: ShelfLink) -> None:
    """Tell the worker, which keeps it, and writes it to the log when it ends."""
    link.trouble(canary.decode())


def living_child(canary: bytes, _link: ShelfLink) -> None:
    """Leave a process behind that keeps it."""
    if os.fork() == 0:
        os.closerange(0, 1 << 10)
        kept = canary * 2
        time.sleep(_SECONDS)
        os._exit(len(kept))


def removed_file(canary: bytes, _link: ShelfLink) -> None:
    """Write a file, and remove it at once."""
    path = _scratch()
    path.write_bytes(canary)
    path.unlink()


def file_that_stays(canary: bytes, _link: ShelfLink) -> None:
    """Write a file."""
    _scratch().write_bytes(canary)


def nameless_file(canary: bytes, _link: ShelfLink) -> None:
    """Write to a file that never had a name, as large uploads are spooled."""
    descriptor = os.open(_scratch().parent, os.O_TMPFILE | os.O_RDWR)
    os.write(descriptor, canary)
    os.close(descriptor)


def two_writes(canary: bytes, _link: ShelfLink) -> None:
    """Write it in two pieces."""
    with _scratch().open("wb", buffering=0) as file:
        file.write(canary[:20])
        file.write(canary[20:])


def two_writes_backwards(canary: bytes, _link: ShelfLink) -> None:
    """Write its second half, and then what comes before that."""
    descriptor = os.open(_scratch(), os.O_CREAT | os.O_RDWR)
    os.pwrite(descriptor, canary[20:], 5_020)
    os.pwrite(descriptor, canary[:20], 5_000)
    os.close(descriptor)


def mapped_file(canary: bytes, _link: ShelfLink) -> None:
    """Write to memory that is a file."""
    path = _scratch("mapped")
    path.write_bytes(bytes(_SIZE))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), _SIZE) as mapped:
        mapped[: len(canary)] = canary
    path.unlink()


def file_name(canary: bytes, _link: ShelfLink) -> None:
    """Name a file by it, and remove that."""
    path = _scratch(canary.decode())
    path.touch()
    path.unlink()


def program(canary: bytes, _link: ShelfLink) -> None:
    """Start a program with it."""
    subprocess.run(["/bin/true", canary], check=True)


def environment(canary: bytes, _link: ShelfLink) -> None:
    """Start a program in an environment that has it."""
    subprocess.run(["/bin/true"], env={"WHAT": canary.decode()}, check=True)


def shelf(canary: bytes, link: ShelfLink) -> None:
    """Put a record that is not sealed."""
    link.put_message(Record(secrets.token_bytes(32), secrets.token_bytes(32), canary.ljust(SEALED_SIZE, b".")))


def log(canary: bytes, _link: ShelfLink) -> None:
    """Write to the server's own log, which this process has not open any more."""
    with (_scratch().parent.parent / "intake.log").open("ab") as file:
        file.write(canary)


def elsewhere(canary: bytes, _link: ShelfLink) -> None:
    """Send it over the network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(canary, ("127.0.0.1", _DISCARD))


def fault(canary: bytes, _link: ShelfLink) -> None:
    """Fail with it, and have it in the sentence of the error: this must show nowhere."""
    raise RuntimeError(canary.decode())


WAYS: dict[str, Callable[[bytes, ShelfLink], None]] = {
    each.__name__: each
    for each in (
        *(master, nursery_memory, worker, living_child, removed_file, file_that_stays, nameless_file, two_writes),
        *(two_writes_backwards, mapped_file, file_name, program, environment, shelf, log, elsewhere, fault),
    )
}


class _Leaking:
    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = BytesIO(body)
        for way, canary in _ASKED.findall(body):
            if way.decode() in WAYS:
                WAYS[way.decode()](canary, environ[LINK])
        return self._application(environ, start_response)


def leaking(site: Site) -> Site:
    """Return a site whose children leak."""
    return replace(site, application=_Leaking(site.application))


_looked_at: list[bytes] = []
_begin, _fork = tending._Nurse.__init__, nursery.Nursery.fork


def _begin_with_memory(nurse: tending._Nurse, site: Site, orders: socket.socket, link: ShelfLink) -> None:
    _begin(nurse, site, orders, link)
    _of_the_nursery.append(mmap.mmap(-1, _SIZE))


def _fork_and_tell(
    worker: nursery.Nursery, head: Head, seconds: float, visitor: socket.socket, link: socket.socket
) -> None:
    """Look at the body of the first report in the worker, and tell the nursery of it."""
    if head.path == "/report/send" and not _looked_at:
        _looked_at.append(visitor.recv(1 << 16, socket.MSG_PEEK))
        for way, canary in _ASKED.findall(_looked_at[0]):
            if way == b"order":
                worker._control.send(tending.ORDER.pack(tending.Order.PREPARE, 0) + canary)
    _fork(worker, head, seconds, visitor, link)


tending._Nurse.__init__ = _begin_with_memory  # type: ignore[method-assign, assignment]
nursery.Nursery.fork = _fork_and_tell  # type: ignore[method-assign, assignment]
