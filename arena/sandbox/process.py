"""A boxed process as the harness sees it: started, asked with a deadline, watched, ended for a named reason."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arena.actions import BadAction
from arena.errors import SandboxError
from arena.sandbox import wire
from arena.sandbox.bubblewrap import bubblewrap_command
from arena.sandbox.limits import BoxLimits, Cgroup, usage

__all__ = ["Box", "Layers", "Stopped"]

_TICK_S = 0.05  # how often a process that is being waited for is looked at
_WATCH_S = 1.0  # and one that answers quickly
_GRACE_S = 0.3  # for the exit status of a process that hung up: killed at once, every crash would read as SIGKILL
_STUB = Path(__file__).with_name("stub.py")
_PACKET = wire.HEADER.size + wire.TEXT_BYTES
_FAMILY = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM  # messages with their bounds


class Stopped(BadAction):
    """A boxed agent's process was ended, or ended itself; `cause` is from the outcome table."""


@dataclass(frozen=True)
class Layers:
    """What is between a boxed agent and the machine (see arena.sandbox.levels)."""

    bubblewrap: bool = False
    landlock: bool = False
    seccomp: bool = False
    cgroup: bool = False
    drop_powers: bool = False


@dataclass
class Box:
    """One agent's process.

    Fields:
        ref: the agent, as the fields of an AgentRef.
        readable: the files and folders that it may read.
        log: the first of what it printed.
    """

    ref: Mapping[str, Any]
    readable: Sequence[str]
    layers: Layers
    limits: BoxLimits
    log: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._printed = 0
        self._asked_s = 0.0
        self._watched = time.monotonic()
        self._group: Cgroup | None = None
        try:
            self._group = Cgroup(self.limits) if self.layers.cgroup else None
            self._start()
        except OSError as error:
            self._remove_group()
            raise SandboxError(f"the box cannot be made: {error}") from error

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, _FAMILY)
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._output = reading
        nonce = _nonce()
        doors = self._group.doors() if self._group is not None else []
        parent = 0 if self.layers.bubblewrap else os.getpid()  # there another process is between, which dies with us
        order = {
            "socket": theirs.fileno(), "nonce": nonce, "agent": dict(self.ref), "limits": asdict(self.limits),
            "cgroups": doors, "drop_powers": self.layers.drop_powers, "parent": parent,
            "readable": list(self.readable) if self.layers.landlock else None, "seccomp": self.layers.seccomp,
        }  # fmt: skip
        note = _told(json.dumps(order).encode())
        command = [sys.executable, "-I", "-B", "-u", str(_STUB), str(note)]
        passed = [theirs.fileno(), note, *doors]
        if self.layers.bubblewrap:
            options = bubblewrap_command(self.readable, is_root=os.geteuid() == 0)
            passed.append(_told(b"".join(word.encode() + b"\0" for word in options[1:])))  # not where others read it
            command = [options[0], "--args", str(passed[-1]), *command]
        self.process = subprocess.Popen(
            command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, cwd="/",
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        for fd in (*passed[1:], writing):
            os.close(fd)
        theirs.close()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._poll.register(self._output, select.POLLIN)
        try:
            kind, text = self._hear(nonce, (wire.HELLO, wire.REFUSED), self.limits.begin_s, time.monotonic())
        except Stopped as error:  # no stranger's code ran yet
            raise SandboxError(f"the box cannot be made: {error}; it said: {self.told()!r}") from error
        if kind == wire.REFUSED:
            self.close()
            raise SandboxError(f"the box cannot be made: {text}")

    def ask(self, kind: int, limit_s: float, fds: Sequence[int] = ()) -> str:
        """Asks, and returns the text of the answer.

        Raises:
            BadAction: the agent raised.
            Stopped: its process is gone.
        """
        nonce, began = _nonce(), time.monotonic()
        packet = wire.HEADER.pack(wire.MAGIC, wire.VERSION, kind, nonce, 0, 0)
        try:
            if fds:
                socket.send_fds(self._socket, [packet], list(fds))
            else:
                self._socket.send(packet, socket.MSG_DONTWAIT)
        except OSError:  # it hung up, or stopped reading
            self._stop_ended()
        answer, text = self._hear(nonce, (wire.DONE if kind == wire.ACT else wire.TEXT, wire.ERROR), limit_s, began)
        self._asked_s += time.monotonic() - began
        if answer == wire.ERROR:
            is_memory = text.startswith("MemoryError")
            raise BadAction("memory_limit" if is_memory else "agent_exception", text)
        return text

    def told(self, begin: int = 0) -> str:
        """Returns what it printed from a byte of its log on, without what would steer a terminal."""
        return wire.printable(bytes(self.log[begin:]).decode(errors="replace"))

    def close(self) -> None:
        """Ends the process and all that it started; does nothing the second time."""
        if self._socket.fileno() < 0:
            return
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # a session of its own; where it can fork at all
        self.process.wait()
        self._drain()
        os.close(self._output)
        self._remove_group()

    def __del__(self) -> None:
        if hasattr(self, "process"):
            self.close()

    def _remove_group(self) -> None:
        if self._group is not None:
            self._group.remove()
            self._group = None

    def _hear(self, nonce: int, expected: tuple[int, ...], limit_s: float, began: float) -> tuple[int, str]:
        """Waits for the answer to one question, and looks after the process meanwhile."""
        while True:
            left = began + limit_s - time.monotonic()
            if left <= 0:
                lasted = time.monotonic() - began
                self._stop("move_timeout", f"no answer for {lasted:.1f} s of {limit_s:.1f} s allowed")
            ready = dict(self._poll.poll(1000 * min(left, _TICK_S)))
            if self._output in ready:
                self._drain()
            if self._socket.fileno() in ready:
                return self._read(nonce, expected)
            if not ready or time.monotonic() - self._watched > _WATCH_S:
                self._watch(began)

    def _read(self, nonce: int, expected: tuple[int, ...]) -> tuple[int, str]:
        try:
            packet = self._socket.recv(_PACKET + 1)
        except ConnectionError:
            packet = b""
        if not packet:
            self._stop_ended()
        if time.monotonic() - self._watched > _WATCH_S:
            self._watch(time.monotonic())
        if len(packet) < wire.HEADER.size or len(packet) > _PACKET:
            self._stop("protocol", f"a message of {len(packet)} bytes")
        magic, version, kind, its_nonce, size, _ = wire.HEADER.unpack_from(packet)
        if (magic, version, its_nonce) != (wire.MAGIC, wire.VERSION, nonce) or kind not in expected:
            self._stop("protocol", "a message that answers nothing that was asked")
        if size != len(packet) - wire.HEADER.size or (size and kind == wire.DONE):
            self._stop("protocol", f"a message of {len(packet)} bytes that announces {size} of text")
        return kind, wire.printable(packet[wire.HEADER.size :].decode(errors="replace"))

    def _watch(self, began: float) -> None:
        """Ends a process that takes more than it may."""
        self._watched = now = time.monotonic()
        if sys.platform != "linux":
            if self.process.poll() is not None:  # datagrams do not tell that the other end is gone
                self._stop_ended()
            return
        memory, cpu_s = usage(self.process.pid)
        if memory > self.limits.memory_bytes:
            self._stop("memory_limit", f"{memory >> 20} MiB of {self.limits.memory_bytes >> 20} MiB allowed")
        allowed = self.limits.begin_s + self.limits.cpu_share * (self._asked_s + now - began)
        if cpu_s > allowed:
            self._stop("cpu_limit", f"{cpu_s:.1f} s of processor time, {allowed:.1f} s allowed")

    def _drain(self) -> None:
        """Reads what was printed; the first of it is kept."""
        while True:
            try:
                data = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                with contextlib.suppress(KeyError):
                    self._poll.unregister(self._output)
                return
            self.log += data[: max(0, self.limits.log_bytes - len(self.log))]
            self._printed += len(data)
            if self._printed > self.limits.output_bytes and self._socket.fileno() >= 0:
                self._stop("output_limit", f"printed over {self.limits.output_bytes} bytes")

    def _stop_ended(self) -> None:
        """Says how a process that hung up ended."""
        try:
            code = self.process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._stop("agent_crash", "its process closed the connection")
        if self._group is not None and self._group.has_killed():
            self._stop("memory_limit", f"ended by the kernel above {self.limits.memory_bytes >> 20} MiB")
        ending = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._stop("agent_crash", f"its process ended with {ending}")

    def _stop(self, cause: str, why: str) -> None:
        self.close()
        raise Stopped(cause, why)


def _nonce() -> int:
    """Returns a number that no agent can guess, so that no answer can be made in advance."""
    return int.from_bytes(os.urandom(8), "little")


def _told(data: bytes) -> int:
    """Returns a file descriptor that holds the data."""
    fd, memory = wire.shared_file(max(1, len(data)), is_read_only=True)
    memory[: len(data)] = data
    memory.close()
    return fd


def _environment() -> dict[str, str]:
    """Returns the environment of a boxed process: nothing of ours but where libraries lie."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    nowhere = dict.fromkeys(("HOME", "TMPDIR"), "/nonexistent")
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **threads, **nowhere, **kept}
