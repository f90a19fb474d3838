"""How the agent of a run was trained, as far as its checkpoint says so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from arena.agent import CHECKPOINT, Agent, agent_names, resolve_agent
from arena.errors import ArenaError
from arena.run import Run

__all__ = ["Training", "training_of"]


@dataclass(frozen=True)
class Training:
    """What a checkpoint says of its making.

    Fields:
        command, seed, env_steps: what was run, and how many environment steps it took.
        config: every setting.
        packages: their versions then.
        is_same: its digest (code, weights, configuration, view) is still the one that the run recorded.
        curve: pairs of environment steps and the mean return of the training episodes that ended since the last pair.
    """

    command: str
    seed: int
    env_steps: int
    config: Mapping[str, Any]
    packages: Mapping[str, str]
    is_same: bool
    curve: Sequence[tuple[float, float]]


def training_of(run: Run, env_id: str) -> Training | None:
    """Returns how the run's agent was trained for an environment.

    None where the agent is not a registered one, or has no checkpoint that says so.
    """
    who = run.manifest["agent"]
    try:
        agent, identity = _loaded(who["name"], who["target"])
        spec = run.specs[env_id]
        found = [path for path in agent.files(spec) if path.name == CHECKPOINT]
        if not found:
            return None
        is_same = identity(agent, [spec])["digest"] == run.manifest["lineups"][env_id][0]
        return _read(json.loads(found[0].read_text()), is_same)
    except (ArenaError, OSError, LookupError):
        return None


@cache
def _loaded(name: str, target: str) -> tuple[Agent, Any]:
    if name.partition("?")[0] not in agent_names():  # a record never says which file is to be run
        raise ArenaError(f"{name!r} is not registered here")
    ref = resolve_agent(name)
    if ref.target != target:
        raise ArenaError(f"{name!r} is {ref.target} here, not {target}")
    return ref.load(), ref.identity


def _read(data: Mapping[str, Any], is_same: bool) -> Training:
    return Training(
        command=str(data.get("command", "")),
        seed=int(data["seed"]),
        env_steps=int(data["env_steps"]),
        config=dict(data.get("config", {})),
        packages=dict(data.get("packages", {})),
        is_same=is_same,
        curve=[(float(step), float(value)) for step, value in data.get("learning_curve", ()) if value is not None],
    )
