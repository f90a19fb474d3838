"""A scripted agent for Countdown: searches the numbers it is shown for a calculation of the target."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.agent import Agent

__all__ = ["CountdownScripted"]

_NODES = 200_000  # sets of numbers looked at before it settles for the nearest; about half a second


class CountdownScripted(Agent):
    """Depth-first search with a memory of the sets of numbers seen; plays the first step of what it finds."""

    view = "text/v1"

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> str:
        target = re.search(r"^Target: (\d+)$", observation, re.MULTILINE)
        numbers = re.search(r"^Numbers: ([\d ]+)$", observation, re.MULTILINE)
        if target is None or numbers is None:
            return "stop"
        return _first_step(tuple(sorted(map(int, numbers[1].split()))), int(target[1]))


def _first_step(numbers: tuple[int, ...], target: int) -> str:
    """Returns the first operation of a calculation that makes the target, or `stop`."""
    seen: set[tuple[int, ...]] = set()

    def reaches(left: tuple[int, ...]) -> bool:
        if target in left:
            return True
        if len(left) < 2 or left in seen or len(seen) >= _NODES:
            return False
        seen.add(left)
        return any(reaches(rest) for _, rest in _moves(left))

    return next((operation for operation, rest in _moves(numbers) if reaches(rest)), "stop")


def _moves(numbers: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Returns every operation on two of the sorted numbers, with the sorted numbers it leaves."""
    moves = []
    for i, j in combinations(range(len(numbers)), 2):
        small, large = numbers[i], numbers[j]
        rest = numbers[:i] + numbers[i + 1 : j] + numbers[j + 1 :]
        results = [("*", large * small), ("+", large + small), ("-", large - small)]
        if large % small == 0:
            results.append(("/", large // small))
        for operator, result in results:
            if result > 0 and result not in (large, small):  # such a result would only lose a number
                moves.append((f"{large} {operator} {small}", tuple(sorted((*rest, result)))))
    return moves
