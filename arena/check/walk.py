"""The walk: whole episodes of random legal actions, everything that comes looked at, and how they ended and scored."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from arena.check.playing import Player
from arena.check.report import Finding, failed, measured, skipped
from arena.check.rules import fault
from arena.check.subject import Check, Clock, Subject
from arena.check.watched import Watched
from arena.errors import EnvError
from arena.registry import build
from arena.seeding import episode_seeds
from arena.spec import EnvSpec

__all__ = ["WALK"]

_EPISODES = 30  # at most
_APART = 1 << 40  # an environment may draw its chances from the same kind of generator, seeded alike
_FAR = 4.0  # standard errors between two measurements of one mean that are not chance


class _Game(NamedTuple):
    """A whole episode of the walk."""

    seed: int
    length: int
    terminated: bool  # as the environment said, of any seat, in the last step
    truncated: bool
    scores: list[float]
    returns: list[float]


def walk(subject: Subject) -> Iterator[Finding]:
    """Plays whole episodes of random legal actions and looks at everything that comes; then at how they ended."""
    spec = subject.spec
    watched = Watched(build(dataclasses.replace(spec, max_steps=None)), spec.interface)  # the episode keeps the limit
    games: list[_Game] = []
    unfinished = 0
    try:
        player = Player(spec, watched)
        clock, longest = subject.clock(0.3), 0.0
        for seed in episode_seeds(spec.id, _EPISODES):
            if games and clock.spent + longest > clock.seconds:
                break
            began = clock.spent
            if not _whole(player, seed, subject.clock(1.0)):
                unfinished = player.episode.length
                break
            games.append(_game(player, watched, seed))
            longest = max(longest, clock.spent - began)
    except _NoScore as error:
        do = 'Put it into the last step\'s info["metrics"] of every seat, as a finite float.'
        watched.note("metric", str(error), "the score by the spec's metric", do)
    except Exception as error:
        if not watched.found:  # else it is the consequence of what was found, or its Breach
            do = "Mend the environment, or its array view."
            watched.note("steps", fault(error), "an episode to its end", do)
        subject.broken_by = next(iter(watched.found))
    finally:
        with contextlib.suppress(Exception):
            watched.close()
    yield from watched.found.values()
    yield from _ends(subject, games, unfinished)
    yield from _scores(spec, games)
    yield _reference(spec, games)


class _NoScore(EnvError):
    """An episode ended without its score."""


def _whole(player: Player, seed: int, clock: Clock) -> bool:
    """Plays an episode; returns whether its end was reached in time."""
    for played in player.steps(seed, stream=seed + _APART):
        if played.over:
            return True
        if clock.is_over:
            return False
    return False


def _game(player: Player, watched: Watched, seed: int) -> _Game:
    try:
        scores = player.episode.scores()
    except EnvError as error:
        raise _NoScore(str(error)) from error
    return _Game(seed, player.episode.length, *watched.flags, scores, list(player.episode.returns))


def _ends(subject: Subject, games: list[_Game], unfinished: int) -> Iterator[Finding]:
    """An end was reached; and the time limit was told as one: truncated, not terminated."""
    spec = subject.spec
    if not games:
        came = f"no end after {unfinished} steps in {subject.budget:.0f} s"
        if not unfinished:
            yield skipped("end", "the episode broke off")
        elif spec.max_steps is None:
            yield failed("end", "", came, "every episode to end", "Declare max_steps in the spec, or raise --budget.")
        else:
            yield skipped("end", f"{came}, of {spec.max_steps}; see 'limit'")
        return
    at_limit = [game for game in games if game.length == spec.max_steps]
    if len(at_limit) == len(games) > 2 and all(game.terminated for game in at_limit):
        came = f"all {len(games)} episodes were terminated in step {spec.max_steps}, the limit"
        do = "Return terminated=False at a time limit; if the task itself ends there, declare no max_steps."
        yield failed("flags", f"seed {at_limit[0].seed}, step {spec.max_steps}", came, "a limit to truncate", do)
    lengths = [game.length for game in games]
    terminated = sum(game.terminated for game in games)
    yield measured("end", episodes=len(games), shortest=min(lengths), longest=max(lengths), terminated=terminated)


def _scores(spec: EnvSpec, games: list[_Game]) -> Iterator[Finding]:
    """Scores lie in the declared range; those of a zero-sum game sum to zero."""
    low, high = spec.score_range
    slack = 1e-6 * max([1.0, *(abs(bound) for bound in (low, high) if math.isfinite(bound))])
    for game in games:
        if out := [score for score in game.scores if not low - slack <= score <= high + slack]:
            do = "Mend the score, or score_range in the spec."
            yield failed("scores", f"seed {game.seed}", f"a score of {out[0]}", f"{low} to {high}", do)
            break
    for game in games:
        if spec.payoff == "zero-sum" and abs(sum(game.scores)) > 1e-6 * max(1.0, *map(abs, game.scores)):
            do = "Mend the rewards, or declare payoff='general-sum'."
            yield failed("payoff", f"seed {game.seed}", f"scores {game.scores}", "a sum of 0, as zero-sum says", do)
            break


def _reference(spec: EnvSpec, games: list[_Game]) -> Finding:
    """The random reference, measured again: on its own seeds, so that chance has less to say."""
    found = np.array([np.mean(game.scores) for game in games])
    if len(found) < 5:
        return skipped("random", f"{len(found)} whole episodes within the time, too few for a mean")
    mean, sd = float(found.mean()), float(found.std(ddof=1))
    half = 1.96 * sd / math.sqrt(len(found))
    figures = {"score": mean, "low": mean - half, "high": mean + half, "episodes": len(found)}
    told = spec.random
    if told is None or told.low is None or told.high is None or not told.episodes:
        return measured("random", **figures, declared=None if told is None else told.value)
    error = (told.high - told.low) / (2 * 1.96)
    sd = max(sd, error * math.sqrt(told.episodes))  # either sample may have missed what is rare
    error = sd * math.sqrt(1 / len(found) + 1 / told.episodes)
    if abs(mean - told.value) > _FAR * error + 1e-5 * max(1.0, abs(told.value)):
        came = f"random play scores {mean:.4g} over {len(found)} episodes"
        do = "Measure it again (python -m arena.envs.references ID), and find out what changed."
        return failed("random", "", came, f"about {told.value:.4g}, the spec's random reference", do)
    return measured("random", **figures, declared=told.value)


_NAMES = (
    *("steps", "reset", "seats", "actions", "observations", "copies", "rewards", "flags", "infos", "masks", "ended"),
    *("end", "metric", "scores", "payoff", "random"),
)
WALK = Check(_NAMES, walk)
