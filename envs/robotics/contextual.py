"""Contextual control: each episode has physics of its own, seen or hidden, from ranges to train on or held-out ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from arena import EnvSpec, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine
from arena.envs.robotics.physics import Physics
from arena.errors import SpecError
from arena.wrappers.stream import Stream

__all__ = ["Contextual"]

_WIDEST = (0.0, 2.0)  # bounds of a visible factor, the same for all ranges, so that one agent fits them all


class Contextual(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Draws the episode's context: for each parameter a factor on its nominal value, uniform over all the ranges.

    Args:
        parameters: names of `arena.envs.robotics.physics`.
        ranges: of the factors: [low, high] each, apart from each other.
        visible: whether the factors, in the order of `parameters`, are appended to the observation (a vector).

    The metrics `context/<parameter>` say what was drawn.
    """

    def __init__(
        self, env: Any, parameters: Sequence[str], ranges: Sequence[tuple[float, float]], visible: bool
    ) -> None:
        super().__init__(env)
        self._parameters = tuple(parameters)
        self._lows, self._highs = np.array(ranges, np.float64).T
        if (self._lows >= self._highs).any():
            raise ValueError(f"a range of factors must go from low to high, got {ranges!r}")
        self._visible = visible
        self._physics = Physics(env)
        self._stream = Stream("context")
        if visible:
            self.observation_space = _longer(env.observation_space, len(self._parameters))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        self._factors = np.array([self._draw() for _ in self._parameters])
        factors = dict(zip(self._parameters, self._factors.tolist(), strict=True))
        self._metrics = {f"context/{name}": factor for name, factor in factors.items()}
        self._physics.scale(factors)
        observation, info = self.env.reset(seed=seed, options=options)
        return self._seen(observation), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        info = {**info, "metrics": {**info.get("metrics", {}), **self._metrics}}
        return self._seen(observation), reward, terminated, truncated, info

    def _draw(self) -> float:
        widths = self._highs - self._lows
        part = self._stream.random.choice(len(widths), p=widths / widths.sum())
        return float(self._stream.random.uniform(self._lows[part], self._highs[part]))

    def _seen(self, observation: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([observation, self._factors]).astype(observation.dtype) if self._visible else observation


def _longer(space: gymnasium.Space[Any], count: int) -> gymnasium.spaces.Box:
    if not isinstance(space, gymnasium.spaces.Box) or len(space.shape) != 1:
        raise SpecError(f"a visible context needs a vector to be appended to, got {space}")
    low, high = (np.append(side, [end] * count) for side, end in zip((space.low, space.high), _WIDEST, strict=True))
    kind: Any = space.dtype
    return gymnasium.spaces.Box(low.astype(kind), high.astype(kind), dtype=kind)


class _Task(NamedTuple):
    """One row of the table; `worst` is the declared score of a failed episode, as for the task with fixed physics."""

    name: str
    entry_point: str
    parameters: tuple[str, ...]
    max_steps: int
    worst: float
    score_range: tuple[float, float]
    expert: Reference
    description: str
    seen: str
    action: str
    reward: str


class _Part(NamedTuple):
    """Which contexts an id draws from; the tags `<group>-train` and `<group>-test` pair them for the gap."""

    ranges: tuple[tuple[float, float], ...]
    description: str


_INF = float("inf")
_D4RL = "D4RL infos.py, expert (v2 of the task), with nominal physics"
_BODY = ("gravity", "mass", "friction")
_SEEN = "Joint positions and velocities, SI units, a float64 vector"
_ACTION = "Torques of the joints, a vector of float32 in [-1, 1]."
_REWARD = "Speed and staying upright minus torque squared."
_TASKS = (
    _Task(
        "CartPole",
        "classic_control.cartpole:CartPoleEnv",
        ("gravity", "mass", "length", "force"),
        500,
        0.0,
        (0.0, 500.0),
        Reference(500.0, "optimum: upright for all 500 steps"),
        "Keep the pole on a cart upright",
        "Position and speed of cart and pole, (4,) float32",
        "0 pushes left, 1 right.",
        "1 per step.",
    ),
    _Task(
        "Pendulum",
        "classic_control.pendulum:PendulumEnv",
        ("mass", "length"),  # more gravity could make it unsolvable: Gymnasium cuts the speed off at 8 rad/s
        200,
        -3254.72,
        (-3254.72, 0.0),  # 200 * -(pi^2 + 0.1 * 8^2 + 0.001 * 2^2), rounded outwards; no physics in it
        Reference(-157.0, "RL Baselines3 Zoo benchmark.md, one run: SAC, with nominal physics"),
        "Swing a pendulum up and hold it there",
        "Cosine, sine and speed, (3,) float32",
        "Torque, (1,) float32 in [-2, 2] N m.",
        "Minus angle, speed and torque squared.",
    ),
    _Task(
        "HalfCheetah",
        "mujoco.half_cheetah_v5:HalfCheetahEnv",
        _BODY,
        1000,
        -1000.0,  # below full torque without moving (-600)
        (-_INF, _INF),
        Reference(12135.0, _D4RL),
        "Run forward on two legs in the plane",
        _SEEN,
        _ACTION,
        "Speed minus 0.1 torque squared.",
    ),
    _Task(
        "Hopper",
        "mujoco.hopper_v5:HopperEnv",
        _BODY,
        1000,
        -100.0,  # it falls before it can earn less
        (-_INF, _INF),
        Reference(3234.3, _D4RL),
        "Hop forward on one leg",
        _SEEN,
        _ACTION,
        _REWARD,
    ),
    _Task(
        "Walker2d",
        "mujoco.walker2d_v5:Walker2dEnv",
        _BODY,
        1000,
        -100.0,  # it falls before it can earn less
        (-_INF, _INF),
        Reference(4592.3, _D4RL),
        "Walk forward on two legs in the plane",
        _SEEN,
        _ACTION,
        _REWARD,
    ),
)
_PARTS = {
    "train": _Part(((0.7, 0.9), (1.1, 1.3)), "to train on: factors of 0.7 to 0.9 and 1.1 to 1.3"),
    "interpolation": _Part(((0.9, 1.1),), "held out between those to train on: factors of 0.9 to 1.1"),
    "extrapolation": _Part(((0.4, 0.7), (1.3, 1.6)), "held out beyond those to train on: 0.4 to 0.7 and 1.3 to 1.6"),
}


def _tags(name: str, part: str) -> tuple[str, ...]:
    if part == "train":
        return tuple(f"contextual/{name}-{other}-train" for other in _PARTS if other != "train")
    return (f"contextual/{name}-{part}-test",)


def _register(task: _Task, visible: bool, part: str) -> None:
    name = task.name if visible else f"{task.name}-hidden"
    env_id = f"contextual/{name}-{part}-v0"
    given = {"parameters": list(task.parameters), "ranges": [list(r) for r in _PARTS[part].ranges], "visible": visible}
    factors = f"the factors of {', '.join(task.parameters)}"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=task.expert,
            **engine(task.entry_point),
            wrappers=(WrapperSpec(f"{__name__}:Contextual", given),),
            domain="robotics",
            max_steps=task.max_steps,
            score_range=task.score_range,
            failure_score=task.worst,
            tags=("control", "generalization", *(() if visible else ("hidden-context",)), *_tags(name, part)),
            description=f"{task.description}, with physics drawn for each episode, {_PARTS[part].description}.",
            observation=f"{task.seen}, then {factors}." if visible else f"{task.seen}; not {factors}.",
            action=task.action,
            reward=task.reward,
            source="Benjamins et al. 2023, Contextualize Me (CARL); the ranges are Arena's, after Kirk et al. 2023",
        )
    )


for _task in _TASKS:
    for _visible in (True, False):
        for _part in _PARTS:
            _register(_task, _visible, _part)
