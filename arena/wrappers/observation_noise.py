"""Gaussian noise on observations: how much does an agent lean on exact numbers?"""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import SpecError
from arena.wrappers.stream import Stream

__all__ = ["ObservationNoise"]


class ObservationNoise(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds independent normal noise of standard deviation `scale`, in the observation's own unit, to every number.

    What comes out stays within the bounds of the space; whole numbers (pixels) are rounded.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], scale: float) -> None:
        super().__init__(env)
        if not isinstance(env.observation_space, gymnasium.spaces.Box):
            raise SpecError(f"observation noise needs a Box observation space, got {env.observation_space}")
        self._space = env.observation_space
        self._scale = scale
        self._stream = Stream("observation noise")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        observation, info = self.env.reset(seed=seed, options=options)
        return self._noisy(observation), info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._noisy(observation), reward, terminated, truncated, info

    def _noisy(self, observation: npt.NDArray[Any]) -> npt.NDArray[Any]:
        noisy = observation + self._scale * self._stream.random.standard_normal(observation.shape)
        if np.issubdtype(self._space.dtype, np.integer):
            noisy = np.rint(noisy)
        clipped: npt.NDArray[Any] = np.clip(noisy, self._space.low, self._space.high).astype(self._space.dtype)
        return clipped
