"""The limit of a core, and of all: an environment stepped in a loop, with actions drawn beforehand and nothing kept."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from arena.episode import Episode
from arena.registry import build
from arena.sampling import legal_action
from arena.spec import EnvSpec
from arena.views import View, make_view

__all__ = ["Raw", "RawCores"]

_DRAWN = 1024  # numbers drawn beforehand


class Raw:
    """One environment; `steps_per_s` goes on where the call before stopped.

    A step is what an episode's length counts: a joint step where seats act at once, a move where they take turns.
    """

    def __init__(self, spec: EnvSpec) -> None:
        self._spec, self._env = spec, build(spec)
        self._seed = 0
        self._episode = Episode(spec, self._env, trace=False)
        random = np.random.default_rng(0)
        self._uniform = random.random(_DRAWN).tolist()
        self._loop = {"gymnasium": self._alone, "parallel": self._together, "aec": self._in_turn}[spec.interface]
        turn = self._episode.start(self._next_seed())
        views = [make_view(spec, "array", self._env, name) for name in self._episode.agents]
        self._views = views
        self._actions = [
            [view.parse(legal_action(view.action_space, None, random)) for _ in range(_DRAWN)]
            if all(mask is None for mask in turn.masks) and type(view) is View
            else None
            for view in views
        ]

    def steps_per_s(self, seconds: float) -> float:
        """Returns how many steps a second it makes, over about so many seconds."""
        began, steps = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < seconds:
            steps += self._loop(_DRAWN)
        return steps / took

    def close(self) -> None:
        """Closes the environment."""
        self._env.close()

    def _next_seed(self) -> int:
        self._seed += 1
        return self._seed

    def _alone(self, count: int) -> int:
        actions = self._actions[0]
        if actions is None:
            return self._by_view(count)
        env, step = self._env, self._episode.env_step
        limit = self._episode.limit
        env.reset(seed=self._next_seed())
        length = 0
        for action in actions:
            _, _, terminated, truncated, _ = step(action)
            length += 1
            if terminated or truncated or length >= limit:
                env.reset(seed=self._next_seed())
                length = 0
        return len(actions)

    def _together(self, count: int) -> int:
        env, names = self._env, self._episode.agents
        if any(actions is None for actions in self._actions):
            return self._by_view(count)
        env.reset(seed=self._next_seed())
        for actions in zip(*(column for column in self._actions if column is not None), strict=True):
            chosen = dict(zip(names, actions, strict=True))
            env.step({name: chosen[name] for name in env.agents})
            if not env.agents:
                env.reset(seed=self._next_seed())
        return _DRAWN

    def _in_turn(self, count: int) -> int:
        env = self._env
        env.reset(seed=self._next_seed())
        steps = 0
        for uniform in self._uniform:
            observation, _, terminated, truncated, info = env.last()
            if terminated or truncated:
                env.reset(seed=self._next_seed())
                continue
            mask = info.get("action_mask")
            if mask is None and isinstance(observation, dict):
                mask = observation.get("action_mask")
            if mask is None:
                return self._by_view(count)
            legal = np.flatnonzero(mask)
            env.step(int(legal[int(uniform * len(legal))]))
            steps += 1
        return steps

    def _by_view(self, count: int) -> int:
        """Draws each action when it is due: where what is legal, or what can be said, depends on the turn."""
        random, episode, steps = np.random.default_rng(self._next_seed()), self._episode, 0
        turn = episode.start(self._next_seed())
        while steps < count // 16:
            given: list[Any] = []
            for seat, *seen in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
                _, mask = self._views[seat].observe(*seen)
                given.append(self._views[seat].parse(legal_action(self._views[seat].action_space, mask, random)))
            turn = episode.step(given)
            steps += 1
            if not turn.seats:
                turn = episode.start(self._next_seed())
        return steps


class RawCores:
    """As many such loops as there are cores, each a process on its own: cores that share what lies below do less."""

    def __init__(self, spec: EnvSpec, cores: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Any] = []
        self._processes = []
        for core in range(cores):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(spec.to_json(), core, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def steps_per_s(self, seconds: float) -> float:
        """Returns how many steps a second they make together."""
        for pipe in self._pipes:
            pipe.send(seconds)
        return float(sum(pipe.recv() for pipe in self._pipes))

    def close(self) -> None:
        """Ends the processes."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()


def _serve(spec: dict[str, Any], core: int, pipe: Connection) -> None:
    raw = Raw(EnvSpec.from_json(spec))
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    if core < len(cores):
        os.sched_setaffinity(0, {cores[core]})
    while True:
        try:
            pipe.send(raw.steps_per_s(pipe.recv()))
        except EOFError:  # the other end is closed: it is over
            return
