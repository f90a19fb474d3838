"""The contract of an environment, beside its episodes: spec, spaces, reset, limit, closing, what a mask forbids."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

from arena.check.playing import Player
from arena.check.report import Finding, failed, measured, skipped
from arena.check.rules import fault, same, short
from arena.check.subject import Check, Subject
from arena.check.walk import WALK
from arena.registry import build
from arena.sampling import legal_action
from arena.spec import EnvSpec
from arena.views import view_digest, view_names

__all__ = ["CONTRACT", "FORBIDDEN"]

_LIMIT = 3  # steps of an episode that is cut short, to see the limit work


def check_spec(subject: Subject) -> Iterator[Finding]:
    """A worker process builds from the spec's JSON: it must read back to an equal one, and its views must load."""
    spec, do = subject.spec, "Let the spec hold plain JSON data: numbers, strings, lists, dicts."
    if EnvSpec.from_json(json.loads(json.dumps(spec.to_json()))) != spec:
        yield failed("spec", "", "a spec that reads back from JSON as another", "the same", do)
    for name in view_names(spec):
        view_digest(spec, name)


def check_spaces(subject: Subject) -> Iterator[Finding]:
    """Spaces are Gymnasium's, not empty, and the same for every instance; seats are as many as the spec says."""
    spec, env = subject.spec, subject.env
    kind, agents = _interface(spec), list[str | None]([None])
    if not isinstance(env, kind):
        subject.broken_by = "seats"
        do = "Give the spec the interface that the environment has."
        yield failed("seats", "", f"a {type(env).__name__}", f"a {kind.__name__}, as interface={spec.interface!r}", do)
        return
    if spec.interface != "gymnasium":
        agents = list(env.possible_agents)
        if len(agents) != spec.seats or len(set(agents)) != len(agents):
            subject.broken_by = "seats"
            came, do = f"possible_agents is {agents}", "Give the spec as many seats as the environment has."
            yield failed("seats", "", came, f"{spec.seats} different names, as the spec says", do)
            return
    with contextlib.closing(subject.build()) as other:
        for agent in agents:
            for name in ("observation_space", "action_space"):
                if wrong := _space(env, other, name, agent):
                    do = "Make the space once, in __init__."
                    yield failed("spaces", name + (f" of {agent}" if agent else ""), *wrong, do)


def _interface(spec: EnvSpec) -> type[Any]:
    import gymnasium
    import pettingzoo

    kinds: dict[str, type[Any]] = {
        "gymnasium": gymnasium.Env,
        "parallel": pettingzoo.ParallelEnv,
        "aec": pettingzoo.AECEnv,
    }
    return kinds[spec.interface]


def _space(env: Any, other: Any, name: str, agent: str | None) -> tuple[str, str] | None:
    """Returns what is wrong with a space, and what was expected."""
    space, elsewhere = (getattr(e, name) if agent is None else getattr(e, name)(agent) for e in (env, other))
    if not isinstance(space, spaces.Space):
        return f"a {type(space).__name__}", "a gymnasium.spaces.Space"
    if agent is not None and getattr(env, name)(agent) is not space:
        return "a new space at each call", "the same object"
    if space != elsewhere:
        return f"{short(elsewhere)} in another instance", f"{short(space)} in each"
    if isinstance(space, spaces.Box) and (space.low > space.high).any():
        return "a lower bound above the upper one", "low <= high"
    if isinstance(space, (spaces.Dict, spaces.Tuple)) and not space.spaces:
        return f"an empty {type(space).__name__}", "at least one part"
    return None


def check_reset(subject: Subject) -> Iterator[Finding]:
    """Reset takes a seed, options or nothing; without a seed it goes on from the stream that the last seed began."""
    env, spec = subject.player.episode.env, subject.spec
    firsts: list[Any] = []
    for call in ({"seed": 1, "options": {}}, {}, {"seed": 1}, {}):
        try:
            came = env.reset(**call)
        except Exception as error:
            came, do = f"reset({', '.join(call)}) raised {fault(error)}", "Take seed=None and options=None."
            yield failed("reset", "", came, "an episode's start", do)
            return
        if spec.interface == "gymnasium" and isinstance(came, tuple) and not call:
            firsts.append(copy.deepcopy(came[0]))
    if spec.verification == "bits" and len(firsts) == 2 and not same(*firsts):
        do = "Derive all randomness from self.np_random, which super().reset(seed=seed) seeds."
        came, expected = "reset(seed=1) and then reset() gave another start the second time", "the same start"
        yield failed("reset", "", came, expected, do)


