"""Frequency-averaged score: how well a policy does over a range of decision frequencies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["frequency_averaged_score"]


def frequency_averaged_score(frequencies: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Returns the area under score against decision frequency, by trapezoids, over the range of frequencies.

    Source: Patel and Siegelmann 2024, "Overcoming Slow Decision Frequencies in Continuous Control" (arXiv 2410.08979),
    which introduces it. The frequencies need not be in order.

    Raises:
        ValueError: fewer than two frequencies, or one twice.

    Example:
        >>> frequency_averaged_score([1, 2, 4], [0, 1, 1])
        0.8333333333333334
    """
    x, y = np.asarray(frequencies, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if x.shape != y.shape or len(x) < 2 or len(np.unique(x)) < len(x):
        raise ValueError(f"expected one score for each of at least two different frequencies, got {x} and {y}")
    order = np.argsort(x)
    return float(np.trapezoid(y[order], x[order]) / np.ptp(x))
