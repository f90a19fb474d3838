"""Games: who sat at a table together and what each scored, read out of any runs with more than one agent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats
from arena.leaderboard.runs import age
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["AgentKey", "Games", "Played", "lineup_of", "read_games"]

EXPLOITERS = "match/exploit/"  # suites whose games tell what a trained exploiter gets, not who is better
Ints = npt.NDArray[np.int64]


class AgentKey(NamedTuple):
    """An agent in one environment: two digests of one name are two agents."""

    name: str
    digest: str


@dataclass(frozen=True)
class Games:
    """All games of one environment, in an order that does not depend on the order of the runs.

    Fields:
        agents: sorted; elsewhere an agent is its place here.
        players: (G, S) agents at each table, ascending, -1 behind the last; an agent on several seats counts once.
        scores: (G, S) float64, each player's mean over its seats, NaN where there is none.
        pairings: (G,) which set of agents met; clusters: (G,) which (pairing, seed): what is resampled as one.
        runs: sorted ids of the runs that the games come from.
        latest: by agent of the runs, when it last played ("created" of its newest run).
        notes: what was left out, in words.
    """

    env_id: str
    payoff: str
    higher_is_better: bool
    agents: tuple[AgentKey, ...]
    players: Ints
    scores: Floats
    pairings: Ints
    clusters: Ints
    runs: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def outcomes(self) -> Floats:
        """Scores with the sign that makes higher better."""
        return self.scores if self.higher_is_better else -self.scores

    @property
    def met(self) -> npt.NDArray[np.bool_]:
        """(G,) whether a game is one between agents, not of one with itself."""
        return (self.players >= 0).sum(axis=1) > 1

    def among(self, agents: Sequence[AgentKey], place: npt.ArrayLike) -> Games:
        """Returns the games with other numbers for agents: place[i] for i, or -1 to take that agent off its tables.

        Off the table of a larger game, those who stay keep their order; a game with nobody left is gone.
        """
        renamed = np.append(np.asarray(place, np.int64), -1)[self.players]
        order = np.argsort(np.where(renamed < 0, len(agents), renamed), axis=1, kind="stable")
        players = np.take_along_axis(renamed, order, axis=1)
        scores = np.where(players >= 0, np.take_along_axis(self.scores, order, axis=1), np.nan)
        kept = (players >= 0).any(axis=1)
        return replace(
            self, agents=tuple(agents), players=players[kept], scores=scores[kept], pairings=self.pairings[kept],
            clusters=self.clusters[kept],
        )  # fmt: skip

    @property
    def labels(self) -> tuple[str, ...]:
        """Agents' names, with @ and the digest's beginning where two have the same name."""
        names = Counter(agent.name for agent in self.agents)
        return tuple(a.name if names[a.name] == 1 else f"{a.name}@{a.digest[:8]}" for a in self.agents)


class Played(NamedTuple):
    """One game on its way into the arrays: seats as they were, so that one that is in two runs is seen to be one."""

    seed: int
    seating: tuple[int, ...]
    table: tuple[AgentKey, ...]  # by seat
    scores: tuple[float, ...]  # by seat


@dataclass
class _Gathered:
    spec: EnvSpec
    games: set[Played] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    latest: dict[AgentKey, str] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)


def read_games(runs: Iterable[Run]) -> list[Games]:
    """Returns the games of every environment with several seats in which agents met or played with themselves, by id.

    Counted are measured episodes, from matches and from suites with opponents alike; a forfeit counts as its scores
    say. The same game (seed, seating, agents) in two runs is one game. Left out, and told in `notes`, are episodes that
    are no measurement and scores that are not finite. Games against trained exploiters rate nobody.
    """
    found: dict[str, _Gathered] = {}
    for run in sorted(runs, key=age):
        if not run.manifest["suite"]["name"].startswith(EXPLOITERS):
            for env_id, spec in run.specs.items():
                if spec.seats > 1:
                    gathered = found.setdefault(env_id, _Gathered(spec))
                    gathered.spec = spec
                    _gather(run, env_id, gathered)
    return [_arrays(found[env_id]) for env_id in sorted(found) if found[env_id].games]


def _gather(run: Run, env_id: str, into: _Gathered) -> None:
    lineup = lineup_of(run, env_id)
    rows = run.episodes
    for row in rows[rows["env_id"] == env_id].itertuples():
        if not row.measurement:
            into.dropped["ended by no fault of an agent (environment, harness)"] += 1
        elif len(row.scores) != len(row.seating) or not set(row.seating) <= set(range(len(lineup))):
            into.dropped["whose seats and agents do not go together"] += 1
        elif not np.isfinite(row.scores).all():
            into.dropped["whose scores are not finite numbers"] += 1
        else:
            seating = tuple(int(place) for place in row.seating)
            table = tuple(lineup[place] for place in seating)
            into.games.add(Played(int(row.seed), seating, table, tuple(float(score) for score in row.scores)))
            into.runs.add(run.id)
            into.latest.update(dict.fromkeys(table, str(run.manifest["created"])))


def lineup_of(run: Run, env_id: str) -> tuple[AgentKey, ...]:
    """Returns the agents at a run's table in one environment, with the digests they have there."""
    people: list[dict[str, Any]] = [run.manifest["agent"], *run.manifest["opponents"].get(env_id, ())]
    digests = run.manifest.get("lineups", {}).get(env_id) or [who["digest"] for who in people]
    return tuple(AgentKey(who["name"], digest) for who, digest in zip(people, digests, strict=True))


def _arrays(found: _Gathered) -> Games:
    games = sorted(found.games)
    agents = sorted({agent for game in games for agent in game.table})
    place = {agent: number for number, agent in enumerate(agents)}
    seated = [_by_agent(game, place) for game in games]
    sets = _numbers([tuple(one) for one in seated])
    width = max(len(one) for one in seated)
    players = np.full((len(games), width), -1, np.int64)
    scores = np.full((len(games), width), np.nan)
    for row, one in enumerate(seated):
        players[row, : len(one)] = list(one)
        scores[row, : len(one)] = list(one.values())
    return Games(
        env_id=found.spec.id,
        payoff=found.spec.payoff,
        higher_is_better=found.spec.higher_is_better,
        agents=tuple(agents),
        players=players,
        scores=scores,
        pairings=sets,
        clusters=_numbers([(int(table), game.seed) for table, game in zip(sets, games, strict=True)]),
        runs=tuple(sorted(found.runs)),
        latest=tuple(found.latest[agent] for agent in agents),
        notes=tuple(f"{n} games {why} are left out." for why, n in sorted(found.dropped.items())),
    )


def _by_agent(game: Played, place: dict[AgentKey, int]) -> dict[int, float]:
    """Returns each player's mean score over its seats, ascending by place."""
    seats: dict[int, list[float]] = defaultdict(list)
    for agent, score in zip(game.table, game.scores, strict=True):
        seats[place[agent]].append(score)
    return {player: float(np.mean(seats[player])) for player in sorted(seats)}


def _numbers(keys: Sequence[Any]) -> Ints:
    """Returns for each key its place among the sorted different ones."""
    place = {key: number for number, key in enumerate(sorted(set(keys)))}
    return np.array([place[key] for key in keys], np.int64)
