"""Nash averaging: the mixture of agents that no agent beats, and among those the most even one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from arena.leaderboard.intervals import Floats

__all__ = ["nash_average"]

SLACK = 1e-9  # of inequalities in the linear program


def nash_average(advantages: npt.ArrayLike) -> Floats:
    """Returns (N,) the maximum-entropy Nash equilibrium of an antisymmetric game of agents against agents.

    An agent that another one dominates has share 0; copies of an agent divide its share among themselves and change
    nobody else's, so that adding weak or redundant agents moves nothing.

    Found in two exact steps: a linear program says who is played in any equilibrium at all; among the equilibria the
    entropy is maximised through its dual, a smooth convex problem with a finite optimum once the support is known.

    Source: Balduzzi et al. 2018, "Re-evaluating evaluation", section 3 (maxent Nash, theorem 1).

    Args:
        advantages: (N, N) antisymmetric, positive where the row beats the column (say, win rate - 1/2).

    Example:
        >>> nash_average([[0, 1, -1], [-1, 0, 1], [1, -1, 0]]).round(6)  # rock, paper, scissors
        array([0.333333, 0.333333, 0.333333])
    """
    a = np.asarray(advantages, float)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not np.allclose(a, -a.T, atol=1e-9):
        raise ValueError(f"expected an antisymmetric matrix of finite advantages, got shape {a.shape}")
    a = (a - a.T) / 2
    played = _support(a)
    shares = np.zeros(len(a))
    shares[played] = _most_even(a[np.ix_(played, played)], a[np.ix_(~played, played)])
    return shares


def _support(a: Floats) -> npt.NDArray[np.bool_]:
    """Returns who has a positive share in some equilibrium: the most x_i >= 1 with A x <= 0, x >= 0 (a cone)."""
    n = len(a)
    scale = max(1e-300, np.abs(a).max())
    # variables: x (shares up to scale), s <= x with 0 <= s <= 1; the largest sum of s marks everybody who can be played
    rows = np.block([[a / scale, np.zeros((n, n))], [-np.eye(n), np.eye(n)]])
    limits = np.concatenate([np.full(n, SLACK), np.zeros(n)])
    bounds = [(0, None)] * n + [(0, 1)] * n
    found = optimize.linprog(np.concatenate([np.zeros(n), -np.ones(n)]), rows, limits, bounds=bounds, method="highs")
    assert found.success, found.message
    return found.x[n:] > 0.5


def _most_even(inside: Floats, outside: Floats) -> Floats:
    """Maximises entropy over shares p of those played with inside @ p = 0 and outside @ p <= 0."""
    rows = np.concatenate([inside, outside])
    scale = max(1e-300, np.abs(rows).max())
    rows = rows / scale
    bounds = [(None, None)] * len(inside) + [(0, None)] * len(outside)

    def dual(multipliers: Floats) -> tuple[float, Floats]:
        values = -multipliers @ rows
        return float(special.logsumexp(values)), -rows @ special.softmax(values)

    options = {"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-15, "gtol": 1e-10}
    found = optimize.minimize(dual, np.zeros(len(rows)), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return special.softmax(-found.x @ rows)
