"""Delayed observations: what an agent sees is how things were some steps ago."""

from __future__ import annotations

from collections import deque
from typing import Any, SupportsFloat

import gymnasium

__all__ = ["ObservationDelay"]


class ObservationDelay(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Shows each observation `delay` steps after it was made, and the first one until the second is due.

    Source: the constant observation delay of Dulac-Arnold et al. 2020 (arXiv 2003.11881), section 2.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], delay: int) -> None:
        super().__init__(env)
        if delay < 1:
            raise ValueError(f"delay must be at least one step, got {delay!r}")
        self._delay = delay

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        self._waiting = deque([observation] * self._delay)
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._waiting.append(observation)
        return self._waiting.popleft(), reward, terminated, truncated, info
