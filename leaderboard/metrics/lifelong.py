"""Lifelong learning: average performance, forgetting and forward transfer over a sequence of tasks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["average_performance", "forgetting", "forward_transfer"]


def average_performance(performance: npt.ArrayLike) -> float:
    """Returns the mean over tasks after the last one.

    `performance[i, j]` is the success on task j after learning tasks 0 to i: (tasks, tasks). Source, here and below:
    Wolczyk et al. 2021, "Continual World", section 4.2.
    """
    return float(_square(performance)[-1].mean())


def forgetting(performance: npt.ArrayLike) -> float:
    """Returns the mean over tasks of the success right after learning a task, less that at the end; negative is gain.

    The last task, which cannot have been forgotten, counts as the paper has it: with 0.
    """
    x = _square(performance)
    return float((np.diagonal(x) - x[-1]).mean())


def forward_transfer(areas: npt.ArrayLike, alone: npt.ArrayLike) -> float:
    """Returns the mean over tasks of (area - alone) / (1 - alone).

    `areas` are the areas under the learning curves of success (0 to 1) while each task is learnt in sequence, `alone`
    those of learning it alone, from nothing. A task that is learnt at once when alone has nothing to transfer to.

    Raises:
        ValueError: such a task.
    """
    x, y = np.asarray(areas, dtype=np.float64), np.asarray(alone, dtype=np.float64)
    if (y >= 1).any():
        raise ValueError("a task whose area is 1 when learnt alone has no room for transfer; leave it out")
    return float(((x - y) / (1 - y)).mean())


def _square(performance: npt.ArrayLike) -> npt.NDArray[np.float64]:
    x = np.asarray(performance, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        raise ValueError(f"expected one row and one column per task, got shape {x.shape}")
    return x
