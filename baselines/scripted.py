"""The scripted agent: a hand-written heuristic for each environment that has one."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from arena.agent import Agent, Batch, Seating
from arena.loading import load_symbol
from arena.spec import EnvSpec

__all__ = ["HEURISTICS", "Scripted"]

_HOME = "arena.baselines.heuristics"
_WALKER = f"{_HOME}.door_key:DoorKeyScripted"

HEURISTICS: dict[str, str] = {  # environment id -> module:Agent
    "boardgames/ConnectFour-v0": f"{_HOME}.connect_four:ConnectFourScripted",
    "classic/CartPole-v1": f"{_HOME}.classic:CartPoleScripted",
    "classic/MountainCar-v0": f"{_HOME}.classic:MountainCarScripted",
    "classic/MountainCarContinuous-v0": f"{_HOME}.classic:MountainCarContinuousScripted",
    "minigrid/DoorKey-5x5-v0": _WALKER,
    "minigrid/DoorKey-6x6-v0": _WALKER,
    "minigrid/DoorKey-8x8-v0": _WALKER,
    "minigrid/Empty-Random-5x5-v0": _WALKER,
    "minigrid/FourRooms-v0": _WALKER,
    "minigrid/LavaGapS5-v0": _WALKER,
    "minigrid/SimpleCrossingS9N1-v0": _WALKER,
    "minigrid/Unlock-v0": _WALKER,
    "mpe/SimpleSpread-v0": f"{_HOME}.simple_spread:SimpleSpreadScripted",
    "mujoco/InvertedPendulum-v5": f"{_HOME}.inverted_pendulum:InvertedPendulumScripted",
    "text/Countdown-v0": f"{_HOME}.countdown:CountdownScripted",
    "text/Quest-v0": f"{_HOME}.quest:QuestScripted",
    "web/Shop-v0": f"{_HOME}.shop:ShopScripted",
}


class Scripted(Agent):
    """Plays each environment with its own heuristic; the heuristic's source is part of the agent's identity."""

    def plays(self, spec: EnvSpec) -> str:
        return "" if spec.id in HEURISTICS else "it has no heuristic"

    def view_of(self, spec: EnvSpec) -> str:
        return _heuristic(spec).view_of(spec)

    def files(self, spec: EnvSpec) -> list[Path]:
        return [Path(inspect.getfile(type(_heuristic(spec))))]

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        self._heuristic = _heuristic(seating.spec)
        self._heuristic.begin(seating)

    def act(self, batch: Batch) -> Sequence[Any] | npt.NDArray[Any]:
        return self._heuristic.act(batch)


def _heuristic(spec: EnvSpec) -> Agent:
    agent: Agent = load_symbol(HEURISTICS[spec.id])()
    return agent
