"""Non-stationary control: the world's physics comes and goes like a season, between episodes or within one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine
from arena.envs.robotics.physics import Physics
from arena.wrappers.stream import Stream

__all__ = ["Drift"]

_QUARTERS = 4  # of the cycle, for the metrics


class Drift(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Scales a parameter of the physics by 1 + amplitude * sin(2 pi phase), unseen.

    An episode's phase at its start is uniform in [0, 1) by its seed, so that an episode is a function of its seed alone
    whatever was played before it: a suite's schedule of seeds says which seasons an agent meets, and any episode can be
    played again by itself.

    Args:
        parameter: a name of `arena.envs.robotics.physics`.
        cycle: steps after which the phase has gone once around; None: it stays as it is until the episode's end.

    Metrics: `phase`, that at the start; `reward/<k>` and `steps/<k>`, what was paid in how many steps of quarter k of
    the cycle (1: growing, 2: back to nominal, 3: shrinking, 4: back again).

    Source: the drift as a function of time that an agent is not told, as in Lecarpentier and Rachelson 2019,
    "Non-Stationary Markov Decision Processes" (arXiv 1904.10090).
    """

    def __init__(self, env: Any, parameter: str, amplitude: float, cycle: int | None) -> None:
        super().__init__(env)
        self._parameter = parameter
        self._amplitude = amplitude
        self._cycle = cycle
        self._physics = Physics(env)
        self._stream = Stream("drift")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._stream.reset(seed)
        self._phase = self._start = float(self._stream.random.random())
        self._steps = 0
        self._rewards = [0.0] * _QUARTERS
        self._counts = [0] * _QUARTERS
        self._scale()
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        quarter = int(self._phase * _QUARTERS)
        self._rewards[quarter] += float(reward)
        self._counts[quarter] += 1
        self._steps += 1
        if self._cycle is not None:
            self._phase = (self._start + self._steps / self._cycle) % 1.0
            self._scale()
        info = {**info, "metrics": {**info.get("metrics", {}), **self._metrics()}}
        return observation, reward, terminated, truncated, info

    def _scale(self) -> None:
        self._physics.scale({self._parameter: 1.0 + self._amplitude * math.sin(2 * math.pi * self._phase)})

    def _metrics(self) -> dict[str, float]:
        metrics = {"phase": self._start}
        for k, (reward, count) in enumerate(zip(self._rewards, self._counts, strict=True), start=1):
            metrics[f"reward/{k}"] = reward
            metrics[f"steps/{k}"] = count
        return metrics


class _Task(NamedTuple):
    """One row of the table; the worst score is declared as for the task with fixed physics."""

    name: str
    entry_point: str
    parameter: str
    max_steps: int
    worst: float
    score_range: tuple[float, float]
    expert: Reference
    description: str
    observation: str
    action: str
    reward: str


_AMPLITUDE = 0.5
_INF = float("inf")
_TASKS = (
    _Task(
        "Pendulum",
        "classic_control.pendulum:PendulumEnv",
        "mass",
        200,
        -3254.72,
        (-3254.72, 0.0),
        Reference(-157.0, "RL Baselines3 Zoo benchmark.md, one run: SAC, with nominal physics"),
        "Swing a pendulum up and hold it there, while it is up to half heavier or lighter than built",
        "Cosine, sine and speed, (3,) float32; not the mass.",
        "Torque, (1,) float32 in [-2, 2] N m.",
        "Minus angle, speed and torque squared.",
    ),
    _Task(
        "HalfCheetah",
        "mujoco.half_cheetah_v5:HalfCheetahEnv",
        "force",
        1000,
        -1000.0,  # below full torque without moving (-600)
        (-_INF, _INF),
        Reference(12135.0, "D4RL infos.py, expert (v2 of the task), with nominal physics"),
        "Run forward on two legs in the plane, with motors up to half stronger or weaker than built",
        "Joint positions and velocities, (17,) float64, SI units; not the motors' strength.",
        "Torques, (6,) float32 in [-1, 1], times the motors' strength.",
        "Speed minus 0.1 action squared.",
    ),
)


def _register(task: _Task, within: bool) -> None:
    env_id = f"nonstationary/{task.name}-{'within' if within else 'between'}-v0"
    drift = {"parameter": task.parameter, "amplitude": _AMPLITUDE, "cycle": task.max_steps if within else None}
    when = "changing within the episode, once around" if within else "another in each episode"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=task.expert,
            **engine(task.entry_point),
            wrappers=(WrapperSpec(f"{__name__}:Drift", drift),),
            domain="robotics",
            max_steps=task.max_steps,
            score_range=task.score_range,
            failure_score=task.worst,
            tags=("continuous", "control", "nonstationary"),
            description=f"{task.description} as its season has it: {when}.",
            observation=task.observation,
            action=task.action,
            reward=task.reward,
            source="Lecarpentier and Rachelson 2019, https://arxiv.org/abs/1904.10090; "
            "https://gymnasium.farama.org/environments/",
        )
    )


for _task in _TASKS:
    for _within in (False, True):
        _register(_task, _within)
