"""Gymnasium's classic control tasks, built from their classes so that nothing stands between them and the harness."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured

_MODULES = "gymnasium.envs.classic_control"
_ZOO = "RL Baselines3 Zoo benchmark.md, one run"


class _Task(NamedTuple):
    name: str
    entry_point: str
    max_steps: int
    score_range: tuple[float, float]
    expert: Reference | None
    description: str
    native: str = ""


_TASKS = (
    _Task(
        "CartPole-v1",
        "cartpole:CartPoleEnv",
        500,
        (0.0, 500.0),
        Reference(500.0, "optimum: upright for all 500 steps"),
        "Push a cart left or right so that the pole on it stays upright; +1 per step.",
        "arena.envs.games.classic_native:CartPole",
    ),
    _Task(
        "Acrobot-v1",
        "acrobot:AcrobotEnv",
        500,
        (-500.0, 0.0),
        Reference(-73.5, f"{_ZOO}: PPO"),
        "Swing a two-link pendulum by torque on its joint until the tip is above the line; -1 per step.",
    ),
    _Task(
        "MountainCar-v0",
        "mountain_car:MountainCarEnv",
        200,
        (-200.0, 0.0),
        Reference(-110.4, f"{_ZOO}: PPO"),
        "Rock an underpowered car out of a valley; -1 per step.",
        "arena.envs.games.classic_native:MountainCar",
    ),
    _Task(
        "MountainCarContinuous-v0",
        "continuous_mountain_car:Continuous_MountainCarEnv",
        999,
        (-99.9, 100.0),  # -0.1 per step at full force; +100 at the flag
        None,
        "Rock an underpowered car out of a valley with as little force as possible; +100 at the flag.",
    ),
    _Task(
        "Pendulum-v1",
        "pendulum:PendulumEnv",
        200,
        (-3254.72, 0.0),  # 200 * -(pi^2 + 0.1 * 8^2 + 0.001 * 2^2), rounded outwards
        Reference(-157.0, f"{_ZOO}: SAC"),
        "Swing a pendulum up and hold it there; minus angle, speed and torque squared per step.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"classic/{_task.name}",
            random=measured(f"classic/{_task.name}"),
            entry_point=f"{_MODULES}.{_task.entry_point}",
            domain="games",
            expert=_task.expert,
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            native=_task.native,
            lanes=256,
            needs=Needs(modules=("gymnasium",), get="pip install arena-bench"),
            packages=("gymnasium", "numpy"),
            tags=("control",),
            description=_task.description,
            source="https://gymnasium.farama.org/environments/classic_control/",
        )
    )
