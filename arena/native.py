"""Lanes whose environments are one: a native twin steps the episodes of all in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from arena.actions import Actions, listed
from arena.batching import ENV, FAULTS, Beat, Group
from arena.episode import Ended, Turn
from arena.job import Lane
from arena.lockstep import ArrayLockstep, Done, Outcome
from arena.tape import Tape

__all__ = ["Native", "NativeLockstep"]


class Native(Protocol):
    """Many episodes of an environment, stepped at once and to the bit as the environment itself steps one.

    Of a Gymnasium environment without action masks, or of an AEC one whose seats all end together and then see the
    same. A row is an episode; rows without one hold anything.

    Attributes:
        observations: (rows, ...), on which to act now, or with which the episode ended.
        shown: (rows, ...), the same as the view `array` shows it to who must act; mostly the same array.
        masks: (rows, actions) bool, which actions are legal; None: all.
        movers: (rows,) integers, the seat that must act; None: there is but one.
    """

    observations: npt.NDArray[Any]
    shown: npt.NDArray[Any]
    masks: npt.NDArray[np.bool_] | None
    movers: npt.NDArray[np.integer[Any]] | None

    def reset(self, row: int, seed: int) -> None:
        """Begins the episode of a seed in a row."""

    def step(
        self, actions: npt.NDArray[Any], rows: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Steps some rows by actions (rows, ...); returns rewards and terminations.

        Rewards are (rows,), or (rows, seats) of several seats. Those of the other rows are anything.
        """


class NativeLockstep(ArrayLockstep):
    """Steps the environments of all lanes in one call, whoever sits there by the view `array`."""

    def __init__(self, native: Native, lane: Lane, lanes: int, beat: Beat) -> None:
        """Takes also a lane whose seats are taken."""
        self.native = native
        self._seats = lane.playing.seats
        super().__init__(lane.places[0][0], lanes, beat)
        self._groups: list[Group] = []
        self._group_of, self._row_of = np.zeros((2, lanes, self._seats), np.intp)  # by row and seat; place in `_groups`
        self._acting: npt.NDArray[np.integer[Any]]  # the seats that act in this step, in the order of the lanes

    def reset(self, row: int, seed: int) -> Turn:
        """Begins the episode of a seed in a row, and returns its first turn."""
        self.native.reset(row, seed)
        return self._turn(row, (0.0,) * self._seats)

    def _turn(self, row: int, rewards: Sequence[float]) -> Turn:
        native = self.native
        mask = None if native.masks is None else native.masks[row].copy()
        mover = 0 if native.movers is None else int(native.movers[row])
        return Turn((mover,), (native.observations[row].copy(),), (mask,), ({},), rewards)

    def _blank(self) -> Tape:
        return Tape(self._seats, self.native.observations, self.native.masks, self._group.action_space)

    def _show(self, lane: Lane) -> None:
        for seat, (group, _, at) in enumerate(lane.places):
            if group not in self._groups:
                self._groups.append(group)
            self._group_of[lane.number, seat], self._row_of[lane.number, seat] = self._groups.index(group), at

    def _ask(self, rows: npt.NDArray[np.intp]) -> Actions:
        native = self.native
        if native.movers is None:
            self._group.observations[:] = native.shown
            return super()._ask(rows)
        self._acting = native.movers[rows]
        groups, seats = self._group_of[rows, self._acting], self._row_of[rows, self._acting]
        actions: list[Any] = [None] * len(rows)
        for number, group in enumerate(self._groups):
            if not len(here := np.flatnonzero(groups == number)):
                continue
            at = seats[here]
            group.observations[at] = native.shown[rows[here]]
            if native.masks is not None:
                group.masked, group.masks[at] = True, native.masks[rows[here]]
            for place, action in zip(here.tolist(), listed(group.action_space, self._answers(group, at)), strict=True):
                actions[place] = action
        return actions

    def _abandoned(self, lane: Lane, at: int, error: BaseException) -> Outcome:
        seat = 0 if self.native.movers is None else int(self._acting[at])
        return super()._abandoned(lane, at, error)._replace(seat=seat)

    def _advance(self, running: Sequence[Lane], rows: npt.NDArray[np.intp], actions: Actions) -> Done:
        """Steps the twin and writes the step down."""
        native, tape = self.native, self._tape
        acted = None if native.movers is None else native.movers.copy()
        self._beat(ENV, int(rows[0]))
        try:
            rewards, terminated = native.step(tape.actions, rows)
        except FAULTS as error:
            done = Done(np.zeros((len(rows), self._seats)), {}, {}, dict.fromkeys(rows.tolist(), error))
        else:
            ended = dict.fromkeys(rows[terminated[rows]].tolist(), True)
            done = Done(rewards[rows].reshape(-1, self._seats), ended, {}, {})
        tape.write(rows, done.rewards, native.observations, native.masks, acted, native.movers)
        return done

    def _last(self, row: int, done: Done, rewards: list[float]) -> Turn:
        if done.ended[row] or self._seats == 1:
            seen = self.native.observations[row]
            ends = [Ended(seat, seen, done.ended[row], {}) for seat in range(self._seats)]
            return Turn((), (), (), (), rewards, ends)
        return self._turn(row, rewards)
