"""The system calls that a boxed agent may make: a seccomp filter, assembled here, for x86-64 and aarch64.

A list of what is denied, and ENOSYS for every call newer than the list: with NumPy and PyTorch that held up better than
a list of what is allowed. The numbers are those of the kernel's headers (asm/unistd_64.h, asm-generic/unistd.h).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable

__all__ = ["DENIED", "SECCOMP_MACHINES", "apply_seccomp", "assemble"]

SECCOMP_MACHINES = ("x86_64", "aarch64")
_NEWEST = 462  # mseal, Linux 6.10; both machines share the numbers from 424 on

# name -> (x86-64, aarch64); None where that machine has no such call
DENIED: dict[str, tuple[int | None, int | None]] = {
    # the network, and io_uring, which would go around this filter
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200),
    "listen": (50, 201), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # other processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "setpriority": (141, 140), "ioprio_set": (251, 30),
    # namespaces and mounts
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "statmount": (457, 457), "listmount": (458, 458),
    "setns": (308, 268), "unshare": (272, 97),
    # what Landlock does not cover: attributes of files, truncation before ABI 3, watching, files by handle
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "truncate": (76, 45), "mknod": (133, None), "mknodat": (259, 33), "inotify_init": (253, None),
    "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # memory that no limit counts, and shared memory by name
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "mlock": (149, 228), "mlockall": (151, 230),
    "mlock2": (325, 284), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183), "mq_notify": (244, 184), "mq_getsetattr": (245, 185),
    "mbind": (237, 235), "migrate_pages": (256, 238), "move_pages": (279, 239), "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450), "splice": (275, 76), "tee": (276, 77), "vmsplice": (278, 75),
    # the kernel's wide and old surfaces
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "personality": (135, 92), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116), "settimeofday": (164, 170), "adjtimex": (159, 171),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, None), "ioperm": (173, None), "lookup_dcookie": (212, 18), "vhangup": (153, 58),
    "nfsservctl": (180, 42), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
    "_sysctl": (156, None), "modify_ldt": (154, None), "landlock_create_ruleset": (444, 444), "capset": (126, 91),
}  # fmt: skip

_PARTLY = {  # denied by their arguments
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131), "prctl": (157, 167),
    "prlimit64": (302, 261), "fcntl": (72, 25), "ioctl": (16, 29), "mmap": (9, 222), "seccomp": (317, 277),
}  # fmt: skip

_AUDIT = (0xC000003E, 0xC00000B7)  # AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
_X32 = 0x40000000  # x86-64 only: the same calls under other numbers
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06  # of classic BPF
_KILL, _FAIL, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000  # SECCOMP_RET_KILL_PROCESS, _ERRNO, _ALLOW
_CLONE_THREAD = 0x10000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SYSCALL_USER_DISPATCH = 1, 38, 59
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15  # signals to any process
_TIOCSTI, _FIOSETOWN, _SIOCSPGRP, _TIOCLINUX = 0x5412, 0x8901, 0x8902, 0x541C  # typing for others, and signals
_MAP_SHARED_ANONYMOUS = 0x21  # RLIMIT_DATA does not count it


def assemble(machine: str, pid: int) -> bytes:
    """Returns the filter's instructions (struct sock_filter, 8 bytes each) for a machine and the process it binds."""
    at = SECCOMP_MACHINES.index(machine)
    lines: list[tuple[int, int, int, int]] = []

    def emit(code: int, if_true: int, if_false: int, value: int) -> None:
        lines.append((code, if_true, if_false, value & 0xFFFFFFFF))

    def give(what: int) -> None:
        emit(_RETURN, 0, 0, what)

    def when(name: str, body: Callable[[], None]) -> None:
        """Runs a body, which returns on all its paths, for one system call."""
        start = len(lines)
        body()
        inside = lines[start:]
        lines[start:] = [(_EQUAL, 0, len(inside), _PARTLY[name][at]), *inside]

    def only(argument: int, *values: int) -> None:
        """Allows the call only where the low half of an argument is one of the values."""
        emit(_LOAD, 0, 0, 16 + 8 * argument)
        for value in values:
            emit(_EQUAL, 0, 1, value)
            give(_ALLOW)
        give(_FAIL | errno.EPERM)

    def never(argument: int, *values: int) -> None:
        """Denies the call where the low half of an argument is one of the values."""
        emit(_LOAD, 0, 0, 16 + 8 * argument)
        for value in values:
            emit(_EQUAL, 0, 1, value)
            give(_FAIL | errno.EPERM)
        give(_ALLOW)

    def threads_only() -> None:
        emit(_LOAD, 0, 0, 16)
        emit(_ANY_BIT, 0, 1, _CLONE_THREAD)
        give(_ALLOW)
        give(_FAIL | errno.EPERM)

    def no_shared_memory() -> None:
        emit(_LOAD, 0, 0, 16 + 8 * 3)
        emit(_AND, 0, 0, _MAP_SHARED_ANONYMOUS)
        emit(_EQUAL, 0, 1, _MAP_SHARED_ANONYMOUS)
        give(_FAIL | errno.ENOMEM)
        give(_ALLOW)

    emit(_LOAD, 0, 0, 4)  # the architecture: a 32-bit call has other numbers
    emit(_EQUAL, 1, 0, _AUDIT[at])
    give(_KILL)
    emit(_LOAD, 0, 0, 0)  # the call's number; what follows compares it until a call's own body loads an argument
    if machine == "x86_64":
        emit(_GREATER, 0, 1, _X32 - 1)
        give(_KILL)
    emit(_GREATER, 0, 1, _NEWEST)
    give(_FAIL | errno.ENOSYS)
    for numbers in DENIED.values():
        if (number := numbers[at]) is not None:
            emit(_EQUAL, 0, 1, number)
            give(_FAIL | errno.EPERM)
    when("clone3", lambda: give(_FAIL | errno.ENOSYS))  # its flags lie in memory; the C library falls back to clone
    when("clone", threads_only)
    when("kill", lambda: only(0, pid))
    when("tgkill", lambda: only(0, pid))
    when("prctl", lambda: never(0, _PR_SET_PDEATHSIG, _PR_SET_SYSCALL_USER_DISPATCH))
    when("prlimit64", lambda: only(0, 0))
    when("fcntl", lambda: never(1, _F_SETOWN, _F_SETSIG, _F_SETOWN_EX))
    when("ioctl", lambda: never(1, _TIOCSTI, _FIOSETOWN, _SIOCSPGRP, _TIOCLINUX))
    when("mmap", no_shared_memory)
    give(_ALLOW)
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def apply_seccomp() -> None:
    """Binds every thread of this process to the filter, for good.

    Raises:
        OSError: the kernel refuses, or this machine has no table.
    """
    machine = platform.machine()
    if machine not in SECCOMP_MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}; expected one of {SECCOMP_MACHINES}")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS) failed")
    code = ctypes.create_string_buffer(assemble(machine, os.getpid()))
    program = struct.pack("=HxxxxxxQ", (len(code) - 1) // 8, ctypes.addressof(code))  # struct sock_fprog
    number = _PARTLY["seccomp"][SECCOMP_MACHINES.index(machine)]
    set_mode_filter, all_threads = 1, 1  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
    if libc.syscall(ctypes.c_long(number), set_mode_filter, all_threads, ctypes.create_string_buffer(program)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp(SECCOMP_SET_MODE_FILTER) failed")
