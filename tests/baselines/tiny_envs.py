"""Environments small enough to know every number by hand."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv


class Echo(gymnasium.Env[Any, Any]):
    """Name the state that is shown: +1 when right; ten steps; the third answer is illegal and raises."""

    observation_space = spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(3)

    def __init__(self, terminates: bool = True, candidates: bool = False) -> None:
        self._terminates, self._candidates = terminates, candidates
        if candidates:
            self.observation_space = spaces.Box(0.0, 1.0, (3, 2), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self.seed = seed
        self._random = np.random.default_rng(seed)
        self._steps = 0
        return self._show()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert action in (0, 1), "the illegal action was played"
        reward = float(action == self._state)
        self._steps += 1
        over = self._steps == 10
        return self._show()[0], reward, over and self._terminates, over and not self._terminates, self._info()

    def _show(self) -> tuple[Any, dict[str, Any]]:
        self._state = int(self._random.integers(2))
        seen = np.eye(2, dtype=np.float32)[self._state]
        if self._candidates:  # the right candidate's row says so
            seen = np.stack([np.float32([seen[0], 1]), np.float32([seen[1], 1]), np.zeros(2, np.float32)])
        return seen, self._info()

    def _info(self) -> dict[str, Any]:
        return {"action_mask": np.array([1, 1, 0], np.int8)}


class Aim(gymnasium.Env[Any, Any]):
    """Answer 0.6 of a box [-1, 1]: minus the distance; raises when the action lies outside the box."""

    observation_space = spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._steps = 0
        return np.array([100.0]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        self._steps += 1
        return np.array([100.0]), -abs(float(action[0]) - 0.6), False, self._steps == 5, {}


class LastMoveWins(AECEnv):
    """Two players move in turn, two moves each; the second player's last move wins for it: a zero-sum game."""

    metadata = {"name": "last_move_wins"}
    possible_agents = ["first", "second"]

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(0.0, 4.0, (1,), np.float32)

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(2)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self.agents = list(self.possible_agents)
        self.agent_selection = "first"
        self._moves = 0
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {agent: {} for agent in self.agents}

    def observe(self, agent: str) -> Any:
        return np.array([self._moves], np.float32)

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        self._moves += 1
        self.agent_selection = self.possible_agents[self._moves % 2]
        if self._moves == 4:
            self.rewards = {"first": -1.0, "second": 1.0}
            self.terminations = dict.fromkeys(self.agents, True)
