"""Dropped actions: an actuator now and then does not get its command, and does nothing."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from arena.errors import SpecError
from arena.wrappers.faults import Faults

__all__ = ["DroppedAction"]


class DroppedAction(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Executes 0 for each component that drops out: with `probability`, for `steps` steps.

    Source: the dropped actions of Dulac-Arnold et al. 2020 (arXiv 2003.11881), section 2.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], probability: float, steps: int) -> None:
        super().__init__(env)
        space = env.action_space
        if not isinstance(space, gymnasium.spaces.Box) or (space.low > 0).any() or (space.high < 0).any():
            raise SpecError(f"dropped actions need a Box action space with 0 in its bounds, got {space}")
        self._faults = Faults("dropped action", space.shape, probability, steps)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._faults.reset(seed)
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        return self.env.step(np.where(self._faults.draw(), np.zeros_like(action), action))
