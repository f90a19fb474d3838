"""Gymnasium's MuJoCo tasks with sparse rewards: nothing is paid until a body has come far enough, or a tip is there."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.envs.robotics.engine import engine

__all__ = ["Sparse"]


class Sparse(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Pays 1 for a step after which a figure that the task reports is at least the threshold, else 0.

    Args:
        figure: a key of the task's `info`: `x_position` (metres from the start), or `reward_dist`, minus a distance.
        threshold: of that figure.
    """

    def __init__(self, env: Any, figure: str, threshold: float) -> None:
        super().__init__(env)
        self._figure = figure
        self._threshold = threshold

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, float(info[self._figure] >= self._threshold), terminated, truncated, info


class _Task(NamedTuple):
    """One row of the table."""

    name: str
    entry_point: str
    max_steps: int
    figure: str
    threshold: float  # metres
    description: str


_TASKS = (
    _Task("HalfCheetah", "half_cheetah_v5:HalfCheetahEnv", 1000, "x_position", 5.0, "Run 5 m forward"),  # as in VIME
    _Task("Hopper", "hopper_v5:HopperEnv", 1000, "x_position", 1.0, "Hop 1 m forward on one leg"),
    _Task("Walker2d", "walker2d_v5:Walker2dEnv", 1000, "x_position", 1.0, "Walk 1 m forward in the plane"),
    _Task("Ant", "ant_v5:AntEnv", 1000, "x_position", 5.0, "Walk 5 m forward on four legs"),
    _Task("Humanoid", "humanoid_v5:HumanoidEnv", 1000, "x_position", 1.0, "Walk 1 m forward on two legs"),
    _Task("Swimmer", "swimmer_v5:SwimmerEnv", 1000, "x_position", 1.0, "Swim 1 m forward"),
    _Task("Reacher", "reacher_v5:ReacherEnv", 50, "reward_dist", -0.02, "Bring an arm's tip within 2 cm of a target"),
    _Task("Pusher", "pusher_v5:PusherEnv", 100, "reward_dist", -0.1, "Push a cylinder to within 10 cm of a goal"),
)

for _task in _TASKS:
    _id = f"mujoco-sparse/{_task.name}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(float(_task.max_steps), "bound: 1 in every step"),
            **engine(f"mujoco.{_task.entry_point}"),
            wrappers=(WrapperSpec(f"{__name__}:Sparse", {"figure": _task.figure, "threshold": _task.threshold}),),
            domain="robotics",
            max_steps=_task.max_steps,
            score_range=(0.0, float(_task.max_steps)),
            tags=("continuous", "physics", "sparse", "exploration"),
            description=f"{_task.description}, and stay there or beyond; 1 per step from then on.",
            observation="Joint positions and velocities (by task also forces or a target), SI units, a float64 vector.",
            action="Torques or forces of the joints, a vector of float32 within the actuators' limits.",
            reward="1 for a step that ends beyond the threshold, else 0; no shaping, no control cost.",
            source="Houthooft et al. 2016, VIME (SparseHalfCheetah; the other thresholds are Arena's by its analogy)",
        )
    )
