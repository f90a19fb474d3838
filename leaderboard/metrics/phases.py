"""Reward by phase: how an agent does in each quarter of a cycle through which its world drifts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from arena.leaderboard.intervals import Floats
from arena.leaderboard.metrics.metric import Arrays, Metric, episode_metric, measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "reward_in_phase"]

_QUARTERS = (1, 2, 3, 4)


def reward_in_phase(episodes: Floats) -> float:
    """Returns the reward per step, from each episode's reward and steps in that phase, (episodes, 2)."""
    reward, steps = np.asarray(episodes, dtype=np.float64).sum(axis=0)
    return float(reward / steps)


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    for env_id in specs:
        for k in _QUARTERS:
            given = episode_metric(measured(run, [env_id]), [f"reward/{k}", f"steps/{k}"])
            if given is not None and given[:, 1].any():
                found[f"{env_id} quarter {k}"] = (given[given[:, 1] > 0],)
    return found


METRICS = (
    Metric(
        "reward-by-phase",
        "reward per step",
        "the metrics reward/<k> and steps/<k> of each quarter k of a cycle",
        _read,
        reward_in_phase,
    ),
)
