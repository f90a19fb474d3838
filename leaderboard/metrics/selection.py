"""SharpeRatio@k: risk and return of the policies that an off-policy estimator puts on top."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["sharpe_ratio_at_k"]


def sharpe_ratio_at_k(estimated: npt.ArrayLike, true: npt.ArrayLike, k: int, behaviour: float) -> float:
    """Returns (best@k - value of the behaviour policy) / std@k, over the k policies with the highest estimates.

    best@k is the highest and std@k the standard deviation (of the k, not n - 1) of their true values. NaN where all k
    are equal, as for k = 1. Of equal estimates the earlier policy comes first.

    Source: Kiyohara et al. 2024, "Towards Assessing and Benchmarking Risk-Return Tradeoff of OPE", section 3.

    Raises:
        ValueError: k is not between 1 and the number of policies, or as many true values are not given.
    """
    guesses, values = np.asarray(estimated, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if guesses.shape != values.shape or not 1 <= k <= len(values):
        raise ValueError(
            f"{len(guesses)} estimates, {len(values)} values and k = {k}: expected as many, 1 <= k <= them"
        )
    top = values[np.argsort(-guesses, kind="stable")[:k]]
    spread = float(top.std())
    return (float(top.max()) - behaviour) / spread if spread > 0 else float("nan")
