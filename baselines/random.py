"""The random agent: uniformly random legal actions, the floor that every score is held against."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.agent import Agent, Batch, Seating
from arena.seeding import RowRandom

__all__ = ["Random"]


class Random(Agent):
    """Draws uniformly from the legal actions, or within the bounds of a continuous space."""

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        self._space = copy.deepcopy(seating.action_space)  # one without a vectorised rule is seeded again for each row

    def act(self, batch: Batch) -> Sequence[Any] | npt.NDArray[Any]:
        space, random = self._space, batch.random
        if isinstance(space, spaces.Discrete):
            return _discrete(space, batch.masks, random)
        if isinstance(space, spaces.MultiDiscrete):
            drawn = random.uniform(space.nvec.size).reshape(-1, *space.nvec.shape)
            return (space.start + np.floor(drawn * space.nvec)).astype(space.dtype)
        if isinstance(space, spaces.MultiBinary):
            size = int(np.prod(space.shape))
            return (random.uniform(size) < 0.5).reshape(-1, *space.shape).astype(space.dtype)
        if isinstance(space, spaces.Box) and space.is_bounded():
            return _bounded(space, random)
        return super().act(batch)

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        self._space.seed(int(random.integers(1 << 31)))
        return self._space.sample()


def _discrete(space: spaces.Discrete, masks: npt.NDArray[np.bool_] | None, random: RowRandom) -> npt.NDArray[np.int64]:
    drawn = random.uniform()[:, 0]
    if masks is None:
        return np.floor(drawn * space.n).astype(np.int64) + space.start
    place = np.floor(drawn * masks.sum(axis=1))  # which of the legal ones
    chosen: npt.NDArray[np.int64] = (np.cumsum(masks, axis=1) > place[:, None]).argmax(axis=1) + space.start
    return chosen


def _bounded(space: spaces.Box, random: RowRandom) -> npt.NDArray[Any]:
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    drawn = random.uniform(int(np.prod(space.shape))).reshape(-1, *space.shape)
    if np.issubdtype(space.dtype, np.integer):
        return np.floor(low + drawn * (high - low + 1.0)).astype(space.dtype)
    return (low + drawn * (high - low)).astype(space.dtype)
