"""Faults of single components that come at random and last a while: which of them are faulty at this step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.wrappers.stream import Stream

__all__ = ["Faults"]


class Faults:
    """Draws faults: a sound component becomes faulty with `probability` at each step, and stays so for `steps` steps.

    Source: the dropped and stuck values of Dulac-Arnold et al. 2020 (arXiv 2003.11881), section 2.
    """

    def __init__(self, name: str, shape: tuple[int, ...], probability: float, steps: int) -> None:
        if not 0.0 <= probability <= 1.0:
            raise ValueError(f"probability of a fault must lie in [0, 1], got {probability!r}")
        if steps < 1:
            raise ValueError(f"a fault must last at least one step, got {steps!r}")
        self._stream = Stream(name)
        self._probability = probability
        self._steps = steps
        self._left = np.zeros(shape, np.int64)

    def reset(self, seed: int | None) -> None:
        """Ends all faults and begins the stream of this seed."""
        self._stream.reset(seed)
        self._left[...] = 0

    def draw(self) -> npt.NDArray[np.bool_]:
        """Moves on by one step; True where a component is faulty now."""
        begins = self._stream.random.random(self._left.shape) < self._probability
        self._left[(self._left == 0) & begins] = self._steps
        faulty: npt.NDArray[np.bool_] = self._left > 0
        self._left -= faulty
        return faulty
