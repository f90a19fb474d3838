"""Truncates an episode after a number of steps; the innermost thing an episode needs, so it does nothing else."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium

__all__ = ["TimeLimit"]


class TimeLimit(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Truncates after `max_steps` steps. A step that also ends the episode by itself stays terminated."""

    def __init__(self, env: gymnasium.Env[Any, Any], max_steps: int) -> None:
        super().__init__(env)
        self.max_steps = max_steps
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._steps = 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        return observation, reward, terminated, truncated or self._steps >= self.max_steps, info
