"""Autonomous control: who falls is put back on its feet and goes on, and how often that was needed is counted."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine

_STEPS = 1000  # of an episode, as of the tasks that end with a fall
_INF = float("inf")


class _Task(NamedTuple):
    """One row of the table."""

    name: str
    entry_point: str
    score_range: tuple[float, float]
    worst: float
    expert: Reference
    description: str
    reward: str


_D4RL = "D4RL infos.py, expert (v2 of the task)"
_TASKS = (
    _Task(
        "InvertedPendulum",
        "inverted_pendulum_v5:InvertedPendulumEnv",
        (0.0, 1000.0),
        0.0,
        Reference(1000.0, "optimum: upright for all 1000 steps"),
        "Balance a pole on a cart",
        "1 per step, 0 for one in which the pole falls.",
    ),
    _Task(
        "Hopper",
        "hopper_v5:HopperEnv",
        (-_INF, _INF),
        -100.0,  # below random play
        Reference(3234.3, _D4RL),
        "Hop forward on one leg",
        "Speed and staying upright minus torque squared.",
    ),
    _Task(
        "Walker2d",
        "walker2d_v5:Walker2dEnv",
        (-_INF, _INF),
        -100.0,  # below random play
        Reference(4592.3, _D4RL),
        "Walk forward on two legs in the plane",
        "Speed and staying upright minus torque squared.",
    ),
)

for _task in _TASKS:
    _id = f"autonomous/{_task.name}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=_task.expert,
            **engine(f"mujoco.{_task.entry_point}"),
            wrappers=(WrapperSpec("reset-counting"),),
            domain="robotics",
            max_steps=_STEPS,
            score_range=_task.score_range,
            failure_score=_task.worst,
            tags=("continuous", "physics", "autonomous"),
            description=f"{_task.description}; a fall does not end it, but costs a reset, which is counted.",
            observation="Joint positions and velocities, SI units, a float64 vector.",
            action="Torques or forces of the joints, a vector of float32 within the actuators' limits.",
            reward=_task.reward,
            source="Sharma et al. 2022, https://arxiv.org/abs/2112.09605; "
            "https://gymnasium.farama.org/environments/mujoco/",
        )
    )
