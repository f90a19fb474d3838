"""Lanes in lockstep: one agent, alone, acts in all lanes and is accounted for in all of them at once.

The same as what the general loop does turn by turn (arena.play), for the commonest and cheapest environments.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.actions import Actions, canonical_actions, listed
from arena.batching import ENV, FAULTS, Beat, Group
from arena.episode import Ended, Turn, not_finite
from arena.errors import ArenaError, EnvError
from arena.job import Lane
from arena.tape import Tape
from arena.views import View

__all__ = ["ArrayLockstep", "Done", "Lockstep", "Outcome", "OverlappedLockstep", "are_arrays"]

_MASKED = "an action mask, which the first observation came without"
_LARGEST = 1000  # bytes of an observation: beyond it the copy costs more than the calls it saves


class Done(NamedTuple):
    """What a step of all lanes brought: rewards in the order of the lanes; the rest by row, of some of them."""

    rewards: npt.NDArray[np.float64]  # (lanes, seats)
    ended: dict[int, bool]  # whether it terminated
    infos: dict[int, dict[str, Any]]
    failed: dict[int, BaseException]


class Outcome(NamedTuple):
    """How a lane's episode ended: by itself, or by an exception of the agent in a seat or of the environment."""

    lane: Lane
    agent_error: BaseException | None = None
    env_error: BaseException | None = None
    seat: int = 0


def _rows_of(lanes: Sequence[Lane]) -> npt.NDArray[np.intp]:
    return np.array([lane.number for lane in lanes], np.intp)


def are_arrays(group: Group, view: View, turn: Turn) -> bool:
    """Returns whether an agent sees small arrays of the space's own kind, as they are, and answers by numbers."""
    seen, observation = group.observations, turn.observations[0]
    return (
        type(view).observe is View.observe
        and turn.masks[0] is None
        and type(seen) is np.ndarray
        and type(observation) is np.ndarray
        and observation.dtype == seen.dtype
        and observation.nbytes <= _LARGEST
        and isinstance(group.action_space, (spaces.Discrete, spaces.Box))
    )


