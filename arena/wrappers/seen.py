"""A one-seat environment as one of its views shows it: what a training library wants of text and web environments."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium

from arena.spec import EnvSpec
from arena.views import make_view

__all__ = ["Seen"]


class Seen(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Shows observations through a view and reads actions with its parser; the legal mask is `info["action_mask"]`."""

    def __init__(self, env: gymnasium.Env[Any, Any], spec: EnvSpec, view: str) -> None:
        super().__init__(env)
        self._view = make_view(spec, view, env)
        self.observation_space = self._view.observation_space
        self.action_space = self._view.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return self._seen(observation, info)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(self._view.parse(action))
        observation, info = self._seen(observation, info)
        return observation, reward, terminated, truncated, info

    def _seen(self, observation: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        observation, mask = self._view.observe(observation, info.get("action_mask"), info)
        return observation, info if mask is None else {**info, "action_mask": mask}
