"""The first code in a boxed agent's process: closes the doors, then loads the agent and serves it.

Started as a script by arena.sandbox.process, with the number of a file that says what to do. It shares its interpreter
with the agent from then on, so nothing here is trusted once the agent's code has run: every check that matters is made
by the kernel, or by the harness on its own copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import Any


def main() -> None:
    """Entry point of the process."""
    fd = int(sys.argv[1])
    order = json.loads(os.pread(fd, os.fstat(fd).st_size, 0))
    os.close(fd)
    sys.argv = ["agent"]
    _import_arena()
    from arena.sandbox import wire

    sock = socket.socket(fileno=order["socket"])
    try:
        _close_doors(order)
    except Exception as error:  # told, and never served without what was ordered
        text = f"{type(error).__name__}: {error}".encode()[: wire.TEXT_BYTES]
        sock.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.REFUSED, order["nonce"], len(text), 0) + text)
        os._exit(1)
    # PyTorch's warning about memory that cannot be written: here that is on purpose
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    sock.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.HELLO, order["nonce"], 0, 0))
    _Server(sock, order["agent"]).serve()
    os._exit(0)


def _import_arena() -> None:
    """Imports all that is ours while every file can still be read."""
    root = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [root, *(path for path in sys.path if path != str(Path(__file__).resolve().parent))]
    import arena

    # The catalogue shows itself to Gymnasium when that is imported; families of environments cannot be read here.
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__module__ != "arena.gymnasium_ids"]
    import arena.agent
    import arena.runtimes.wire
    import arena.sandbox.landlock
    import arena.sandbox.limits
    import arena.sandbox.seccomp
    import arena.sandbox.wire  # noqa: F401

    sys.path.remove(root)  # what else lies beside the package is not the agent's to import


def _close_doors(order: dict[str, Any]) -> None:
    """Applies every layer that was ordered; raises if one cannot be had."""
    from arena.sandbox.landlock import apply_landlock
    from arena.sandbox.limits import BoxLimits, drop_powers, limit_process
    from arena.sandbox.seccomp import apply_seccomp

    for door in order["cgroups"]:
        os.write(door, b"0")
    for name in os.listdir("/dev/fd"):
        if (fd := int(name)) > 2 and fd != order["socket"]:
            with contextlib.suppress(OSError):  # the one that listed them is closed by now
                os.close(fd)
    if order["drop_powers"]:
        drop_powers(keep_reading=order["readable"] is not None)
    limit_process(BoxLimits(**order["limits"]))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, after the user was changed: that clears it
        libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: processes of the same user cannot look into this one
        if order["parent"] and os.getppid() != order["parent"]:
            os._exit(1)  # it died before it could be watched
    if order["readable"] is not None:
        apply_landlock(order["readable"])
    if order["seccomp"]:
        apply_seccomp()


class _Server:
    """Answers the harness, one question at a time, until it hangs up."""

    def __init__(self, sock: socket.socket, ref: dict[str, Any]) -> None:
        from arena.sandbox import wire

        self._wire = wire
        self._socket = sock
        self._ref = ref
        self._agent: Any = None
        self._seen: Any = None
        self._said: Any = None

    def serve(self) -> None:
        from arena.errors import explain

        wire = self._wire
        while True:
            packet, fds, _, _ = socket.recv_fds(self._socket, 64, 3)
            if not packet:
                return
            _, _, kind, nonce, _, _ = wire.HEADER.unpack(packet)
            answer, text, flags = wire.DONE, "", 0
            try:
                if kind == wire.ACT:
                    batch = self._seen.read()
                    self._said.write(self._agent.act(batch), batch.active)
                else:
                    text = self._answer(kind, fds)
                    answer = wire.TEXT
            except BaseException as error:  # also what is raised to end the process: that would be told as a crash
                answer, text, flags = wire.ERROR, explain(error), isinstance(error, MemoryError)
            data = text.encode(errors="replace")[: wire.TEXT_BYTES]
            self._socket.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, answer, nonce, len(data), flags) + data)

    def _answer(self, kind: int, fds: list[int]) -> str:
        """Does what is asked beside acting, and returns what to tell."""
        import pickle

        from arena.agent import AgentRef, Seating
        from arena.spec import EnvSpec

        wire = self._wire
        if kind == wire.LOAD:
            self._agent = AgentRef(**self._ref).load()
            return ""
        told = pickle.loads(os.pread(fds[0], os.fstat(fds[0]).st_size, 0))  # by the harness, whom we trust
        os.close(fds[0])
        spec = EnvSpec.from_json(told["spec"])
        if kind == wire.PLAYS:
            return str(self._agent.plays(spec))
        if kind == wire.VIEW:
            return str(self._agent.view_of(spec))
        observed, acted, rows = told["observation_space"], told["action_space"], told["rows"]
        self._seen = wire.Seen(wire.map_shared(fds[1], True), observed, acted, rows)
        self._said = wire.Said(wire.map_shared(fds[2], False), acted, rows)
        self._agent.begin(Seating(spec, observed, acted, rows, told["device"]))
        return ""


if __name__ == "__main__":
    main()
