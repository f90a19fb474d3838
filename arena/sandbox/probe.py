"""The agent of the self-test: tries, harmlessly, what a box must stop, and tells what it could do."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from arena.agent import Agent
from arena.spec import EnvSpec

__all__ = ["ATTEMPTS", "Probe"]


def _read(secret: Path, port: int) -> None:
    secret.read_text()


def _list(secret: Path, port: int) -> None:
    os.listdir(secret.parent)


def _stat(secret: Path, port: int) -> None:
    secret.stat()


def _write(secret: Path, port: int) -> None:
    secret.with_name("written").write_text("")


def _chmod(secret: Path, port: int) -> None:
    secret.chmod(0o600)


def _connect(secret: Path, port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1.0).close()


def _signal(secret: Path, port: int) -> None:
    os.kill(os.getppid(), 0)  # asks only whether it could


def _fork(secret: Path, port: int) -> None:
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


ATTEMPTS: dict[str, Callable[[Path, int], None]] = {
    "read": _read, "list": _list, "stat": _stat, "write": _write, "chmod": _chmod, "connect": _connect,
    "signal": _signal, "fork": _fork,
}  # fmt: skip


class Probe(Agent):
    """Says in place of what it plays which attempts succeeded."""

    def __init__(self, *, secret: str, port: int, **config: Any) -> None:
        super().__init__(**config)
        self._secret, self._port = Path(secret), port

    def plays(self, spec: EnvSpec) -> str:
        try:
            import colorsys  # noqa: F401  (of the interpreter's library, and of nothing that was imported before)
        except ImportError:
            raise OSError("the interpreter's library lies where the box's own user cannot read it") from None
        return " ".join(self._succeeded())

    def _succeeded(self) -> Iterator[str]:
        for name, attempt in ATTEMPTS.items():
            with contextlib.suppress(Exception):
                attempt(self._secret, self._port)
                yield name
