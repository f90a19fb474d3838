"""A sound agent, and the same with one fault each: `FAULTS` names the check that must find it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from arena.agent import Agent, Batch, Seating

HERE = str(Path(__file__).resolve())
FAULTS = {
    "legal": ["answers out of range", "raises", "ends the process"],
    "repeat": ["its own dice"],
    "neighbours": ["looks at its neighbours"],
    "one legal action": ["wants a choice"],
    "view": ["reads what is not there"],
    "seat": ["will not sit"],
    "loads": ["cannot be made"],
}


class Sound(Agent):
    """Draws a legal action; with a fault, does not."""

    def __init__(self, *, fault: str = "", **given: Any) -> None:
        super().__init__(**given)
        self._fault = fault
        if fault == "cannot be made":
            raise RuntimeError("no weights")

    def plays(self, spec: Any) -> str:
        return "it plays nothing" if self._fault == "plays nothing" else ""

    def view_of(self, spec: Any) -> str:
        return "text/v9" if self._fault == "reads what is not there" else "array"

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        if self._fault == "will not sit":
            raise RuntimeError("no seat")

    def act(self, batch: Batch) -> Any:
        drawn = batch.random.uniform()[:, 0]
        masks = batch.masks
        if self._fault == "its own dice":
            drawn = np.random.default_rng().random(len(drawn))
        if self._fault == "looks at its neighbours":
            drawn = (drawn + np.abs(np.asarray(batch.observations, np.float64)).sum() / 7.3) % 1.0
        if self._fault == "answers out of range":
            return np.full(len(drawn), 99)
        if self._fault == "raises":
            raise RuntimeError("no idea")
        if self._fault == "ends the process":
            os._exit(3)
        if masks is None:
            return (drawn * self.seating.action_space.n).astype(np.int64)
        if self._fault == "wants a choice" and (masks[batch.active].sum(axis=1) < 2).any():
            raise ValueError("nothing to choose")
        return (np.cumsum(masks, axis=1) > np.floor(drawn * masks.sum(axis=1))[:, None]).argmax(axis=1)
