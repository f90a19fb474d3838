"""Generalised advantage estimation over rows of unequal length, with truncation kept apart from termination."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["gae"]

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def gae(
    rewards: Floats, values: Floats, next_values: Floats, ends: Bools, valid: Bools, discount: float, gae_lambda: float
) -> Floats:
    """Returns the advantages; every argument and the result are (T, rows), time first.

    Args:
        next_values: value of what followed each step: 0 where the episode terminated, the value of its *last*
            observation where it was truncated, else the value of the next step.
        ends: the episode ended here, either way: nothing flows back over this step from later ones.
        valid: steps that happened; a row's valid steps come first. Advantages elsewhere are 0.

    Source: Schulman et al. 2016, "High-dimensional continuous control using generalized advantage estimation", eq. 16.
    """
    deltas = rewards + discount * next_values - values
    flows = np.where(ends, 0.0, discount * gae_lambda).astype(np.float32)
    advantages = np.zeros_like(rewards)
    following = np.zeros(rewards.shape[1], np.float32)
    for t in reversed(range(len(rewards))):
        following = np.where(valid[t], deltas[t] + flows[t] * following, 0.0)
        advantages[t] = following
    return advantages
