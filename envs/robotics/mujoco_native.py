"""MuJoCo tasks with all episodes of a batch side by side: to the bit what Gymnasium's classes do one at a time.

Nothing but MuJoCo's own step is done per episode. Gymnasium also computes contact forces after each step
(mj_rnePostConstraint), which these tasks neither show nor feed back. `mujoco.rollout` was not used: it takes a state
without the solver's warm start unless each step copies both, and stepping is one call per episode either way.
The other tasks have no twin: InvertedDoublePendulum squares single numbers, which round otherwise than arrays, and the
rest look at bodies and forces that would have to be read for each episode.
"""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv
from gymnasium.envs.mujoco.hopper_v5 import HopperEnv
from gymnasium.envs.mujoco.inverted_pendulum_v5 import InvertedPendulumEnv
from gymnasium.envs.mujoco.swimmer_v5 import SwimmerEnv
from gymnasium.envs.mujoco.walker2d_v5 import Walker2dEnv
from gymnasium.utils.seeding import np_random

__all__ = ["HalfCheetah", "Hopper", "InvertedPendulum", "Swimmer", "Walker2d"]

_Floats = npt.NDArray[np.float64]
_Judged = tuple[_Floats, npt.NDArray[np.bool_]]  # rewards and terminations


class _Twin:
    """What is seen are positions, without the first ones, and velocities; see `arena.native.Native`."""

    masks = movers = None
    task: type[Any]
    hidden = 1  # positions that are not shown
    fastest = np.inf  # velocity that is shown; beyond it is cut off

    def __init__(self, rows: int) -> None:
        self._is = self.task()
        model = self._is.model
        self._data = [mujoco.MjData(model) for _ in range(rows)]
        self._views = [(data.ctrl, data.qpos, data.qvel) for data in self._data]  # of MuJoCo's own memory
        self._positions, self._velocities = np.zeros((rows, model.nq)), np.zeros((rows, model.nv))
        self.observations = self.shown = np.zeros((rows, *self._is.observation_space.shape))

    def reset(self, row: int, seed: int) -> None:
        is_, data, random = self._is, self._data[row], np_random(seed)[0]
        scale = is_._reset_noise_scale
        mujoco.mj_resetData(is_.model, data)
        data.qpos[:] = is_.init_qpos + random.uniform(low=-scale, high=scale, size=is_.model.nq)
        data.qvel[:] = is_.init_qvel + self._pushed(random)
        mujoco.mj_forward(is_.model, data)
        self._positions[row], self._velocities[row] = data.qpos, data.qvel
        self._see(row)

    def step(self, actions: npt.NDArray[np.float32], rows: npt.NDArray[np.intp]) -> _Judged:
        model, frames, step, before = self._is.model, self._is.frame_skip, mujoco.mj_step, self._positions[:, 0].copy()
        for row in rows.tolist():
            control, position, velocity = self._views[row]
            control[:] = actions[row]
            step(model, self._data[row], nstep=frames)
            self._positions[row], self._velocities[row] = position, velocity
        self._see(slice(None))
        return self._judge((self._positions[:, 0] - before) / self._is.dt, actions)

    def _see(self, rows: int | slice) -> None:
        """Shows the state of one row or of all."""
        shown = self._positions.shape[1] - self.hidden
        self.observations[rows, :shown] = self._positions[rows, self.hidden :]
        self.observations[rows, shown:] = self._velocities[rows].clip(-self.fastest, self.fastest)

    def _pushed(self, random: np.random.Generator) -> _Floats:
        """Returns by how much velocities differ at the start."""
        scale = self._is._reset_noise_scale
        return random.uniform(low=-scale, high=scale, size=self._is.model.nv)

    def _judge(self, speed: _Floats, actions: npt.NDArray[np.float32]) -> _Judged:
        """Returns rewards and terminations by the speed forward."""
        is_ = self._is
        cost = is_._ctrl_cost_weight * np.square(actions).sum(axis=1)  # float32, as there
        return is_._forward_reward_weight * speed - cost, np.zeros(len(speed), np.bool_)


class HalfCheetah(_Twin):
    """HalfCheetah-v5."""

    task = HalfCheetahEnv

    def _pushed(self, random: np.random.Generator) -> _Floats:
        pushed: _Floats = self._is._reset_noise_scale * random.standard_normal(self._is.model.nv)
        return pushed


class Swimmer(_Twin):
    """Swimmer-v5."""

    task = SwimmerEnv
    hidden = 2


class Walker2d(_Twin):
    """Walker2d-v5."""

    task: type[Any] = Walker2dEnv
    fastest = 10.0

    def _judge(self, speed: _Floats, actions: npt.NDArray[np.float32]) -> _Judged:
        is_, healthy = self._is, self._is_healthy()
        cost = is_._ctrl_cost_weight * np.square(actions).sum(axis=1)
        return is_._forward_reward_weight * speed + healthy * is_._healthy_reward - cost, ~healthy

    def _is_healthy(self) -> npt.NDArray[np.bool_]:
        height, angle = self._positions[:, 1], self._positions[:, 2]
        return _within(height, self._is._healthy_z_range) & _within(angle, self._is._healthy_angle_range)


class Hopper(Walker2d):
    """Hopper-v5."""

    task: type[Any] = HopperEnv

    def _is_healthy(self) -> npt.NDArray[np.bool_]:
        reach = self._is._healthy_state_range
        calm = _within(self._positions[:, 2:], reach).all(axis=1) & _within(self._velocities, reach).all(axis=1)
        return super()._is_healthy() & calm


class InvertedPendulum(_Twin):
    """InvertedPendulum-v5."""

    task = InvertedPendulumEnv
    hidden = 0

    def _judge(self, speed: _Floats, actions: npt.NDArray[np.float32]) -> _Judged:
        fallen = ~np.isfinite(self.observations).all(axis=1) | (np.abs(self.observations[:, 1]) > 0.2)
        return (~fallen).astype(np.float64), fallen


def _within(values: _Floats, bounds: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return (bounds[0] < values) & (values < bounds[1])
