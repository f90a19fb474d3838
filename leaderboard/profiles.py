"""Performance profiles: how often an agent scores above each level, over all tasks of a suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import LEVEL, RESAMPLES, Floats, resampling_weights

__all__ = ["Profile", "performance_profile"]


class Profile(NamedTuple):
    """Shares of episodes above each level, (levels,), falling; `low` and `high` bound a band for the whole curve."""

    value: Floats
    low: Floats
    high: Floats


def performance_profile(
    scores: Sequence[npt.ArrayLike],
    domains: npt.ArrayLike,
    levels: npt.ArrayLike,
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Profile:
    """Returns the share of episodes above each level: averaged over the tasks of a domain, then over domains.

    Args:
        scores: normalised episode scores, an array per task.
        domains: integer by task.
        levels: normalised scores, say 0 to 1.
        resamples: of episodes inside each task.

    The band is joint: with 95 % confidence the whole curve lies in it. Its half-width is one multiple of the curve's
    standard error at each level, and the multiple is the 95 % quantile over resamples of the largest deviation in
    standard errors.

    Source: Agarwal et al. 2021, section 4.2 (score distributions). Differences: an episode is the unit where rliable
    has a run, since the agent's weights are fixed; domains weigh equally; rliable's band is for one level at a time.
    """
    places, edges = np.asarray(domains), np.asarray(levels, dtype=np.float64)
    of_domain = np.unique(places, return_counts=True)
    weights = dict(zip(of_domain[0].tolist(), 1 / of_domain[1] / len(of_domain[0]), strict=True))
    value, samples = np.zeros(len(edges)), np.zeros((resamples, len(edges)))
    for episodes, domain in zip(scores, places.tolist(), strict=True):
        above = (np.asarray(episodes, dtype=np.float64)[:, None] > edges).astype(np.float64)  # (episodes, levels)
        drawn = resampling_weights(random.random((resamples, len(above))), len(above))
        value += weights[domain] * above.mean(axis=0)
        samples += weights[domain] * (drawn @ above)
    error = samples.std(axis=0)
    deviations = np.abs(samples - value) / np.where(error > 0, error, np.inf)
    half = np.quantile(deviations.max(axis=1), LEVEL) * error
    return Profile(value, np.maximum(value - half, 0.0), np.minimum(value + half, 1.0))
