"""Lanes in lockstep: one agent, alone and on arrays, acts in all lanes and is accounted for in all of them at once.

The same as what the general loop does turn by turn (arena.play), for the commonest and cheapest environments.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.actions import canonical_actions
from arena.batching import ENV, FAULTS, Beat, Group
from arena.episode import not_finite
from arena.errors import ArenaError, EnvError
from arena.job import Lane

__all__ = ["ArrayLockstep", "Lockstep", "Native", "Outcome", "OverlappedLockstep", "are_arrays"]

_CHUNK = 64  # steps kept as arrays before they are taken into the lanes' episodes
_MASKED = "an action mask, which the first observation came without"
_LARGEST = 1000  # bytes of an observation: beyond it the copy costs more than the calls it saves


class Native(Protocol):
    """Many episodes of a Gymnasium environment, stepped at once and to the bit as the environment itself steps one."""

    def reset(self, row: int, seed: int) -> npt.NDArray[Any]:
        """Begins the episode of a seed in a row and returns its first observation."""

    def step(
        self, actions: npt.NDArray[Any], rows: Sequence[int]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Steps some rows; returns observations, rewards and terminations by row, the others hold anything."""


class _Done(NamedTuple):
    """What a step of all lanes brought: rewards in the order of the lanes; the rest by row, of some of them."""

    rewards: list[float]
    ended: dict[int, bool]  # whether it terminated
    infos: dict[int, dict[str, Any]]
    failed: dict[int, BaseException]


class Outcome(NamedTuple):
    """How a lane's episode ended: by itself, or by an exception of its agent or its environment."""

    lane: Lane
    agent_error: BaseException | None = None
    env_error: BaseException | None = None


def are_arrays(group: Group, observation: Any, mask: Any) -> bool:
    """Returns whether observations are small arrays of their space's own kind, and actions arrays of numbers."""
    seen, space = group.observations, group.action_space
    return (
        type(seen) is np.ndarray
        and type(observation) is np.ndarray
        and observation.dtype == seen.dtype
        and observation.nbytes <= _LARGEST
        and mask is None
        and isinstance(space, (spaces.Discrete, spaces.Box))
    )


class Lockstep:
    """Steps the lanes of a stage together: one agent with a seat of its own in each, whatever it is shown."""

    native: Native | None = None

    def __init__(self, group: Group, beat: Beat) -> None:
        self._group, self._beat = group, beat

    def begin(self, lane: Lane) -> None:
        """Takes in a lane whose episode has started."""
        turn = lane.playing.turn
        self._group.put(lane.number, turn.observations[0], turn.masks[0])

    def tick(self, running: Sequence[Lane]) -> list[Outcome]:
        """Lets the agent act once in every running lane; returns those whose episode ended."""
        group, rows = self._group, [lane.number for lane in running]
        began = time.perf_counter()
        found = group.ask(self._beat)
        actions = canonical_actions(group.action_space, found, rows, group.masks if group.masked else None)
        share = (time.perf_counter() - began) / len(rows)
        for lane in running:
            lane.agent_s += share
        outcomes: list[Outcome] = []
        if bad := {at for at, action in enumerate(actions) if isinstance(action, BaseException)}:
            outcomes = [self._abandoned(running[at], actions[at]) for at in sorted(bad)]
            running = [lane for at, lane in enumerate(running) if at not in bad]
            actions = [action for at, action in enumerate(actions) if at not in bad]
        if running:
            began = time.perf_counter()
            outcomes += self._step(running, actions)
            share = (time.perf_counter() - began) / len(running)
            for lane in running:
                lane.env_s += share
        return outcomes

    def _abandoned(self, lane: Lane, error: BaseException) -> Outcome:
        return Outcome(lane, agent_error=error)

    def _step(self, running: Sequence[Lane], actions: Sequence[Any]) -> list[Outcome]:
        return self._move(zip(running, actions, strict=True))

    def _move(self, steps: Iterable[tuple[Lane, Any]]) -> list[Outcome]:
        outcomes = []
        for lane, action in steps:
            self._beat(ENV, lane.number)
            lane.actions[0].append(action)
            try:
                seen = lane.playing.move(action)
                if seen is None:
                    outcomes.append(Outcome(lane))
                else:
                    self._group.put(lane.number, *seen)
            except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
                outcomes.append(Outcome(lane, env_error=error))
        return outcomes


