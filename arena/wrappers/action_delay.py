"""Delayed actions: what an agent chooses now is executed some steps later, as on a robot with a slow link."""

from __future__ import annotations

from collections import deque
from typing import Any, SupportsFloat

import gymnasium
import numpy as np

__all__ = ["ActionDelay"]


class ActionDelay(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Executes each action `delay` steps after it was given, and `initial` in the first `delay` steps.

    In a Box `initial` is one number for all of its components, or a list of them.

    Source: the constant action delay of Dulac-Arnold et al. 2020, "An empirical investigation of the challenges of
    real-world reinforcement learning" (arXiv 2003.11881), section 2.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], delay: int, initial: Any) -> None:
        super().__init__(env)
        if delay < 1:
            raise ValueError(f"delay must be at least one step, got {delay!r}")
        if isinstance(env.action_space, gymnasium.spaces.Box):
            initial = np.broadcast_to(np.asarray(initial, env.action_space.dtype), env.action_space.shape)
        self._delay = delay
        self._initial = initial

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._waiting = deque([self._initial] * self._delay)
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        self._waiting.append(action)
        return self.env.step(self._waiting.popleft())
