"""Statistics of one task: intervals of a mean, of a rate and of a difference, as pure functions of arrays."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = [
    "Interval",
    "bca_interval",
    "episodes_to_settle",
    "generator_of",
    "holm",
    "mean_interval",
    "median_interval",
    "paired_difference",
    "probability_of_improvement",
    "resampling_weights",
    "t_interval",
    "wilson",
]

RESAMPLES = 10_000  # PROTOCOL section 3
LEVEL = 0.95
SMALL = 30  # below: Student's t; from here on: bootstrap (PROTOCOL section 3)
POWER = 0.8  # of the experiment that `episodes_to_settle` plans
Floats = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and the bounds of its 95 % interval.

    `kind` says how the bounds were made: "wilson", "t", "bca", "bootstrap", "order"; "constant" when all n >= 2 values
    are equal (both bounds are that value); "single" for one value and "few" for too few (infinite bounds); "none" for
    no value (all NaN).
    """

    value: float
    low: float
    high: float
    kind: str


def generator_of(ids: Iterable[str]) -> np.random.Generator:
    """Returns PCG64 seeded with the first 8 bytes of SHA-256 of the sorted ids, one a line (PROTOCOL section 3)."""
    digest = hashlib.sha256("\n".join(sorted(ids)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))


def wilson(successes: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Returns the score interval of a rate (Wilson 1927); never empty, not even at 0 or n successes.

    `successes` may be fractional (ties count a half): the interval is then wider than need be, since no variable in
    [0, 1] varies more than a yes or no of the same mean.

    Example:
        >>> [round(bound, 3) for bound in wilson(5, 10)]
        [0.237, 0.763]
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} successes of {n}: expected 0 <= successes <= n and n >= 1")
    z = special.ndtri((1 + level) / 2)
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return float(low), float(high)


def t_interval(scores: npt.ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """Returns Student's interval of the mean of at least two scores (Student 1908)."""
    x = _finite(scores)
    half = special.stdtrit(len(x) - 1, (1 + level) / 2) * x.std(ddof=1) / math.sqrt(len(x))
    return float(x.mean() - half), float(x.mean() + half)


def resampling_weights(uniform: Floats, n: int) -> Floats:
    """Returns how often each of n episodes is drawn in each resample, as shares: (resamples, n), rows sum to 1.

    Each number of `uniform` (resamples, at least n), in [0, 1), draws one episode. `weights @ scores` are the means of
    the resamples. Agents that share the weights are resampled jointly: the same places are drawn for both, so that
    what their seeds have in common stays in common.
    """
    resamples = len(uniform)
    drawn = (uniform[:, :n] * n).astype(np.int32) + n * np.arange(resamples, dtype=np.int32)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n) / n


