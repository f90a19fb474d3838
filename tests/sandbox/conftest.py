"""A secret, listeners on the loopback, and boxes to put hostile agents in; no test may hurt the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from arena.agent import AgentRef, Seating
from arena.registry import find
from arena.sandbox.agent import SandboxedAgent
from arena.sandbox.levels import LEVELS, boxed, reach
from arena.sandbox.limits import BoxLimits
from tests.sandbox.batches import QUICK, ROWS

HOSTILE = Path(__file__).with_name("hostile")


@pytest.fixture(scope="session")
def levels() -> list[str]:
    """The levels that this machine reaches, by its own self-test."""
    return [level for level in LEVELS if level != "none" and not reach(level).missing]


@dataclass
class Target:
    """What hostile agents aim at: all of it the test's own."""

    folder: Path
    other: subprocess.Popen[bytes]
    options: dict[str, Any]

    @property
    def is_untouched(self) -> bool:
        names = sorted(path.name for path in self.folder.iterdir())
        return (self.folder / "secret").read_text() == "seed=42" and names == ["secret", "spare"]


@pytest.fixture
def target() -> Iterator[Target]:
    """A folder of results that a neighbour could read, listeners, and a process that could be killed."""
    with (
        tempfile.TemporaryDirectory() as name,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret").write_text("seed=42")
        (folder / "spare").write_text("")
        unix.bind(f"\0{folder.name}")
        unix.listen()
        other = subprocess.Popen(["sleep", "60"])
        try:
            yield Target(folder, other, {
                "parent": os.getpid(), "other": other.pid, "folder": name, "port": server.getsockname()[1],
                "unix": folder.name,
            })  # fmt: skip
        finally:
            other.kill()
            other.wait()


@pytest.fixture
def put_in_box() -> Iterator[Callable[..., SandboxedAgent]]:
    """Makes boxed agents that are seated at four rows of a small task; closes them afterwards."""
    made: list[SandboxedAgent] = []

    def put(
        name: str, level: str = "partial", limits: BoxLimits = QUICK, spaces_of: Any = None, **config: Any
    ) -> SandboxedAgent:
        file, _, attribute = name.partition(":")
        ref = AgentRef(attribute, f"{HOSTILE / file}:{attribute}", config=config)
        agent = SandboxedAgent(boxed(ref, asked=level, is_trusted=True, limits=limits))
        made.append(agent)
        observed, acted = spaces_of or (spaces.Box(-np.inf, np.inf, (3,), np.float32), spaces.Discrete(3))
        agent.begin(Seating(find("classic/CartPole-v1"), observed, acted, ROWS, "cpu"))
        return agent

    yield put
    for agent in made:
        agent.close()
