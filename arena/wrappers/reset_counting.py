"""Reset counting: the episode goes on after a failure, and how often the world had to be set up anew is counted."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium

from arena.wrappers.stream import Stream

__all__ = ["ResetCounting"]


class ResetCounting(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Begins anew wherever the world would have ended by itself; the step shows the new start.

    Never terminates: give it a time limit. The metric `resets` is how often it began anew, `steps_per_reset` the steps
    per life, the last one included. All lives follow from the seed of the first and from the actions.

    Source: Sharma et al. 2022, "Autonomous Reinforcement Learning: Formalism and Benchmarking" (arXiv 2112.09605),
    where a reset is an intervention from outside that should be rare.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self._stream = Stream("reset counting")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        self._steps = self._resets = 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        if terminated:
            self._resets += 1
            observation, started = self.env.reset(seed=int(self._stream.random.integers(1 << 31)))
            info = {**info, **started}
        counted = {"resets": self._resets, "steps_per_reset": self._steps / (self._resets + 1)}
        return observation, reward, False, truncated, {**info, "metrics": {**info.get("metrics", {}), **counted}}
