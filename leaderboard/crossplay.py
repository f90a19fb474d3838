"""Cross-play: what every agent scores with or against every other, and who beats whom."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arena.leaderboard.games import Ints
from arena.leaderboard.intervals import Floats, Interval, wilson

__all__ = ["cycle_share", "focal_return", "score_matrix", "win_matrix", "win_rate", "worst_partner"]


def score_matrix(players: Ints, scores: Floats, agents: int) -> tuple[Floats, Ints]:
    """Returns (N, N) mean score of the row's agent in games with the column's, NaN where they never met, and counts.

    The diagonal holds self-play. Players are (G, S) agents of each game, -1 for none; scores go with them.
    """
    total, count = np.zeros((agents, agents)), np.zeros((agents, agents), np.int64)
    for a, b in itertools.permutations(range(players.shape[1]), 2):
        at = np.flatnonzero((players[:, a] >= 0) & (players[:, b] >= 0))
        np.add.at(total, (players[at, a], players[at, b]), scores[at, a])
        np.add.at(count, (players[at, a], players[at, b]), 1)
    alone = np.flatnonzero((players >= 0).sum(axis=1) == 1)
    np.add.at(total, (players[alone, 0], players[alone, 0]), scores[alone, 0])
    np.add.at(count, (players[alone, 0], players[alone, 0]), 1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0), count


def win_matrix(players: Ints, outcomes: Floats, agents: int) -> Floats:
    """Returns (N, N) how often the row's agent scored more than the column's in games of both, ties counting a half.

    NaN where they never met, and on the diagonal.

    Example:
        >>> win_matrix(np.array([[0, 1], [0, 1]]), np.array([[1.0, -1.0], [0.0, 0.0]]), 2)
        array([[ nan, 0.75],
               [0.25,  nan]])
    """
    won, count = np.zeros((agents, agents)), np.zeros((agents, agents))
    for a, b in itertools.permutations(range(players.shape[1]), 2):
        at = np.flatnonzero((players[:, a] >= 0) & (players[:, b] >= 0))
        gain = (1 + np.sign(outcomes[at, a] - outcomes[at, b])) / 2
        np.add.at(won, (players[at, a], players[at, b]), gain)
        np.add.at(count, (players[at, a], players[at, b]), 1)
    return np.divide(won, count, out=np.full(won.shape, np.nan), where=count > 0)


def win_rate(players: Ints, outcomes: Floats, agent: int) -> Interval:
    """Returns the share of others that an agent outscored, averaged over its games, ties a half; interval by Wilson.

    Every game with others counts as one trial, so for tables of more than two the interval is wider than need be.
    """
    games = np.flatnonzero((players == agent).any(axis=1) & ((players >= 0).sum(axis=1) > 1))
    if not len(games):
        return Interval(np.nan, np.nan, np.nan, "none")
    mine = players[games] == agent
    own = outcomes[games][mine][:, None]
    others = (players[games] >= 0) & ~mine
    gain = np.where(others, (1 + np.sign(own - outcomes[games])) / 2, 0.0).sum(axis=1) / others.sum(axis=1)
    share = min(1.0, float(gain.sum()) / len(games))
    return Interval(share, *wilson(share * len(games), len(games)), "wilson")


def cycle_share(wins: npt.ArrayLike) -> float:
    """Returns the share of 3-cycles (A beats B beats C beats A) among the threes that all met; NaN without any.

    Who won more than half of the games of a pair beats the other; exact halves make no cycle. In few games chance alone
    makes cycles: random results give 1/4.

    Source: Kendall and Babington Smith 1940, "On the method of paired comparisons", section 4.
    """
    w = np.asarray(wins, float)
    threes = [
        t
        for t in itertools.combinations(range(len(w)), 3)
        if not np.isnan(w[np.ix_(t, t)][~np.eye(3, dtype=bool)]).any()
    ]
    if not threes:
        return float("nan")
    beats = w > 0.5
    found = sum(
        bool((beats[a, b] and beats[b, c] and beats[c, a]) or (beats[b, a] and beats[c, b] and beats[a, c]))
        for a, b, c in threes
    )
    return found / len(threes)


def focal_return(scores: npt.ArrayLike, agent: int, background: Sequence[int]) -> float:
    """Returns an agent's mean score among background agents it was not trained with, each of them counted alike.

    Source: the focal per-capita return of Leibo et al. 2021, "Scalable evaluation of multi-agent reinforcement learning
    with Melting Pot", section 3. `scores` is a `score_matrix`; NaN if it met none of the background.
    """
    row = np.asarray(scores, float)[agent, [other for other in background if other != agent]]
    return float(np.nanmean(row)) if np.isfinite(row).any() else float("nan")


def worst_partner(scores: npt.ArrayLike, agent: int, higher_is_better: bool = True) -> float:
    """Returns the agent's mean score with the other that it does worst with; NaN if it met nobody."""
    row = np.delete(np.asarray(scores, float)[agent], agent)
    if not np.isfinite(row).any():
        return float("nan")
    return float(np.nanmin(row) if higher_is_better else np.nanmax(row))
