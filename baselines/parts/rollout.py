"""Collects decisions from many episodes at once, whoever's turn it is: one seat, all seats, or seats in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.episode import Episode, Turn
from arena.errors import AgentError
from arena.registry import build
from arena.seeding import TRAIN_SEEDS
from arena.spec import EnvSpec
from arena.views import make_view

__all__ = ["Collector", "Decision", "Rollout"]


class Decision(NamedTuple):
    """What a policy decided for n rows: actions, their log-probabilities and the values of what it saw, (n, ...)."""

    actions: npt.NDArray[Any]
    log_probs: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]


class Rollout(NamedTuple):
    """Decisions by time and row, (T, rows, ...); entries where `valid` is false hold nothing.

    A row is one seat of one lane. Its decision's reward is all that the seat received until its next decision, which in
    a game of turns covers the others' moves: a loss that came with the opponent's move belongs to one's own last move.
    `next_values` is what `gae` asks for.
    """

    observations: npt.NDArray[Any]
    masks: npt.NDArray[np.bool_] | None
    actions: npt.NDArray[Any]
    log_probs: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]
    rewards: npt.NDArray[np.float32]
    next_values: npt.NDArray[np.float32]
    ends: npt.NDArray[np.bool_]
    valid: npt.NDArray[np.bool_]


class _Cut(NamedTuple):
    """A truncated episode's last observation and mask, and the decision that led there."""

    time: int
    row: int
    observation: Any
    mask: Any


Act = Callable[[npt.NDArray[Any], npt.NDArray[np.bool_] | None], Decision]
Value = Callable[[npt.NDArray[Any], npt.NDArray[np.bool_] | None], npt.NDArray[np.float32]]


