"""Meta-World: fifty tasks of one robot arm on a table; the tasks of ML10 also with the goal hidden."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["MetaWorld", "ScriptedPolicy"]

STEPS = 500
_SEEN = 39
_NUMBERS = "[], .+-0123456789e"  # what a list of numbers is written with


class MetaWorld(gymnasium.Env[Any, Any]):
    """One task; where its objects and its goal lie is drawn for every episode.

    Observation:
        Box (39,) float64: hand position (3, metres), gripper opening (0 to 1), position and quaternion of two objects
        (14, zeros where there are fewer); the same of the step before; and the goal (3), zeros where it is hidden.
    Action:
        Box (4,) float32 in [-1, 1]: the hand's displacement (1 is a centimetre a step) and the gripper's effort.
    Reward:
        Meta-World's dense reward (its v2), about 0 to 10 a step.
    Episode end:
        Truncated after 500 steps; success does not end an episode.
    Start:
        Objects and goal uniform in the task's ranges, from the seed. Meta-World itself draws them from NumPy's global
        generator or fixes 50 of them.
    Score:
        `success` in `info["metrics"]`: 1 if the task was solved at any step, as in Meta-World's evaluation, which stops
        there. Also `success_at_end`. Random and the package's scripted policy (the oracle) are measured.
    Versions:
        v3: metaworld 3.0.0's own number, under MuJoCo 3.8.1.
    Source:
        Yu et al. 2019, "Meta-World", https://github.com/Farama-Foundation/Metaworld
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 80}

    def __init__(self, task: str, goal_hidden: bool = False, render_mode: str | None = None) -> None:
        choose_renderer()
        from metaworld.env_dict import ALL_V3_ENVIRONMENTS

        self.task = task
        self.render_mode = render_mode
        game: Any = ALL_V3_ENVIRONMENTS[task]
        self.game = game(render_mode=render_mode, camera_name="corner2" if render_mode else None, width=320, height=320)
        self.game._freeze_rand_vec = False  # draw each episode's objects and goal ...
        self.game.seeded_rand_vec = True  # ... from the environment's own generator
        self.game._partially_observable = goal_hidden
        self.game._set_task_called = True
        self.game.__dict__.pop("sawyer_observation_space", None)  # cached before it was known whether goals are seen
        self._bounds = self.game.sawyer_observation_space
        self.observation_space = spaces.Box(-np.inf, np.inf, (_SEEN,), np.float64)  # the first may lie out of bounds
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.game._np_random = self.np_random
        observation, _ = self.game.reset()
        self._solved = False
        return observation, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, _, _, told = self.game.step(np.asarray(action, np.float32))
        success = bool(told["success"])
        self._solved |= success
        truncated = self.game.curr_path_length >= STEPS
        metrics = {"success": float(self._solved), "success_at_end": float(success)}
        return observation, float(reward), False, truncated, {"metrics": metrics}

    def render(self) -> Any:
        return np.flipud(self.game.render())  # the camera hangs upside down

    def close(self) -> None:
        self.game.close()


class ScriptedPolicy(View):
    """The oracle view: what the package's scripted policy for this task does next, as a list of four numbers."""

    def __init__(self, env: Any, agent: str | None) -> None:
        from metaworld.policies import ENV_POLICY_MAP

        super().__init__(env, agent)
        self.observation_space = spaces.Text(200, charset=_NUMBERS)
        self.action_space = spaces.Text(200, charset=_NUMBERS)
        policy: Any = ENV_POLICY_MAP[env.unwrapped.task]  # one of its concrete classes
        self._policy = policy()

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[str, Any]:
        action = np.clip(self._policy.get_action(observation), -1.0, 1.0)
        return json.dumps([float(value) for value in action]), mask

    def parse(self, answer: Any) -> npt.NDArray[np.float32]:
        try:
            action = np.array(json.loads(answer), np.float32)
        except (TypeError, ValueError) as error:
            raise UnparsableError(f"{answer!r} is not a list of four numbers") from error
        if action.shape != (4,):
            raise UnparsableError(f"{answer!r} is not a list of four numbers")
        return action


class _Task(NamedTuple):
    name: str
    description: str