class Lockstep:
    """Steps the lanes of a stage together: one agent with a seat of its own in each, whatever it is shown.

    Nothing is done per lane and step that an array of all lanes can do: such calls are most of what a cheap
    environment's step costs.
    """

    def __init__(self, group: Group, lanes: int, beat: Beat) -> None:
        self._group, self._beat = group, beat
        self._running: list[Lane] = []
        self._rows: npt.NDArray[np.intp] | None = None  # theirs; None: to be counted again
        self._agent_s, self._env_s = np.zeros((2, lanes))  # by row, of the episode that runs there

    def begin(self, lane: Lane) -> None:
        """Takes in a lane whose episode has started."""
        self._show(lane)  # or raises, and takes in nothing
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

    def _show(self, lane: Lane) -> None:
        """Shows the agent on what its episode starts."""
        turn = lane.playing.turn
        self._put(lane, turn.observations[0], turn.masks[0], turn.infos[0])

    def _put(self, lane: Lane, observation: Any, mask: Any, info: dict[str, Any]) -> None:
        group, view, row = lane.places[0]
        group.put(row, *view.observe(observation, mask, info))

    def _tick(self, asked: Sequence[Lane], rows: npt.NDArray[np.intp]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        began = time.perf_counter()
        actions = self._ask(rows)
        asking = time.perf_counter()
        self._agent_s[rows] += (asking - began) / len(rows)
        if type(actions) is list and (bad := [at for at, a in enumerate(actions) if isinstance(a, BaseException)]):
            good = [at for at in range(len(actions)) if at not in bad]
            outcomes = [self._abandoned(asked[at], at, actions[at]) for at in bad]
            asked, rows, actions = [asked[at] for at in good], rows[good], [actions[at] for at in good]
        if len(rows):
            outcomes += self._step(asked, rows, actions)
            self._env_s[rows] += (time.perf_counter() - asking) / len(rows)
        return outcomes

    def _ask(self, rows: npt.NDArray[np.intp]) -> Actions:
        """Returns the actions in some rows, in their order; exceptions in the place of those that may not be played."""
        return self._answers(self._group, rows)

    def _answers(self, group: Group, rows: npt.NDArray[np.intp]) -> Actions:
        group.active[rows] = True
        found = group.ask(self._beat)
        return canonical_actions(group.action_space, found, rows, group.masks if group.masked else None)

    def _abandoned(self, lane: Lane, at: int, error: BaseException) -> Outcome:
        """Returns how the episode of a lane, the one at a place among those asked, ends by its agent's fault."""
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
                    self._put(lane, *seen)
            except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
                outcomes.append(Outcome(lane, env_error=error))
        return outcomes


class OverlappedLockstep(Lockstep):
    """The same where other processes step the environments: they work on one half of the lanes while the agent answers
    the other.

    The agent sees batches of the same shape as ever, of which one half is active.
    """

    def __init__(self, group: Group, lanes: int, beat: Beat) -> None:
        super().__init__(group, lanes, beat)
        self._flying: list[tuple[Lane, Any]] = []  # lanes whose step was begun elsewhere, and their actions

    def _tick(self, asked: Sequence[Lane], rows: npt.NDArray[np.intp]) -> list[Outcome]:
        flying = {lane.number for lane, _ in self._flying}
        resting = [lane for lane in asked if lane.number not in flying]
        if not flying:
            resting = resting[: -(-len(resting) // 2)]
        self._group.active[:] = False  # of the other half too, which was put there when it arrived
        return super()._tick(resting, _rows_of(resting)) if resting else self._step((), rows, [])

    def _step(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> list[Outcome]:
        before, self._flying = self._flying, list(zip(running, listed(self._group.action_space, actions), strict=True))
        for lane, action in self._flying:
            self._beat(ENV, lane.number)
            with contextlib.suppress(ArenaError):  # a lost process is told by the step that follows
                lane.playing.announce([action])
        return self._move(before)


class ArrayLockstep(Lockstep):
    """The same for small arrays of numbers: nothing is done per lane and step but the environment's own step."""

    def __init__(self, group: Group, lanes: int, beat: Beat) -> None:
        super().__init__(group, lanes, beat)
        self._tape = self._blank()
        self._lengths = np.zeros(lanes, np.int64)
        self._limits = np.full(lanes, np.inf)

    def _blank(self) -> Tape:
        return Tape(1, self._group.observations, None, self._group.action_space)

    def begin(self, lane: Lane) -> None:
        row = lane.number
        self._tape.begin(row)
        self._lengths[row], self._limits[row] = 0, lane.playing.limit
        super().begin(lane)

    def _show(self, lane: Lane) -> None:
        if lane.playing.turn.masks[0] is not None:
            raise EnvError(_MASKED)
        super()._show(lane)

    def _abandoned(self, lane: Lane, at: int, error: BaseException) -> Outcome:
        self._tape.take(lane)
        return super()._abandoned(lane, at, error)

    def _step(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> list[Outcome]:
        self._tape.actions[rows] = actions
        done = self._advance(running, rows, actions)
        self._lengths[rows] += 1
        if not np.isfinite(done.rewards).all():
            for lane, rewards in zip(running, done.rewards.tolist(), strict=True):
                for seat, reward in enumerate(rewards):
                    if not math.isfinite(reward):
                        error = not_finite(lane.playing.spec, seat, int(self._lengths[lane.number]), reward)
                        done.failed.setdefault(lane.number, error)
        for row in np.flatnonzero(self._lengths >= self._limits).tolist():
            done.ended.setdefault(row, False)
        over = done.ended.keys() | done.failed.keys()
        outcomes = []
        if over:
            for at, lane in enumerate(running):
                if lane.number in over:
                    outcomes.append(self._over(lane, done, done.rewards[at].tolist()))
        if self._tape.is_full:
            for lane in running:
                if lane.number not in over:
                    self._tape.take(lane)
            self._tape.clear()
        return outcomes

    def _advance(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> Done:
        """Steps each lane's environment and writes the step down."""
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
        found = np.array(rewards).reshape(-1, 1)
        self._tape.write(rows, found, observations)
        return Done(found, ended, infos, failed)

    def _over(self, lane: Lane, done: Done, rewards: list[float]) -> Outcome:
        """Brings a lane's episode up to its last step."""
        row = lane.number
        self._tape.take(lane, but=1)
        self._limits[row] = np.inf
        if row in done.failed:
            return Outcome(lane, env_error=done.failed[row])
        self._tape.act(lane)
        try:
            lane.playing.follow(self._last(row, done, rewards))
        except FAULTS as error:
            return Outcome(lane, env_error=error)
        return Outcome(lane)

    def _last(self, row: int, done: Done, rewards: list[float]) -> Turn:
        """Returns what a row's last step has led to."""
        end = Ended(0, self._group.observations[row], done.ended[row], done.infos.get(row, {}))
        return Turn((), (), (), (), rewards, (end,))
