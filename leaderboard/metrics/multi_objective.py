"""Multi-objective sets of policies: hypervolume, expected utility and sparsity of their front; higher is better.

A point is a policy's vector of mean returns, one per objective.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats

__all__ = ["expected_utility", "hypervolume", "pareto_front", "sparsity"]


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
