"""LeRobot's simulated tasks: two ALOHA arms that hand over and insert, a T to push into place, an xArm that lifts."""

from __future__ import annotations

import contextlib
import io
import logging
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

__all__ = ["Aloha", "PushT", "Xarm"]

_Vector = npt.NDArray[np.float64]
_Action = npt.NDArray[np.float32]
_Start = tuple[_Vector, dict[str, Any]]


class Aloha(gymnasium.Env[_Vector, _Action]):
    """Two arms with grippers (ViperX 300) at a table.

    Observation:
        Box float64: of the left arm, then the right, 6 joint angles (rad) and the gripper's opening (0 closed, 1 open);
        their speeds in the same order; then place (3, m) and quaternion (4) of each object (cube; peg and socket).
    Action:
        Box (14,) float32: the joint angles to go to (rad, within the joints' limits) and the gripper's opening (0 to
        1), of the left arm, then the right; 50 a second.
    Reward:
        The stage reached, 0 to 4, in each step. TransferCube: the right gripper touches the cube, lifts it, the left
        one touches it, holds it alone. Insertion: both grippers touch peg and socket, lift them, peg and socket touch
        in the air, the peg reaches the pin inside.
    Episode end:
        Terminated at stage 4, and where the simulation diverges, which pays nothing; truncated after 300 steps.
    Start:
        Both arms raised; the objects at places drawn from the seed.
    Score:
        Metric `success`: 0 or 1; `stage` is the highest stage reached. Random is measured.
    Versions:
        v0: gym-aloha 0.1.5, dm-control 1.0.41, MuJoCo 3.8.1.
    Source:
        Zhao et al. 2023, "Learning Fine-Grained Bimanual Manipulation with Low-Cost Hardware";
        https://github.com/huggingface/gym-aloha. Differences: seen as state in place of pictures; the action space is
        the joints' limits (there -1 to 1, which the arms' start lies outside of).
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(self, task: str, render_mode: str | None = None) -> None:
        choose_renderer()
        from gym_aloha.env import AlohaEnv
        from gym_aloha.tasks import sim

        logging.getLogger("absl").setLevel(logging.ERROR)  # not each simulation that diverges: the episode ends then
        self.render_mode = render_mode
        self._task = task
        kind = {"transfer_cube": "TransferCubeTask", "insertion": "InsertionTask"}[task]
        with mock.patch(f"gym_aloha.env.{kind}", _without_pictures(getattr(sim, kind))):
            self._engine: Any = AlohaEnv(task)._env
        self._scene = Scene(self._engine.physics.model.ptr, 480, 640)
        self._poses = sim.BOX_POSE  # where the package's tasks read their objects' places
        limits = self._engine.physics.model.actuator_ctrlrange[[*range(7), *range(8, 15)]]  # without mirrored fingers
        limits[[6, 13]] = 0.0, 1.0
        self._low, self._high = limits.T
        self.action_space = spaces.Box(self._low.astype(np.float32), self._high.astype(np.float32), dtype=np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (35 if task == "transfer_cube" else 42,), np.float64)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> _Start:
        from gym_aloha.utils import sample_box_pose, sample_insertion_pose

        super().reset(seed=seed)
        word = int(self.np_random.integers(1 << 32))
        one = self._task == "transfer_cube"
        self._poses[0] = sample_box_pose(word) if one else np.concatenate(sample_insertion_pose(word))
        self._stage = 0.0
        self._seen = _joined(self._engine.reset())
        return self._seen, self._info()

    def step(self, action: _Action) -> tuple[_Vector, float, bool, bool, dict[str, Any]]:
        from dm_control.rl.control import PhysicsError

        exact = np.clip(np.asarray(action, np.float64), self._low, self._high)  # float32 limits may lie outside
        try:
            step = self._engine.step(exact)
        except PhysicsError:
            return self._seen, 0.0, True, False, self._info()
        self._seen, reward = _joined(step), float(step.reward)
        self._stage = max(self._stage, reward)
        return self._seen, reward, reward == 4.0, False, self._info()

    def render(self) -> Any:
        """Returns the scene from an angle, (480, 640, 3) uint8."""
        return self._scene.draw(self._engine.physics.data.ptr, "angle")

    def close(self) -> None:
        self._scene.close()
        self._engine.close()

    def _info(self) -> dict[str, Any]:
        return {"metrics": {"success": float(self._stage == 4.0), "stage": self._stage}}


def _without_pictures(task: Any) -> Any:
    """Returns a task that does not draw three pictures in every step."""

    class Unseen(task):
        def get_observation(self, physics: Any) -> dict[str, Any]:
            parts = {"qpos": self.get_qpos, "qvel": self.get_qvel, "env_state": self.get_env_state}
            return {name: read(physics) for name, read in parts.items()}

    return Unseen


def _joined(step: Any) -> _Vector:
    return np.concatenate(list(step.observation.values())).astype(np.float64)


class PushT(gymnasium.Env[Any, _Action]):
    """A disc pushes a T-shaped block onto its outline.

    Observation:
        Box (5,) float64: places of disc and block (each x, y in pixels of a 512x512 field), the block's angle (rad,
        0 to 2 pi). From pixels: Box (96, 96, 3) uint8.
    Action:
        Box (2,) float32, 0 to 512: where the disc is drawn to; 10 a second.
    Reward:
        The share of the outline that the block covers, divided by 0.95 and at most 1.
    Episode end:
        Terminated when more than 95 % is covered; truncated after 300 steps.
    Start:
        Disc and block at places, and the block at an angle, drawn from the seed; the outline is always the same.
    Score:
        Metric `coverage`: the best reward of the episode, 0 to 1; `success`: 0 or 1. Random is measured.
    Versions:
        v0: gym-pusht 0.1.8, pymunk 6.11.1.
    Source:
        Chi et al. 2023, "Diffusion Policy: Visuomotor Policy Learning via Action Diffusion", after Florence et al.
        2021, "Implicit Behavioral Cloning"; https://github.com/huggingface/gym-pusht
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, shows: str, render_mode: str | None = None) -> None:
        from gym_pusht.envs import PushTEnv

        self.render_mode = render_mode
        self._engine = PushTEnv(obs_type=shows)
        self.action_space = spaces.Box(0.0, 512.0, (2,), np.float32)
        self.observation_space: spaces.Space[Any] = spaces.Box(-np.inf, np.inf, (5,), np.float64)
        if shows == "pixels":
            self.observation_space = spaces.Box(0, 255, (96, 96, 3), np.uint8)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._best, self._succeeded = 0.0, False
        observation, _ = self._engine.reset(seed=int(self.np_random.integers(1 << 31)))
        return observation, self._info()

    def step(self, action: _Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, _ = self._engine.step(np.asarray(action, np.float64))
        self._best, self._succeeded = max(self._best, float(reward)), bool(terminated)
        return observation, float(reward), self._succeeded, False, self._info()

    def render(self) -> Any:
        """Returns the field and where the disc is drawn to, (680, 680, 3) uint8."""
        return self._engine.render()

    def _info(self) -> dict[str, Any]:
        return {"metrics": {"coverage": self._best, "success": float(self._succeeded)}}


class Xarm(gymnasium.Env[_Vector, _Action]):
    """An xArm 7 with a gripper lifts a cube.

    Observation:
        Box (28,) float64: place and speed of the gripper; place, quaternion, speed and turning of the cube; the way
        from the cube to the gripper, its length and that over the table; the height to reach and what the cube and the
        gripper lack of it; the gripper's opening.
    Action:
        Box (4,) float32, -1 to 1: the gripper's displacement (3) and the closing of its fingers.
    Reward:
        The height of the cube (m above the ground; it lies at 0.58) where it is lifted, and a hundredth of minus the
        distance to it.
    Episode end:
        Terminated when the cube is 15 cm higher than it lay; truncated after 300 steps.
    Start:
        Gripper and cube at places drawn from the seed.
    Score:
        Metric `success`: 0 or 1. Random is measured.
    Versions:
        v0: gym-xarm 0.1.1, MuJoCo 3.8.1.
    Source:
        Hansen et al. 2022, "Temporal Difference Learning for Model Predictive Control" (TD-MPC);
        https://github.com/huggingface/gym-xarm. Differences: places are those of the world, as in TD-MPC's code (the
        package takes them from the table and compares a height with one of the world, which no lift reaches: its pull
        request 14); the simulation starts afresh in each episode (there motors and contacts of the episode before are
        kept); MuJoCo is newer than the package asks for.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}

    def __init__(self, render_mode: str | None = None) -> None:
        choose_renderer()
        with contextlib.redirect_stderr(io.StringIO()):  # Gymnasium-Robotics greets with a note on its newest version
            from gym_xarm.tasks import Lift
        self.render_mode = render_mode
        with mock.patch.object(Lift, "_initialize_renderer", lambda *_, **__: None):  # it is for an older Gymnasium
            self._engine: Any = _in_the_world(Lift)()
        self._scene = Scene(self._engine.model, 480, 480)
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (28,), np.float64)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> _Start:
        import mujoco

        super().reset(seed=seed)
        mujoco.mj_resetData(self._engine.model, self._engine.data)
        observation, _ = self._engine.reset(seed=int(self.np_random.integers(1 << 31)))
        return observation, {"metrics": {"success": 0.0}}

    def step(self, action: _Action) -> tuple[_Vector, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, _ = self._engine.step(np.asarray(action, np.float32))
        return observation, float(reward), bool(terminated), False, {"metrics": {"success": float(terminated)}}

    def render(self) -> Any:
        """Returns the scene, (480, 480, 3) uint8."""
        return self._scene.draw(self._engine.data, "camera0")

    def close(self) -> None:
        self._scene.close()


def _in_the_world(lift: Any) -> Any:
    """Returns the task with the places of gripper and cube in the frame in which its height to reach is told."""

    class Lift(lift):
        @property
        def eef(self) -> _Vector:
            return self._utils.get_site_xpos(self.model, self.data, "grasp")

        @property
        def obj(self) -> _Vector:
            return self._utils.get_site_xpos(self.model, self.data, "object_site")

    return Lift


class _Task(NamedTuple):
    name: str
    entry: str
    kwargs: dict[str, Any]
    packages: tuple[str, ...]
    tags: tuple[str, ...]
    description: str
    observation: str
    action: str
    reward: str
    source: str


_ALOHA: dict[str, Any] = {
    "entry": "Aloha",
    "packages": ("gym-aloha", "dm-control", "mujoco", "numpy"),
    "tags": ("bimanual",),
    "action": "(14,) float32: each arm's 6 joint angles to go to (rad) and its gripper's opening, 0 to 1.",
    "source": "Zhao et al. 2023, https://github.com/huggingface/gym-aloha",
}
_PUSHT: dict[str, Any] = {
    "entry": "PushT",
    "packages": ("gym-pusht", "pymunk", "shapely", "numpy"),
    "action": "(2,) float32, 0 to 512: where the disc is drawn to.",
    "reward": "The share of the outline that is covered, by 0.95, at most 1.",
    "source": "Chi et al. 2023, https://github.com/huggingface/gym-pusht",
}
_TASKS = (
    _Task(
        name="AlohaTransferCube-v0",
        kwargs={"task": "transfer_cube"},
        description="The right arm picks up a cube and hands it to the left.",
        observation="(35,) float64: both arms' joints and speeds, the cube's place and turn.",
        reward="The stage, 0 to 4: touched, lifted, touched by the left, held by it.",
        **_ALOHA,
    ),
    _Task(
        name="AlohaInsertion-v0",
        kwargs={"task": "insertion"},
        description="One arm picks up a peg, the other a socket, and they join them in the air.",
        observation="(42,) float64: both arms' joints and speeds, places and turns of peg and socket.",
        reward="The stage, 0 to 4: both touched, both lifted, joined, inserted.",
        **_ALOHA,
    ),
    _Task(
        name="PushT-v0",
        kwargs={"shows": "state"},
        tags=(),
        description="Push a T-shaped block onto its outline.",
        observation="(5,) float64: places of disc and block in a 512x512 field, the block's angle.",
        **_PUSHT,
    ),
    _Task(
        name="PushT-pixels-v0",
        kwargs={"shows": "pixels"},
        tags=("pixels",),
        description="Push a T-shaped block onto its outline.",
        observation="(96, 96, 3) uint8: the field.",
        **_PUSHT,
    ),
    _Task(
        name="XarmLift-v0",
        entry="Xarm",
        kwargs={},
        packages=("gym-xarm", "gymnasium-robotics", "mujoco", "numpy"),
        tags=(),
        description="Lift a cube by 15 cm.",
        observation="(28,) float64: gripper and cube: places, speeds, the way between them, the height to reach.",
        action="(4,) float32, -1 to 1: the gripper's displacement (3) and closing.",
        reward="The height of the cube where it is lifted, less a hundredth of the distance to it.",
        source="Hansen et al. 2022, https://github.com/huggingface/gym-xarm",
    ),
)

for _task in _TASKS:
    _id = f"lerobot/{_task.name}"
    _pushes = _task.entry == "PushT"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(
                1.0, "the best possible: " + ("95 % covered" if _pushes else "success") + " in each episode"
            ),
            entry_point=f"{__name__}:{_task.entry}",
            kwargs=_task.kwargs,
            domain="robotics",
            max_steps=300,
            metric="coverage" if _pushes else "success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            tolerance=1e-6,
            runtime="tabletop",
            packages=_task.packages,
            tags=("continuous", "physics", "manipulation", *_task.tags),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source=_task.source,
        )
    )
