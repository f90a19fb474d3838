"""Environments that can be seen, for the tests of watching; registers them when imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

import arena

HERE = str(Path(__file__).resolve())


class Light(gymnasium.Env):
    """Pays 1 for the action "on"; six steps. Its picture is 3 x 5 pixels whose red is ten times the step."""

    observation_space = spaces.Box(0, 10, (2,), np.float32)
    action_space = spaces.Discrete(2)
    metadata = {"render_modes": ["rgb_array", "ansi"]}
    action_names = ["off", "on"]

    def __init__(self, render_mode: str | None = None, fault: str = "") -> None:
        self.render_mode, self._fault = render_mode, fault

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._at = 0
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self._at += 1
        return self._seen(), float(action), self._at == 6, False, {}

    def render(self) -> Any:
        if self.render_mode == "ansi":
            return f"\x1b[31mstep\x1b[0m <{self._at}>"
        if self._fault == "start" or (self._fault == "end" and self._at == 6):
            raise RuntimeError("no graphics today")
        return np.full((3, 5, 3), (10 * self._at, 0, 0), np.uint8)

    def _seen(self) -> Any:
        return np.array([self._at, self.np_random.random()], np.float32)


for _name, _fault in (("Light", ""), ("Dark", "start"), ("Dusk", "end")):
    arena.register(
        arena.EnvSpec(
            id=f"shown/{_name}-v0",
            entry_point=f"{HERE}:Light",
            domain="games",
            kwargs={"fault": _fault} if _fault else {},
        )
    )
