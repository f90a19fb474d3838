"""Datasets of offline RL: trajectory quality (TQ) and state-action coverage (SACo)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["state_action_coverage", "trajectory_quality"]


def trajectory_quality(returns: npt.ArrayLike, random_return: float, best_return: float) -> float:
    """Returns TQ = (mean return of the dataset - random) / (best - random), by trajectory.

    `best_return` is the mean return of the best policy of the online training, `random_return` that of the worst one,
    as a rule random play. Source, here and below: Schweighofer et al. 2022, "A Dataset Perspective on Offline RL",
    section 3.
    """
    if best_return == random_return:
        raise ValueError(f"the best return equals the random one, {random_return}: quality has no scale")
    return float((np.mean(np.asarray(returns, dtype=np.float64)) - random_return) / (best_return - random_return))


def state_action_coverage(pairs: npt.ArrayLike, reference_pairs: npt.ArrayLike) -> float:
    """Returns SACo: unique state-action pairs of a dataset over those of the reference, as a rule the replay data.

    Each row is a state-action pair: (pairs, features). Continuous states are to be made discrete first, the same way in
    both; the paper counts by HyperLogLog, this exactly.
    """
    unique, reference = (len(np.unique(np.atleast_2d(np.asarray(x)), axis=0)) for x in (pairs, reference_pairs))
    return unique / reference
