"""Tournaments: the rated pool of every game, and of all games jointly; the same whatever order the runs come in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.leaderboard.alpha_rank import alpha_rank
from arena.leaderboard.crossplay import cycle_share, focal_return, score_matrix, win_matrix, win_rate, worst_partner
from arena.leaderboard.games import AgentKey, Games, Ints, read_games
from arena.leaderboard.intervals import Floats, Interval, wilson
from arena.leaderboard.nash_averaging import nash_average
from arena.leaderboard.ratings import ANCHOR, NOTHING, Rated, rate
from arena.leaderboard.rows import plain
from arena.run import Run

__all__ = ["JOINT", "RatedAgent", "Tournament", "build_tournaments"]

JOINT = ""  # environment id of the rating over all games
MIN_GAMES = 46  # of a pairing: 23 seat-swapped pairs; with fewer a rating is provisional (PROTOCOL section 2)
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class RatedAgent:
    """One agent of a tournament.

    Fields:
        agent: label: the name, with @ and the digest's beginning where two have the same name; digest: "" where the
            rating is over several environments, in each of which it has its own.
        games: with others; self-play is not among them.
        rating: Elo, random = 0; NaN where scores do not compete, or where no games connect it to the anchor.
        error: standard error of the rating by the sandwich, in Elo, beside the bootstrap's interval.
        win_rate: share of others outscored, ties a half.
        nash, alpha_rank: shares in the most even Nash mixture and of alpha-rank; None unless all pairs met.
        cross_play, worst_partner, self_play: mean score with each of the others alike, with the one it does worst with,
            and with itself; None where a score is another's loss, or where it was not played.
    """

    agent: str
    name: str
    digest: str
    games: int
    rating: Interval
    error: float
    win_rate: Interval
    nash: float | None
    alpha_rank: float | None
    cross_play: float | None
    worst_partner: float | None
    self_play: float | None


@dataclass(frozen=True)
class Tournament:
    """A rated pool.

    Fields:
        env_id: "" for the joint rating over all games in which scores compete.
        payoff: as the environment's; "" for the joint one.
        agents: best first.
        scores: mean score of the row's agent in games with the column's, NaN where they never met; over several
            environments how often it scored more. games: how many these are.
        cycles: share of 3-cycles among the threes that all met, NaN without any.
    """

    env_id: str
    payoff: str
    agents: tuple[RatedAgent, ...]
    scores: Matrix
    games: tuple[tuple[int, ...], ...]
    cycles: float
    higher_is_better: bool
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order; NaN and infinities are None, other numbers have 10 significant digits."""
        data: dict[str, Any] = plain(self)
        return data


def build_tournaments(runs: Iterable[Run]) -> tuple[Tournament, ...]:
    """Returns the tournament of every environment in which two agents met, by id; first the joint one if there are two.

    Joint are the environments in which one's score is not everybody's (PROTOCOL section 7). There an agent is a name:
    where a name has several digests in an environment, the one that played last stands for it.
    """
    pools = [games for games in read_games(runs) if games.met.any()]
    rivals = [games for games in pools if games.payoff != "cooperative"]
    found = [_tournament(games) for games in pools]
    return (_joint(rivals), *found) if len(rivals) > 1 else tuple(found)


def _tournament(games: Games) -> Tournament:
    n = len(games.agents)
    scores, counts = score_matrix(games.players, games.scores, n)
    if games.payoff == "cooperative":
        agents = [_agent(games, i, games.labels[i]) for i in range(n)]
        cycles, notes = np.nan, _provisional(counts)
    else:
        rated, wins = rate([games]), win_matrix(games.players, games.outcomes, n)
        agents = _rated_agents([games], rated, wins, games.labels)
        cycles, notes = cycle_share(wins), _notes(agents, rated, counts)
    if games.payoff != "zero-sum":
        agents = [_with_partners(agent, games, scores, i) for i, agent in enumerate(agents)]
    return _sorted(
        games.env_id, games.payoff, agents, scores, counts, cycles, [*games.notes, *notes], games.higher_is_better
    )


def _joint(pool: Sequence[Games]) -> Tournament:
    agents = [AgentKey(name, "") for name in sorted({key.name for games in pool for key in games.agents})]
    renamed = [games.among(agents, _latest(games, agents)) for games in pool]
    rated = rate(renamed)
    each = np.array([win_matrix(games.players, games.outcomes, len(agents)) for games in renamed])
    wins, counts = _mean(each), np.sum([score_matrix(g.players, g.scores, len(agents))[1] for g in renamed], axis=0)
    np.fill_diagonal(counts, 0)
    rows = _rated_agents(renamed, rated, wins, [agent.name for agent in agents])
    notes = [f"Over {', '.join(games.env_id for games in pool)}, each weighted equally."]
    if old := sorted({key.name for games in pool for key in _outdated(games)}):
        notes.append(f"Of several versions of {', '.join(old)}, the one that played last in each environment counts.")
    return _sorted(JOINT, "", rows, wins, counts, cycle_share(wins), [*notes, *_notes(rows, rated, counts)], True)


