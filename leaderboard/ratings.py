"""Ratings: strengths on the Elo scale, random = 0, with intervals from resampled seeds, of one game or of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from arena.leaderboard.games import Games, Ints
from arena.leaderboard.intervals import Floats, Interval, generator_of
from arena.leaderboard.plackett_luce import Design, Fit, Ranking, design, fit, rankings_of, refit
from arena.leaderboard.suite_statistics import percentile_interval

__all__ = ["ANCHOR", "ELO", "NOTHING", "Rated", "rate"]

ELO = 400 / np.log(10)  # points per unit of log-strength
RESAMPLES = 1000
LARGEST = 2_000_000  # features times parameters; beyond, resampling takes minutes and the sandwich stands in for it
Z_95 = 1.959964
NOTHING = Interval(np.nan, np.nan, np.nan, "none")
ANCHOR = "random"  # the agent whose rating is 0


class Rated(NamedTuple):
    """Ratings of a pool.

    Fields:
        intervals: by agent, in Elo above the anchor; "none" where no chain of games connects an agent to it.
        errors: by agent, standard error of that rating by the sandwich, in Elo: what the intervals are checked against.
        anchor: the agent whose rating is 0: random, or the weakest where random did not play.
        strengths, covariance: log-strengths and their posterior covariance, by which pairs to meet next are chosen.
    """

    intervals: list[Interval]
    errors: Floats
    anchor: int
    strengths: Floats
    covariance: Floats


class _Stratum(NamedTuple):
    """The games of one pairing: rankings by cluster, and what each game weighs."""

    clusters: list[Counter[Ranking]]
    weight: float


def rate(pool: Sequence[Games]) -> Rated:
    """Rates agents from all their games in one or more environments, each environment weighted equally.

    All environments number the same agents alike (see `Games.among`); the one called "random" is 0.

    Each environment has its own tie parameters; the weights sum to the number of games. Self-play is passed over.

    Interval: percentile bootstrap, 1000 resamples of the clusters (games on one seed) inside every pairing. Among a
    pairing's n clusters are two more that were not played, its agents' order and the reverse: without them a side that
    won every game would win every resample too, and its interval would have no width (Agresti and Coull 1998 mix in
    two successes and two failures for the same reason). They pull all ratings together a little, so the interval is the
    resamples' spread around their own median. Each resample also draws the prior's mean, see `refit`.
    """
    names = [agent.name for agent in pool[0].agents]
    strata = _strata(pool)
    if not strata:
        n = len(names)
        return Rated([NOTHING] * n, np.full(n, np.nan), 0, np.zeros(n), np.eye(n))
    rankings = sorted({ranking for stratum in strata for cluster in _with_unplayed(stratum) for ranking in cluster})
    plan = design(rankings, len(names))
    number = {ranking: at for at, ranking in enumerate(rankings)}
    tables = [_table(stratum, number) for stratum in strata]
    found = fit(plan, sum((table[:-2].sum(axis=0) for table in tables), np.zeros(len(rankings))))
    anchor, known = _anchor(rankings, names, found.theta)
    errors = ELO * _errors(found, sparse.vstack([table[:-2] for table in tables]), anchor)
    random = generator_of({run for games in pool for run in games.runs})
    intervals = _intervals(plan, tables, found, anchor, errors, random)
    intervals = [i if agent in known else NOTHING for agent, i in enumerate(intervals)]
    intervals[anchor] = Interval(0.0, 0.0, 0.0, "constant")
    size = len(names)
    return Rated(intervals, errors[:size], anchor, found.theta[:size], found.covariance[:size, :size])


def _strata(pool: Sequence[Games]) -> list[_Stratum]:
    """Returns the rankings of every pairing of every environment, by cluster."""
    shares = []
    for number, games in enumerate(pool):
        met = np.flatnonzero(games.met)
        if len(met):
            rankings = rankings_of(games.players[met], games.outcomes[met], number)
            shares.append((len(met), _by_pairing(rankings, games.pairings[met], games.clusters[met])))
    total = sum(n for n, _ in shares)
    return [_Stratum(clusters, total / (len(shares) * n)) for n, pairings in shares for clusters in pairings]


def _by_pairing(rankings: Sequence[Ranking], pairings: Ints, clusters: Ints) -> list[list[Counter[Ranking]]]:
    found: dict[int, dict[int, Counter[Ranking]]] = {}
    for ranking, pairing, cluster in zip(rankings, pairings.tolist(), clusters.tolist(), strict=True):
        found.setdefault(pairing, {}).setdefault(cluster, Counter())[ranking] += 1
    return [[found[pairing][cluster] for cluster in sorted(found[pairing])] for pairing in sorted(found)]


def _with_unplayed(stratum: _Stratum) -> list[Counter[Ranking]]:
    """Returns a pairing's clusters and the two that were not played: its agents in order, and in reverse."""
    game, groups = next(iter(stratum.clusters[0]))
    agents = sorted(agent for group in groups for agent in group)
    orders = (tuple((agent,) for agent in agents), tuple((agent,) for agent in reversed(agents)))
    unplayed: list[Counter[Ranking]] = [Counter({(game, order): 1}) for order in orders]
    return stratum.clusters + unplayed


