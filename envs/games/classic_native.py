"""Classic control with all episodes of a batch in one array: to the bit what Gymnasium's classes do one at a time.

The formulas stand in the order of Gymnasium's, for floating-point sums depend on it; the tests hold whole episodes of
both against each other. `math.cos` and `numpy.cos` differ in last bits: each is used where Gymnasium uses it. Pendulum
has no twin, for it squares scalars by `**`, which rounds otherwise than the square of an array.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from gymnasium.envs.classic_control.mountain_car import MountainCarEnv
from gymnasium.utils.seeding import np_random

__all__ = ["CartPole", "MountainCar"]

_Stepped = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]


class _Classic:
    """What they share: a state of numbers, which is seen as float32."""

    masks = movers = None

    def __init__(self, numbers: int, rows: int) -> None:
        self._state = np.zeros((numbers, rows))
        self.observations = self.shown = np.zeros((rows, numbers), np.float32)

    def _set(self, row: int, state: npt.ArrayLike) -> None:
        self._state[:, row] = state
        self.observations[row] = self._state[:, row]


class CartPole(_Classic):
    """CartPole-v1; see `arena.native.Native`."""

    def __init__(self, rows: int) -> None:
        self._is = CartPoleEnv()
        super().__init__(4, rows)  # cart's position and speed, pole's angle and speed

    def reset(self, row: int, seed: int) -> None:
        self._set(row, np_random(seed)[0].uniform(low=-0.05, high=0.05, size=(4,)))

    def step(self, actions: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]) -> _Stepped:
        is_, (x, x_dot, theta, theta_dot) = self._is, self._state
        force = np.where(actions == 1, is_.force_mag, -is_.force_mag)
        costheta, sintheta = np.cos(theta), np.sin(theta)
        temp = (force + is_.polemass_length * np.square(theta_dot) * sintheta) / is_.total_mass
        thetaacc = (is_.gravity * sintheta - costheta * temp) / (
            is_.length * (4.0 / 3.0 - is_.masspole * np.square(costheta) / is_.total_mass)
        )
        xacc = temp - is_.polemass_length * thetaacc * costheta / is_.total_mass
        x += is_.tau * x_dot
        x_dot += is_.tau * xacc
        theta += is_.tau * theta_dot
        theta_dot += is_.tau * thetaacc
        terminated = (np.abs(x) > is_.x_threshold) | (np.abs(theta) > is_.theta_threshold_radians)
        self.observations[:] = self._state.T
        if terminated.any():
            self._state[:, terminated] = 0.0  # a row without an episode must not run off to infinity
        return np.ones(len(terminated)), terminated


class MountainCar(_Classic):
    """MountainCar-v0; see `arena.native.Native`."""

    def __init__(self, rows: int) -> None:
        self._is = MountainCarEnv()
        super().__init__(2, rows)  # position and velocity

    def reset(self, row: int, seed: int) -> None:
        self._set(row, [np_random(seed)[0].uniform(low=-0.6, high=-0.4), 0.0])

    def step(self, actions: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]) -> _Stepped:
        is_, (position, velocity) = self._is, self._state
        slope = np.array([math.cos(3 * p) for p in position.tolist()])
        velocity += (actions - 1) * is_.force + slope * (-is_.gravity)
        np.clip(velocity, -is_.max_speed, is_.max_speed, out=velocity)
        position += velocity
        np.clip(position, is_.min_position, is_.max_position, out=position)
        velocity[(position == is_.min_position) & (velocity < 0)] = 0.0
        terminated = (position >= is_.goal_position) & (velocity >= is_.goal_velocity)
        self.observations[:] = self._state.T
        return np.full(len(terminated), -1.0), terminated
