"""HalfCheetah with all episodes of a batch side by side: to the bit what Gymnasium's class does one at a time.

Nothing but MuJoCo's own step is done per episode. Gymnasium also computes contact forces after each step
(mj_rnePostConstraint), which this task neither shows nor feeds back. `mujoco.rollout` was not used: it takes a state
without the solver's warm start unless each step copies both, and stepping is one call per episode either way.
"""

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv
from gymnasium.utils.seeding import np_random

__all__ = ["HalfCheetah"]


class HalfCheetah:
    """HalfCheetah-v5; see `arena.native.Native`."""

    masks = movers = None

    def __init__(self, rows: int) -> None:
        self._is = HalfCheetahEnv()
        self._data = [mujoco.MjData(self._is.model) for _ in range(rows)]
        self._views = [(data.ctrl, data.qpos, data.qvel) for data in self._data]  # of MuJoCo's own memory
        self._x = np.zeros(rows)  # m
        self.observations = self.shown = np.zeros((rows, *(self._is.observation_space.shape or ())))

    def reset(self, row: int, seed: int) -> None:
        is_, data, random = self._is, self._data[row], np_random(seed)[0]
        scale = is_._reset_noise_scale
        mujoco.mj_resetData(is_.model, data)
        data.qpos[:] = is_.init_qpos + random.uniform(low=-scale, high=scale, size=is_.model.nq)
        data.qvel[:] = is_.init_qvel + scale * random.standard_normal(is_.model.nv)
        mujoco.mj_forward(is_.model, data)
        self._see(row)

    def step(
        self, actions: npt.NDArray[np.float32], rows: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        is_, before = self._is, self._x.copy()
        model, frames, step = is_.model, is_.frame_skip, mujoco.mj_step
        for row in rows.tolist():
            self._views[row][0][:] = actions[row]
            step(model, self._data[row], nstep=frames)
            self._see(row)
        velocity = (self._x - before) / is_.dt
        cost = is_._ctrl_cost_weight * np.square(actions).sum(axis=1)  # float32, as there
        rewards = is_._forward_reward_weight * velocity - cost
        return rewards, np.zeros(len(rewards), np.bool_)

    def _see(self, row: int) -> None:
        _, position, velocity = self._views[row]
        self._x[row] = position[0]
        seen, joints = self.observations[row], len(position) - 1
        seen[:joints] = position[1:]
        seen[joints:] = velocity
