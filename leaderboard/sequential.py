"""Is A stronger than B: a sequential test on pairs of games that stops as soon as the pairs say so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize

__all__ = ["BOUND", "Sequential", "log_likelihood_ratio", "sequential_test"]

ELO_0, ELO_1 = 0.0, 20.0  # the two hypotheses (PROTOCOL section 7)
ERROR = 0.05  # alpha = beta
BOUND = math.log((1 - ERROR) / ERROR)  # 2.944: Wald's bounds for equal errors
UNSEEN = 1e-3  # counted for an outcome that never occurred, as fishtest does
Verdict = Literal["stronger", "not stronger", "open"]


@dataclass(frozen=True)
class Sequential:
    """Where the test stands.

    Fields:
        counts: pairs by A's points, 0, 1/2, 1, 3/2, 2; pairs: how many were looked at.
        ratio: log-likelihood ratio of +20 Elo against 0; the test ends where it leaves (-2.944, 2.944).
        verdict: "stronger" (0 Elo rejected), "not stronger" (+20 Elo rejected), or "open".
    """

    counts: tuple[int, ...]
    pairs: int
    ratio: float
    verdict: Verdict


def sequential_test(points: npt.ArrayLike) -> Sequential:
    """Looks at pairs in their order, each at A's points in it (0 to 2), and stops at the first that settles it.

    What comes after that pair is not looked at: the order of the schedule decides, not who was fastest.

    Example:
        >>> sequential_test([2.0] * 50).verdict
        'stronger'
    """
    counts = np.zeros(5, np.int64)
    ratio, pairs = 0.0, 0
    for point in np.asarray(points, float):
        counts[round(2 * float(point))] += 1
        pairs += 1
        ratio = log_likelihood_ratio(tuple(counts.tolist()))
        if abs(ratio) >= BOUND:
            break
    verdict: Verdict = "open" if abs(ratio) < BOUND else "stronger" if ratio > 0 else "not stronger"
    return Sequential(tuple(counts.tolist()), pairs, ratio, verdict)


@cache  # a test that is asked again after each pair goes over the same beginnings
def log_likelihood_ratio(counts: tuple[float, ...], elo_0: float = ELO_0, elo_1: float = ELO_1) -> float:
    """Returns the generalised log-likelihood ratio of "A is elo_1 above B" against "elo_0", from pentanomial counts.

    N * sum of p_i log(q_i / r_i), where p are the shares seen, and q and r the likeliest distributions with the
    expected scores 1 / (1 + 10^(-elo / 400)). The pair is the unit, so that a start that favours one side cancels.

    Source: Van den Bergh, "Comments on normalized Elo" and "support_MLE_multinomial.pdf" (proposition 1.1), as in
    fishtest's LLRcalc.py, LLR_logistic.
    """
    seen = np.maximum(np.asarray(counts, float), UNSEEN)
    shares = seen / seen.sum()
    score_0, score_1 = (1 / (1 + 10 ** (-elo / 400)) for elo in (elo_0, elo_1))
    return float(seen.sum() * (shares @ (_tilt(shares, score_0) - _tilt(shares, score_1))))


def _tilt(shares: npt.NDArray[np.float64], expected: float) -> npt.NDArray[np.float64]:
    """Returns log(p_i / q_i) by outcome, where q is the likeliest distribution with this mean: p_i / (1 + x a_i)."""
    away = np.linspace(0, 1, len(shares)) - expected
    low, high = -1 / away.max(), -1 / away.min()
    margin = 1e-12 * (high - low)
    x = optimize.brentq(lambda x: float(shares @ (away / (1 + x * away))), low + margin, high - margin, xtol=1e-14)
    return np.log1p(x * away)
