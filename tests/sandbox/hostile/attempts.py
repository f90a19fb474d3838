"""What a hostile agent tries and a box must refuse; each attempt says whether it could. Harmless where it can.

Signals are number 0, which only asks; raw system calls have empty arguments, and count as refused only where the filter
answers, not where the kernel does.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from arena.agent import Agent
from arena.sandbox.seccomp import DENIED, SECCOMP_MACHINES

_LIBC = ctypes.CDLL(None, use_errno=True)
_REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
_NEVER = {"reboot", "kexec_load", "kexec_file_load", "fork", "vfork"}  # too dear if a test is wrong


class Attempts(Agent):
    """Makes the named attempts in its first move and prints of each whether it could; plays 0."""

    def __init__(
        self, *, names: list[str], parent: int, other: int, folder: str, port: int, unix: str, **given: Any
    ) -> None:
        super().__init__(**given)
        self._names = names
        self.parent, self.other, self.folder, self.port, self.unix = parent, other, Path(folder), port, unix

    def act_one(self, observation: Any, mask: Any, random: Any) -> int:
        self.seen = observation
        for name in self._names:
            try:
                getattr(self, name)()
            except _Leak as error:
                print(f"could {name}: {error}")
            except BaseException as error:
                print(f"refused {name}: {type(error).__name__} {error}")
            else:
                print(f"could {name}")
        self._names = []
        return 0

    # files: results, seeds, home, sources

    def read_results(self) -> None:
        (self.folder / "secret").read_text()

    def write_results(self) -> None:
        (self.folder / "secret").write_text("seed=41")

    def append_results(self) -> None:
        with (self.folder / "secret").open("a") as file:
            file.write("x")

    def stat_results(self) -> None:
        (self.folder / "secret").stat()

    def list_results(self) -> None:
        os.listdir(self.folder)

    def chmod_results(self) -> None:
        (self.folder / "secret").chmod(0o666)

    def touch_results(self) -> None:
        os.utime(self.folder / "secret", (0, 0))

    def truncate_results(self) -> None:
        os.truncate(self.folder / "secret", 0)

    def remove_results(self) -> None:
        (self.folder / "spare").unlink()

    def rename_results(self) -> None:
        (self.folder / "spare").rename(self.folder / "moved")

    def make_file(self) -> None:
        (self.folder / "made").write_text("")

    def make_folder(self) -> None:
        (self.folder / "folder").mkdir()

    def link_in(self) -> None:
        os.link(self.folder / "secret", self.folder / "hard")

    def link_and_read(self) -> None:
        os.symlink(self.folder / "secret", self.folder / "soft")
        (self.folder / "soft").read_text()

    def read_by_dots(self) -> None:
        open("../" * 12 + str(self.folder / "secret")[1:]).close()

    def read_passwd(self) -> None:
        Path("/etc/passwd").read_text()

    def list_home(self) -> None:
        os.listdir(os.path.expanduser("~root"))

    def write_own_source(self) -> None:
        with open(__file__, "a"):
            pass

    def write_library(self) -> None:
        (Path(sys.prefix) / "lib/arena_was_here").write_text("")

    def write_tmp(self) -> None:
        (Path("/tmp") / f"arena-hostile-{os.getpid()}").touch()

    def write_shm(self) -> None:
        (Path("/dev/shm") / f"arena-hostile-{os.getpid()}").touch()

    def watch_results(self) -> None:
        if _LIBC.inotify_init() < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    # the harness's process, and others

    def parent_environ(self) -> None:
        Path(f"/proc/{self.parent}/environ").read_bytes()

    def parent_memory(self) -> None:
        open(f"/proc/{self.parent}/mem", "rb").close()

    def parent_files(self) -> None:
        os.listdir(f"/proc/{self.parent}/fd")

    def parent_root(self) -> None:
        Path(f"/proc/{self.parent}/root{self.folder}/secret").read_text()

    def list_processes(self) -> None:
        os.listdir("/proc")

    def own_memory_files(self) -> None:
        os.listdir("/proc/self/map_files")

    def signal_parent(self) -> None:
        os.kill(self.parent, 0)

    def signal_everyone(self) -> None:
        os.kill(-1, 0)

    def kill_other(self) -> None:
        os.kill(self.other, signal.SIGKILL)

    def sigio_parent(self) -> None:
        fcntl.fcntl(0, fcntl.F_SETOWN, self.parent)

    def limit_parent(self) -> None:
        resource.prlimit(self.parent, resource.RLIMIT_NOFILE)

    def survive_parent(self) -> None:
        if _LIBC.prctl(1, 0, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")

    # processes of its own

    def fork(self) -> None:
        if (pid := os.fork()) == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def fork_bomb(self) -> None:
        for _ in range(3):  # a filter that lets three pass lets a thousand pass
            self.fork()

    def daemon(self) -> None:
        if (pid := os.fork()) == 0:
            os.setsid()
            os._exit(0)
        os.waitpid(pid, 0)

    def subprocess(self) -> None:
        subprocess.run(["/bin/true"], check=True)

    def spawn(self) -> None:
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)

    def threads(self) -> None:
        wait = threading.Event()
        started: list[threading.Thread] = []
        try:
            for _ in range(100):
                started.append(threading.Thread(target=wait.wait, daemon=True))
                started[-1].start()
        finally:
            wait.set()
            for thread in started[:-1]:
                thread.join()

    def more_of_everything(self) -> None:
        raised = []
        for name in ("NOFILE", "NPROC", "DATA", "FSIZE", "CORE"):
            with contextlib.suppress(ValueError, OSError):
                number = getattr(resource, f"RLIMIT_{name}")
                hard = resource.getrlimit(number)[1]
                resource.setrlimit(number, (hard + 1, hard + 1))
                raised.append(name)
        if not raised:
            raise PermissionError("every limit holds")

    def first_in_line(self) -> None:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))

    def nicer(self) -> None:
        os.nice(-1)

    def another_core(self) -> None:
        os.sched_setaffinity(0, {0})

    def be_root(self) -> None:
        os.setuid(0)

    def capabilities(self) -> None:
        """Root's powers but reading, which Landlock bounds; in a box even one's own status is closed: so by acting."""
        os.chroot("/")

    # memory that nobody counts

    def shared_memory(self) -> None:
        mmap.mmap(-1, 1 << 20).close()

    def memory_file(self) -> None:
        os.close(os.memfd_create("hostile"))

    def many_files(self) -> None:
        held = []
        try:
            for _ in range(2000):
                held.append(os.dup(0))
        finally:
            for fd in held:
                os.close(fd)

    # the network

    def tcp(self) -> None:
        socket.create_connection(("127.0.0.1", self.port), 1.0).close()

    def udp(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", ("127.0.0.1", self.port))

    def listen(self) -> None:
        socket.create_server(("127.0.0.1", 0)).close()

    def name_service(self) -> None:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW):
            pass

    def abstract_socket(self) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect("\0" + self.unix)

    def virtual_machine_socket(self) -> None:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM):
            pass

    # the kernel

    def new_namespace(self) -> None:
        for flag in (0x10000000, 0x40000000, 0x20000, 0x20000000):  # user, network, mounts, processes
            with contextlib.suppress(OSError):
                self._call("unshare", flag)
                return
        raise PermissionError("no namespace")

    def every_denied_call(self) -> None:
        """Makes every call of the list: the filter must be what answers."""
        self._must_refuse("socket")  # if this passes there is no filter, and nothing more is tried
        for name in DENIED:
            if name not in _NEVER:
                self._must_refuse(name)
        raise PermissionError(f"{len(DENIED) - len(_NEVER)} calls refused")

    def newer_calls(self) -> None:
        if _LIBC.syscall(ctypes.c_long(463), 0, 0, 0, 0, 0) < 0 and ctypes.get_errno() == errno.ENOSYS:
            raise PermissionError("no such call")

    def _must_refuse(self, name: str) -> None:
        number = DENIED[name][SECCOMP_MACHINES.index(platform.machine())]
        if number is None:
            return
        if _LIBC.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0) >= 0 or ctypes.get_errno() not in _REFUSED:
            raise _Leak(f"{name} reached the kernel: {errno.errorcode.get(ctypes.get_errno())}")

    def _call(self, name: str, *arguments: int) -> None:
        number = DENIED[name][SECCOMP_MACHINES.index(platform.machine())]
        if number is not None and _LIBC.syscall(ctypes.c_long(number), *arguments) < 0:
            raise OSError(ctypes.get_errno(), name)

    # what it was given

    def write_observation(self) -> None:
        observation = self.seen
        observation.flags.writeable = True

    def inherited_files(self) -> None:
        found = []
        for fd in range(3, 1024):
            with contextlib.suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_GETFD)
                found.append(fd)
        if len(found) <= 3:
            raise PermissionError("the line to the harness and the two shared pages, and no more")

    def environment_variables(self) -> None:
        if "ARENA_TEST_KEY" not in os.environ:
            raise PermissionError(f"only {sorted(os.environ)}")


class _Leak(Exception):
    """Printed as what could be done."""
