"""Statistics of a suite: normalised scores, their aggregate over tasks and domains, ranks, a test of a difference.

Everything works on task scores: a task's score is the mean of its episodes' normalised scores. `domains` is an integer
array that gives each task's domain; arrays of task scores have tasks along the last axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import LEVEL, RESAMPLES, Floats, Interval, resampling_weights
from arena.spec import Reference

__all__ = [
    "Ranking",
    "bootstrap_task_scores",
    "by_domain",
    "carries_signal",
    "iqm",
    "normalise",
    "optimality_gap",
    "percentile_interval",
    "rank",
    "resample_tasks",
    "suite_iqm",
    "suite_mean",
    "suite_median",
    "swap_test",
    "tie_groups",
]

Z_95 = 1.959964  # half-width of a 95 % interval in standard errors


def normalise(score: npt.ArrayLike, random: float, reference: float) -> Floats:
    """Returns (score - random) / (reference - random): 0 plays like random, 1 like the reference; not clipped.

    Works for either direction of the metric: where lower is better, the reference lies below random.
    """
    return (np.asarray(score, dtype=np.float64) - random) / (reference - random)


def carries_signal(random: Reference, reference: Reference, higher_is_better: bool = True) -> bool:
    """Whether the reference beats random by more than two standard errors of random (PROTOCOL section 4).

    A random score given without an interval counts as exact.
    """
    gain = (reference.value - random.value) * (1 if higher_is_better else -1)
    measured = random.low is not None and random.high is not None
    error = (random.high - random.low) / (2 * Z_95) if measured else 0.0  # type: ignore[operator]
    return gain > 2 * error


def iqm(values: npt.ArrayLike) -> Floats:
    """Returns the interquartile mean along the last axis: the mean of the middle half of the mass.

    With n values each has mass 1/n, and a value that straddles a quartile counts with the part of its mass inside. So
    two values give their mean and three give weights 1/6, 2/3, 1/6. Where n is divisible by 4 this is the 25 % trimmed
    mean of rliable (Agarwal et al. 2021, section 4.3), which otherwise cuts whole values only.

    Example:
        >>> float(iqm([0.0, 1.0, 2.0, 30.0]))
        1.5
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=-1)
    edges = np.clip(np.linspace(0.0, 1.0, ordered.shape[-1] + 1), 0.25, 0.75)
    return (ordered * (np.diff(edges) / 0.5)).sum(axis=-1)


def by_domain(task_scores: npt.ArrayLike, domains: npt.ArrayLike) -> Floats:
    """Returns the IQM of each domain's task scores: (..., tasks) -> (..., domains), in ascending order of `domains`."""
    scores, places = np.asarray(task_scores, dtype=np.float64), np.asarray(domains)
    return np.stack([iqm(scores[..., places == domain]) for domain in np.unique(places)], axis=-1)


def suite_iqm(task_scores: npt.ArrayLike, domains: npt.ArrayLike) -> Floats:
    """Returns the suite's score: the plain mean over domains of the IQM over the domain's task scores.

    The unit inside the IQM is the task, not the episode: a trimmed mean over pooled episodes would call a success rate
    of 75 % perfect and one of 25 % zero, because it drops the failures as the lowest quarter.
    """
    return by_domain(task_scores, domains).mean(axis=-1)


def optimality_gap(task_scores: npt.ArrayLike, domains: npt.ArrayLike) -> Floats:
    """Returns how far the tasks fall short of the reference: 1 - min(score, 1), averaged in domains, then over them.

    Source: Agarwal et al. 2021, section 4.3, with gamma = 1; the only place where a score is clipped.
    """
    return suite_mean(1 - np.minimum(np.asarray(task_scores, dtype=np.float64), 1.0), domains)


def suite_mean(task_scores: npt.ArrayLike, domains: npt.ArrayLike) -> Floats:
    """Returns the plain mean over domains of the mean over the domain's task scores."""
    scores, places = np.asarray(task_scores, dtype=np.float64), np.asarray(domains)
    return np.stack([scores[..., places == d].mean(axis=-1) for d in np.unique(places)], axis=-1).mean(axis=-1)


def suite_median(task_scores: npt.ArrayLike, domains: npt.ArrayLike) -> Floats:
    """Returns the plain mean over domains of the median over the domain's task scores."""
    scores, places = np.asarray(task_scores, dtype=np.float64), np.asarray(domains)
    return np.stack([np.median(scores[..., places == d], axis=-1) for d in np.unique(places)], axis=-1).mean(axis=-1)


