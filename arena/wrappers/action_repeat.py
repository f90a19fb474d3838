"""Action repeat: decisions are made less often than the world moves."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium

__all__ = ["ActionRepeat"]


class ActionRepeat(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Holds each action for `repeat` steps of the world and pays their sum; what lies between is not seen.

    Truncates after `world_steps` steps of the world, whatever the repeat, so that scores can be compared: the last
    action may be held for less.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], repeat: int, world_steps: int) -> None:
        super().__init__(env)
        if repeat < 1:
            raise ValueError(f"an action must be held for at least one step, got {repeat!r}")
        self._repeat = repeat
        self._world_steps = world_steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._left = self._world_steps
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        total = 0.0
        for _ in range(min(self._repeat, self._left)):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            self._left -= 1
            if terminated or truncated:
                break
        return observation, total, terminated, truncated or self._left == 0, info
