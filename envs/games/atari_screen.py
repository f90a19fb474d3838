"""What the field's agents see of an Atari screen: the last four pictures, grey, 84 x 84."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["SIZE", "STACKED", "add_picture", "first_stack", "picture"]

SIZE = 84  # pixels a side, Mnih et al. 2015
STACKED = 4  # pictures, the newest last


def first_stack(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns the stack of an episode's start: its first frame four times, as Gymnasium's FrameStackObservation."""
    return np.repeat(picture(frame)[None], STACKED, axis=0)


def add_picture(stack: npt.NDArray[np.uint8], new: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns a new stack (4, 84, 84) without the oldest picture and with the new one."""
    return np.concatenate((stack[1:], new[None]))


def picture(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns a grey frame (height, width) as (84, 84) by area averaging.

    A new pixel is the mean of the old ones under it, each weighted by the area it has there. Weights are whole numbers
    and their sums stay below 2^24, so that float32 is exact on every machine; the division rounds halves to even.
    OpenCV's INTER_AREA computes the same mean with inexact weights: of 2 million pixels of Ms Pacman it gave 20
    another last bit, of Pong's and Video Pinball's none.
    """
    height, width = frame.shape
    rows, row_area = _weights(height)
    columns, column_area = _weights(width)
    tall = rows @ frame.reshape(-1, rows.shape[1], width).astype(np.float32)
    small = tall.reshape(-1, columns.shape[1]) @ columns.T
    return np.rint(small / np.float32(row_area * column_area)).astype(np.uint8).reshape(SIZE, SIZE)


@cache
def _weights(length: int) -> tuple[npt.NDArray[np.float32], int]:
    """Returns how much each old pixel of a line adds to each new one, and the weights' sum for a new pixel.

    A line repeats itself: 210 pixels become 84 as 42 times 5 become 2. The block (2, 5) is what is returned.
    """
    period = math.gcd(length, SIZE)
    old, new = length // period, SIZE // period  # an old pixel is `new` units long, a new one `old` units
    starts, ends = np.arange(old) * new, np.arange(1, old + 1) * new
    targets = np.arange(new)[:, None] * old
    overlap = np.minimum(ends, targets + old) - np.maximum(starts, targets)
    return np.maximum(overlap, 0).astype(np.float32), old
