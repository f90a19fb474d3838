"""The Crafter score: the geometric mean of the success rates of its achievements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.metrics.metric import Arrays, Metric, episode_metric, measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "crafter_score"]


def crafter_score(unlocked: npt.ArrayLike) -> float:
    """Returns the score in percent, 0 to 100, from (episodes, achievements) of 0 and 1.

    exp(mean(ln(1 + s_i))) - 1 with s_i the percentage of episodes that unlocked achievement i. Source: Hafner 2022,
    "Benchmarking the Spectrum of Agent Capabilities", equation 1; the paper takes all episodes of a million steps of
    training, so that a policy's score here is not the paper's training score.

    Example:
        >>> round(crafter_score([[1, 0], [1, 0]]), 6)  # sqrt(101 * 1) - 1
        9.049876
    """
    percent = 100 * np.asarray(unlocked, dtype=np.float64).mean(axis=0)
    return float(np.expm1(np.log1p(percent).mean()))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    for env_id in specs:
        rows = measured(run, [env_id])
        names = sorted({name for given in rows["metrics"] for name in given if name.startswith("achievement/")})
        unlocked = episode_metric(rows, names)
        if unlocked is not None:
            found[env_id] = (unlocked,)
    return found


METRICS = (Metric("crafter-score", "percent", "episode metrics achievement/<name>, 0 or 1", _read, crafter_score),)
