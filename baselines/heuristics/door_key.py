"""MiniGrid by mapping and planning: remembers what it has seen, fetches the key, opens the door, walks to the goal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arena.agent import Agent, Batch, Seating

__all__ = ["DoorKeyScripted"]

LEFT, RIGHT, FORWARD, PICK_UP, _, TOGGLE, DONE = range(7)
EMPTY, FLOOR, DOOR, KEY, GOAL = 1, 3, 4, 5, 8  # MiniGrid's numbers of objects
OPEN, CLOSED, LOCKED = range(3)
WINDOW, OBJECTS, COLORS = 7, 11, 6
AGENT = (WINDOW // 2, WINDOW - 1)  # column and row of the agent in its window, where it looks up
HEADINGS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, south, west, north; turning right is the next one


class Cell(NamedTuple):
    """What lies in a cell: MiniGrid's number of the object, and a door's state."""

    kind: int
    state: int

    @property
    def is_free(self) -> bool:
        return self.kind in (EMPTY, FLOOR) or (self.kind == DOOR and self.state == OPEN)


class Walk:
    """One episode's memory: the map in coordinates that begin at the start, and the way on."""

    def __init__(self) -> None:
        self._map: dict[tuple[int, int], Cell] = {}
        self._x, self._y = 0, 0
        self._has_key = False

    def choose(self, observation: npt.NDArray[np.float32]) -> int:
        """Returns the next action and notes where it leads."""
        heading = self._look(observation)
        action = self._plan(heading)
        ahead = (self._x + HEADINGS[heading][0], self._y + HEADINGS[heading][1])
        if action == FORWARD and ahead in self._map and self._map[ahead].is_free:
            self._x, self._y = ahead
        return action

    def _look(self, observation: npt.NDArray[np.float32]) -> int:
        """Puts the window on the map and returns the heading."""
        cells = observation[:-4].reshape(WINDOW, WINDOW, -1)
        kinds = cells[..., :OBJECTS].argmax(axis=2)
        states = cells[..., OBJECTS + COLORS :].argmax(axis=2)
        heading = int(observation[-4:].argmax())
        (ahead_x, ahead_y), (right_x, right_y) = HEADINGS[heading], HEADINGS[(heading + 1) % 4]
        for column, row in zip(*np.nonzero(kinds), strict=True):  # 0 is unseen
            ahead, right = AGENT[1] - int(row), int(column) - AGENT[0]
            place = (self._x + ahead * ahead_x + right * right_x, self._y + ahead * ahead_y + right * right_y)
            if (ahead, right) != (0, 0):
                self._map[place] = Cell(int(kinds[column, row]), int(states[column, row]))
        self._map.setdefault((self._x, self._y), Cell(EMPTY, 0))
        self._has_key = bool(kinds[AGENT] == KEY)  # its own cell shows what it carries
        return heading

    def _plan(self, heading: int) -> int:
        wishes: list[tuple[Callable[[Cell | None], bool], int]] = [
            (lambda cell: cell is not None and cell.kind == GOAL, FORWARD),
            (lambda cell: cell == (DOOR, CLOSED) or (self._has_key and cell == (DOOR, LOCKED)), TOGGLE),
            (lambda cell: not self._has_key and cell is not None and cell.kind == KEY, PICK_UP),
            (lambda cell: cell is None, FORWARD),  # somewhere new
        ]
        for is_wanted, action in wishes:
            step = self._towards(heading, is_wanted, action)
            if step is not None:
                return step
        return DONE

    def _towards(self, heading: int, is_wanted: Callable[[Cell | None], bool], action: int) -> int | None:
        """Returns the first action on the shortest way to face a wanted cell, `action` once there, None if no way."""
        start = (self._x, self._y, heading)
        first: dict[tuple[int, int, int], int] = {start: -1}
        queue = deque([start])
        while queue:
            x, y, h = here = queue.popleft()
            ahead = (x + HEADINGS[h][0], y + HEADINGS[h][1])
            cell = self._map.get(ahead)
            if is_wanted(cell):
                return action if here == start else first[here]
            steps = [((x, y, (h - 1) % 4), LEFT), ((x, y, (h + 1) % 4), RIGHT)]
            if cell is not None and cell.is_free:
                steps.append(((*ahead, h), FORWARD))
            for there, step in steps:
                if there not in first:
                    first[there] = step if here == start else first[here]
                    queue.append(there)
        return None


class DoorKeyScripted(Agent):
    """Solves MiniGrid's tasks of reaching a goal, with or without a key, from its own window alone."""

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        self._walks = [Walk() for _ in range(seating.rows)]

    def act(self, batch: Batch) -> Sequence[Any]:
        for row in np.flatnonzero(batch.starts):
            self._walks[row] = Walk()
        return [
            walk.choose(observation) if active else None
            for walk, observation, active in zip(self._walks, batch.observations, batch.active, strict=True)
        ]
