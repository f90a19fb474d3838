"""Resident memory of the harness at work, each measured in a process of its own: python -m arena.bench.memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from arena.agent import resolve_agent
from arena.check.costs import memory_mib
from arena.job import Entry
from arena.play import Stage
from arena.registry import find, missing

__all__ = ["resident"]

_SIZES = (  # what is said of it, environment, lanes, episodes after which it is looked at
    ("64 lanes of NetHack", "nle/Score-v0", 64, (64,)),
    ("CartPole after 1,000 and after 10,000 episodes", "classic/CartPole-v1", 256, (1000, 10_000)),
)


def resident() -> dict[str, list[float]]:
    """Returns MiB by what was measured; without what cannot run here.

    All of it is counted: interpreter, libraries, a random agent, environments, records under way. Not the process that
    writes the record, which is beside the workers.
    """
    found = {}
    for name, env_id, lanes, at in _SIZES:
        if not missing(find(env_id)):
            command = [sys.executable, "-m", "arena.bench.memory", env_id, str(lanes), *map(str, at)]
            printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            found[name] = [round(size, 1) for size in json.loads(printed)]
    return found


def _sizes(env_id: str, lanes: int, at: list[int]) -> Iterator[float]:
    """Plays as a worker does and yields its resident MiB whenever so many episodes have ended."""
    spec = find(env_id)
    stage = Stage(spec, (resolve_agent("random"),), lanes, "cpu", 0, lambda phase, who=-1, rows=0: None)
    entries = [Entry(k, str(k), k, k % lanes, (0,) * spec.seats) for k in range(at[-1])]
    for played, _ in enumerate(stage.play(entries), 1):
        if played in at:
            yield memory_mib()
    stage.close()


if __name__ == "__main__":
    json.dump(list(_sizes(sys.argv[1], int(sys.argv[2]), [int(text) for text in sys.argv[3:]])), sys.stdout)