def check_limit(subject: Subject) -> Iterator[Finding]:
    """A limit of three steps, in place of the spec's, truncates in the third, and nobody is asked after it."""
    if subject.spec.max_steps is None:
        yield skipped("limit", "the spec sets none; the environment ends by itself")
        return
    spec = dataclasses.replace(subject.spec, max_steps=_LIMIT)
    player = Player(spec, build(spec))
    try:
        for played in player.steps(1):
            if played.over:
                break
            if played.length >= _LIMIT:
                do = "Leave the limit to Arena, or end the episode yourself within max_steps."
                yield failed("limit", f"seed 1, step {_LIMIT}", "a further turn", f"an end at max_steps={_LIMIT}", do)
                break
        if played.over and any(end.terminated for end in player.episode.turn.ended):
            yield from _ended_by_itself(subject, played.length)
    finally:
        player.close()


def _ended_by_itself(subject: Subject, length: int) -> Iterator[Finding]:
    """A termination under the short limit is the task's own only where it comes there also under the spec's limit."""
    if not subject.player.play(1, length).over:
        do = "Return terminated=False at a time limit, truncated=True."
        yield failed("limit", f"seed 1, step {length}", "terminated by the limit", "truncated", do)


def check_forbidden(subject: Subject) -> Iterator[Finding]:
    """What a mask forbids is refused: it raises, ends the episode or changes nothing."""
    if subject.spec.interface == "parallel":
        yield skipped("forbidden", "seats move at the same time: what one move did cannot be told")
        return
    player, tried = Player(subject.spec, subject.build()), 0
    clock = subject.clock(0.05)
    for seed in range(1, 9):
        for steps in (0, 1, 3, 8):
            if clock.is_over:
                break
            played = player.play(seed, steps)
            if played.over or not (problem := _try_forbidden(player, seed)):
                continue
            tried += 1
            if problem is not _REFUSED:
                do = "Raise ValueError on what the mask forbids; if it is legal, allow it in the mask."
                yield failed("forbidden", f"seed {seed}, step {played.length + 1}", problem, "a refusal", do)
                return
    with contextlib.suppress(Exception):
        player.close()
    yield measured("forbidden", tried=tried) if tried else skipped("forbidden", "no mask forbade anything")


_REFUSED = "refused"


def _try_forbidden(player: Player, seed: int) -> str:
    """Plays one action that the mask forbids; returns "" if there is none, _REFUSED, or what it did."""
    episode = player.episode
    turn = episode.turn
    (seat,), (before,), (mask,) = turn.seats, turn.observations, turn.masks
    if mask is None or mask.all():
        return ""
    before = copy.deepcopy(before)
    space = episode.env.action_space if episode.agents[seat] is None else episode.env.action_space(episode.agents[seat])
    action = legal_action(space, ~mask, np.random.default_rng(seed))
    try:
        turn = episode.step([action])
    except Exception:
        return _REFUSED
    if not turn.seats or (turn.seats == (seat,) and same(before, turn.observations[0])):
        return _REFUSED
    return f"action {action}, which the mask forbids, was played like any other"


def check_close(subject: Subject) -> Iterator[Finding]:
    """An environment can be closed, and closed again."""
    env = subject.build()
    for times in ("close()", "a second close()"):
        try:
            env.close()
        except Exception as error:
            yield failed("close", "", f"{times} raised {fault(error)}", "nothing", "Let close free what there is.")
            return


CONTRACT = (
    Check(("spec",), check_spec),
    Check(("spaces", "seats"), check_spaces),
    WALK,
    Check(("reset",), check_reset),
    Check(("limit",), check_limit),
    Check(("close",), check_close),
)
FORBIDDEN = Check(("forbidden",), check_forbidden)  # last: a library may end the process over it