def _agent(games: Games, agent: int, label: str) -> RatedAgent:
    """Returns an agent without any rating."""
    key = games.agents[agent]
    played = int(((games.players == agent).any(axis=1) & games.met).sum())
    return RatedAgent(label, key.name, key.digest, played, NOTHING, float("nan"), NOTHING, None, None, None, None, None)


def _rated_agents(pool: Sequence[Games], rated: Rated, wins: Floats, labels: Sequence[str]) -> list[RatedAgent]:
    """Returns the agents, numbered alike in each of the games."""
    nash, alpha = _shares(wins)
    agents = []
    for i, label in enumerate(labels):
        seen = [_agent(games, i, label) for games in pool]
        rates = [win_rate(games.players, games.outcomes, i) for games in pool]
        agents.append(
            dataclasses.replace(
                seen[0],
                games=sum(one.games for one in seen),
                rating=rated.intervals[i],
                error=float(rated.errors[i]),
                win_rate=_mean_rate([(r, one.games) for r, one in zip(rates, seen, strict=True) if one.games]),
                nash=nash[i],
                alpha_rank=alpha[i],
            )
        )
    return agents


def _shares(wins: Floats) -> tuple[list[float | None], list[float | None]]:
    """Returns shares in the Nash mixture and of alpha-rank, None where some pair never met."""
    filled = wins.copy()
    np.fill_diagonal(filled, 0.5)
    if np.isnan(filled).any():
        return [None] * len(wins), [None] * len(wins)
    return nash_average((filled - filled.T) / 2).tolist(), alpha_rank(filled).tolist()


def _mean_rate(rates: Sequence[tuple[Interval, int]]) -> Interval:
    """Returns the mean of rates from different environments, Wilson's interval for as many games as it is worth."""
    if not rates:
        return NOTHING
    value = float(np.mean([rate.value for rate, _ in rates]))
    worth = int(len(rates) ** 2 / sum(1 / n for _, n in rates))
    return Interval(value, *wilson(min(value * worth, worth), worth), "wilson")


def _mean(each: Floats) -> Floats:
    """Returns the mean over the first axis of what is not NaN."""
    count = np.isfinite(each).sum(axis=0)
    return np.divide(np.nansum(each, axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)


def _with_partners(agent: RatedAgent, games: Games, scores: Floats, place: int) -> RatedAgent:
    """Adds what an agent scores with others and with itself."""
    return dataclasses.replace(
        agent,
        cross_play=_known(focal_return(scores, place, range(len(scores)))),
        worst_partner=_known(worst_partner(scores, place, games.higher_is_better)),
        self_play=_known(float(scores[place, place])),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _latest(games: Games, agents: Sequence[AgentKey]) -> Ints:
    """Returns each agent's number among the joint ones, -1 where a later version of its name stands for it."""
    outdated = _outdated(games)
    names = [agent.name for agent in agents]
    return np.array([-1 if key in outdated else names.index(key.name) for key in games.agents])


def _outdated(games: Games) -> set[AgentKey]:
    newest: dict[str, tuple[str, AgentKey]] = {}
    for when, key in zip(games.latest, games.agents, strict=True):
        newest[key.name] = max(newest.get(key.name, ("", key)), (when, key))
    return set(games.agents) - {key for _, key in newest.values()}


def _notes(agents: Sequence[RatedAgent], rated: Rated, counts: Ints) -> list[str]:
    notes = []
    anchor = agents[rated.anchor].agent
    if agents[rated.anchor].name != ANCHOR:
        notes.append(f"Random did not play: ratings are relative to the weakest agent, {anchor}.")
    if lost := [agent.agent for agent in agents if agent.rating.kind == "none"]:
        notes.append(f"No chain of games connects {', '.join(lost)} to {anchor}: no rating.")
    return [*notes, *_provisional(counts)]


def _provisional(counts: Ints) -> list[str]:
    met = counts[np.triu_indices(len(counts), 1)]
    few = int(((met > 0) & (met < MIN_GAMES)).sum())
    notes = [f"Provisional: {few} of {int((met > 0).sum())} pairs met in fewer than {MIN_GAMES} games."] if few else []
    if never := int((met == 0).sum()):
        notes.append(f"{never} of {len(met)} pairs never met: no alpha-rank, no Nash shares.")
    return notes


def _sorted(
    env_id: str, payoff: str, agents: Sequence[RatedAgent], scores: Floats, counts: Ints, cycles: float,
    notes: Sequence[str], higher_is_better: bool,
) -> Tournament:  # fmt: skip
    """Returns the tournament with its agents best first: by rating, or by cross-play where they do not compete."""
    sign = 1 if higher_is_better else -1

    def key(place: int) -> tuple[float, float, str]:
        agent = agents[place]
        cross = np.nan if agent.cross_play is None else sign * agent.cross_play
        rating, partner = (np.inf if np.isnan(x) else -round(float(x), 9) for x in (agent.rating.value, cross))
        return rating, partner, agent.agent

    order = sorted(range(len(agents)), key=key)
    at = np.ix_(order, order)
    return Tournament(
        env_id,
        payoff,
        tuple(agents[place] for place in order),
        tuple(map(tuple, scores[at].tolist())),
        tuple(map(tuple, counts[at].tolist())),
        float(cycles),
        higher_is_better,
        tuple(notes),
    )
