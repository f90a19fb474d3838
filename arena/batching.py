"""Batches of fixed shape: one agent on the seats that see and act alike, one row per lane and seat."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.agent import Agent, Batch
from arena.errors import EnvError, SandboxError
from arena.sandbox.agent import SandboxedAgent
from arena.sandbox.process import Stopped
from arena.seeding import RowRandom
from arena.views import View

__all__ = ["AGENT", "BEGIN", "BOXED", "ENV", "IDLE", "WAITING", "Beat", "Group"]

IDLE, ENV, AGENT, BEGIN, BOXED, WAITING = range(6)  # whose code is running, as a worker tells its parent
FAULTS = (Exception, SystemExit)  # what a stranger's code may raise: also sys.exit()


class Beat(Protocol):
    """Told before any foreign code runs, so that whoever watches the process knows whose fault a hang or crash is.

    `who` is the lane whose environment runs, or the index of the agent; `rows` how many answers it was asked for.
    """

    def __call__(self, phase: int, who: int = -1, rows: int = 0) -> None: ...


class Group:
    """One agent on all seats that see and act alike; holds its fixed-shape batch."""

    def __init__(self, index: int, agent: Agent, seats: tuple[int, ...], view: View, lanes: int) -> None:
        self.index = index
        self.agent = agent
        self.seats = seats
        self._phase = BOXED if isinstance(agent, SandboxedAgent) else WAITING if agent.calls_models else AGENT
        rows = lanes * len(seats)
        self.action_space = view.action_space
        self.observations = agent.room if isinstance(agent, SandboxedAgent) else _empty(view.observation_space, rows)
        self._answers_in_text = isinstance(view.action_space, spaces.Text)
        count = view.action_space.n if isinstance(view.action_space, spaces.Discrete) else 0
        self.masks = np.ones((rows, int(count)), dtype=bool)
        self.masked = False
        self.active = np.zeros(rows, dtype=bool)
        self.starts = np.zeros(rows, dtype=bool)
        self.row_seats = np.tile(np.asarray(seats, dtype=np.int64), lanes)
        self.keys = np.zeros(rows, dtype=np.uint64)
        self.moves = np.zeros(rows, dtype=np.int64)

    def row(self, lane: int, seat: int) -> int:
        return lane * len(self.seats) + self.seats.index(seat)

    def put(self, row: int, observation: Any, mask: Any) -> None:
        _put(self.observations, row, observation)
        if mask is not None and not self._answers_in_text:  # a mask is of numbered answers; a text says what is legal
            if mask.shape != self.masks.shape[1:] or not mask.any():
                raise EnvError(
                    f"a legal-action mask of shape {mask.shape} with {mask.sum()} legal actions; "
                    f"expected shape {self.masks.shape[1:]} and at least one"
                )
            self.masked = True
            self.masks[row] = mask
        elif self.masked:
            self.masks[row] = True
        self.active[row] = True

    def mask_of(self, row: int) -> npt.NDArray[np.bool_] | None:
        return self.masks[row] if self.masked else None

    def ask(self, beat: Beat) -> Any:
        """Returns what can be looked up by active row: an answer, or the exception in its place.

        It is the agent's own array where it gave one, else a dict.
        """
        rows = np.flatnonzero(self.active)
        beat(self._phase, self.index, len(rows))
        try:
            found = self._answers(self.active, rows)
        except SandboxError:  # the box's failure, not the agent's
            raise
        except Stopped as error:  # it is gone: there is nobody left to ask row by row
            found = {int(row): error for row in rows}
        except FAULTS as error:  # whatever it raises is its outcome
            found = {int(rows[0]): error} if len(rows) == 1 else self._ask_each(rows, beat)
        self.moves[rows] += 1
        self.active[:] = False
        self.starts[rows] = False
        return found

    def _ask_each(self, rows: npt.NDArray[np.int64], beat: Beat) -> dict[int, Any]:
        """Asks row by row, after a batch failed, so that only the row at fault bears it."""
        found: dict[int, Any] = {}
        for row in rows:
            beat(self._phase, self.index, 1)
            active = np.zeros_like(self.active)
            active[row] = True
            try:
                found[int(row)] = self._answers(active, np.array([row]))[row]
            except SandboxError:
                raise
            except FAULTS as error:
                found[int(row)] = error
        return found

    def _answers(self, active: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64]) -> Any:
        masks = self.masks if self.masked else None
        random = RowRandom(self.keys, self.moves)
        batch = Batch(self.observations, masks, active.copy(), self.starts & active, self.row_seats, random)
        answers = self.agent.act(batch)
        if len(answers) != len(active):
            raise ValueError(f"act returned {len(answers)} answers for {len(active)} rows")
        return answers if type(answers) is np.ndarray else {row: answers[row] for row in rows.tolist()}


def _empty(space: spaces.Space[Any], rows: int) -> Any:
    """Returns room for a batch of observations of a space."""
    if isinstance(space, spaces.Dict):
        return {key: _empty(part, rows) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_empty(part, rows) for part in space.spaces)
    if isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        return np.zeros((rows, *(space.shape or ())), dtype=space.dtype)
    return [""] * rows


def _put(buffer: Any, row: int, value: Any) -> None:
    if type(buffer) is np.ndarray:
        shape = value.shape if type(value) is np.ndarray else np.shape(value)
        if shape != buffer.shape[1:]:  # numpy would stretch it
            raise EnvError(f"an observation of shape {shape}; its space says {buffer.shape[1:]}")
        buffer[row] = value
    elif isinstance(buffer, dict):
        for key, part in buffer.items():
            _put(part, row, value[key])
    elif isinstance(buffer, tuple):
        for part, item in zip(buffer, value, strict=True):
            _put(part, row, item)
    else:
        buffer[row] = value
