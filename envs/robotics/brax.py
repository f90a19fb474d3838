"""Brax: bodies that balance, reach and run, under a physics engine written in JAX (its spring back end)."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from arena import EnvSpec, Reference, register
from arena.envs.games.compiled import Alone, Frame, Program, box, load_jax, quiet
from arena.envs.references import measured

__all__ = ["Brax"]


class Brax(Alone):
    """One of Brax's bodies.

    Observation:
        Box float32 (n,): positions and speeds of the joints, as in Gymnasium's MuJoCo task of the same name (version
        4, without contact forces).
    Action:
        Box float32 (m,), -1 to 1: the actuators, each from its lowest to its highest torque.
    Reward:
        Speed along the x axis and 1 for standing (hopper, ant), less a cost of the control; inverted_pendulum 1 a
        step; reacher minus the distance and the squared control.
    Episode end:
        Terminated when the body falls (hopper, ant, inverted_pendulum), and where the simulation diverges, which pays
        nothing; truncated after 1000 steps.
    Start:
        A standing body, or one at rest, with noise drawn from the seed; reacher's target too.
    Score:
        Return. Random is measured.
    Versions:
        v0: brax 0.14.2, its spring back end, JAX 0.10.2. Compiling a body takes up to a minute the first time; what was
        compiled is kept in the runtime's folder.
    Source:
        Freeman et al. 2021, "Brax - A Differentiable Physics Engine for Large Scale Rigid Body Simulation",
        https://github.com/google/brax
    """

    def __init__(self, task: str, render_mode: str | None = None) -> None:
        super().__init__(_program(task))

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return super().step(np.asarray(action, np.float32))


@cache
def _program(task: str) -> Program:
    return Program(_Model(task))


class _Model:
    seats = 1
    has_mask = False

    def __init__(self, task: str) -> None:
        self._jax = load_jax()
        with quiet():  # it says that Warp is not there, and that MJX is newer
            from brax import envs

            self._env = envs.get_environment(task, backend="spring")
        self.observation_space: gymnasium.Space[Any] = box((self._env.observation_size,))
        self.action_space: gymnasium.Space[Any] = box((self._env.action_size,), -1.0, 1.0)

    def reset(self, key: Any) -> tuple[Any, Frame]:
        state = self._env.reset(key)
        return state, Frame(state.obs, state.reward, False, False)

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        jnp = self._jax.numpy
        after = self._env.step(state, action)
        holds = jnp.isfinite(after.obs).all() & jnp.isfinite(after.reward)
        seen = jnp.where(holds, after.obs, state.obs)
        return after, Frame(seen, jnp.where(holds, after.reward, 0.0), (after.done > 0) | ~holds, False)


class _Task(NamedTuple):
    """One row of the table; `worst` is the declared score of a failed episode, chosen so that crashing never pays."""

    name: str
    seen: int
    acts: int
    worst: float
    best: float
    description: str
    reward: str


_INF = math.inf
_TASKS = (
    _Task("inverted_pendulum", 4, 1, 0.0, 1000.0, "Keep a pole upright on a cart.", "1 a step."),
    _Task("reacher", 11, 2, -2500.0, 0.0, "Bring the tip of an arm of two links to a target.",
          "Minus the distance (m) and the squared control."),
    _Task("hopper", 11, 3, -1000.0, _INF, "Hop forward on one leg.", "Speed (m/s) and 1 for standing, less control."),
    _Task("halfcheetah", 17, 6, -1000.0, _INF, "Run forward on two legs in the plane.", "Speed (m/s), less control."),
    _Task("ant", 27, 8, -1000.0, _INF, "Walk forward on four legs.", "Speed (m/s) and 1 for standing, less control."),
)  # fmt: skip

for _task in _TASKS:
    _id = f"brax/{_task.name}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1000.0, "bound: 1000 steps of 1") if _task.best == 1000.0 else None,
            entry_point=f"{__name__}:Brax",
            kwargs={"task": _task.name},
            domain="robotics",
            max_steps=1000,
            score_range=(0.0 if _task.best == 1000.0 else -_INF, _task.best),
            failure_score=_task.worst,
            tolerance=1e-4,
            runtime="brax",
            packages=("brax", "jax", "jaxlib", "numpy"),
            tags=("continuous", "physics", "jax"),
            description=_task.description,
            observation=f"({_task.seen},) float32: positions and speeds of the joints.",
            action=f"({_task.acts},) float32, -1 to 1: the actuators.",
            reward=_task.reward,
            source="Freeman et al. 2021, https://github.com/google/brax",
        )
    )
