"""The files that a boxed agent may read: a Landlock ruleset, applied by system call (Linux 5.13 and newer).

Everything else is closed: no path can be opened, listed, made, changed or removed. From ABI 4 TCP is closed too, from
ABI 6 signals to and abstract sockets of processes outside. `stat` of a path is not covered by Landlock.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

__all__ = ["apply_landlock", "landlock_abi"]

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every machine
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI -> how many kinds of access to files it knows; 16 from 5 on
_EXECUTE, _READ_FILE, _READ_DIR = 1, 4, 8  # execute: libraries are mapped so
_NET, _SCOPE = 3, 3  # bind and connect of TCP; signals and abstract sockets
_PR_SET_NO_NEW_PRIVS = 38


def landlock_abi() -> int:
    """Returns the kernel's Landlock version, or 0 where it has none or it is switched off."""
    return max(0, int(_libc().syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(1))))


def apply_landlock(readable: Iterable[str]) -> None:
    """Closes the file system for this process, for good, but for reading these files and folders.

    Raises:
        OSError: the kernel refuses.
    """
    abi = landlock_abi()
    kinds = (1 << _RIGHTS.get(abi, 16)) - 1
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8  # struct landlock_ruleset_attr grew
    attributes = struct.pack("=QQQ", kinds, _NET, _SCOPE)[:size]
    ruleset = _call(_CREATE, ctypes.create_string_buffer(attributes, size), ctypes.c_size_t(size), ctypes.c_uint(0))
    for path in readable:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:  # not every system has every folder
            continue
        allowed = _EXECUTE | _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, fd), 12)
        _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
        os.close(fd)
    if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS) failed")
    _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    found = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return found