def _table(stratum: _Stratum, number: Mapping[Ranking, int]) -> sparse.csr_array:
    """Returns (clusters + 2, rankings): what each cluster weighs in each ranking; the last two were not played."""
    clusters = _with_unplayed(stratum)
    size = sum(cluster.total() for cluster in stratum.clusters) / len(stratum.clusters)
    cells = [
        (row, number[ranking], stratum.weight * times * (size if row >= len(stratum.clusters) else 1))
        for row, cluster in enumerate(clusters)
        for ranking, times in sorted(cluster.items())
    ]
    rows, columns, weights = zip(*cells, strict=True)
    return sparse.csr_array((weights, (rows, columns)), shape=(len(clusters), len(number)))


def _intervals(
    plan: Design,
    tables: Sequence[sparse.csr_array],
    found: Fit,
    anchor: int,
    errors: Floats,
    random: np.random.Generator,
) -> list[Interval]:
    """Returns each agent's rating above the anchor: bootstrapped, or by its error in a pool too large for that."""
    values = (ELO * (found.theta - found.theta[anchor])).tolist()[: plan.agents]
    if plan.features.size * plan.features.shape[1] > LARGEST:
        halves = (Z_95 * errors).tolist()
        return [
            Interval(v, v - half, v + half, "sandwich") for v, half in zip(values, halves[: plan.agents], strict=True)
        ]
    resampled = ELO * _resampled(plan, tables, found, random)
    gaps = resampled - resampled[:, [anchor]]
    return [_around(value, gaps[:, agent]) for agent, value in enumerate(values)]


def _resampled(plan: Design, tables: Sequence[sparse.csr_array], found: Fit, random: np.random.Generator) -> Floats:
    """Returns (resamples, P): the optima when as many clusters as were played are drawn from each pairing's."""
    counts = np.zeros((RESAMPLES, plan.taken.shape[0]))
    for table in tables:
        rows = table.shape[0]
        drawn = random.integers(rows, size=(RESAMPLES, rows - 2)) + rows * np.arange(RESAMPLES)[:, None]
        counts += np.bincount(drawn.ravel(), minlength=RESAMPLES * rows).reshape(RESAMPLES, rows) @ table
    return refit(plan, counts, found.theta, random)


def _around(value: float, resampled: Floats) -> Interval:
    """Returns the percentile interval, moved so that the resamples' median is the value."""
    return percentile_interval(value, resampled - np.median(resampled) + value)


def _errors(found: Fit, clusters: Floats, anchor: int) -> Floats:
    """Returns the sandwich's standard error of each parameter's difference to the anchor's."""
    covariance = found.sandwich(clusters)
    variance = np.diag(covariance) + covariance[anchor, anchor] - 2 * covariance[anchor]
    return np.sqrt(np.maximum(variance, 0.0))


def _anchor(rankings: Sequence[Ranking], names: Sequence[str], theta: Floats) -> tuple[int, set[int]]:
    """Returns the agent that is 0, and whom games connect to it."""
    link = sparse.lil_array((len(names), len(names)))
    for _, groups in rankings:
        agents = [agent for group in groups for agent in group]
        link[agents[0], agents] = 1
    parts = sparse.csgraph.connected_components(link, directed=False)[1]
    met = [agent for agent in range(len(names)) if (parts == parts[agent]).sum() > 1] or list(range(len(names)))
    randoms = [agent for agent in met if names[agent] == ANCHOR]
    largest = max((parts == parts[agent]).sum() for agent in met)
    weakest = min((a for a in met if (parts == parts[a]).sum() == largest), key=lambda agent: (theta[agent], agent))
    anchor = randoms[0] if randoms else weakest
    return anchor, {agent for agent in range(len(names)) if parts[agent] == parts[anchor]}
