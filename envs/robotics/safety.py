"""Safety-Gymnasium: robots that are paid for a task and charged, apart from it, for what they must not do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, register
from arena.envs.references import measured

__all__ = ["Constrained"]


class Constrained(gymnasium.Env[npt.NDArray[np.float64], npt.NDArray[np.float32]]):
    """A robot does a task among things that cost.

    Observation:
        Box float64: accelerometer, velocimeter, gyroscope and magnetometer of the robot (and joints), then lidars of 16
        directions, 0 to 1 (1 is near), for the goal and each kind of thing. Velocity tasks: joint positions and
        velocities, as in Gymnasium's MuJoCo tasks (v4).
    Action:
        Box from -1 to 1, float32: the robot's actuators (Point: thrust and turn; Car: two wheels). Velocity: torques.
    Reward:
        The task's alone: progress to the goal (or of the box to it, or around the circle), 1 for reaching it; speed.
        No cost is taken off.
    Episode end:
        Truncated after 1000 steps (Circle: 500), with a new goal each time one is reached; velocity tasks are
        terminated by a fall.
    Start:
        Robot, goal and things at places drawn from the seed.
    Score:
        Return; metric `cost` is the sum of the episode's costs: 1 for each step in a hazard, against a vase, at a wrong
        button, out of bounds or over the speed limit. A limit of 25 is usual. Random is measured.
    Versions:
        v0, velocity v1: safety-gymnasium 1.0.0, mujoco 2.3.3.
    Source:
        Ji et al. 2023, "Safety-Gymnasium: A Unified Safe Reinforcement Learning Benchmark",
        https://github.com/PKU-Alignment/safety-gymnasium; Ray et al. 2019, "Benchmarking Safe Exploration in Deep
        Reinforcement Learning".
    """

    metadata = {"render_modes": []}

    def __init__(self, task: str, max_steps: int, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._max_steps = max_steps
        self._engine: Any = _load().make(task).unwrapped
        self._engine.reset(seed=0)  # its first world is built otherwise than those that follow: other last bits
        shown, moves = self._engine.observation_space, self._engine.action_space
        self.observation_space = spaces.Box(-np.inf, np.inf, shown.shape, np.float64)
        self.action_space = spaces.Box(moves.low.astype(np.float32), moves.high.astype(np.float32), dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float64], dict[str, Any]]:
        super().reset(seed=seed)
        self._steps, self._cost = 0, 0.0
        observation, _ = self._engine.reset(seed=int(self.np_random.integers(1 << 31)))
        return self._seen(observation), {"metrics": {"cost": 0.0}}

    def step(
        self, action: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        observation, reward, cost, terminated, truncated, _ = self._engine.step(np.asarray(action, np.float64))
        self._steps += 1
        self._cost += float(cost)
        is_over = (bool(truncated) or self._steps >= self._max_steps) and not terminated
        return self._seen(observation), float(reward), bool(terminated), is_over, {"metrics": {"cost": self._cost}}

    def close(self) -> None:
        self._engine.close()

    @staticmethod
    def _seen(observation: Any) -> npt.NDArray[np.float64]:
        return np.array(observation, np.float64)


def _load() -> ModuleType:
    """Imports the package, whose dataclasses have arrays for defaults, which Python 3.11 refuses."""
    with mock.patch.object(dataclasses, "dataclass", _dataclass):
        import safety_gymnasium

    return safety_gymnasium


_STRICT = dataclasses.dataclass


def _dataclass(cls: Any = None, **options: Any) -> Any:
    if cls is None:
        return partial(_dataclass, **options)
    for name in inspect.get_annotations(cls):
        default = cls.__dict__.get(name)
        if default is not None and type(default).__hash__ is None:
            setattr(cls, name, dataclasses.field(default_factory=partial(copy.deepcopy, default)))
    return _STRICT(cls, **options)


class _Kind(NamedTuple):
    name: str
    max_steps: int
    worst: float
    description: str


_ROBOTS = {"Point": "A point robot", "Car": "A car of two driven wheels"}
_KINDS = (  # worst: below random play, whose progress to and fro adds up to about 0
    _Kind("Goal", 1000, -10.0, "goes to one goal after another"),
    _Kind("Button", 1000, -10.0, "presses one lit button after another"),
    _Kind("Push", 1000, -10.0, "pushes a box to one goal after another"),
    _Kind("Circle", 500, -10.0, "runs in a circle within bounds"),
)
_LEVELS = {1: "a few things that cost"}
_RUNNERS = (  # worst: as in arena.envs.robotics.mujoco, whose tasks these are
    ("HalfCheetah", -1000.0, 3.2096),
    ("Hopper", -100.0, 0.7402),
    ("Walker2d", -100.0, 2.3415),
    ("Swimmer", -100.0, 0.2282),
    ("Ant", -3000.0, 2.6222),
    ("Humanoid", 0.0, 1.4149),
)


def _register(name: str, max_steps: int, worst: float, description: str) -> None:
    register(
        EnvSpec(
            id=f"safety/{name}",
            random=measured(f"safety/{name}"),
            entry_point=f"{__name__}:Constrained",
            kwargs={"task": f"Safety{name}", "max_steps": max_steps},
            domain="robotics",
            max_steps=max_steps,
            failure_score=worst,
            tolerance=1e-6,
            runtime="safety",
            packages=("safety-gymnasium", "mujoco", "numpy"),
            tags=("continuous", "physics", "safety"),
            description=description,
            observation="Inertial sensors and lidars, or joint positions and velocities, a float64 vector.",
            action="The robot's actuators, -1 to 1 (Humanoid: 0.4), a vector of float32.",
            reward="The task's alone; costs are counted apart, in the metric cost.",
            source="Ji et al. 2023, https://github.com/PKU-Alignment/safety-gymnasium ; Ray et al. 2019",
        )
    )


for _robot, _who in _ROBOTS.items():
    for _kind in _KINDS:
        for _level, _things in _LEVELS.items():
            _register(
                f"{_robot}{_kind.name}{_level}-v0",
                _kind.max_steps,
                _kind.worst,
                f"{_who} {_kind.description}, among {_things}.",
            )
for _runner, _worst, _limit in _RUNNERS:
    _register(
        f"{_runner}Velocity-v1", 1000, _worst, f"{_runner} runs, with a cost for each step faster than {_limit:g} m/s."
    )
