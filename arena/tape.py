"""The latest steps of all lanes as arrays, until they are taken into the lanes' episodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.job import Lane

__all__ = ["Tape"]

_LENGTH = 128  # steps


class Tape:
    """Room for some steps of every lane; an episode takes its own when it ends, and all do when the room is full.

    Attributes:
        actions: of the present step, by row.
    """

    def __init__(
        self,
        seats: int,
        observations: npt.NDArray[Any],
        masks: npt.NDArray[np.bool_] | None,
        action_space: spaces.Space[Any],
    ) -> None:
        """Takes arrays by row of the kinds that will be written, and the space of every seat's actions."""
        rows = len(observations)
        # a row's bytes are those that Episode traces of a step after which one seat must act
        fields: list[Any] = [
            ("rewards", "<f8", (seats,)), ("seat", "<i4"), ("observation", observations.dtype, observations.shape[1:])
        ]  # fmt: skip
        if masks is not None:
            fields.append(("mask", "?", masks.shape[1:]))
        self._steps = np.zeros((_LENGTH, rows), fields)
        self._actions = np.zeros((_LENGTH, rows, *(action_space.shape or ())), action_space.dtype)
        self._acted = np.zeros((_LENGTH, rows), np.uint8)  # which seat
        self._numbers = isinstance(action_space, spaces.Discrete)
        self._seats = seats
        self._at = 0  # the present step
        self._since = np.zeros(rows, np.int64)  # each row's first step that its episode does not have yet
        self.actions = self._actions[0]

    def begin(self, row: int) -> None:
        """Begins an episode with the present step."""
        self._since[row] = self._at

    def write(
        self,
        rows: npt.NDArray[np.intp],
        rewards: npt.NDArray[np.float64],
        observations: npt.NDArray[Any],
        masks: npt.NDArray[np.bool_] | None = None,
        acted: npt.NDArray[np.integer[Any]] | None = None,
        acts: npt.NDArray[np.integer[Any]] | None = None,
    ) -> None:
        """Writes down the present step of some rows, whose actions it has, and goes on to the next one.

        Args:
            rewards: (len(rows), seats).
            observations, masks: by row, on which somebody must act next.
            acted, acts: by row, which seat has acted and which one acts next, where there are several.
        """
        step = self._steps[self._at]
        step["rewards"][rows] = rewards
        step["observation"] = observations
        if masks is not None:
            step["mask"] = masks
        if acted is not None:
            self._acted[self._at], step["seat"] = acted, acts
        self._at += 1
        self.actions = self._actions[self._at % _LENGTH]

    @property
    def is_full(self) -> bool:
        return self._at == _LENGTH

    def clear(self) -> None:
        """Begins anew, after every running episode has taken its steps."""
        self._at = 0
        self._since[:] = 0

    def take(self, lane: Lane, but: int = 0) -> None:
        """Gives a lane's episode the steps that it does not have yet, without so many of the last."""
        row, until = lane.number, self._at - but
        since = int(self._since[row])
        if since < until:
            steps = np.ascontiguousarray(self._steps[since:until, row])
            lane.playing.take(steps["rewards"], steps.view(np.uint8).reshape(len(steps), -1))
            self._act(lane, since, until)

    def act(self, lane: Lane) -> None:
        """Gives a lane the action of its last step alone."""
        self._act(lane, self._at - 1, self._at)

    def _act(self, lane: Lane, since: int, until: int) -> None:
        """Writes down actions, in the form that is recorded."""
        actions = self._actions[since:until, lane.number]
        if self._seats == 1:
            lane.actions[0].extend(actions.tolist() if self._numbers else actions.copy())
            return
        acted = self._acted[since:until, lane.number]
        lane.order += acted.tolist()
        for seat in range(self._seats):
            its = actions[acted == seat]
            lane.actions[seat].extend(its.tolist() if self._numbers else its)
