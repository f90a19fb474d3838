"""Stuck observations: a sensor now and then goes on reporting what it last did."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from arena.errors import SpecError
from arena.wrappers.faults import Faults

__all__ = ["StuckObservation"]


class StuckObservation(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Shows each number that gets stuck as it was before: with `probability`, for `steps` steps; never at the start.

    Source: the stuck sensors of Dulac-Arnold et al. 2020 (arXiv 2003.11881), section 2.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], probability: float, steps: int) -> None:
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, gymnasium.spaces.Box):
            raise SpecError(f"stuck observations need a Box observation space, got {space}")
        self._faults = Faults("stuck observation", space.shape, probability, steps)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._faults.reset(seed)
        self._shown, info = self.env.reset(seed=seed, options=options)
        return self._shown, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._shown = np.where(self._faults.draw(), self._shown, observation)
        return self._shown, reward, terminated, truncated, info
