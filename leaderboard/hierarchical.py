"""The hierarchical bootstrap: training runs are drawn, and inside each its episodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import RESAMPLES, Floats

__all__ = ["bootstrap_training_runs"]


def bootstrap_training_runs(
    tasks: Sequence[Sequence[npt.ArrayLike]], random: np.random.Generator, resamples: int = RESAMPLES
) -> Floats:
    """Returns resampled task scores of one algorithm, (resamples, tasks).

    `tasks[t][r]` holds the normalised episode scores of training run r on task t. A task's score is the plain mean over
    runs of the run's mean, whatever its number of episodes. A resample draws as many runs as there are, with
    replacement, and for each the run's number of episodes from its episodes, anew each time it is drawn.

    Source: PROTOCOL section 3; Davison and Hinkley 1997, "Bootstrap Methods and their Application", section 3.8
    (strategy with replacement at both levels).
    """
    scores = np.empty((resamples, len(tasks)))
    for task, runs in enumerate(tasks):
        episodes = [np.asarray(run, dtype=np.float64) for run in runs]
        drawn = random.integers(0, len(episodes), (resamples, len(episodes)))
        total = np.zeros(resamples)
        for slot in range(len(episodes)):
            for run, x in enumerate(episodes):
                here = np.flatnonzero(drawn[:, slot] == run)
                total[here] += x[random.integers(0, len(x), (len(here), len(x)))].mean(axis=1)
        scores[:, task] = total / len(episodes)
    return scores
