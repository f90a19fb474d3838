"""RoboDesk: a Panda arm at a desk with a drawer, a sliding door, buttons, two blocks and a ball (MuJoCo)."""

from __future__ import annotations

import logging
import sys
from typing import Any, NamedTuple
from unittest import mock

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer
from arena.envs.robotics.scene import Scene

__all__ = ["Desk"]

_Seen = dict[str, npt.NDArray[np.float32]]
_SIZES = {"qpos_robot": 9, "qvel_robot": 9, "end_effector": 3, "qpos_objects": 29, "qvel_objects": 26}


class Desk(gymnasium.Env[_Seen, npt.NDArray[np.float32]]):
    """One of the desk's tasks.

    Observation:
        Dict of float32 vectors in SI units: `qpos_robot` and `qvel_robot` (9: seven joints, two fingers),
        `end_effector` (3: its place), `qpos_objects` (29: drawer, door, three buttons, three lights; then place and
        quaternion of ball, upright block, flat block) and `qvel_objects` (26).
    Action:
        Box (5,) float32, -1 to 1: the hand's displacement (3, each up to 1 cm), the wrist's turn, the fingers' opening.
    Reward:
        RoboDesk's dense reward of the task, 0 to 1 a step: how near the hand is and how far the task is done.
    Episode end:
        Truncated after 500 steps. Terminated where the simulation diverges, which pays nothing.
    Start:
        Drawer and door a little open, blocks and ball on the desk and the arm's joints at values drawn from the seed.
    Score:
        Metric `success`: 1 if the task was done at any time. Random is measured.
    Versions:
        v0: robodesk 1.0.0, dm-control 1.0.41, MuJoCo 3.8.1.
    Source:
        Kannan et al. 2021, "RoboDesk: A Multi-Task Reinforcement Learning Benchmark",
        https://github.com/google-research/robodesk. Differences: seen as state in place of a picture; `qpos_objects`
        are places (the package shows speeds under both names); where things began is remembered (the package keeps a
        view that moves along with them, so that lifting and pushing off the table are never paid).
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(self, task: str, render_mode: str | None = None) -> None:
        choose_renderer()
        with mock.patch.dict(sys.modules, gym=gymnasium):  # it imports the old gym, for a base class and spaces
            from robodesk.robodesk import RoboDesk
        logging.getLogger("absl").setLevel(logging.ERROR)  # not each place that the arm cannot reach
        self.render_mode = render_mode
        self._task = task
        self._engine: Any = _unseen(RoboDesk)(task=task, episode_length=None)
        self._scene = Scene(self._engine.physics.model.ptr, 480, 480)
        self.observation_space = spaces.Dict(
            {name: spaces.Box(-np.inf, np.inf, (size,), np.float32) for name, size in _SIZES.items()}
        )
        self.action_space = spaces.Box(-1.0, 1.0, (5,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[_Seen, dict[str, Any]]:
        super().reset(seed=seed)
        before = np.random.get_state()  # from which the package draws
        try:
            np.random.seed(int(self.np_random.integers(1 << 32)))
            self._engine.reset()
        finally:
            np.random.set_state(before)
        self._engine.original_pos = {name: place.copy() for name, place in self._engine.original_pos.items()}
        self._seen, self._succeeded = self._observed(), False
        return self._seen, self._info()

    def step(self, action: npt.NDArray[np.float32]) -> tuple[_Seen, float, bool, bool, dict[str, Any]]:
        from dm_control.rl.control import PhysicsError

        try:
            _, reward, _, _ = self._engine.step(np.asarray(action, np.float64))
        except PhysicsError:
            return self._seen, 0.0, True, False, self._info()
        self._seen = self._observed()
        self._succeeded = self._succeeded or bool(np.any(self._engine._get_task_reward(self._task, "success")))
        return self._seen, float(reward), False, False, self._info()

    def render(self) -> Any:
        """Returns the desk from above, (480, 480, 3) uint8."""
        import mujoco

        camera = mujoco.MjvCamera()
        camera.distance, camera.azimuth, camera.elevation = 1.8, 90, -60  # the package's
        camera.lookat[:] = 0, 0.535, 1.1
        return self._scene.draw(self._engine.physics.data.ptr, camera)

    def close(self) -> None:
        self._scene.close()
        self._engine.physics.free()
        self._engine.physics_copy.free()

    def _observed(self) -> _Seen:
        data, joints = self._engine.physics.data, self._engine.num_joints
        parts = {
            "qpos_robot": data.qpos[:joints],
            "qvel_robot": data.qvel[:joints],
            "end_effector": self._engine.physics.named.data.site_xpos["end_effector"],
            "qpos_objects": data.qpos[joints:],
            "qvel_objects": data.qvel[joints:],
        }
        return {name: part.astype(np.float32) for name, part in parts.items()}

    def _info(self) -> dict[str, Any]:
        return {"metrics": {"success": float(self._succeeded)}}


def _unseen(desk: Any) -> Any:
    """Returns the package's class without the picture that it draws in every step."""

    class Unseen(desk):
        def _get_obs(self) -> None:
            return None

    return Unseen


class _Task(NamedTuple):
    name: str
    description: str
    is_core: bool = False  # one of the nine that the paper compares on


_TASKS = (
    _Task("open_slide", "Slide a door open.", is_core=True),
    _Task("open_drawer", "Pull a drawer open.", is_core=True),
    _Task("push_green", "Push the green button.", is_core=True),
    _Task("stack", "Put the upright block on the flat one.", is_core=True),
    _Task("upright_block_off_table", "Push the upright block off the table.", is_core=True),
    _Task("flat_block_in_bin", "Put the flat block into the bin.", is_core=True),
    _Task("flat_block_in_shelf", "Put the flat block into the shelf.", is_core=True),
    _Task("lift_upright_block", "Lift the upright block.", is_core=True),
    _Task("lift_ball", "Lift the ball.", is_core=True),
    _Task("push_blue", "Push the blue button."),
    _Task("push_red", "Push the red button."),
    _Task("flat_block_off_table", "Push the flat block off the table."),
    _Task("ball_off_table", "Push the ball off the table."),
    _Task("upright_block_in_bin", "Put the upright block into the bin."),
    _Task("ball_in_bin", "Put the ball into the bin."),
    _Task("upright_block_in_shelf", "Put the upright block into the shelf."),
    _Task("ball_in_shelf", "Put the ball into the shelf."),
    _Task("lift_flat_block", "Lift the flat block."),
)

for _task in _TASKS:
    _id = f"robodesk/{_task.name}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1.0, "the best possible: success in each episode"),
            entry_point=f"{__name__}:Desk",
            kwargs={"task": _task.name},
            domain="robotics",
            max_steps=500,
            metric="success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            tolerance=1e-6,
            views={"array": "arena.envs.robotics.flat:Flat"},
            runtime="tabletop",
            packages=("robodesk", "dm-control", "mujoco", "numpy"),
            tags=("continuous", "physics", "manipulation", *(() if _task.is_core else ("extra",))),
            description=_task.description,
            observation="A dict of vectors: joints and hand; drawer, door, buttons, lights, ball, blocks; speeds.",
            action="-1 to 1: the hand's displacement (3), the wrist's turn, the fingers' opening.",
            reward="RoboDesk's dense reward, 0 to 1 a step.",
            source="Kannan et al. 2021, https://github.com/google-research/robodesk",
        )
    )