_TASKS = (
    _Task("assembly", "Put a ring with a handle over a peg."),
    _Task("basketball", "Drop a ball into a basket."),
    _Task("bin-picking", "Move a block from one bin to the other."),
    _Task("box-close", "Put the lid on a box."),
    _Task("button-press-topdown", "Press a button from above."),
    _Task("button-press-topdown-wall", "Press a button from above, over a wall."),
    _Task("button-press", "Press a button from the front."),
    _Task("button-press-wall", "Press a button from the front, round a wall."),
    _Task("coffee-button", "Press the button of a coffee machine."),
    _Task("coffee-pull", "Pull a mug away from a coffee machine."),
    _Task("coffee-push", "Push a mug under a coffee machine."),
    _Task("dial-turn", "Turn a dial."),
    _Task("disassemble", "Lift a ring with a handle off a peg."),
    _Task("door-close", "Close a door."),
    _Task("door-lock", "Turn a lock clockwise."),
    _Task("door-open", "Open a door by its handle."),
    _Task("door-unlock", "Turn a lock counter-clockwise."),
    _Task("hand-insert", "Put the gripper into a hole."),
    _Task("drawer-close", "Push a drawer shut."),
    _Task("drawer-open", "Pull a drawer open."),
    _Task("faucet-open", "Turn a tap counter-clockwise."),
    _Task("faucet-close", "Turn a tap clockwise."),
    _Task("hammer", "Drive a nail in with a hammer."),
    _Task("handle-press-side", "Press a handle down from the side."),
    _Task("handle-press", "Press a handle down."),
    _Task("handle-pull-side", "Pull a handle up from the side."),
    _Task("handle-pull", "Pull a handle up."),
    _Task("lever-pull", "Pull a lever up by a quarter turn."),
    _Task("pick-place-wall", "Carry a puck over a wall to a goal."),
    _Task("pick-out-of-hole", "Lift a puck out of a hole."),
    _Task("pick-place", "Carry a puck to a goal in the air."),
    _Task("plate-slide", "Slide a plate into a cabinet."),
    _Task("plate-slide-side", "Slide a plate into a cabinet sideways."),
    _Task("plate-slide-back", "Slide a plate out of a cabinet."),
    _Task("plate-slide-back-side", "Slide a plate out of a cabinet sideways."),
    _Task("peg-insert-side", "Put a peg into a hole from the side."),
    _Task("peg-unplug-side", "Pull a peg out of a hole sideways."),
    _Task("soccer", "Kick a ball into a goal."),
    _Task("stick-push", "Push a box with a stick."),
    _Task("stick-pull", "Pull a box with a stick."),
    _Task("push", "Push a puck to a goal."),
    _Task("push-wall", "Push a puck round a wall to a goal."),
    _Task("push-back", "Pull a puck back to a goal."),
    _Task("reach", "Bring the hand to a goal."),
    _Task("reach-wall", "Bring the hand over a wall to a goal."),
    _Task("shelf-place", "Put a puck onto a shelf."),
    _Task("sweep-into", "Sweep a puck into a hole."),
    _Task("sweep", "Sweep a puck off the table."),
    _Task("window-open", "Slide a window open."),
    _Task("window-close", "Slide a window shut."),
)
_ML10_TRAIN = (
    "reach",
    "push",
    "pick-place",
    "door-open",
    "drawer-close",
    "button-press-topdown",
    "peg-insert-side",
    "window-open",
    "sweep",
    "basketball",
)
_ML10_TEST = ("drawer-open", "door-close", "shelf-place", "sweep-into", "lever-pull")


def _register(task: _Task, goal_hidden: bool) -> None:
    env_id = f"metaworld/{task.name}{'-goal-hidden' if goal_hidden else ''}-v3"
    part = ["ml10-train"] if task.name in _ML10_TRAIN else ["ml10-test"]
    goal = "zeros in place of the goal" if goal_hidden else "the goal"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=measured(f"metaworld/{task.name}-v3", "oracle"),
            entry_point=f"{__name__}:MetaWorld",
            kwargs={"task": f"{task.name}-v3", "goal_hidden": goal_hidden},
            domain="robotics",
            max_steps=STEPS,
            metric="success",
            score_range=(0.0, 1.0),
            tolerance=1e-6,
            views={} if goal_hidden else {"oracle": f"{__name__}:ScriptedPolicy"},
            oracle="" if goal_hidden else "oracle",
            needs=Needs(modules=("metaworld",), get="pip install 'arena-bench[robotics]'"),
            packages=("metaworld", "mujoco", "gymnasium", "numpy", "scipy"),
            tags=("continuous", "physics", "manipulation", *(part if goal_hidden else ["goal-conditioned"])),
            description=f"{task.description[:-1]}{', without being shown where the goal is' if goal_hidden else ''}.",
            observation=f"({_SEEN},) float64: hand, gripper, objects, now and a step before; {goal}.",
            action="(4,) float32 in [-1, 1]: the hand's displacement, the gripper's effort.",
            reward="Meta-World's dense reward, about 0 to 10 a step; the score is success at any step.",
            source="Yu et al. 2019, https://github.com/Farama-Foundation/Metaworld",
        )
    )


for _task in _TASKS:
    _register(_task, goal_hidden=False)
for _task in _TASKS:
    if _task.name in _ML10_TRAIN + _ML10_TEST:
        _register(_task, goal_hidden=True)
