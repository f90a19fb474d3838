"""Plackett-Luce strengths from rankings with ties; for tables of two it is Bradley-Terry with Davidson's ties.

A ranking is a chain of choices: who comes first of all, who of the rest, and so on. A choice takes a set C of tied
agents out of those left, with probability proportional to delta_|C| * (product of their strengths)^(1/|C|), where
delta_1 = 1. Taken over all sets C of the sizes that occur as ties, this is a conditional logit that is linear in the
logarithms of strengths and of delta, and so has one optimum.

Source: Turner, van Etten, Firth and Kosmidis 2020, "Modelling rankings in R: the PlackettLuce package", section 2
(Davidson-Luce ties: Firth, Kosmidis and Turner 2019); for two agents Davidson 1970, "On extending the Bradley-Terry
model to accommodate ties", whose nu is delta_2. Deliberate difference: every parameter has a Gaussian prior, so that an
agent that won all its games has a finite strength.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from arena.leaderboard.intervals import Floats

__all__ = ["PRIOR_SD", "Design", "Fit", "Ranking", "design", "fit", "rankings_of", "refit"]

PRIOR_SD = 600 * np.log(10) / 400  # of a log-strength: 600 Elo
TIE_SD = 3.0  # of log delta
STEP = 2.0  # largest change of a parameter in one Newton step; the chain of steps stays inside what exp() can hold
TOLERANCE = 1e-5  # of the last step; Newton's error after it is about its square
CHUNK = 2_000_000  # numbers that a batch of Newton steps may hold at once

Ranking = tuple[int, tuple[tuple[int, ...], ...]]  # which game (ties are as likely as it has them), agents best first


class Design(NamedTuple):
    """Rankings as choices between options.

    Fields:
        features: (K, P) one row per option of a choice; columns are the agents' log-strengths, then log deltas.
        starts: (C,) first option of each choice.
        taken: (R, K) sparse, 1 where a ranking takes an option.
        faced: (R, C) sparse, 1 where it faces a choice.
        agents: how many columns are agents'.
    """

    features: Floats
    starts: npt.NDArray[np.int64]
    taken: sparse.csr_array
    faced: sparse.csr_array
    agents: int


@dataclass(frozen=True)
class Fit:
    """Maximum a posteriori.

    Fields:
        theta: (P,) log-strengths of agents, then log deltas; only differences between agents mean anything.
        covariance: (P, P) inverse of the posterior's curvature (Laplace).
        scores: (R, P) gradient of each ranking's log-likelihood there, for the sandwich.
    """

    theta: Floats
    covariance: Floats
    scores: Floats

    def sandwich(self, clusters: Floats) -> Floats:
        """Returns the covariance of theta that holds whatever the dependence inside clusters (Huber 1967; White 1980).

        Args:
            clusters: (clusters, R) weight of each ranking in each cluster.
        """
        gradients = clusters @ self.scores
        share = len(gradients) / max(1, len(gradients) - 1)
        return self.covariance @ (share * gradients.T @ gradients) @ self.covariance


def rankings_of(players: npt.NDArray[np.int64], outcomes: Floats, game: int = 0) -> list[Ranking]:
    """Returns each table's ranking, higher outcomes first, equal ones tied.

    Args:
        players: (G, S) agents, -1 for none; outcomes: (G, S).

    Example:
        >>> rankings_of(np.array([[0, 1, 2]]), np.array([[0.5, 2.0, 0.5]]))
        [(0, ((1,), (0, 2)))]
    """
    found = []
    for table, scores in zip(players.tolist(), outcomes.tolist(), strict=True):
        groups: dict[float, list[int]] = {}
        for player, score in zip(table, scores, strict=True):
            if player >= 0:
                groups.setdefault(score, []).append(player)
        found.append((game, tuple(tuple(sorted(groups[score])) for score in sorted(groups, reverse=True))))
    return found


def design(rankings: Sequence[Ranking], agents: int) -> Design:
    """Lays different rankings out as choices.

    A size of ties that never occurs in a game is no option there (its delta is 0), so that without ties this is the
    plain model.
    """
    sizes = _tie_sizes(rankings)
    column = {tie: agents + at for at, tie in enumerate((g, k) for g in sorted(sizes) for k in sizes[g])}
    faced = sorted({(r[0], left) for r in rankings for left, _ in _choices(r)})
    starts: list[int] = []
    options: dict[tuple[int, tuple[int, ...], tuple[int, ...]], int] = {}  # game, who is left, who is taken
    for game, left in faced:
        starts.append(len(options))
        for size in (1, *sizes[game]):
            for taken in itertools.combinations(left, size):
                options[game, left, taken] = len(options)
    features = np.zeros((len(options), agents + len(column)))
    for (game, _, taken), row in options.items():
        features[row, list(taken)] = 1 / len(taken)
        if len(taken) > 1:
            features[row, column[game, len(taken)]] = 1.0
    number = {choice: at for at, choice in enumerate(faced)}
    made = [(row, ranking[0], *choice) for row, ranking in enumerate(rankings) for choice in _choices(ranking)]
    takes = _marks([(row, options[game, left, taken]) for row, game, left, taken in made], len(rankings), len(options))
    faces = _marks([(row, number[game, left]) for row, game, left, _ in made], len(rankings), len(faced))
    return Design(features, np.array(starts, np.int64), takes, faces, agents)


def fit(plan: Design, counts: npt.ArrayLike) -> Fit:
    """Returns the maximum a posteriori of rankings that occurred `counts` (R,) times, which may be fractions."""
    weights = np.asarray(counts, float)[None, :]
    theta = _newton(plan, weights, np.zeros((1, plan.features.shape[1])), np.zeros((1, plan.features.shape[1])))[0]
    _, curvature, shares = _slopes(plan, weights, theta[None], np.zeros((1, len(theta))))
    means = np.add.reduceat(shares[0][:, None] * plan.features, plan.starts, axis=0)
    return Fit(theta, np.linalg.inv(curvature[0]), plan.taken @ plan.features - plan.faced @ means)


def refit(plan: Design, counts: Floats, start: Floats, random: np.random.Generator) -> Floats:
    """Returns (B, P): the optima for B other counts (B, R) of the same rankings, from `start` (P,) on.

    Each draws the mean of its prior from the prior (perturb and optimise: Papandreou and Yuille 2010), so that where
    games say little the spread of the optima is the prior's, not zero.
    """
    centres = random.standard_normal((len(counts), len(start))) * _prior_sd(plan)
    size = max(1, CHUNK // plan.features.size)
    parts = [
        _newton(plan, counts[at : at + size], np.tile(start, (len(counts[at : at + size]), 1)), centres[at : at + size])
        for at in range(0, len(counts), size)
    ]
    return np.concatenate(parts)


def _newton(plan: Design, counts: Floats, theta: Floats, centres: Floats) -> Floats:
    """Maximises B log-posteriors at once: counts (B, R), theta and prior means (B, P)."""
    for _ in range(200):
        gradient, curvature, _ = _slopes(plan, counts, theta, centres)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        theta = theta + step * np.minimum(1.0, STEP / np.maximum(longest, STEP))
        if longest.max() < TOLERANCE:
            break
    return theta


def _slopes(plan: Design, counts: Floats, theta: Floats, centres: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns gradient (B, P) and negative Hessian (B, P, P) of the log-posterior, and the options' shares (B, K)."""
    x, starts = plan.features, plan.starts
    lengths = np.diff([*starts, len(x)])
    values = theta @ x.T
    values = np.exp(values - np.repeat(np.maximum.reduceat(values, starts, axis=1), lengths, axis=1))
    shares = values / np.repeat(np.add.reduceat(values, starts, axis=1), lengths, axis=1)
    faced = counts @ plan.faced
    expected = shares * np.repeat(faced, lengths, axis=1)
    precision = 1 / _prior_sd(plan) ** 2
    gradient = (counts @ plan.taken - expected) @ x - (theta - centres) * precision
    means = np.add.reduceat(shares[:, :, None] * x, starts, axis=1)
    curvature = np.matmul((x.T * expected[:, None, :]), x) - np.matmul(
        (means * faced[:, :, None]).transpose(0, 2, 1), means
    )
    return gradient, curvature + np.diag(precision), shares


def _prior_sd(plan: Design) -> Floats:
    return np.where(np.arange(plan.features.shape[1]) < plan.agents, PRIOR_SD, TIE_SD)


def _marks(places: Sequence[tuple[int, int]], rows: int, columns: int) -> sparse.csr_array:
    at = tuple(np.array(places, np.int64).reshape(-1, 2).T)
    return sparse.csr_array((np.ones(len(places)), at), shape=(rows, columns))


def _choices(ranking: Ranking) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Returns a ranking's choices: (who is left, who is taken); the last one left is no choice."""
    groups = ranking[1]
    left = [tuple(sorted(itertools.chain(*groups[at:]))) for at in range(len(groups))]
    return [(rest, taken) for rest, taken in zip(left, groups, strict=True) if len(rest) > 1]


def _tie_sizes(rankings: Sequence[Ranking]) -> Mapping[int, list[int]]:
    """Returns by game the sizes of ties that occur in it."""
    found: dict[int, set[int]] = {}
    for game, groups in rankings:
        found.setdefault(game, set()).update(len(group) for group in groups if len(group) > 1)
    return {game: sorted(sizes) for game, sizes in found.items()}
