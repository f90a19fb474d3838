"""What a boxed process may take: limits of the kernel on one process, a control group where one can be made."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import resource
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "BoxLimits",
    "Cgroup",
    "batch_s",
    "cgroup_version",
    "drop_powers",
    "limit_process",
    "remove_stale_groups",
    "usage",
]

_CGROUPS = Path("/sys/fs/cgroup")
_OVERHEAD = 64 << 20  # bytes of a control group for what no agent asked for: pipes, page tables
_FILE_BYTES = 32 << 20  # where a level lets it write at all
_FIRST_UID = 400_000  # above the users of any machine that we know; below the range of containers' users
_CAP_DAC_READ_SEARCH = 2
_PATIENCE = 8  # answers: the rows of an ordinary batch
_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 8, 47, 4
_numbers = itertools.count()


@dataclass(frozen=True)
class BoxLimits:
    """What one boxed agent may take before it is ended; part of the record's resource envelope.

    Fields:
        move_s: wall seconds per answer; see `batch_s` for a batched call.
        begin_s: wall seconds to load, to say what it plays, or to take its seat.
        memory_bytes: private memory.
        cpu_share: processor seconds per second in which it was asked; `begin_s` more are free.
        threads: at once.
        files: open at once.
        output_bytes: printed by one process; the first `log_bytes` are kept.
    """

    move_s: float = 10.0
    begin_s: float = 60.0  # torch took 3 to 6 s to import on a loaded machine
    memory_bytes: int = 2 << 30
    cpu_share: float = 2.0
    threads: int = 32
    files: int = 256
    output_bytes: int = 1 << 20
    log_bytes: int = 64 << 10


def limit_process(limits: BoxLimits) -> None:
    """Sets this process's own limits, for good. Called after the user was changed: threads are counted by user."""
    for name, value in (
        ("NOFILE", limits.files),
        ("FSIZE", _FILE_BYTES),
        ("CORE", 0),
        ("DATA", limits.memory_bytes),  # not AS: torch and CUDA reserve far more addresses than they use
        ("MEMLOCK", 0),
        ("NPROC", limits.threads + _threads_of_user()),
    ):
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def _threads_of_user() -> int:
    """Returns how many threads this user has now, which the kernel counts into its limit; none of a user of its own."""
    count, uid = 0, os.getuid()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if folder.stat().st_uid == uid:
                count += len(os.listdir(folder / "task"))
    return count


def drop_powers(keep_reading: bool) -> None:
    """Gives up what privileges this process has, and makes root's process a user that nobody else is.

    Root is exempt from the limit on threads and owns the host's files. With `keep_reading` a process that has the
    power may still pass closed folders on its way to what Landlock lets it read: root's interpreters and agents lie in
    root's home, which is closed to others.

    Raises:
        OSError: this root is not allowed to.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))  # _LINUX_CAPABILITY_VERSION_3
    data = ctypes.create_string_buffer(24)  # effective, permitted, inheritable: the low halves, then the high ones
    if libc.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget failed")
    kept = struct.unpack("=6I", data.raw[:24])[1] & (1 << _CAP_DAC_READ_SEARCH if keep_reading else 0)
    if os.geteuid() == 0:
        uid = _FIRST_UID + os.getpid()  # of no other living process
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    data = ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0))
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")


def usage(pid: int) -> tuple[int, float]:
    """Returns bytes of memory and seconds of processor time of a process and its descendants; (0, 0) if gone."""
    memory, ticks = 0, 0
    for each in _tree(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{each}/status").read_text().splitlines():
                if line.startswith(("RssAnon:", "RssShmem:")):
                    memory += int(line.split()[1]) << 10
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime, stime
    return memory, ticks / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _tree(int(child))


def cgroup_version() -> str:
    """Returns "v1" or "v2" where a control group that limits memory can be made here, else ""."""
    try:
        group = Cgroup(BoxLimits())
    except OSError:
        return ""
    group.remove()
    return group.version


class Cgroup:
    """A control group that limits the memory and the number of threads of what joins it."""

    def __init__(self, limits: BoxLimits) -> None:
        """Makes it.

        Raises:
            OSError: there is no controller of memory, or it is not ours to use.
        """
        name = f"arena-{os.getpid()}-{next(_numbers)}"
        memory, threads = str(limits.memory_bytes + _OVERHEAD), str(limits.threads + 8)
        if sys.platform == "linux" and (_CGROUPS / "memory/cgroup.procs").exists():
            self.version = "v1"
            wanted = {"memory": {"memory.limit_in_bytes": memory}, "pids": {"pids.max": threads}}
        else:
            self.version = "v2"
            wanted = {"": {"memory.max": memory, "memory.swap.max": "0", "pids.max": threads}}
        self._folders: list[Path] = []
        try:
            for controller, values in wanted.items():
                folder = _CGROUPS / controller / name
                folder.mkdir()
                self._folders.append(folder)
                for key, value in values.items():
                    (folder / key).write_text(value)
        except OSError:
            self.remove()
            raise

    def doors(self) -> list[int]:
        """Returns file descriptors; who writes "0" into each joins. The caller closes them."""
        return [os.open(folder / "cgroup.procs", os.O_WRONLY) for folder in self._folders]

    def has_killed(self) -> bool:
        """Whether the kernel ended a process in it for its memory."""
        file = self._folders[0] / ("memory.oom_control" if self.version == "v1" else "memory.events")
        with contextlib.suppress(OSError):
            counts = dict(line.split() for line in file.read_text().splitlines())
            return int(counts.get("oom_kill", "0")) > 0
        return False

    def remove(self) -> None:
        """Removes it; waits a moment for what was killed in it."""
        for folder in self._folders:
            _remove(folder)


def batch_s(move_s: float, rows: int) -> float:
    """Returns the wall seconds that a batched call may take: as many answers' as it has active rows, but eight at most.

    A call that takes longer is cut short, and each of its episodes played again alone, where the limit is that of one
    answer: so a hanging agent does not hold up a batch of 256 rows for 256 answers' time.
    """
    return move_s * min(max(rows, 1), _PATIENCE)


def remove_stale_groups() -> None:
    """Removes the control groups of processes that were ended before they could; those in use cannot be removed."""
    for folder in (*_CGROUPS.glob("arena-*-*"), *_CGROUPS.glob("*/arena-*-*")):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    for _ in range(50):
        try:
            folder.rmdir()
            return
        except (FileNotFoundError, PermissionError):
            return
        except OSError:  # a process of it is not quite gone
            time.sleep(0.02)
