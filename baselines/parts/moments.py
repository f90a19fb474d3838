"""Running mean and variance of a stream of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Moments"]


class Moments:
    """Mean and variance of everything seen, updated batch by batch.

    Source: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.count = 0.0
        self.mean: npt.NDArray[np.float64] = np.zeros(shape)
        self.variance: npt.NDArray[np.float64] = np.ones(shape)

    def update(self, batch: npt.NDArray[Any]) -> None:
        """Takes in a batch of shape (N, *shape)."""
        batch = batch.astype(np.float64)
        mean, variance, count = batch.mean(axis=0), batch.var(axis=0), float(len(batch))
        total = self.count + count
        delta = mean - self.mean
        squares = self.variance * self.count + variance * count + delta**2 * self.count * count / total
        self.mean = self.mean + delta * count / total
        self.variance = squares / total
        self.count = total

    def state(self) -> dict[str, Any]:
        """Returns plain data that `restore` reads back."""
        return {"count": self.count, "mean": self.mean.tolist(), "variance": self.variance.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over a `state`."""
        self.count = state["count"]
        self.mean, self.variance = np.asarray(state["mean"]), np.asarray(state["variance"])
