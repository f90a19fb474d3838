"""The filter's numbers and decisions, for both machines: run here by a small interpreter of classic BPF."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from arena.sandbox.seccomp import DENIED, SECCOMP_MACHINES, assemble

PID = 4321
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL = "allow", "kill"
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
CALLS = {  # name -> (x86-64, aarch64), for calls that the filter judges by their arguments, and some that it allows
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131), "prctl": (157, 167),
    "prlimit64": (302, 261), "fcntl": (72, 25), "ioctl": (16, 29), "mmap": (9, 222), "read": (0, 63),
    "openat": (257, 56),
    "futex": (202, 98), "sendto": (44, 206), "recvmsg": (47, 212), "exit_group": (231, 94), "munmap": (11, 215),
}  # fmt: skip


def decide(machine: str, number: int, *arguments: int, arch: int | None = None) -> object:
    """Returns what the filter says to a system call: ALLOW, KILL or an errno."""
    code = assemble(machine, PID)
    lines = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    data = struct.pack("=IIQ6Q", number, ARCH[machine] if arch is None else arch, 0, *(*arguments, *[0] * 6)[:6])
    held, at = 0, 0
    while True:
        operation, if_true, if_false, value = lines[at]
        at += 1
        if operation == 0x20:  # load a word
            held = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x54:  # and
            held &= value
        elif operation == 0x06:  # return
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(value, value & 0xFFFF)
        else:
            is_true = {0x15: held == value, 0x25: held > value, 0x45: bool(held & value)}[operation]
            at += if_true if is_true else if_false


def call(machine: str, name: str, *arguments: int) -> object:
    return decide(machine, CALLS[name][SECCOMP_MACHINES.index(machine)], *arguments)


@pytest.mark.parametrize("machine", SECCOMP_MACHINES)
def test_every_denied_call_is_denied_and_ordinary_ones_pass(machine):
    numbers = [pair[SECCOMP_MACHINES.index(machine)] for pair in DENIED.values()]
    assert {decide(machine, number) for number in numbers if number is not None} == {errno.EPERM}
    for name in ("read", "openat", "futex", "sendto", "recvmsg", "exit_group", "munmap"):
        assert call(machine, name) == ALLOW


@pytest.mark.parametrize("machine", SECCOMP_MACHINES)
def test_calls_are_judged_by_their_arguments(machine):
    assert call(machine, "clone", 0x10000 | 0x100) == ALLOW  # a thread
    assert call(machine, "clone", 17) == errno.EPERM  # a process
    assert call(machine, "clone3") == errno.ENOSYS
    assert call(machine, "kill", PID, 9) == ALLOW and call(machine, "kill", PID + 1, 9) == errno.EPERM
    assert call(machine, "tgkill", PID) == ALLOW and call(machine, "tgkill", 1) == errno.EPERM
    assert call(machine, "prctl", 15) == ALLOW and call(machine, "prctl", 1) == errno.EPERM
    assert call(machine, "prlimit64", 0) == ALLOW and call(machine, "prlimit64", 1) == errno.EPERM
    assert call(machine, "fcntl", 3, 3) == ALLOW and call(machine, "fcntl", 3, 8) == errno.EPERM
    assert call(machine, "ioctl", 0, 0x5401) == ALLOW and call(machine, "ioctl", 0, 0x5412) == errno.EPERM
    assert call(machine, "mmap", 0, 4096, 3, 0x22) == ALLOW  # private
    assert call(machine, "mmap", 0, 4096, 3, 0x21) == errno.ENOMEM  # shared, of no file
    assert call(machine, "mmap", 0, 4096, 3, 0x01) == ALLOW  # of a file


@pytest.mark.parametrize("machine", SECCOMP_MACHINES)
def test_other_tables_of_calls_are_closed(machine):
    assert decide(machine, 0, arch=0x40000003) == KILL  # 32-bit x86
    assert decide(machine, 463) == errno.ENOSYS and decide(machine, 1000) == errno.ENOSYS
    assert decide("x86_64", 0x40000000 | 41) == KILL


@pytest.mark.parametrize("machine", SECCOMP_MACHINES)
def test_numbers_are_those_of_the_kernels_headers(machine):
    if not HEADERS[machine].exists():
        pytest.skip(f"no {HEADERS[machine]}")
    text = HEADERS[machine].read_text()
    told = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    at = SECCOMP_MACHINES.index(machine)
    checked = [name for name in [*DENIED, *CALLS] if name in told]
    assert len(checked) > 100
    assert {name: told[name] for name in checked} == {name: {**DENIED, **CALLS}[name][at] for name in checked}
