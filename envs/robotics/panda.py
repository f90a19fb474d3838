"""panda-gym: a Franka Panda arm on a table that reaches, pushes, slides, lifts, stacks and turns (PyBullet)."""

from __future__ import annotations

from functools import partialmethod
from typing import Any, NamedTuple
from unittest import mock

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

__all__ = ["Panda"]

_CUBE = np.array([0.1, 0.9, 0.1, 1.0])


class Panda(gymnasium.Env[dict[str, npt.NDArray[np.float32]], npt.NDArray[np.float32]]):
    """An arm with a gripper moves itself or an object to a goal.

    Observation:
        Dict of float32 vectors in SI units: `observation` (position and velocity of the gripper, its opening where it
        moves; position, rotation, velocity and angular velocity of each object), `achieved_goal`, `desired_goal`.
    Action:
        Box from -1 to 1, float32: the gripper's displacement (3, each 5 cm) or, Joints, the turns of the arm's joints
        (7, each 0.05 rad), and the fingers' opening where they move.
    Reward:
        0 at the goal and -1 elsewhere; Dense: minus the distance to the goal in metres (Flip: an angle's measure).
    Episode end:
        Terminated within 5 cm of the goal (Stack: 10 cm over both cubes, Flip: 0.2); truncated after 50 steps, Stack:
        100.
    Start:
        The arm's neutral pose; goal and objects at places drawn from the seed.
    Score:
        Metric `success`: 0 or 1. Random is measured.
    Versions:
        v3: panda-gym 3.0.7, PyBullet 3.2.7.
    Source:
        Gallouedec et al. 2021, "panda-gym: Open-source goal-conditioned environments for robotic learning",
        https://github.com/qgallouedec/panda-gym. Differences: the simulation is made anew by each reset, for PyBullet
        keeps contacts of the episode before; Flip's goal is drawn from the seed (there from NumPy's global generator)
        and its cube has one colour, for the package lacks the picture of the other.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}
    _engine: Any = None

    def __init__(self, task: str, reward_type: str, control_type: str, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._task, self._kinds = task, {"reward_type": reward_type, "control_type": control_type}
        self._begin(0)
        native = self._engine.observation_space
        self.observation_space = spaces.Dict(  # an object that flies off is faster than the package's bound of 10
            {name: spaces.Box(-np.inf, np.inf, part.shape, np.float32) for name, part in native.spaces.items()}
        )
        self.action_space = self._engine.action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, Any]]:
        super().reset(seed=seed)
        observation = self._begin(int(self.np_random.integers(1 << 31)))
        return observation, {"metrics": {"success": 0.0}}

    def step(
        self, action: npt.NDArray[np.float32]
    ) -> tuple[dict[str, npt.NDArray[np.float32]], float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, _ = self._engine.step(action)
        return observation, float(reward), terminated, False, {"metrics": {"success": float(terminated)}}

    def render(self) -> Any:
        """Returns the scene, (480, 720, 3) uint8."""
        return self._engine.render()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _begin(self, seed: int) -> dict[str, npt.NDArray[np.float32]]:
        """Makes the simulation and starts it; the global generator, from which Flip draws, is left as it was."""
        from panda_gym import envs
        from panda_gym.envs.core import RobotTaskEnv
        from panda_gym.pybullet import PyBullet

        self.close()
        before = np.random.get_state()
        with (
            mock.patch.object(RobotTaskEnv, "reset", partialmethod(RobotTaskEnv.reset, seed=seed)),
            mock.patch.object(PyBullet, "create_box", _in_one_color(PyBullet.create_box)),
        ):
            try:
                np.random.seed(seed)
                self._engine = getattr(envs, f"Panda{self._task}Env")(**self._kinds)
                np.random.seed(seed)
                observation, _ = self._engine.reset()
            finally:
                np.random.set_state(before)
        return observation


def _in_one_color(create_box: Any) -> Any:
    def create(simulation: Any, *args: Any, texture: str | None = None, **kwargs: Any) -> None:
        create_box(simulation, *args, **{"rgba_color": _CUBE, **kwargs})

    return create


class _Task(NamedTuple):
    name: str
    description: str
    max_steps: int = 50


_TASKS = (
    _Task("Reach", "Bring the gripper to a point in the air."),
    _Task("Push", "Push a cube to a place on the table, with closed fingers."),
    _Task("Slide", "Hit a puck so that it slides to a place out of reach."),
    _Task("PickAndPlace", "Bring a cube to a place on the table or in the air."),
    _Task("Stack", "Stack two cubes at a place, the blue one below.", max_steps=100),
    _Task("Flip", "Turn a cube to an orientation."),
)
_CONTROLS = {"": ("ee", "the gripper's displacement, 3"), "Joints": ("joints", "the turns of the arm's joints, 7")}
_REWARDS = {"": ("sparse", "0 at the goal, -1 elsewhere."), "Dense": ("dense", "Minus the distance to the goal.")}

for _task in _TASKS:
    for _control, (_control_type, _moves) in _CONTROLS.items():
        for _reward, (_reward_type, _pays) in _REWARDS.items():
            _id = f"panda/{_task.name}{_control}{_reward}-v3"
            register(
                EnvSpec(
                    id=_id,
                    random=measured(_id),
                    expert=Reference(1.0, "the best possible: success in each episode"),
                    entry_point=f"{__name__}:Panda",
                    kwargs={"task": _task.name, "reward_type": _reward_type, "control_type": _control_type},
                    domain="robotics",
                    max_steps=_task.max_steps,
                    metric="success",
                    score_range=(0.0, 1.0),
                    failure_score=0.0,
                    tolerance=1e-6,
                    views={"array": "arena.envs.robotics.flat:Flat"},
                    runtime="motion",
                    packages=("panda-gym", "pybullet", "numpy"),
                    tags=("continuous", "physics", "manipulation", "goal-conditioned"),
                    description=_task.description,
                    observation="A dict of vectors: observation (gripper and objects), achieved_goal, desired_goal.",
                    action=f"-1 to 1: {_moves}, and the fingers' opening where they move.",
                    reward=_pays,
                    source="Gallouedec et al. 2021, https://github.com/qgallouedec/panda-gym",
                )
            )
