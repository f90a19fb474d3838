"""Gaussian noise on actions: motors that do not do exactly what they are told."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from arena.errors import SpecError
from arena.wrappers.stream import Stream

__all__ = ["ActionNoise"]


class ActionNoise(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds independent normal noise of standard deviation `scale`, in the action's own unit, within its bounds."""

    def __init__(self, env: gymnasium.Env[Any, Any], scale: float) -> None:
        super().__init__(env)
        if not isinstance(env.action_space, gymnasium.spaces.Box):
            raise SpecError(f"action noise needs a Box action space, got {env.action_space}")
        self._space = env.action_space
        self._scale = scale
        self._stream = Stream("action noise")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        noisy = action + self._scale * self._stream.random.standard_normal(self._space.shape)
        return self.env.step(np.clip(noisy, self._space.low, self._space.high).astype(self._space.dtype))
