"""The oracle: gives the answer that an environment's `oracle` view states, to prove that its tasks can be solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arena.agent import Agent
from arena.spec import EnvSpec

__all__ = ["Oracle"]


class Oracle(Agent):
    """Repeats what it is told."""

    view = "oracle"

    def plays(self, spec: EnvSpec) -> str:
        return "" if self.view in spec.views else "it has no oracle view"

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        return observation