class Collector:
    """Steps `num_envs` lanes with one policy in every seat (self-play where there are several), on the `array` view.

    A row's last decision is still open when a rollout ends: nobody knows yet what follows it. It opens the row's next
    rollout, so that none is lost, and its value closes the one before.

    Attributes:
        observation_space, action_space: of the view; the same for every seat.
        env_steps: environment steps so far; joint steps or moves count once, whatever the number of seats.
        finished: mean return over the seats (the first seat's, in a zero-sum game) of episodes since last cleared.
    """

    def __init__(self, spec: EnvSpec, num_envs: int, num_steps: int, random: np.random.Generator) -> None:
        self._spec, self._random, self._num_steps = spec, random, num_steps
        self._episodes = [Episode(spec, build(spec), trace=False) for _ in range(num_envs)]
        self._views = [make_view(spec, "array", e.env, agent) for e in self._episodes for agent in e.agents]
        self.observation_space, self.action_space = self._views[0].observation_space, self._views[0].action_space
        for view in self._views[1 : spec.seats]:
            if (view.observation_space, view.action_space) != (self.observation_space, self.action_space):
                raise AgentError(f"{spec.id}: its seats see or act differently, so that they cannot share one policy")
        self.env_steps = 0
        self.finished: list[float] = []
        self._seats = spec.seats
        rows = num_envs * spec.seats
        shape, action_shape = self.observation_space.shape, self.action_space.shape
        if not isinstance(self.observation_space, spaces.Box) or shape is None or action_shape is None:
            raise AgentError(f"{spec.id}: reads Box observations, not {self.observation_space}")
        self._seen = np.zeros((rows, *shape), _stored(self.observation_space.dtype))
        self._legal: npt.NDArray[np.bool_] | None = None
        self._acting = np.zeros(rows, bool)
        self._count = np.zeros(rows, np.int64)  # decisions in the buffer, by row
        self._open = np.zeros(rows, bool)  # whether the last of them still gathers reward
        self._pending = np.zeros(rows, np.float32)  # what it gathered
        times = num_steps + 1  # the open decision of the rollout before, then at most one a step
        self._observations = np.zeros((times, *self._seen.shape), self._seen.dtype)
        self._masks: npt.NDArray[np.bool_] | None = None
        self._actions = np.zeros((times, rows, *action_shape), _stored(self.action_space.dtype))
        self._log_probs, self._values, self._rewards, self._after = np.zeros((4, times, rows), np.float32)
        self._ends = np.zeros((times, rows), bool)
        for lane, episode in enumerate(self._episodes):
            self._present(lane, episode.start(self._seed()))

    def collect(self, act: Act, value: Value) -> Rollout:
        """Steps every lane `num_steps` times and returns the decisions that were completed."""
        self._carry()
        cut: list[_Cut] = []
        for _ in range(self._num_steps):
            rows = np.flatnonzero(self._acting)
            actions = self._decide(rows, act)
            for lane, episode in enumerate(self._episodes):
                self._step(lane, episode, actions, cut)
        self.env_steps += self._num_steps * len(self._episodes)
        if cut:
            times, ended, last, legal = (list(column) for column in zip(*cut, strict=True))
            masks = (
                None
                if self._legal is None
                else np.stack([np.ones_like(self._legal[0]) if m is None else m for m in legal])
            )
            self._after[times, ended] = value(np.stack(last).astype(self._seen.dtype), masks)
        return self._rollout()

    def close(self) -> None:
        """Closes the environments."""
        for episode in self._episodes:
            episode.close()

    def _decide(self, rows: npt.NDArray[np.int64], act: Act) -> npt.NDArray[Any]:
        """Asks the policy for the acting rows, closes their open decisions and writes the new ones."""
        observations, masks = self._seen[rows], None if self._legal is None else self._legal[rows]
        decision = act(observations, masks)
        again = rows[self._open[rows]]
        self._rewards[self._count[again] - 1, again] = self._pending[again]
        at = (self._count[rows], rows)
        self._observations[at], self._actions[at] = observations, decision.actions
        self._log_probs[at], self._values[at], self._ends[at] = decision.log_probs, decision.values, False
        if self._masks is not None:
            self._masks[at] = masks
        self._count[rows] += 1
        self._open[rows] = True
        self._pending[rows] = 0.0
        answers = np.zeros((len(self._open), *decision.actions.shape[1:]), decision.actions.dtype)
        answers[rows] = self._answers(decision.actions)
        self._acting[rows] = False
        return answers

    def _answers(self, actions: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns the actions as the environment takes them: a Gaussian's are clipped to the box."""
        if isinstance(self.action_space, spaces.Box):
            return actions.clip(self.action_space.low, self.action_space.high)
        assert isinstance(self.action_space, spaces.Discrete)
        return actions + self.action_space.start

    def _step(self, lane: int, episode: Episode, answers: npt.NDArray[Any], cut: list[_Cut]) -> None:
        first = lane * self._seats
        turn = episode.step([self._views[first + seat].parse(answers[first + seat]) for seat in episode.turn.seats])
        for seat, reward in enumerate(turn.rewards):
            if reward:
                self._pending[first + seat] += reward
        for end in turn.ended:
            row = first + end.seat
            if not self._open[row]:
                continue  # its seat never acted, or ended before
            t = self._count[row] - 1
            self._rewards[t, row], self._ends[t, row], self._open[row] = self._pending[row], True, False
            self._after[t, row] = 0.0
            if not end.terminated:
                cut.append(
                    _Cut(t, row, *self._views[row].observe(end.observation, end.info.get("action_mask"), end.info))
                )
        if not turn.seats:
            returns = episode.returns
            self.finished.append(returns[0] if self._spec.payoff == "zero-sum" else sum(returns) / len(returns))
            turn = episode.start(self._seed())
        self._present(lane, turn)

    def _present(self, lane: int, turn: Turn) -> None:
        """Shows a turn to the rows that must act on it."""
        for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
            row = lane * self._seats + seat
            self._seen[row], legal = self._views[row].observe(observation, mask, info)
            if legal is not None:
                if self._legal is None or self._masks is None:
                    self._legal = np.ones((len(self._acting), len(legal)), bool)
                    self._masks = np.ones((len(self._ends), *self._legal.shape), bool)
                self._legal[row] = legal
            self._acting[row] = True

    def _carry(self) -> None:
        """Moves each row's open decision to the front of the empty buffer."""
        rows = np.flatnonzero(self._open)
        last = self._count[rows] - 1
        for buffer in (self._observations, self._actions, self._log_probs, self._values, self._masks):
            if buffer is not None:
                buffer[0, rows] = buffer[last, rows]
        self._ends[0, rows] = False
        self._count[:] = self._open

    def _rollout(self) -> Rollout:
        valid = np.arange(len(self._ends))[:, None] < self._count - self._open
        following = np.concatenate([self._values[1:], np.zeros_like(self._values[:1])])
        return Rollout(
            self._observations, self._masks, self._actions, self._log_probs, self._values, self._rewards,
            np.where(self._ends, self._after, following), self._ends, valid,
        )  # fmt: skip

    def _seed(self) -> int:
        return int(self._random.integers(TRAIN_SEEDS, 2 * TRAIN_SEEDS))


def _stored(dtype: Any) -> Any:
    """Networks compute in float32: half the memory of a float64 observation."""
    return np.float32 if np.issubdtype(dtype, np.floating) else dtype
