"""Resets: how often the world had to be set up anew for an agent that failed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.metrics.metric import Arrays, Metric, episode_metric, measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "mean_resets"]


def mean_resets(resets: npt.ArrayLike) -> float:
    """Returns the mean number of resets in an episode of fixed length; fewer is more autonomous.

    Source: Sharma et al. 2022, "Autonomous Reinforcement Learning: Formalism and Benchmarking", section 4.
    """
    return float(np.mean(np.asarray(resets, dtype=np.float64)))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    found = {env_id: episode_metric(measured(run, [env_id]), ["resets"]) for env_id in specs}
    return {env_id: (resets[:, 0],) for env_id, resets in found.items() if resets is not None}


METRICS = (Metric("resets", "resets per episode", "the metric resets", _read, mean_resets),)
