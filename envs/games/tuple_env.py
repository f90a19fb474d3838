"""Gymnasium environments whose spaces are tuples, one entry per player, as PettingZoo parallel environments."""

from __future__ import annotations

from typing import Any

import gymnasium  # noqa: F401  # before pettingzoo: it loads every family, and they import from pettingzoo
from pettingzoo.utils.env import ParallelEnv

__all__ = ["TupleEnv"]


class TupleEnv(ParallelEnv[str, Any, int]):
    """A team of agents that act at the same time and end together; a subclass names the game.

    The score of the field is the team's: the sum of all agents' rewards over the episode (`team_return`, the same for
    every seat), as in the tables of Papoudakis et al. 2021.

    Args:
        env: its observation and action spaces are tuples, its rewards a list, along the agents.
        max_steps: joint steps after which the episode is truncated.
    """

    metadata = {"render_modes": [], "name": "tuple_env"}

    def __init__(self, env: Any, max_steps: int) -> None:
        self.game = env
        self.possible_agents = [f"agent_{seat}" for seat in range(len(env.action_space))]
        self.agents: list[str] = []
        self.render_mode = None
        self._max_steps = max_steps
        self._spaces = dict(
            zip(self.possible_agents, zip(env.observation_space, env.action_space, strict=True), strict=True)
        )

    def observation_space(self, agent: str) -> Any:
        return self._spaces[agent][0]

    def action_space(self, agent: str) -> Any:
        return self._spaces[agent][1]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        observations, _ = self.game.reset(seed=seed)
        self.agents = self.possible_agents[:]
        self._steps = 0
        self._team_return = 0.0
        return dict(zip(self.agents, observations, strict=True)), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        agents = self.agents
        observations, rewards, _, _, _ = self.game.step([actions[agent] for agent in agents])
        self._steps += 1
        self._team_return += float(sum(rewards))
        terminated = self._is_terminal()
        truncated = not terminated and self._steps >= self._max_steps
        infos: dict[str, dict[str, Any]] = {agent: {} for agent in agents}
        if terminated or truncated:
            self.agents = []
            metrics = {"team_return": round(self._team_return, 9)}  # shares add up to 1, but for the last bit
            infos = {agent: {"metrics": dict(metrics)} for agent in agents}
        return (
            dict(zip(agents, observations, strict=True)),
            {agent: float(reward) for agent, reward in zip(agents, rewards, strict=True)},
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def close(self) -> None:
        self.game.close()

    def _is_terminal(self) -> bool:
        """Returns whether there is nothing left to do."""
        return False
