"""A view that lays the parts of an observation side by side, for agents that read one vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.views import View

__all__ = ["Flat", "flattened"]


class Flat(View):
    """All parts of a dict of arrays, in the order of their names, as one float32 vector."""

    options = {"order": "names"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        low, high = (
            flattened(_bounds(self.observation_space, "low")),
            flattened(_bounds(self.observation_space, "high")),
        )
        self.observation_space = spaces.Box(low, high, dtype=np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return flattened(observation), mask


def flattened(value: Any) -> npt.NDArray[np.float32]:
    """Returns the arrays of a (nested) dict in the order of their names as one vector."""
    if isinstance(value, Mapping):
        return np.concatenate([flattened(value[key]) for key in sorted(value)])
    return np.ravel(value).astype(np.float32)


def _bounds(space: Any, side: str) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _bounds(part, side) for key, part in space.spaces.items()}
    return getattr(space, side)
