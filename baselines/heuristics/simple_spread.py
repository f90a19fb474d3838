"""MPE Simple Spread: each agent goes to its own landmark of the shortest assignment."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.agent import Agent

__all__ = ["SimpleSpreadScripted"]

STAY, LEFT, RIGHT, DOWN, UP = range(5)
LEAD = 0.4  # seconds by which the present speed is looked ahead, so that it brakes in time
NEAR = 0.05  # distance at which it no longer pushes


class SimpleSpreadScripted(Agent):
    """Works out the assignment with the least total distance from what it sees; all three come to the same one."""

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        pairs = np.asarray(observation, np.float64).reshape(-1, 2)
        speed, landmarks = pairs[0], pairs[2:5]
        agents = np.vstack([np.zeros(2), pairs[5:7]])  # itself first, all relative to itself
        distances = np.linalg.norm(agents[:, None] - landmarks[None], axis=2)
        best = min(permutations(range(3)), key=lambda order: sum(distances[k, order[k]] for k in range(3)))
        right, up = landmarks[best[0]] - LEAD * speed
        if max(abs(right), abs(up)) < NEAR:
            return STAY
        if abs(right) > abs(up):
            return RIGHT if right > 0 else LEFT
        return UP if up > 0 else DOWN
