"""Gymnasium's Box2D tasks: a lander, a walker and a racing car, built from their classes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Needs, Reference, WrapperSpec, register
from arena.envs.references import measured

_MODULES = "gymnasium.envs.box2d"
_LANDER_SEES = "(8,) float32: position, velocity, angle, its speed, and whether each leg touches the ground"
_LANDER_REWARD = "progress towards a standstill on the pad, less the fuel burnt; 100 for rest, -100 for a crash"
_WALKER_SEES = "(24,) float32: hull and joint angles and speeds, legs' contact, 10 distances of a lidar"
_WALKER_ACTS = "(4,) float32 in [-1, 1]: motor speeds of hips and knees"
_WALKER_REWARD = "progress, about 300 for the whole way, less the torque used; -100 for a fall"
_CAR_SEES = "(96, 96, 3) uint8: the track from above, with instruments below"
_CAR_REWARD = "1000 shared by the track's tiles, for each when first touched; -0.1 per step; -100 for leaving the field"


class FreshWorld(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Gives every episode a new physics world.

    Gymnasium's walker and car keep theirs, and what it remembers of earlier episodes changes the next one (of a
    walker's fall, the return's first decimal). An episode is what it would be in a new environment object.
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        import Box2D

        env: Any = self.env.unwrapped
        env._destroy()
        env.world = Box2D.b2World(gravity=env.world.gravity)
        return self.env.reset(seed=seed, options=options)


class _Task(NamedTuple):
    """One row of the table; `worst` is the declared score of a failed episode."""

    name: str
    entry_point: str
    kwargs: dict[str, Any]
    max_steps: int
    worst: float
    best: float
    expert: Reference
    observation: str
    action: str
    reward: str
    description: str


def _solved(score: float) -> Reference:
    return Reference(score, "counts as solved: Gymnasium's reward threshold")


_TASKS = (
    _Task(
        "LunarLander-v3",
        "lunar_lander:LunarLander",
        {},
        1000,
        -3500.0,  # full thrust until it leaves the field: -3453 was the worst of 30 landings; there is no bound
        math.inf,
        Reference(242.1, "RL Baselines3 Zoo benchmark.md, one run: PPO on LunarLander-v2"),
        _LANDER_SEES,
        "Discrete(4): nothing, left, main, right engine",
        _LANDER_REWARD,
        "Land a rocket on its pad with three engines that are on or off.",
    ),
    _Task(
        "LunarLanderContinuous-v3",
        "lunar_lander:LunarLander",
        {"continuous": True},
        1000,
        -3500.0,
        math.inf,
        _solved(200.0),
        _LANDER_SEES,
        "(2,) float32 in [-1, 1]: main engine (on above 0), side engines (on beyond 0.5)",
        _LANDER_REWARD,
        "Land a rocket on its pad with three throttled engines.",
    ),
    # Worst walk: back to the edge (-21 for 4.7 m at 130 / 30 a metre), leaning (-16), full torque in every step
    # (-0.112 each), and the fall (-100). Best: 84 m at 130 / 30 a metre.
    _Task(
        "BipedalWalker-v3",
        "bipedal_walker:BipedalWalker",
        {},
        1600,
        -317.0,
        370.0,
        Reference(287.9, "RL Baselines3 Zoo benchmark.md, one run: PPO"),
        _WALKER_SEES,
        _WALKER_ACTS,
        _WALKER_REWARD,
        "Walk on two legs over gently rough ground.",
    ),
    _Task(
        "BipedalWalkerHardcore-v3",
        "bipedal_walker:BipedalWalker",
        {"hardcore": True},
        2000,
        -361.0,
        370.0,
        _solved(300.0),
        _WALKER_SEES,
        _WALKER_ACTS,
        _WALKER_REWARD,
        "Walk on two legs over stumps, stairs and pits.",
    ),
    # Worst drive: 999 steps without a tile, and then off the field.
    _Task(
        "CarRacing-v3",
        "car_racing:CarRacing",
        {},
        1000,
        -199.9,
        1000.0,
        Reference(906.0, "Ha and Schmidhuber 2018, World Models, table 1: mean of 100 tracks"),
        _CAR_SEES,
        "(3,) float32: steering in [-1, 1], gas and brake in [0, 1]",
        _CAR_REWARD,
        "Drive a lap on a new track, seen from above.",
    ),
    _Task(
        "CarRacingDiscrete-v3",
        "car_racing:CarRacing",
        {"continuous": False},
        1000,
        -199.9,
        1000.0,
        _solved(900.0),
        _CAR_SEES,
        "Discrete(5): nothing, right, left, gas, brake",
        _CAR_REWARD,
        "Drive a lap on a new track, seen from above, with five actions.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"box2d/{_task.name}",
            random=measured(f"box2d/{_task.name}"),
            expert=_task.expert,
            entry_point=f"{_MODULES}.{_task.entry_point}",
            kwargs=_task.kwargs,
            # the lander makes itself a new world
            wrappers=() if "lunar" in _task.entry_point else (WrapperSpec(f"{__name__}:FreshWorld"),),
            domain="games",
            max_steps=_task.max_steps,
            score_range=(-math.inf if math.isinf(_task.best) else _task.worst, _task.best),
            failure_score=_task.worst,
            needs=Needs(modules=("Box2D", "pygame"), get="pip install 'arena-bench[games]'"),
            packages=("Box2D", "pygame-ce", "gymnasium", "numpy"),
            tags=("control",),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="https://gymnasium.farama.org/environments/box2d/",
        )
    )
