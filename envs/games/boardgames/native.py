"""Connect Four with all games of a batch in one array: to the bit what OpenSpiel's game does one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ConnectFour"]

_ROWS, _COLUMNS = 6, 7
_COLUMN = _ROWS + 1  # bits of a column: a free one tops it, so that no line goes on in the next
_LINES = (1, _COLUMN, _COLUMN - 1, _COLUMN + 1)  # bits from cell to cell: up, across, and both diagonals
_Indices = int | npt.NDArray[np.int64]


class ConnectFour:
    """Connect Four after random moves; see `arena.native.Native`."""

    def __init__(self, rows: int, game: str, parameters: Mapping[str, Any], random_opening: int) -> None:
        """Takes the arguments of the environment; an opening of more than six moves could fill a column or win."""
        if (game, dict(parameters)) != ("connect_four", {}) or random_opening > _ROWS:
            raise ValueError(f"no twin of {game} {parameters} after {random_opening} random moves")
        self._opening = random_opening
        self._all = np.arange(rows)
        self._bits = np.zeros((rows, 2), np.int64)  # by player
        self._heights = np.zeros((rows, _COLUMNS), np.int64)
        # as each player is shown it: own pieces, the other's, empty cells; from the bottom row upwards
        self._boards = np.zeros((rows, 2, 3, _ROWS, _COLUMNS), np.float32)
        self.observations = self._boards[:, 0]
        self.shown = self.observations.copy()
        self.masks = np.ones((rows, _COLUMNS), np.bool_)
        self.movers = np.zeros(rows, np.int64)

    def reset(self, row: int, seed: int) -> None:
        self._bits[row] = self._heights[row] = self.movers[row] = 0
        self._boards[row, :, :2], self._boards[row, :, 2] = 0.0, 1.0
        self.masks[row] = True
        for column in np.random.default_rng(seed).integers(_COLUMNS, size=self._opening).tolist():
            self._drop(row, column)
        self.shown[row] = self._boards[row, self.movers[row]]

    def step(
        self, actions: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        rewards, terminated = np.zeros(self._bits.shape), np.zeros(len(self._bits), np.bool_)
        movers = self.movers[rows]
        self._drop(rows, actions[rows])
        self.shown = self._boards[self._all, self.movers]
        bits = self._bits[rows, movers]
        won = np.zeros(len(rows), np.bool_)
        for line in _LINES:
            pairs = bits & (bits >> line)
            won |= (pairs & (pairs >> 2 * line)) != 0
        rewards[rows[won], movers[won]], rewards[rows[won], 1 - movers[won]] = 1.0, -1.0
        terminated[rows] = won | ~self.masks[rows].any(axis=1)
        return rewards, terminated

    def _drop(self, rows: _Indices, columns: _Indices) -> None:
        """Lets whose move it is drop a piece, in one game or in each of some."""
        movers, heights = self.movers[rows], self._heights[rows, columns]
        self._boards[rows, 0, movers, heights, columns] = 1.0
        self._boards[rows, 1, 1 - movers, heights, columns] = 1.0
        self._boards[rows, :, 2, heights, columns] = 0.0
        self._bits[rows, movers] |= 1 << (columns * _COLUMN + heights)
        self._heights[rows, columns] = heights + 1
        self.masks[rows, columns] = heights + 1 < _ROWS
        self.movers[rows] = 1 - movers
