"""Everything that the processes of a server give out, written down by strace: each write whole, and each name.

What comes in is not looked at, only where it goes. One way out is meant, and is kept apart: what a child answers to its
own visitor. Whatever else could carry something out, and cannot be shown whole, is a hole in the trace and is named.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.disk.strace import WHOLE, Call, calls
from tests.journeys.instance import Server

#: By these something comes in, or nothing passes at all. What is in none of these lists is a hole.
_NOT_RECORDED: Final = (
    *("read", "pread64", "readv", "recvfrom", "recvmsg", "getrandom", "getdents64", "munmap", "mprotect", "brk"),
    *("epoll_wait", "poll", "ppoll", "select", "pselect6", "clock_nanosleep", "futex", "getppid", "getpid", "madvise"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl", "fstat", "clock_gettime", "gettimeofday"),
)
#: These can carry nothing but the names that they are given, which are searched.
_NAMING: Final = frozenset(
    {
        *("openat", "open", "creat", "newfstatat", "stat", "lstat", "statx", "statfs", "access", "faccessat"),
        *("faccessat2", "readlink", "readlinkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "rename"),
        *("renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "chdir", "chmod", "fchmodat", "chown"),
        *("fchownat", "utimensat", "truncate", "memfd_create", "setxattr", "fsetxattr", "execve", "prctl", "bind"),
        *("connect", "mknod", "mknodat", "getcwd", "uname", "sethostname", "sched_getaffinity"),
    }
)
_SILENT: Final = frozenset(
    {
        *("close", "close_range", "dup", "dup2", "dup3", "lseek", "fcntl", "flock", "ftruncate", "fallocate"),
        *("fsync", "fdatasync", "fchown", "fchmod", "fchdir", "fstatfs", "fadvise64", "umask", "fork", "vfork"),
        *("clone", "clone3", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill", "pidfd_open"),
        *("pidfd_send_signal", "rt_sigpending", "sigaltstack", "set_robust_list", "set_tid_address", "rseq"),
        *("arch_prctl", "prlimit64", "sysinfo", "getrusage", "sched_yield", "alarm", "setitimer", "nanosleep"),
        *("getuid", "geteuid", "getgid", "getegid", "getgroups", "setuid", "setgid", "setgroups", "setpgid"),
        *("setsid", "getsid", "getpgid", "getpgrp", "gettid", "times", "socket", "socketpair", "listen", "accept"),
        *("accept4", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt", "pipe", "pipe2"),
        *("epoll_create1", "epoll_ctl", "eventfd2", "mremap", "mlockall", "munlockall", "restart_syscall"),
        *("timerfd_create", "timerfd_settime", "capget", "mlock", "munlock"),
    }
)
_WRITING: Final = frozenset({"write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg"})
_VISITOR: Final = re.compile(r"TCP(?:v6)?:\[.*:(\d+)->.*\]")
_ORDERS: Final = re.compile(r"UNIX(?:-SEQPACKET)?:\[")
#: Bytes around a write that are looked at with it: more than the longest spelling of anything.
_AROUND: Final = 1 << 12
_PATIENCE_SECONDS: Final = 120


@dataclass(frozen=True)
class Given:
    """What went out at one place, with what lies before and after it there."""

    place: str
    data: bytes


class _Shadow:
    """What was ever written to one file or socket: what is told in two writes, in whatever order, is seen whole."""

    def __init__(self, *, is_file: bool) -> None:
        self._is_file = is_file
        self._bytes = bytearray()
        self.at = 0

    def begin(self, *, at_end: bool) -> None:
        self.at = len(self._bytes) if at_end else 0

    def write(self, data: bytes, at: int | None) -> bytes:
        if not self._is_file:
            whole = bytes(self._bytes) + data
            self._bytes[:] = whole[-_AROUND:]
            return whole
        start = self.at if at is None else at
        end = start + len(data)
        self._bytes.extend(bytes(max(0, end - len(self._bytes))))
        self._bytes[start:end] = data
        if at is None:
            self.at = end
        return bytes(self._bytes[max(0, start - _AROUND) : end + _AROUND])


class Trace:
    """A server that is started with ``prefix`` is traced from its first call to its last, and so are all it starts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.prefix = (
            *WHOLE,
            # The tracer is in a session of its own, and what is traced keeps the process number that we know.
            "-DDD",
            "--decode-fds=path,socket",
            "--abbrev=!execve",  # a program's environment too
            f"--trace=!{','.join(_NOT_RECORDED)}",
            "--seccomp-bpf",  # what is not recorded costs nothing
            f"--output={file}",
        )
        self._lasting: frozenset[int] = frozenset()
        self._port = ""
        self._tracer = 0
        self._writable: set[str] = set()
        #: ways by which something may have gone out unseen
        self.holes: set[str] = set()
        #: what children answered to their visitors
        self.answers: list[Given] = []
        #: what the worker told the nursery to do
        self.orders: list[bytes] = []

    def attend(self, server: Server) -> None:
        """Take note of a server that runs: who its lasting processes are, and that each of them is traced."""
        self._lasting = frozenset({server.master, server.worker, server.nursery})
        self._port = str(server.port)
        tracers = {_tracer(process) for process in self._lasting}
        assert len(tracers) == 1
        self._tracer = tracers.pop()
        assert self._tracer

    def given(self) -> Iterator[Given]:
        """Yield what went out, when all that is traced has ended; the other lists fill meanwhile."""
        limit = time.monotonic() + _PATIENCE_SECONDS
        while Path(f"/proc/{self._tracer}").exists():
            assert time.monotonic() < limit, "something that is traced has not ended"
            time.sleep(0.05)
        shadows: dict[str, _Shadow] = {}
        for call in calls(self._file):
            yield from self._of(call, shadows)

    def _of(self, call: Call, shadows: dict[str, _Shadow]) -> Iterator[Given]:
        if call.name in _WRITING:
            yield from self._written(call, shadows) if call.result > 0 else ()
        elif call.name in _NAMING or call.name == "mmap":
            yield from (Given(f"a name for {call.name}", name) for name in call.strings)
        elif call.name not in _SILENT:
            self.holes.add(f"a call that nobody expects: {call.name}")
        if call.result >= 0:
            self._note(call, shadows)

    def _note(self, call: Call, shadows: dict[str, _Shadow]) -> None:
        """Note where the next write to a file goes, and what may go to one unseen."""
        if call.name == "openat":
            _shadow(shadows, call.opened).begin(at_end="O_APPEND" in call.arguments)
            if "O_RDONLY" not in call.arguments:
                self._writable.add(call.opened)
        elif call.name == "lseek":
            _shadow(shadows, call.place).at = call.result
        elif call.name in {"accept", "accept4"}:
            shadows.pop(call.opened, None)  # another visitor had the same port before
        elif call.name == "mmap" and "MAP_SHARED" in call.arguments and call.mapped in self._writable:
            self.holes.add(f"a file that is mapped: {call.mapped}")

    def _written(self, call: Call, shadows: dict[str, _Shadow]) -> Iterator[Given]:
        data = b"".join(call.strings)[: call.result]
        at = call.last_number if call.name in {"pwrite64", "pwritev"} else None
        around = _shadow(shadows, call.place).write(data, at)
        given = Given(f"{call.name} to {call.place}", around)
        if _ORDERS.match(call.place):
            self.orders.append(data)
        visitor = _VISITOR.fullmatch(call.place)
        if visitor and visitor[1] == self._port and call.process not in self._lasting:
            self.answers.append(given)
        else:
            yield given


def _shadow(shadows: dict[str, _Shadow], place: str) -> _Shadow:
    return shadows.setdefault(place, _Shadow(is_file=place.startswith("/")))


def _tracer(process: int) -> int:
    return int(Path(f"/proc/{process}/status").read_text().split("TracerPid:")[1].split()[0])
