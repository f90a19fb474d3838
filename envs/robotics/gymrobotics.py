"""Gymnasium-Robotics: Fetch and Shadow hand, mazes for a ball and an ant, the Adroit hand and the Franka kitchen."""

from __future__ import annotations

import contextlib
import io
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer
from arena.envs.robotics.temporary import own_temporary_folder

__all__ = ["GymRobotics"]


class GymRobotics(gymnasium.Env[Any, Any]):
    """One of the package's tasks.

    Observation:
        Dict of float64: `observation` (n,), `achieved_goal` and `desired_goal`; for the Adroit hand one vector. Joint
        positions and speeds, positions of objects, touch where there are sensors, in SI units.
    Action:
        Box float32, mostly [-1, 1]: the gripper's displacement, forces, or targets of joints.
    Reward:
        Sparse: of Fetch and hand -1 a step until the goal is reached and 0 there; in mazes 1 at the goal, else 0; of
        Adroit 10 at the goal, else -0.1; in the kitchen 1 for each task when it is done. Dense: minus the distance
        (in mazes exp of it), for Adroit a shaped sum.
    Episode end:
        Truncated at the task's limit (50 to 1000 steps); in the kitchen terminated when all tasks are done.
    Start:
        Goal, objects and noise from the seed, the same as of the package's environment for that seed.
    Score:
        In `info["metrics"]`: `success_at_end` for Fetch and Shadow hand (as Plappert et al. 2018), `success` at any
        step for mazes and Adroit, `tasks_completed` (0 to 4) in the kitchen.
    Versions:
        The package's own numbers, of gymnasium-robotics 1.4.2 under MuJoCo 3.8.1.
    Source:
        Plappert et al. 2018, "Multi-Goal Reinforcement Learning"; Fu et al. 2020, "D4RL"; Rajeswaran et al. 2018;
        Gupta et al. 2019; https://github.com/Farama-Foundation/Gymnasium-Robotics
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}

    def __init__(self, name: str, render_mode: str | None = None, **kwargs: Any) -> None:
        choose_renderer()
        with contextlib.redirect_stderr(io.StringIO()):  # it greets with a note on version 1.4.3
            import gymnasium_robotics  # noqa: F401  # registers its environments

        with own_temporary_folder():
            made = gymnasium.make(name, disable_env_checker=True, render_mode=render_mode, **kwargs)
        self.game: Any = made.unwrapped
        self.render_mode = render_mode
        self.observation_space = self.game.observation_space
        self.action_space = self.game.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        word = int(self.np_random.integers(1 << 31)) if seed is None else seed
        observation, _ = self.game.reset(seed=word)
        self._succeeded = False
        return observation, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, told = self.game.step(action)
        return observation, float(reward), bool(terminated), False, {"metrics": self._metrics(told)}

    def render(self) -> Any:
        return self.game.render()

    def close(self) -> None:
        self.game.close()

    def _metrics(self, told: dict[str, Any]) -> dict[str, float]:
        if "episode_task_completions" in told:
            return {"tasks_completed": float(len(told["episode_task_completions"]))}
        success = bool(told["is_success"] if "is_success" in told else told["success"])
        self._succeeded |= success
        return {"success": float(self._succeeded), "success_at_end": float(success)}


class _Kind(NamedTuple):
    """What the tasks of one robot have in common."""

    metric: str
    observation: str
    action: str
    sparse: str
    dense: str
    flat: bool = False  # it shows one vector


class _Task(NamedTuple):
    """One row of the table."""

    name: str
    kind: _Kind
    max_steps: int
    description: str
    dense: str = ""  # the name of the same task with the dense reward


_GOALS = "Dict of `observation`, `achieved_goal` and `desired_goal`, float64, SI units: "
_PAID = ("-1 a step until the goal is reached, 0 there.", "Minus the distance to the goal.")
_FETCH = _Kind("success_at_end", f"{_GOALS}gripper and object.", "(4,): the gripper's displacement, opening.", *_PAID)
_HAND = _Kind("success_at_end", f"{_GOALS}24 joints, the object.", "(20,): targets of the joints.", *_PAID)
_PAID_MAZE = ("1 a step at the goal, else 0.", "exp of minus the distance to the goal.")
_POINT = _Kind("success", f"{_GOALS}position and speed.", "(2,): force in x and y.", *_PAID_MAZE)
_ANT = _Kind("success", f"{_GOALS}joints, speeds and contacts of the ant.", "(8,): torques.", *_PAID_MAZE)
_PAID_ADROIT = ("10 a step at the goal, else -0.1.", "Shaped: distances, and bonuses on the way.")
_ADROIT = _Kind(
    "success", "A vector of float64: joints, object and target.", "Targets of 24 to 30 joints.", *_PAID_ADROIT, True
)
_KITCHEN = _Kind(
    "tasks_completed", f"{_GOALS}arm and appliances, with noise.", "(9,): joint speeds.", "1 for a task when done.", ""
)
_MAZES = (
    ("UMaze", "a U-shaped maze"),
    ("Open", "an open arena"),
    ("Medium", "a maze"),
    ("Large", "a large maze"),
)
_HANDS = (
    ("HandManipulateBlock", "Bring a block in the hand to a position and orientation."),
    ("HandManipulateBlockRotateZ", "Turn a block in the hand about the vertical."),
    ("HandManipulateBlockRotateParallel", "Turn a block in the hand about the vertical and between its faces."),
    ("HandManipulateBlockRotateXYZ", "Turn a block in the hand to any orientation."),
    ("HandManipulateEgg", "Bring an egg in the hand to a position and orientation."),
    ("HandManipulateEggRotate", "Turn an egg in the hand to any orientation."),
    ("HandManipulatePen", "Bring a pen in the hand to a position and orientation."),
    ("HandManipulatePenRotate", "Turn a pen in the hand to any orientation."),
)
_TOUCHED = ("HandManipulateBlock", "HandManipulateEgg", "HandManipulatePen")


def _maze_tasks(robot: str, version: int, kind: _Kind, steps: tuple[int, ...], does: str) -> list[_Task]:
    tasks = []
    for (maze, where), limit in zip(_MAZES, steps, strict=True):
        name = f"{robot}_{maze}"
        tasks.append(_Task(f"{name}-v{version}", kind, limit, f"{does} {where} to a goal.", f"{name}Dense-v{version}"))
        if maze != "UMaze":
            tasks += [
                _Task(f"{name}_Diverse_G-v{version}", kind, limit, f"{does} {where} to one of several goals."),
                _Task(f"{name}_Diverse_GR-v{version}", kind, limit, f"{does} {where}, start and goal anywhere."),
            ]
    return tasks


_TASKS = (
    _Task("FetchReach-v4", _FETCH, 50, "Bring the gripper to a goal.", "FetchReachDense-v4"),
    _Task("FetchPush-v4", _FETCH, 50, "Push a block to a goal.", "FetchPushDense-v4"),
    _Task("FetchSlide-v4", _FETCH, 50, "Hit a puck so that it slides to a goal out of reach.", "FetchSlideDense-v4"),
    _Task("FetchPickAndPlace-v4", _FETCH, 50, "Carry a block to a goal in the air.", "FetchPickAndPlaceDense-v4"),
    _Task("HandReach-v3", _HAND, 50, "Bring the fingertips to their goals.", "HandReachDense-v3"),
    *(_Task(f"{name}-v1", _HAND, 100, does, f"{name}Dense-v1") for name, does in _HANDS),
    *(
        _Task(f"{name}_ContinuousTouchSensors-v1", _HAND, 100, f"{does[:-1]}, with 92 touch sensors.")
        for name, does in _HANDS
        if name in _TOUCHED
    ),
    *_maze_tasks("PointMaze", 3, _POINT, (300, 300, 600, 800), "Push a ball through"),
    *_maze_tasks("AntMaze", 5, _ANT, (700, 700, 1000, 1000), "Walk on four legs through"),
    _Task("AdroitHandDoorSparse-v1", _ADROIT, 200, "Undo a latch and open a door.", "AdroitHandDoor-v1"),
    _Task("AdroitHandHammerSparse-v1", _ADROIT, 200, "Drive a nail in with a hammer.", "AdroitHandHammer-v1"),
    _Task("AdroitHandPenSparse-v1", _ADROIT, 200, "Turn a pen to an orientation.", "AdroitHandPen-v1"),
    _Task("AdroitHandRelocateSparse-v1", _ADROIT, 200, "Carry a ball to a goal.", "AdroitHandRelocate-v1"),
    _Task("FrankaKitchen-v1", _KITCHEN, 280, "Open the microwave, move the kettle, turn on a light, slide a cabinet."),
)
_KITCHEN_TASKS = ["microwave", "kettle", "light switch", "slide cabinet"]  # those of D4RL's `complete`
_BEST = Reference(1.0, "bound: success in every episode")
_ALL_DONE = Reference(4.0, "bound: all four tasks")


def _register(task: _Task, name: str, reward: str) -> None:
    kitchen = task.kind is _KITCHEN
    register(
        EnvSpec(
            id=f"gymrobotics/{name}",
            random=measured(f"gymrobotics/{name}"),
            expert=_ALL_DONE if kitchen else _BEST,
            entry_point=f"{__name__}:GymRobotics",
            kwargs={"name": name, **({"tasks_to_complete": _KITCHEN_TASKS} if kitchen else {})},
            domain="robotics",
            max_steps=task.max_steps,
            metric=task.kind.metric,
            score_range=(0.0, 4.0 if kitchen else 1.0),
            tolerance=1e-6,
            views={} if task.kind.flat else {"array": "arena.envs.robotics.flat:Flat"},
            needs=Needs(modules=("gymnasium_robotics",), get="pip install 'arena-bench[robotics]'"),
            packages=("gymnasium-robotics", "mujoco", "gymnasium", "numpy"),
            tags=("continuous", "physics", *(() if task.kind.flat else ("goal-conditioned",))),
            description=f"{task.description[:-1]}{'' if name == task.name else '; dense reward'}.",
            observation=task.kind.observation,
            action=task.kind.action,
            reward=f"{reward} The score is what is reached, not the return.",
            source="https://github.com/Farama-Foundation/Gymnasium-Robotics",
        )
    )


for _task in _TASKS:
    _register(_task, _task.name, _task.kind.sparse)
    if _task.dense:
        _register(_task, _task.dense, _task.kind.dense)
