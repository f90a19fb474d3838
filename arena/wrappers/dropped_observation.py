"""Dropped observations: a sensor now and then reports nothing, which reads as 0."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import SpecError
from arena.wrappers.faults import Faults

__all__ = ["DroppedObservation"]


class DroppedObservation(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Shows 0 (or the bound nearest to it) for each number that drops out: with `probability`, for `steps` steps.

    Source: the dropped sensors of Dulac-Arnold et al. 2020 (arXiv 2003.11881), section 2.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], probability: float, steps: int) -> None:
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, gymnasium.spaces.Box):
            raise SpecError(f"dropped observations need a Box observation space, got {space}")
        self._nothing = np.clip(np.zeros(space.shape, space.dtype), space.low, space.high)
        self._faults = Faults("dropped observation", space.shape, probability, steps)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._faults.reset(seed)
        observation, info = self.env.reset(seed=seed, options=options)
        return self._seen(observation), info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._seen(observation), reward, terminated, truncated, info

    def _seen(self, observation: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.where(self._faults.draw(), self._nothing, observation)
