"""Success rate: the share of episodes that reached the goal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.metrics.metric import Arrays, Metric, episode_metric, measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "success_rate"]


def success_rate(successes: npt.ArrayLike) -> float:
    """Returns the share of episodes that succeeded, from 0 and 1 by episode (as Meta-World, Yu et al. 2019)."""
    return float(np.mean(np.asarray(successes, dtype=np.float64)))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    for env_id, spec in specs.items():
        rows = measured(run, [env_id])
        given = rows["score"].to_numpy(dtype=float)
        if spec.score_range == (0.0, 1.0) and len(given) and np.isin(given, (0.0, 1.0)).all():
            found[env_id] = (given,)  # an agent's failure counts as none, which a metric would not say
        elif (success := episode_metric(rows, ["success"])) is not None:
            found[env_id] = (success[:, 0],)
    return found


METRICS = (
    Metric(
        "success-rate",
        "share of episodes",
        "scores of 0 and 1, or the metric success",
        _read,
        success_rate,
        is_rate=True,
    ),
)
