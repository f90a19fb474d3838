"""Classic control in one line each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arena.agent import Agent

__all__ = ["CartPoleScripted", "MountainCarContinuousScripted", "MountainCarScripted"]


class CartPoleScripted(Agent):
    """Pushes towards where the pole is falling, leaning slightly back to the middle of the track."""

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        place, speed, angle, turning = observation
        return int(angle + 0.3 * turning + 0.02 * place + 0.04 * speed > 0)


class MountainCarScripted(Agent):
    """Pushes the way the car already moves, which adds energy at every step."""

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        return 2 if observation[1] >= 0 else 0


class MountainCarContinuousScripted(Agent):
    """Pushes the way the car already moves."""

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        return np.array([1.0 if observation[1] >= 0 else -1.0], np.float32)
