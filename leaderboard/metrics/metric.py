"""What a metric is: how it is read from a run, and the number that it makes of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from arena.leaderboard.intervals import LEVEL, Floats, Interval, wilson
from arena.leaderboard.runs import measured
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["Metric", "episode_metric", "interval_of", "measured"]

RESAMPLES = 2000  # a metric may be slow
Arrays = tuple[Floats, ...]


@dataclass(frozen=True)
class Metric:
    """A special metric.

    Fields:
        name: as in `arena board --metric NAME`.
        unit: what the number is, in a few words.
        needs: what a record must hold for it.
        read: from a run and the specs with the board's references, by label (an environment, or a group of them): the
            arrays that `score` takes, each with episodes along its first axis; {} where the run lacks what it needs.
        score: the number.
        is_rate: whether it is the mean of one array of 0 and 1, whose interval is Wilson's.
    """

    name: str
    unit: str
    needs: str
    read: Callable[[Run, Mapping[str, EnvSpec]], dict[str, Arrays]]
    score: Callable[..., float]
    is_rate: bool = False


def interval_of(metric: Metric, arrays: Arrays, random: np.random.Generator) -> Interval:
    """Returns the metric with a 95 % percentile bootstrap interval; episodes are drawn inside each array.

    The bounds are infinite where an array has fewer than two episodes or a resample has no such number.
    """
    value = float(metric.score(*arrays))
    if metric.is_rate:
        n = len(arrays[0])
        return Interval(value, *wilson(round(value * n), n), "wilson")
    if min(len(x) for x in arrays) < 2:
        return Interval(value, -np.inf, np.inf, "single")
    samples = [metric.score(*(x[random.integers(0, len(x), len(x))] for x in arrays)) for _ in range(RESAMPLES)]
    if not np.isfinite(samples).all():  # a number that some resamples do not have
        return Interval(value, -np.inf, np.inf, "none")
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high), "bootstrap")


def episode_metric(rows: pd.DataFrame, names: Sequence[str]) -> Floats | None:
    """Returns metrics that the environment gave for each episode, (episodes, names); None where one lacks any."""
    if rows.empty or not names or not all(name in given for given in rows["metrics"] for name in names):
        return None
    return np.array([[given[name] for name in names] for given in rows["metrics"]], dtype=np.float64)