def bootstrap_task_scores(
    agents: Sequence[Sequence[npt.ArrayLike]], random: np.random.Generator, resamples: int = RESAMPLES
) -> Floats:
    """Resamples episodes inside each task (stratified bootstrap) and returns task scores (agents, resamples, tasks).

    `agents[a][t]` holds the episode scores of agent a on task t, ordered by seed. All agents are resampled jointly.
    """
    tasks = len(agents[0])
    scores = np.empty((len(agents), resamples, tasks))
    for task in range(tasks):
        samples = [np.asarray(agent[task], dtype=np.float64) for agent in agents]
        uniform = random.random((resamples, max(len(x) for x in samples)))
        weights = {n: resampling_weights(uniform, n) for n in sorted({len(x) for x in samples})}
        for place, x in enumerate(samples):
            scores[place, :, task] = weights[len(x)] @ x
    return np.round(scores, 12)  # so that agents with equal scores tie whatever the order of a sum


def resample_tasks(task_scores: npt.ArrayLike, domains: npt.ArrayLike, random: np.random.Generator) -> Floats:
    """Draws the tasks of each domain again, with replacement: (agents, resamples, tasks) -> the same shape.

    On top of resampled episodes this gives the interval for "other tasks like these". A resample draws the same tasks
    for all agents. A domain with a single task keeps it, so that its part of the interval stays that of the episodes.
    """
    scores, places = np.asarray(task_scores, dtype=np.float64), np.asarray(domains)
    drawn = np.empty(scores.shape[1:], dtype=np.intp)
    for domain in np.unique(places):
        tasks = np.flatnonzero(places == domain)
        drawn[:, tasks] = tasks[random.integers(0, len(tasks), (len(drawn), len(tasks)))]
    return np.take_along_axis(scores, drawn[None], axis=2)


def percentile_interval(value: float, resampled: npt.ArrayLike) -> Interval:
    """Returns the 95 % percentile bootstrap interval."""
    low, high = np.quantile(np.asarray(resampled), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(value), float(low), float(high), "bootstrap")


class Ranking(NamedTuple):
    """Ranks in the order given: `position` (1 is best; a tie group shares its first), `low` to `high` a 95 % range."""

    position: list[int]
    low: list[int]
    high: list[int]


def rank(values: Sequence[float], resampled: npt.ArrayLike) -> Ranking:
    """Ranks agents by value, with ranges and tie groups from the same joint bootstrap (agents, resamples).

    Going down the order, an agent joins the group above when the 95 % interval of the difference to that group's best
    contains 0; otherwise it opens the next group.
    """
    samples = np.asarray(resampled, dtype=np.float64)
    order = sorted(range(len(values)), key=lambda index: -values[index])
    position, leader = [0] * len(values), 0
    for place, index in enumerate(order):
        difference = percentile_interval(0.0, samples[order[leader]] - samples[index])
        if difference.low > 0:
            leader = place
        position[index] = leader + 1
    ranks = np.stack([1 + (samples > sample).sum(axis=0) for sample in samples])  # (agents, resamples)
    low, high = np.quantile(ranks, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1, method="inverted_cdf")
    return Ranking(position, [int(r) for r in low], [int(r) for r in high])


def tie_groups(names: Sequence[str], position: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Returns names by tie group, best group first, each in alphabetic order.

    Example:
        >>> tie_groups(["c", "b", "a"], [1, 2, 1])
        (('a', 'c'), ('b',))
    """
    groups: dict[int, list[str]] = {}
    for name, place in sorted(zip(names, position, strict=True)):
        groups.setdefault(place, []).append(name)
    return tuple(tuple(groups[place]) for place in sorted(groups))


def swap_test(
    a: Sequence[npt.ArrayLike],
    b: Sequence[npt.ArrayLike],
    domains: npt.ArrayLike,
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> float:
    """Returns the two-sided p-value of "A and B play alike" for the suite IQM: a paired randomisation test.

    If they play alike, exchanging their scores on any episode changes nothing. So the scores of each pair (same task,
    seed and seating) are exchanged at random, and p is the share of exchanges whose difference is at least as large as
    the real one, which is counted as one of them. Needs no assumption on the scores' distribution; with n pairs it
    cannot go below 2^(1-n). With one task it tests the mean. Source: Fisher 1935, "The Design of Experiments", sec. 21.
    """
    means_a, means_b = np.empty((resamples, len(a))), np.empty((resamples, len(a)))
    for task, (x, y) in enumerate(zip(a, b, strict=True)):
        first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        swaps = random.integers(0, 2, (resamples, len(first)), dtype=np.uint8)
        swaps[0] = 0  # the real assignment
        moved = np.einsum("rn,n->r", swaps.astype(np.float64), second - first) / len(first)
        means_a[:, task], means_b[:, task] = first.mean() + moved, second.mean() - moved
    difference = np.abs(suite_iqm(means_a, domains) - suite_iqm(means_b, domains))
    rounding = 1e-12 * max(1.0, float(difference.max()))
    return float(np.mean(difference >= difference[0] - rounding))
