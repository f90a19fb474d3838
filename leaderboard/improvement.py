"""Probability of improvement over a suite: how often one agent does better than another, averaged over tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from arena.leaderboard.intervals import LEVEL, RESAMPLES, Floats, Interval, holm, resampling_weights, wilson

__all__ = ["Improvements", "improvement_matrix", "paired_improvement", "unpaired_improvement"]

Tasks = Sequence[npt.ArrayLike]


class Improvements(NamedTuple):
    """Every agent against every other.

    Fields:
        probability: (agents, agents) of Interval: how often the row's agent does better than the column's.
        p_value: (agents, agents), of "neither does better more often", adjusted by Holm for the number of pairs; 1 on
            the diagonal.
    """

    probability: list[list[Interval]]
    p_value: Floats


def paired_improvement(a: Tasks, b: Tasks) -> Interval:
    """Returns how often a does better than b on the same episode, ties counting a half: the mean over tasks.

    `a[t]` and `b[t]` are scores on task t of the same episodes in the same order, higher is better. The interval comes
    from the standard errors of the tasks' shares, propagated; where all episodes of every task agree there is none to
    propagate, and the bounds are those of Wilson for as many episodes as the smallest task has.

    Difference from rliable (Agarwal et al. 2021, section 4.3), which compares every run of a with every run of b: here
    both played the same seeds. `unpaired_improvement` is rliable's.

    Raises:
        ValueError: a task without episodes, or not the same number of them.
    """
    wins = _wins(a, b)
    value = float(np.mean([x.mean() for x in wins]))
    error = math.sqrt(sum(x.var(ddof=1) / len(x) if len(x) > 1 else 0.25 for x in wins)) / len(wins)
    if error == 0:
        n = min(len(x) for x in wins)
        return Interval(value, *wilson(value * n, n), "wilson")
    half = float(special.ndtri((1 + LEVEL) / 2)) * error
    return Interval(value, max(0.0, value - half), min(1.0, value + half), "normal")


def unpaired_improvement(a: Tasks, b: Tasks, random: np.random.Generator, resamples: int = RESAMPLES) -> Interval:
    """Returns P(X > Y) + P(X = Y) / 2 for a run X of a and a run Y of b: the mean over tasks, for training runs.

    The Mann-Whitney statistic over the number of pairs, with a stratified percentile bootstrap over the runs.
    Source: Agarwal et al. 2021, section 4.3.
    """
    value, samples = 0.0, np.zeros(resamples)
    for x, y in zip(a, b, strict=True):
        first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        better = (np.sign(first[:, None] - second) + 1) / 2  # (runs of a, runs of b)
        drawn = [resampling_weights(random.random((resamples, n)), n) for n in better.shape]
        value += float(better.mean()) / len(a)
        samples += ((drawn[0] @ better) * drawn[1]).sum(axis=1) / len(a)
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high), "bootstrap")


def improvement_matrix(
    agents: Sequence[Tasks], random: np.random.Generator, resamples: int = RESAMPLES
) -> Improvements:
    """Returns the paired probability of improvement of every agent over every other, with Holm-adjusted p-values.

    `agents[a][t]` are agent a's scores on task t, of the same episodes for all. The p-value is of a randomisation test:
    if two agents do equally well, exchanging their scores on any episode is as likely as not, and it is the share of
    exchanges in which the mean over tasks lies as far from a half as the real one, which is counted as one of them.
    """
    count = len(agents)
    probability = [[Interval(0.5, 0.5, 0.5, "constant")] * count for _ in range(count)]
    p_value, pairs = np.ones((count, count)), list(combinations(range(count), 2))
    for a, b in pairs:
        probability[a][b] = paired_improvement(agents[a], agents[b])
        value, low, high, kind = probability[a][b]
        probability[b][a] = Interval(1 - value, 1 - high, 1 - low, kind)
        p_value[a, b] = _exchange_test(_wins(agents[a], agents[b]), random, resamples)
    for (a, b), p in zip(pairs, holm([p_value[a, b] for a, b in pairs]), strict=True):
        p_value[a, b] = p_value[b, a] = p
    return Improvements(probability, p_value)


def _wins(a: Tasks, b: Tasks) -> list[Floats]:
    """Returns by task 1 where a is better, 0 where b is, and a half where they are equal."""
    wins = []
    for x, y in zip(a, b, strict=True):
        first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if first.shape != second.shape or not len(first):
            raise ValueError(f"{len(first)} and {len(second)} episodes of a task: expected as many, at least one")
        wins.append((np.sign(first - second) + 1) / 2)
    return wins


def _exchange_test(wins: Sequence[Floats], random: np.random.Generator, resamples: int) -> float:
    total = np.zeros(resamples)
    for x in wins:
        signs = 2.0 * random.integers(0, 2, (resamples, len(x)), dtype=np.int8) - 1
        signs[0] = 1  # the real assignment
        total += signs @ (2 * x - 1) / len(x)
    return float(np.mean(np.abs(total) >= abs(total[0]) - 1e-12))
