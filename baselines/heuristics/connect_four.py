"""Connect Four by a shallow search: take a win, stop a loss, else prefer the middle."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arena.agent import Agent

__all__ = ["ConnectFourScripted"]

ROWS, COLUMNS = 6, 7
HEIGHT = ROWS + 1  # bits per column; the top one stays empty, so that lines do not run on into the next column
MIDDLE_FIRST = (3, 2, 4, 1, 5, 0, 6)
BITS = np.array([[1 << (column * HEIGHT + row) for column in range(COLUMNS)] for row in range(ROWS)], dtype=np.int64)
WEIGHTS = tuple(sum(int(BITS[row, column]) for row in range(ROWS)) for column in (3, 2, 4))  # masks worth 2, 1, 1
WIN = 1000
DEPTH = 4  # moves


class ConnectFourScripted(Agent):
    """Alpha-beta over `DEPTH` moves on bit boards; between equals the column nearest to the middle."""

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        own, other = (int(BITS[observation[plane] > 0.5].sum()) for plane in (0, 1))
        best, chosen = -WIN - DEPTH - 1, -1
        for column in MIDDLE_FIRST:
            cell = _cell(own | other, column)
            if cell:
                value = -_search(other, own | cell, DEPTH - 1, -WIN - DEPTH, -best)
                if value > best:
                    best, chosen = value, column
        return chosen


def _search(own: int, other: int, depth: int, low: int, high: int) -> int:
    """Returns the value of a position for who is to move, `own`, after `other` moved; a sooner win is worth more."""
    if _has_four(other):
        return -WIN - depth
    if depth == 0:
        return _middle(own) - _middle(other)
    best, taken = -WIN - depth - 1, own | other
    for column in MIDDLE_FIRST:
        cell = _cell(taken, column)
        if cell:
            best = max(best, -_search(other, own | cell, depth - 1, -high, -low))
            low = max(low, best)
            if low >= high:
                break
    return best if best >= -WIN - depth else 0  # no move left: a draw


def _cell(taken: int, column: int) -> int:
    """Returns the bit of the lowest free cell of a column, or 0 where it is full."""
    for row in range(ROWS):
        cell = 1 << (column * HEIGHT + row)
        if not taken & cell:
            return cell
    return 0


def _has_four(board: int) -> bool:
    for step in (1, HEIGHT, HEIGHT - 1, HEIGHT + 1):  # up, across, and the two diagonals
        pairs = board & (board >> step)
        if pairs & (pairs >> (2 * step)):
            return True
    return False


def _middle(board: int) -> int:
    return 2 * (board & WEIGHTS[0]).bit_count() + sum((board & mask).bit_count() for mask in WEIGHTS[1:])
