"""Learning curves: the area under them, and how long it takes to reach a level."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["area_under_curve", "time_to_threshold"]


def area_under_curve(steps: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Returns the mean height of a learning curve: its area by trapezoids over the range of steps.

    In the unit of the scores, so that curves of different length compare. Source: Taylor and Stone 2009, "Transfer
    Learning for RL Domains", section 2.2 (total reward).

    Raises:
        ValueError: fewer than two points, or steps that do not ascend.
    """
    x, y = _curve(steps, scores)
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def time_to_threshold(steps: npt.ArrayLike, scores: npt.ArrayLike, threshold: float) -> float:
    """Returns the first step at which the curve, straight between points, reaches a level; infinite if it never does.

    Source: Taylor and Stone 2009, section 2.2 (time to threshold).

    Raises:
        ValueError: as `area_under_curve`.
    """
    x, y = _curve(steps, scores)
    reached = np.flatnonzero(y >= threshold)
    if not len(reached):
        return math.inf
    k = int(reached[0])
    if k == 0:
        return float(x[0])
    return float(x[k - 1] + (threshold - y[k - 1]) / (y[k] - y[k - 1]) * (x[k] - x[k - 1]))


def _curve(steps: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    x, y = np.asarray(steps, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if x.shape != y.shape or len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError(f"expected at least two points with ascending steps, got steps {x} and scores {y}")
    return x, y
