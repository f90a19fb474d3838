"""Decision frequency: one world, decided upon in every step, every second, ... every sixteenth."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine

_REPEATS = (1, 2, 4, 8, 16)
_INF = float("inf")


class _Task(NamedTuple):
    """One row of the table; all but the repeat is as in `classic` and `mujoco`, whose ids repeat an action once."""

    name: str
    entry_point: str
    world_steps: int
    step_s: float  # seconds of the world in a step
    worst: float
    score_range: tuple[float, float]
    expert: Reference
    description: str
    observation: str
    action: str
    reward: str


_TASKS = (
    _Task(
        "Pendulum",
        "classic_control.pendulum:PendulumEnv",
        200,
        0.05,
        -3254.72,
        (-3254.72, 0.0),
        Reference(-157.0, "RL Baselines3 Zoo benchmark.md, one run: SAC, deciding in every step"),
        "Swing a pendulum up and hold it there",
        "Cosine, sine and speed, (3,) float32.",
        "Torque, (1,) float32 in [-2, 2] N m",
        "minus angle, speed and torque squared",
    ),
    _Task(
        "InvertedPendulum",
        "mujoco.inverted_pendulum_v5:InvertedPendulumEnv",
        1000,
        0.04,
        0.0,
        (0.0, 1000.0),
        Reference(1000.0, "optimum: upright for all 1000 steps of the world"),
        "Balance a pole on a cart by pushing the cart",
        "Positions and velocities of cart and pole, (4,) float64, SI units.",
        "Force on the cart, (1,) float32 in [-3, 3]",
        "1 while the pole is up",
    ),
    _Task(
        "HalfCheetah",
        "mujoco.half_cheetah_v5:HalfCheetahEnv",
        1000,
        0.05,
        -1000.0,  # below full torque without moving (-600)
        (-_INF, _INF),
        Reference(12135.0, "D4RL infos.py, expert (v2 of the task), deciding in every step"),
        "Run forward on two legs in the plane",
        "Joint positions and velocities, (17,) float64, SI units.",
        "Torques, (6,) float32 in [-1, 1]",
        "speed minus 0.1 torque squared",
    ),
)


def _register(task: _Task, repeat: int) -> None:
    env_id = f"frequency/{task.name}-x{repeat}-v0"
    every = "every step" if repeat == 1 else f"every {repeat} steps"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=task.expert,
            **engine(task.entry_point),
            wrappers=(WrapperSpec("action-repeat", {"repeat": repeat, "world_steps": task.world_steps}),),
            domain="robotics",
            max_steps=-(-task.world_steps // repeat),
            score_range=task.score_range,
            failure_score=task.worst,
            tags=("continuous", "control", "frequency"),
            description=f"{task.description}, deciding {every} of the world, {repeat * task.step_s:g} s; "
            f"{task.world_steps * task.step_s:g} s in all.",
            observation=task.observation,
            action=f"{task.action}, held until the next decision.",
            reward=f"The sum over the steps that an action is held: {task.reward}.",
            source="Patel and Siegelmann 2024, https://arxiv.org/abs/2410.08979; "
            "https://gymnasium.farama.org/environments/",
        )
    )


for _task in _TASKS:
    for _repeat in _REPEATS:
        _register(_task, _repeat)