def bca_interval(
    scores: npt.ArrayLike, random: np.random.Generator, level: float = LEVEL, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Returns the bias-corrected and accelerated bootstrap interval of the mean.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 14.3; for a mean the jackknife
    acceleration is sum(d^3) / (6 sum(d^2)^1.5) with d the deviations from the mean.
    """
    x = _finite(scores)
    means = resampling_weights(random.random((resamples, len(x))), len(x)) @ x
    below = (np.mean(means < x.mean()) + np.mean(means <= x.mean())) / 2
    bias = special.ndtri(np.clip(below, 1 / (resamples + 1), resamples / (resamples + 1)))
    d = x - x.mean()
    d /= np.abs(d).max()  # the acceleration has no unit; this keeps tiny or huge scores from under- or overflowing
    acceleration = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    z = bias + special.ndtri([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(means, special.ndtr(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


def mean_interval(
    scores: npt.ArrayLike, random: np.random.Generator, bounds: tuple[float, float] | None = None
) -> Interval:
    """Returns the mean with its 95 % interval, made as PROTOCOL section 3 says.

    Two outcomes (`bounds` given and every score equal to one of the two): Wilson. Else fewer than 30 scores: Student's
    t; 30 or more: BCa bootstrap.

    Raises:
        ValueError: a score is NaN or infinite.
    """
    x = _finite(scores)
    if len(x) == 0:
        return Interval(math.nan, math.nan, math.nan, "none")
    mean = float(x.mean())
    if bounds is not None and np.isin(x, bounds).all():
        worst, width = bounds[0], bounds[1] - bounds[0]
        low, high = wilson(int((x == bounds[1]).sum()), len(x))
        return Interval(mean, worst + width * low, worst + width * high, "wilson")
    if len(x) == 1:
        return Interval(mean, -math.inf, math.inf, "single")
    if np.ptp(x) == 0:
        return Interval(float(x[0]), float(x[0]), float(x[0]), "constant")
    if len(x) < SMALL:
        return Interval(mean, *t_interval(x), "t")
    return Interval(mean, *bca_interval(x, random), "bca")


def median_interval(scores: npt.ArrayLike, level: float = LEVEL) -> Interval:
    """Returns the median with an interval between two order statistics: no assumption on the scores' distribution.

    The k-th smallest and the k-th largest score enclose the median unless fewer than k scores fall on one side of it,
    so with probability 1 - 2 P(Binomial(n, 1/2) < k); k is the largest for which this is at least `level`. With fewer
    than 6 scores not even the extremes reach 95 %. Source: Conover 1999, "Practical Nonparametric Statistics", 3.2.

    Raises:
        ValueError: a score is NaN or infinite.

    Example:
        >>> median_interval([1, 2, 3, 4, 5, 6, 7, 8, 9])[:3]
        (5.0, 2.0, 8.0)
    """
    x = np.sort(_finite(scores))
    if len(x) == 0:
        return Interval(math.nan, math.nan, math.nan, "none")
    middle = float(np.median(x))
    k = int((special.bdtr(np.arange(len(x) // 2), len(x), 0.5) <= (1 - level) / 2).sum())
    if k == 0:
        return Interval(middle, -math.inf, math.inf, "single" if len(x) == 1 else "few")
    return Interval(middle, float(x[k - 1]), float(x[-k]), "order")


def paired_difference(a: npt.ArrayLike, b: npt.ArrayLike, random: np.random.Generator) -> Interval:
    """Returns mean(a - b) over pairs of one seed and seating: paired t below 30 pairs, else paired (BCa) bootstrap."""
    return mean_interval(_differences(a, b), random)


def probability_of_improvement(a: npt.ArrayLike, b: npt.ArrayLike) -> Interval:
    """Returns how often a is above b on the same episode, ties counting a half, with Wilson's interval.

    Difference from rliable (Agarwal et al. 2021, section 4.3), which compares independent runs, every a with every b:
    here both played the same seeds, so a pair is an episode.
    """
    difference = _differences(a, b)
    wins = float((difference > 0).sum() + (difference == 0).sum() / 2)
    return Interval(wins / len(difference), *wilson(wins, len(difference)), "wilson")


def episodes_to_settle(differences: npt.ArrayLike, alpha: float = 1 - LEVEL) -> float:
    """Returns how many pairs in all show a difference like the one seen, with 80 % power at two-sided `alpha`.

    n = ((z_(1 - alpha/2) + z_0.8) sd / mean)^2, and never fewer than the swap test can reject with (2^(1-n) <= alpha).
    Infinite when the mean difference is zero. Source: any text on sample size, e.g. Cohen 1988, chapter 2.
    """
    x = _finite(differences)
    if len(x) < 2 or x.mean() == 0:
        return math.inf
    z = special.ndtri(1 - alpha / 2) + special.ndtri(POWER)
    return max(math.ceil((z * x.std(ddof=1) / x.mean()) ** 2), math.ceil(1 - math.log2(alpha)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Returns p-values adjusted for how many there are (Holm 1979), in the order given."""
    order = np.argsort(p_values, kind="stable")
    adjusted, least = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted


def _finite(scores: npt.ArrayLike) -> Floats:
    x = np.asarray(scores, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError(f"expected a one-dimensional array of scores, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{int((~np.isfinite(x)).sum())} of {len(x)} scores are not finite")
    return x


def _differences(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    x, y = _finite(a), _finite(b)
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"{len(x)} and {len(y)} scores: expected as many pairs, at least one")
    return x - y
