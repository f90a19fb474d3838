"""Sticky actions: with some probability the environment repeats the previous action (Machado et al. 2018)."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium

from arena.wrappers.stream import Stream

__all__ = ["StickyAction"]


class StickyAction(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Executes the previous action again in place of the given one, with `probability`, at every step but the first.

    Source: Machado et al. 2018 (arXiv 1709.06009), section 5.2; there and in the ALE the probability is 0.25. Unlike
    Gymnasium's wrapper it draws from a stream of its own, so that the environment's randomness is what it was without.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], probability: float = 0.25) -> None:
        super().__init__(env)
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"probability of a sticky action must lie in [0, 1), got {probability!r}")
        self._probability = probability
        self._stream = Stream("sticky action")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        self._last: Any = None
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        if self._last is not None and self._stream.random.random() < self._probability:
            action = self._last
        self._last = action
        return self.env.step(action)