class OverlappedLockstep(Lockstep):
    """The same where other processes step the environments: they work on one half of the lanes while the agent answers
    the other.

    The agent sees batches of the same shape as ever, of which one half is active.
    """

    def __init__(self, group: Group, beat: Beat) -> None:
        super().__init__(group, beat)
        self._flying: list[tuple[Lane, Any]] = []  # lanes whose step was begun elsewhere, and their actions

    def tick(self, running: Sequence[Lane]) -> list[Outcome]:
        flying = {lane.number for lane, _ in self._flying}
        asked = [lane for lane in running if lane.number not in flying]
        if not flying:
            asked = asked[: -(-len(asked) // 2)]
        self._group.active[:] = False
        self._group.active[[lane.number for lane in asked]] = True
        return super().tick(asked) if asked else self._step((), ())

    def _step(self, running: Sequence[Lane], actions: Sequence[Any]) -> list[Outcome]:
        before, self._flying = self._flying, list(zip(running, actions, strict=True))
        for lane, action in self._flying:
            self._beat(ENV, lane.number)
            with contextlib.suppress(ArenaError):  # a lost process is told by the step that follows
                lane.playing.announce([action])
        return self._move(before)


class ArrayLockstep(Lockstep):
    """The same for small arrays of numbers: nothing is done per lane and step but the environment's own step.

    Steps are kept as arrays of all lanes and taken into the lanes' episodes when those end, or a chunk is full. Where a
    family has a native twin, all lanes step in one call.
    """

    def __init__(self, group: Group, beat: Beat, native: Native | None = None) -> None:
        super().__init__(group, beat)
        self.native = native
        seen, space, lanes = group.observations, group.action_space, len(group.active)
        # a row's bytes are those that Episode traces of a step with one seat
        kind = np.dtype([("reward", "<f8"), ("seat", "<i4"), ("observation", seen.dtype, seen.shape[1:])])
        self._steps = np.zeros((_CHUNK, lanes), kind)
        self._actions = np.zeros((_CHUNK, lanes, *(space.shape or ())), space.dtype)
        self._at = 0  # the next step's place in them
        self._since = np.zeros(lanes, np.int64)  # place of each lane's first step that its episode does not have yet
        self._lengths = np.zeros(lanes, np.int64)
        self._limits = np.full(lanes, np.inf)

    def begin(self, lane: Lane) -> None:
        if lane.playing.turn.masks[0] is not None:
            raise EnvError(_MASKED)
        row = lane.number
        self._since[row], self._lengths[row], self._limits[row] = self._at, 0, lane.playing.limit
        super().begin(lane)

    def _abandoned(self, lane: Lane, error: BaseException) -> Outcome:
        self._take(lane, self._at)
        return Outcome(lane, agent_error=error)

    def _step(self, running: Sequence[Lane], actions: Sequence[Any]) -> list[Outcome]:
        group, rows = self._group, [lane.number for lane in running]
        self._actions[self._at, rows] = actions
        done = self._each(running, actions) if self.native is None else self._together(rows)
        now = self._steps[self._at]
        now["observation"] = group.observations
        now["reward"][rows] = done.rewards
        self._lengths[rows] += 1
        group.active[rows] = True
        self._at += 1
        if not math.isfinite(sum(done.rewards)):
            for lane, reward in zip(running, done.rewards, strict=True):
                if not math.isfinite(reward):
                    done.failed[lane.number] = not_finite(lane.playing.spec, 0, self._lengths[lane.number], reward)
        for row in np.flatnonzero(self._lengths >= self._limits).tolist():
            done.ended.setdefault(row, False)
        over = done.ended.keys() | done.failed.keys()
        outcomes = [self._over(lane, done) for lane in running if lane.number in over] if over else []
        if self._at == _CHUNK:
            for lane in running:
                if lane.number not in over:
                    self._take(lane, _CHUNK)
            self._at = 0
            self._since[:] = 0
        return outcomes

    def _each(self, running: Sequence[Lane], actions: Sequence[Any]) -> _Done:
        """Steps each lane's environment."""
        observations, beat = self._group.observations, self._beat
        shape, kind = observations.shape[1:], observations.dtype
        done = _Done([], {}, {}, {})
        rewards = done.rewards
        for lane, action in zip(running, actions, strict=True):
            row = lane.number
            beat(ENV, row)
            try:
                observation, reward, terminated, truncated, info = lane.step(action)
                if observation.shape != shape or observation.dtype != kind:
                    self._group.put(row, observation, None)  # raises where the shape is another
                    raise EnvError(f"an observation of {observation.dtype}; the first one was of {kind}")
                if info and info.get("action_mask") is not None:
                    raise EnvError(_MASKED)
                observations[row] = observation
                rewards.append(float(reward))
            except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
                rewards.append(0.0)
                done.failed[row] = error
                continue
            if info:
                done.infos[row] = info
            if terminated or truncated:
                done.ended[row] = bool(terminated)
        return done

    def _together(self, rows: Sequence[int]) -> _Done:
        """Steps the native twin."""
        assert self.native is not None
        self._beat(ENV, rows[0])
        try:
            observations, rewards, terminated = self.native.step(self._actions[self._at], rows)
        except FAULTS as error:
            return _Done([0.0] * len(rows), {}, {}, dict.fromkeys(rows, error))
        self._group.observations[:] = observations
        ended = {row: True for row in np.flatnonzero(terminated).tolist() if row in rows}
        return _Done(rewards[rows].tolist(), ended, {}, {})

    def _over(self, lane: Lane, done: _Done) -> Outcome:
        """Brings a lane's episode up to its last step."""
        row, last = lane.number, self._at - 1
        self._take(lane, last)
        self._group.active[row], self._limits[row] = False, np.inf
        if row in done.failed:
            return Outcome(lane, env_error=done.failed[row])
        self._act(lane, last, self._at)
        try:
            terminated, info = done.ended[row], done.infos.get(row, {})
            lane.playing.conclude(
                float(self._steps[last, row]["reward"]), self._group.observations[row], terminated, info
            )
        except FAULTS as error:
            return Outcome(lane, env_error=error)
        return Outcome(lane)

    def _take(self, lane: Lane, until: int) -> None:
        """Gives a lane's episode the steps that it does not have yet, up to a place."""
        row, episode = lane.number, lane.playing
        since = int(self._since[row])
        if since < until:
            steps = np.ascontiguousarray(self._steps[since:until, row])
            episode.take(steps["reward"].tolist(), steps.view(np.uint8).reshape(len(steps), -1))
            self._act(lane, since, until)

    def _act(self, lane: Lane, since: int, until: int) -> None:
        """Writes down the actions of some steps, in the form that is recorded."""
        actions = self._actions[since:until, lane.number]
        lane.actions[0].extend(
            actions.tolist() if isinstance(self._group.action_space, spaces.Discrete) else actions.copy()
        )
