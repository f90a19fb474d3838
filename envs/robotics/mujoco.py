"""Gymnasium's MuJoCo tasks (v5), built from their classes so that nothing stands between them and the harness."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine

_INF = float("inf")
_D4RL = "D4RL infos.py, expert (v2 of the task)"
_TWINS = ("InvertedPendulum", "HalfCheetah", "Hopper", "Walker2d", "Swimmer")
_NATIVE = {f"{name}-v5": f"arena.envs.robotics.mujoco_native:{name}" for name in _TWINS}


class Task(NamedTuple):
    """One row of the table.

    `worst` is the declared score of a failed episode, chosen so that crashing never pays: the lowest possible score
    where there is one, else a floor below both standing still and random play (an agent that had already done worse
    keeps its own score).
    """

    name: str
    entry_point: str
    max_steps: int
    worst: float
    score_range: tuple[float, float]
    expert: Reference | None
    description: str


TASKS = (
    Task(
        "InvertedPendulum-v5",
        "inverted_pendulum_v5:InvertedPendulumEnv",
        1000,
        0.0,
        (0.0, 1000.0),  # the step on which the pole falls earns nothing
        Reference(1000.0, "optimum: upright for all 1000 steps"),
        "Balance a pole on a cart by pushing the cart; +1 per step.",
    ),
    Task(
        "InvertedDoublePendulum-v5",
        "inverted_double_pendulum_v5:InvertedDoublePendulumEnv",
        1000,
        -100.0,  # a falling pole's speed penalty can outweigh the few bonuses so far
        (-_INF, 10_000.0),  # 10 per step at most
        None,
        "Balance two poles on top of each other on a cart; up to 10 per step.",
    ),
    Task(
        "Reacher-v5",
        "reacher_v5:ReacherEnv",
        50,
        -125.0,  # 50 steps of full torque (-2) and about 0.4 m away
        (-_INF, 0.0),
        None,
        "Move the tip of a two-joint arm to a target; minus distance and torque per step.",
    ),
    Task(
        "Pusher-v5",
        "pusher_v5:PusherEnv",
        100,
        -300.0,  # below random play, about -150
        (-_INF, 0.0),
        None,
        "Push a cylinder to a goal with a seven-joint arm; minus distances and torque per step.",
    ),
    Task(
        "HalfCheetah-v5",
        "half_cheetah_v5:HalfCheetahEnv",
        1000,
        -1000.0,  # below full torque without moving (-600) and random play (-280 in D4RL)
        (-_INF, _INF),
        Reference(12135.0, _D4RL),
        "Run a planar two-legged robot forward; speed minus torque squared per step.",
    ),
    Task(
        "Hopper-v5",
        "hopper_v5:HopperEnv",
        1000,
        -100.0,  # below random play (-20 in D4RL): it falls before it can earn less
        (-_INF, _INF),
        Reference(3234.3, _D4RL),
        "Hop forward on one leg; speed and staying upright minus torque squared per step.",
    ),
    Task(
        "Walker2d-v5",
        "walker2d_v5:Walker2dEnv",
        1000,
        -100.0,  # below random play (1.6 in D4RL): it falls before it can earn less
        (-_INF, _INF),
        Reference(4592.3, _D4RL),
        "Walk forward on two legs in the plane; speed and staying upright minus torque squared per step.",
    ),
    Task(
        "Ant-v5",
        "ant_v5:AntEnv",
        1000,
        -3000.0,  # 1000 steps upright (+1) at full torque (-4) on the spot
        (-_INF, _INF),
        Reference(3879.7, _D4RL),
        "Walk forward on four legs; speed and staying upright minus torque and contact costs per step.",
    ),
    Task(
        "Humanoid-v5",
        "humanoid_v5:HumanoidEnv",
        1000,
        0.0,  # a step upright earns 5, more than torque and contacts cost
        (-_INF, _INF),
        None,
        "Walk forward on two legs; speed and staying upright minus torque and contact costs per step.",
    ),
    Task(
        "HumanoidStandup-v5",
        "humanoidstandup_v5:HumanoidStandupEnv",
        1000,
        0.0,  # height above the ground is positive and outweighs torque and contacts
        (-_INF, _INF),
        None,
        "Stand up from lying; height reached minus torque and contact costs per step.",
    ),
    Task(
        "Swimmer-v5",
        "swimmer_v5:SwimmerEnv",
        1000,
        -100.0,  # below random play, about 0
        (-_INF, _INF),
        None,
        "Swim forward with a three-link body; speed minus torque squared per step.",
    ),
)

for _task in TASKS:
    register(
        EnvSpec(
            id=f"mujoco/{_task.name}",
            random=measured(f"mujoco/{_task.name}"),
            **engine(f"mujoco.{_task.entry_point}"),
            domain="robotics",
            expert=_task.expert,
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.worst,
            native=_NATIVE.get(_task.name, ""),
            lanes=64 if _task.name in _NATIVE else 16,
            tags=("continuous", "physics"),
            description=_task.description,
            source="https://gymnasium.farama.org/environments/mujoco/ ; Todorov et al. 2012",
        )
    )
