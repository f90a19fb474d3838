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

from arena.actions import Actions, canonical_actions, listed
from arena.batching import ENV, FAULTS, Beat, Group
from arena.episode import not_finite
from arena.errors import ArenaError, EnvError
from arena.job import Lane

__all__ = ["ArrayLockstep", "Lockstep", "Native", "Outcome", "OverlappedLockstep", "are_arrays"]

_CHUNK = 128  # steps kept as arrays before they are taken into the lanes' episodes
_MASKED = "an action mask, which the first observation came without"
_LARGEST = 1000  # bytes of an observation: beyond it the copy costs more than the calls it saves


class Native(Protocol):
    """Many episodes of a Gymnasium environment, stepped at once and to the bit as the environment itself steps one."""

    def reset(self, row: int, seed: int) -> npt.NDArray[Any]:
        """Begins the episode of a seed in a row and returns its first observation."""

    def step(
        self, actions: npt.NDArray[Any], rows: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Steps some rows; returns observations, rewards and terminations by row, the others hold anything."""


class _Done(NamedTuple):
    """What a step of all lanes brought: rewards in the order of the lanes; the rest by row, of some of them."""

    rewards: npt.NDArray[np.float64]
    ended: dict[int, bool]  # whether it terminated
    infos: dict[int, dict[str, Any]]
    failed: dict[int, BaseException]


class Outcome(NamedTuple):
    """How a lane's episode ended: by itself, or by an exception of its agent or its environment."""

    lane: Lane
    agent_error: BaseException | None = None
    env_error: BaseException | None = None


def _rows_of(lanes: Sequence[Lane]) -> npt.NDArray[np.intp]:
    return np.array([lane.number for lane in lanes], np.intp)


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
    """Steps the lanes of a stage together: one agent with a seat of its own in each, whatever it is shown.

    Nothing is done per lane and step that an array of all lanes can do: such calls are most of what a cheap
    environment's step costs.
    """

    native: Native | None = None

    def __init__(self, group: Group, beat: Beat) -> None:
        self._group, self._beat = group, beat
        self._running: list[Lane] = []
        self._rows: npt.NDArray[np.intp] | None = None  # theirs; None: to be counted again
        self._agent_s, self._env_s = np.zeros((2, len(group.active)))  # by row, of the episode that runs there

    def begin(self, lane: Lane) -> None:
        """Takes in a lane whose episode has started."""
        turn = lane.playing.turn
        self._group.put(lane.number, turn.observations[0], turn.masks[0])
        self._agent_s[lane.number] = self._env_s[lane.number] = 0.0
        self._running.append(lane)
        self._rows = None

    def tick(self) -> list[Outcome]:
        """Lets the agent act once in every running lane; returns those whose episode ended."""
        if self._rows is None:
            self._rows = _rows_of(self._running)
        outcomes = self._tick(self._running, self._rows)
        for lane, *_ in outcomes:
            lane.agent_s += float(self._agent_s[lane.number])
            lane.env_s += float(self._env_s[lane.number])
            self._running.remove(lane)
            self._rows = None
        return outcomes

    def _tick(self, asked: Sequence[Lane], rows: npt.NDArray[np.intp]) -> list[Outcome]:
        group, outcomes = self._group, []
        began = time.perf_counter()
        found = group.ask(self._beat)
        actions = canonical_actions(group.action_space, found, rows, group.masks if group.masked else None)
        asking = time.perf_counter()
        self._agent_s[rows] += (asking - began) / len(rows)
        if type(actions) is list and (bad := [at for at, a in enumerate(actions) if isinstance(a, BaseException)]):
            good = [at for at in range(len(actions)) if at not in bad]
            outcomes = [self._abandoned(asked[at], actions[at]) for at in bad]
            asked, rows, actions = [asked[at] for at in good], rows[good], [actions[at] for at in good]
        if len(rows):
            outcomes += self._step(asked, rows, actions)
            self._env_s[rows] += (time.perf_counter() - asking) / len(rows)
        return outcomes

    def _abandoned(self, lane: Lane, error: BaseException) -> Outcome:
        return Outcome(lane, agent_error=error)

    def _step(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> list[Outcome]:
        return self._move(zip(running, listed(self._group.action_space, actions), strict=True))

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

    def _tick(self, asked: Sequence[Lane], rows: npt.NDArray[np.intp]) -> list[Outcome]:
        flying = {lane.number for lane, _ in self._flying}
        resting = [lane for lane in asked if lane.number not in flying]
        if not flying:
            resting = resting[: -(-len(resting) // 2)]
        rows = _rows_of(resting)
        self._group.active[:] = False
        self._group.active[rows] = True
        return super()._tick(resting, rows) if resting else self._step((), rows, [])

    def _step(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> list[Outcome]:
        before, self._flying = self._flying, list(zip(running, listed(self._group.action_space, actions), strict=True))
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

    def _step(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> list[Outcome]:
        group = self._group
        self._actions[self._at, rows] = actions
        done = self._each(running, actions) if self.native is None else self._together(rows)
        now = self._steps[self._at]
        now["observation"] = group.observations
        now["reward"][rows] = done.rewards
        self._lengths[rows] += 1
        group.active[rows] = True
        self._at += 1
        if not np.isfinite(done.rewards).all():
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

    def _each(self, running: Sequence[Lane], actions: Actions) -> _Done:
        """Steps each lane's environment."""
        observations, beat = self._group.observations, self._beat
        shape, kind = observations.shape[1:], observations.dtype
        rewards: list[float] = []
        ended, infos, failed = {}, {}, {}  # type: dict[int, bool], dict[int, dict[str, Any]], dict[int, BaseException]
        for lane, action in zip(running, listed(self._group.action_space, actions), strict=True):
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
                failed[row] = error
                continue
            if info:
                infos[row] = info
            if terminated or truncated:
                ended[row] = bool(terminated)
        return _Done(np.array(rewards), ended, infos, failed)

    def _together(self, rows: npt.NDArray[np.intp]) -> _Done:
        """Steps the native twin."""
        assert self.native is not None
        self._beat(ENV, int(rows[0]))
        try:
            observations, rewards, terminated = self.native.step(self._actions[self._at], rows)
        except FAULTS as error:
            return _Done(np.zeros(len(rows)), {}, {}, dict.fromkeys(rows.tolist(), error))
        self._group.observations[:] = observations
        ended = dict.fromkeys(rows[terminated[rows]].tolist(), True)
        return _Done(rewards[rows], ended, {}, {})

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
