"""Legal actions of an environment that knows them but does not say so in its info."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from arena.errors import SpecError

__all__ = ["ActionMask"]


class ActionMask(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Puts the bool array that the innermost environment's `name` gives (a method or an attribute) into the info."""

    def __init__(self, env: gymnasium.Env[Any, Any], name: str = "action_masks") -> None:
        super().__init__(env)
        if not hasattr(env.unwrapped, name):
            raise SpecError(f"{type(env.unwrapped).__name__} has no {name!r} to read legal actions from")
        self._name = name

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, self._masked(info)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, self._masked(info)

    def _masked(self, info: dict[str, Any]) -> dict[str, Any]:
        mask = getattr(self.env.unwrapped, self._name)
        return {**info, "action_mask": np.asarray(mask() if callable(mask) else mask, dtype=bool)}
