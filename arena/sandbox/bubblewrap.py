"""Namespaces through bubblewrap: own processes, network, host name and files, where the tool works."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = ["bubblewrap_command"]

_SCRATCH = str(1 << 20)  # bytes of /dev/shm; else it could grow to half of the memory


def bubblewrap_command(readable: Sequence[str], is_root: bool) -> list[str]:
    """Returns the tool and its options for a process that sees these files and folders, read-only, and no others.

    Raises:
        OSError: it is not installed.
    """
    tool = shutil.which("bwrap")
    if tool is None:
        raise FileNotFoundError("bubblewrap is not installed: apt-get install bubblewrap")
    options = [tool, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--die-with-parent", "--hostname", "sandbox"]
    if is_root:  # the stub changes to a user of its own, and keeps the right to pass closed folders
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH"):
            options += ["--cap-add", name]
    else:
        options += ["--unshare-user", "--uid", "65534", "--gid", "65534", "--disable-userns"]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", _SCRATCH, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    made: set[str] = set()
    for path in readable:
        if path.startswith(("/proc/", "/dev/")) or not Path(path).exists():
            continue
        for parent in reversed(Path(path).parents[:-1]):  # it would make them closed to the user that the stub becomes
            if str(parent) not in made:
                made.add(str(parent))
                options += ["--dir", str(parent)]
        options += ["--ro-bind", path, path]
    return [*options, "--remount-ro", "/", "--chdir", "/"]
