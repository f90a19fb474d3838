"""Tournaments: who meets whom, on shared seeds from every seat, and how each pairing becomes an ordinary run.

A pairing is one table of agents: two, or as many as the game has seats. Its run is made by `evaluate` for a suite named
`match/<environment id>`, so that it resumes, verifies and is read like any other; the first of its agents counts as the
evaluated one, which decides nothing.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from arena.agent import resolve_agent
from arena.errors import ArenaError, SpecError
from arena.evaluation import Enough, evaluate
from arena.record import EpisodeRecord
from arena.registry import find
from arena.run import Run
from arena.spec import EnvSpec
from arena.suite import Suite, Task

__all__ = ["SMALL_POOL", "anchor_pairs", "check", "informative_pairs", "play", "round_robin", "suite_of"]

SMALL_POOL = 30  # agents up to which all meet all (PROTOCOL section 7)
FLOOR = 10  # tables at which every agent of a larger pool sits at least
ANCHORS = ("random", "scripted", "ppo")  # whom everybody meets first in a larger pool, those of them that take part
MAX_TABLES = SMALL_POOL * (SMALL_POOL - 1) // 2  # of more than two seats; beyond, tables are chosen for balance
Pairing = tuple[str, ...]
Progress = Callable[[int, int, EpisodeRecord | None], None]


def suite_of(env_id: str, pairing: Pairing, games: int, seats: int, prefix: str = "match") -> Suite:
    """Returns the suite of one pairing: `games` rounded up so that each seed is played from every seat.

    One agent alone is self-play: it sits everywhere, once on each of the same seeds.
    """
    seeds = -(-games // seats)
    episodes = seeds if len(pairing) == 1 else seeds * seats
    return Suite(f"{prefix}/{env_id}", (Task(env_id, episodes, pairing[1:]),), f"games of {', '.join(pairing)}")


def round_robin(agents: Sequence[str], spec: EnvSpec) -> list[Pairing]:
    """Returns all pairings of a pool: every pair, or for more seats every table of as many different agents.

    A pool smaller than the table sits down with each agent in turn at one seat and the others, again and again, at the
    rest. Where a score is not another's loss, every agent also plays with itself. Pairings are in the order of the
    names, whatever the order of `agents`: A against B is B against A. Past 435 tables of more than two seats they are
    chosen instead, so that all sit equally often, with as many different others as possible.

    Example:
        >>> from arena.registry import find
        >>> round_robin(["b", "a", "c"], find("boardgames/ConnectFour-v0"))
        [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    pool = sorted(agents)
    alone = [] if spec.payoff == "zero-sum" else [(agent,) for agent in pool]
    if len(pool) < spec.seats:
        return [*((agent, *(other for other in pool if other != agent)) for agent in pool if len(pool) > 1), *alone]
    tables = list(itertools.islice(itertools.combinations(pool, spec.seats), MAX_TABLES + 1))
    if spec.seats > 2 and len(tables) > MAX_TABLES:
        tables = _balanced(pool, spec.seats)
    return [*tables, *alone]


def anchor_pairs(agents: Sequence[str]) -> list[Pairing]:
    """Returns a large pool's first pairings: everybody against every anchor, so that the graph is connected.

    Anchors are the shipped agents among them, or the first three by name where none takes part.
    """
    pool = sorted(agents)
    anchors = [name for name in ANCHORS if name in pool] or pool[:3]
    return sorted({(min(a, b), max(a, b)) for a in anchors for b in pool if a != b})


def informative_pairs(
    strengths: npt.ArrayLike, covariance: npt.ArrayLike, met: npt.ArrayLike, floor: int = FLOOR
) -> list[tuple[int, int]]:
    """Returns the next round of a large pool: the pairs that tell most, each agent in one at most; none when done.

    A game of i and j tells log(1 + p (1 - p) v), the gain in log-determinant of what is known, where p is the chance
    that i wins and v the variance of the difference of their strengths (D-optimal design: e.g. Fedorov 1972): close
    ratings and uncertain ones. Only agents below the floor of pairings ask for one; pairs that met are not repeated.

    Args:
        strengths: (N,) natural logarithms, as in Bradley-Terry; covariance: theirs, (N, N).
        met: (N, N) bool, whether a pair has met.
    """
    theta, cov, seen = np.asarray(strengths, float), np.asarray(covariance, float), np.array(met, bool)
    np.fill_diagonal(seen, True)
    needy = (seen.sum(axis=1) - 1) < min(floor, len(theta) - 1)
    chance = 1 / (1 + np.exp(np.clip(theta[None, :] - theta[:, None], -500, 500)))
    variance = np.diag(cov)[:, None] + np.diag(cov)[None, :] - 2 * cov
    gain = np.log1p(chance * (1 - chance) * variance)
    gain[seen | ~(needy[:, None] | needy[None, :])] = -1.0
    pairs, free = [], np.ones(len(theta), bool)
    for place in np.argsort(-np.triu(gain, 1), axis=None, kind="stable"):
        i, j = divmod(int(place), len(theta))
        if i < j and gain[i, j] >= 0 and free[i] and free[j]:
            pairs.append((i, j))
            free[[i, j]] = False
    return pairs


def play(
    env_id: str,
    pairings: Sequence[Pairing],
    *,
    games: int = 200,
    seeds: str = "dev",
    workers: int | None = None,
    out: str | os.PathLike[str] = "runs",
    command: str = "",
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> list[Run]:
    """Plays pairings, one run each, and returns their runs; what is there already is not played again.

    Args:
        games: per pairing, over all seats.
        progress: called with (settled, scheduled, record) over all pairings.
        enough: ends a pairing early, see `evaluate`.

    Raises:
        ArenaError: a name is unknown, an agent does not play this environment, too few agents or seats.
    """
    spec = check(env_id, {agent for pairing in pairings for agent in pairing})
    suites = [suite_of(env_id, pairing, games, spec.seats) for pairing in pairings]
    total, before, runs = sum(suite.tasks[0].episodes for suite in suites), 0, []
    for pairing, suite in zip(pairings, suites, strict=True):

        def told(done: int, _: int, record: EpisodeRecord | None, before: int = before) -> None:
            if progress:
                progress(before + done, total, record)

        runs.append(
            evaluate(
                pairing[0], suite, seeds=seeds, workers=workers, out=out, command=command, progress=told, enough=enough
            )
        )
        before += suite.tasks[0].episodes
    return runs


def check(env_id: str, agents: Iterable[str]) -> EnvSpec:
    """Finds out before anything is played whether these agents can meet here; returns the environment's spec.

    Raises:
        ArenaError: an unknown name, an agent that refuses the environment, an environment with one seat.
    """
    spec = find(env_id)
    if spec.seats < 2:
        raise SpecError(f"{env_id} has one seat: nobody meets anybody; use 'arena run --env {env_id}'")
    for text in sorted(agents):
        ref = resolve_agent(text)
        if why := ref.refusal(ref.load(), spec):
            raise ArenaError(f"{ref.name} cannot play {env_id}: {why}")
    return spec


def _balanced(pool: Sequence[str], seats: int) -> list[Pairing]:
    """Returns different tables at which everybody sits FLOOR times at least: who sat least, with those it met least."""
    sat: Counter[str] = Counter()
    met: Counter[tuple[str, str]] = Counter()
    tables: set[Pairing] = set()
    while min(sat[agent] for agent in pool) < FLOOR:
        table = [min(pool, key=lambda agent: (sat[agent], agent))]
        while len(table) < seats:
            free = [agent for agent in pool if agent not in table]
            table.append(min(free, key=lambda agent: (sum(met[agent, other] for other in table), sat[agent], agent)))
        met.update(itertools.permutations(table, 2))
        if (pairing := tuple(sorted(table))) not in tables:
            sat.update(table)
            tables.add(pairing)
    return sorted(tables)
