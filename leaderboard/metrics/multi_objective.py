"""Multi-objective sets of policies: hypervolume, expected utility and sparsity of their front; higher is better.

A point is a policy's vector of mean returns, one per objective. On the board an agent is one policy, so that its set is
one point (whose sparsity is 0, and no metric there).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats
from arena.leaderboard.metrics.metric import Arrays, Metric, episode_metric, measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "expected_utility", "hypervolume", "pareto_front", "simplex", "sparsity"]

STEPS = 10  # of each weight from 0 to 1


def pareto_front(points: npt.ArrayLike) -> Floats:
    """Returns the points that no other point dominates, each once, in ascending order: (points, objectives)."""
    x = np.unique(np.asarray(points, dtype=np.float64), axis=0)
    no_worse = (x[None] >= x[:, None]).all(axis=2)  # [a, b]: b dominates a, since no two are equal, unless it is a
    return x[no_worse.sum(axis=1) == 1]


def hypervolume(points: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Returns the volume that the points dominate above a reference point; points not above it count nothing.

    Source: Zitzler and Thiele 1999, "Multiobjective Evolutionary Algorithms", section 3.2. Exact: slices along the last
    objective, each the hypervolume of the points that reach it in the others.

    Example:
        >>> hypervolume([[1, 2], [2, 1]], [0, 0])
        3.0
    """
    low = np.asarray(reference, dtype=np.float64)
    x = np.asarray(points, dtype=np.float64).reshape(-1, len(low)) - low
    return _volume(x[(x > 0).all(axis=1)])


def _volume(x: Floats) -> float:
    if not len(x):
        return 0.0
    if x.shape[1] == 1:
        return float(x.max())
    x = x[np.argsort(-x[:, -1], kind="stable")]
    depths = x[:, -1] - np.append(x[1:, -1], 0.0)
    return float(sum(d * _volume(pareto_front(x[: k + 1, :-1])) for k, d in enumerate(depths) if d > 0))


def expected_utility(points: npt.ArrayLike, weights: npt.ArrayLike) -> float:
    """Returns the mean over weight vectors of the best weighted sum that the set offers: (weights, objectives).

    Source: Zintgraf et al. 2015, "Quality Assessment of MORL Algorithms", with linear utility.
    """
    x, w = np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    return float((w @ x.T).max(axis=1).mean())


def sparsity(points: npt.ArrayLike) -> float:
    """Returns the mean squared distance between neighbours on the front, summed over objectives; 0 for one point.

    Each objective's values are sorted on their own. Source: Xu et al. 2020, "Prediction-Guided Multi-Objective RL",
    equation 3.
    """
    x = np.sort(pareto_front(points), axis=0)
    return float((np.diff(x, axis=0) ** 2).sum() / (len(x) - 1)) if len(x) > 1 else 0.0


def simplex(objectives: int, steps: int = STEPS) -> Floats:
    """Returns all weight vectors whose weights are multiples of 1/steps and sum to 1: (weights, objectives).

    Source: Das and Dennis 1998, "Normal-Boundary Intersection", section 3.

    Example:
        >>> simplex(2, 2).tolist()
        [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    chosen = list(combinations(range(steps + objectives - 1), objectives - 1))
    bars = np.array(chosen, dtype=np.int64).reshape(len(chosen), objectives - 1)
    ends = np.full((len(bars), 1), steps + objectives - 1)
    return (np.diff(np.hstack([-np.ones_like(ends), bars, ends])) - 1) / steps


def _volume_of_mean(episodes: npt.ArrayLike) -> float:
    point, reference = np.split(np.asarray(episodes, dtype=np.float64).mean(axis=0), 2)
    return hypervolume([point], reference)


def _utility_of_mean(episodes: npt.ArrayLike) -> float:
    point, _ = np.split(np.asarray(episodes, dtype=np.float64).mean(axis=0), 2)
    return expected_utility([point], simplex(len(point)))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    """Returns (episodes, 2 * objectives) for each environment: the returns, then the reference point."""
    found: dict[str, Arrays] = {}
    for env_id in specs:
        rows = measured(run, [env_id])
        given = {name.removeprefix("objective/") for row in rows["metrics"] for name in row if "objective/" in name}
        columns = [f"{kind}/{name}" for kind in ("objective", "reference") for name in sorted(given)]
        if (values := episode_metric(rows, columns)) is not None:
            found[env_id] = (values,)
    return found


_NEEDS = "episode metrics objective/<name> and reference/<name>"
METRICS = (
    Metric("hypervolume", "volume between the mean and the reference point", _NEEDS, _read, _volume_of_mean),
    Metric("expected-utility", f"mean over weights in steps of 1/{STEPS}", _NEEDS, _read, _utility_of_mean),
)
