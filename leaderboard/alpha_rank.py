"""alpha-rank: how much time a population that copies better strategies spends at each of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats

__all__ = ["alpha_rank"]

ALPHA = 100.0  # ranking intensity, of payoffs between 0 and 1
POPULATION = 50
TINY = -600.0  # logarithm of the smallest fixation probability that is kept apart from 0, so that all states connect


def alpha_rank(payoffs: npt.ArrayLike, alpha: float = ALPHA, population: int = POPULATION) -> Floats:
    """Returns (N,) shares of the stationary distribution of the single-population alpha-rank chain.

    From a population of strategy r a mutant s takes over with the fixation probability
    (1 - exp(-alpha d)) / (1 - exp(-alpha m d)), d = payoffs[s, r] - payoffs[r, s], or 1/m where d is 0; each of the
    N - 1 mutants is equally likely. Unlike a rating it does not hide cycles: their members share the mass.

    Source: Omidshafiei et al. 2019, "alpha-Rank: multi-agent evaluation by evolution", section 2.2 (one population).
    The stationary distribution is computed without subtraction (Grassmann, Taksar and Heyman 1985), since with a large
    alpha its probabilities differ by hundreds of orders of magnitude.

    Args:
        payoffs: (N, N) payoff of the row's strategy against the column's; the diagonal is not used.

    Example:
        >>> alpha_rank([[0.5, 1.0, 0.0], [0.0, 0.5, 1.0], [1.0, 0.0, 0.5]]).round(3)  # rock, paper, scissors
        array([0.333, 0.333, 0.333])
    """
    m = np.asarray(payoffs, float)
    if m.ndim != 2 or m.shape[0] != m.shape[1] or not np.isfinite(m[~np.eye(len(m), dtype=bool)]).all():
        raise ValueError(f"expected a square matrix of finite payoffs, got shape {m.shape}")
    gain = alpha * (m.T - m)  # (r, s): of mutant s among r
    np.fill_diagonal(gain, 0.0)
    chain = np.exp(np.maximum(_log_fixation(gain, population), TINY)) / max(1, len(m) - 1)
    return _stationary(chain)


def _log_fixation(gain: Floats, population: int) -> Floats:
    """Returns log((1 - exp(-g)) / (1 - exp(-m g))), -log m at 0, without overflow on either side."""
    size = np.maximum(np.abs(gain), 1e-12)
    ratio = np.log(-np.expm1(-size)) - np.log(-np.expm1(-population * size))
    found = np.where(gain > 0, ratio, ratio - (population - 1) * size)
    return np.where(gain == 0, -np.log(population), found)


def _stationary(chain: Floats) -> Floats:
    """Returns the stationary distribution of an irreducible chain from its transitions between different states."""
    p = chain.copy()
    for n in range(len(p) - 1, 0, -1):
        p[:n, n] /= p[n, :n].sum()
        p[:n, :n] += np.outer(p[:n, n], p[n, :n])
    shares = np.ones(len(p))
    for n in range(1, len(p)):
        shares[n] = shares[:n] @ p[:n, n]
    return shares / shares.sum()
