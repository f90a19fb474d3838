"""OGBench: reach a shown goal with a body in a maze, an arm at a table, or a brush in a world of powders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer
from arena.envs.robotics.temporary import own_temporary_folder
from arena.views import View

__all__ = ["OGBench", "WorldAndGoal"]


class OGBench(gymnasium.Env[Any, Any]):
    """One environment of the benchmark with its evaluation goals (five; the soccer arena has one).

    Observation:
        Dict: `observation` and `goal`, both alike: in mazes the body's state, at the table positions and speeds of arm
        and objects (float64); of powders the world as a (32, 32, 6) uint8 picture with what is chosen so far.
    Action:
        Box in [-1, 1] float32: torques, or displacement, yaw and opening of the gripper; of powders Discrete, three
        to a stroke: element, column, row (a number that is too high is replaced by a random one).
    Reward:
        0, and 1 where a maze's or powders' goal is reached; at the table minus the number of parts not yet in place.
    Episode end:
        Terminated when the goal is reached, truncated after as many steps as the benchmark allows.
    Start:
        The seed picks one of the evaluation goals (or `options={"task_id": 1}` to 5 does) and the noise of start and
        goal. OGBench itself picks with NumPy's global generator, and stirs with an unseeded action space.
    Score:
        `success` in `info["metrics"]`, 0 or 1: the benchmark's, which averages over its five goals.
    Versions:
        v0: ogbench 1.2.2 under MuJoCo 3.8.1.
    Source:
        Park et al. 2024, "OGBench", https://github.com/seohongpark/ogbench
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(self, name: str, render_mode: str | None = None) -> None:
        choose_renderer()
        import ogbench  # noqa: F401  # registers its environments

        self.render_mode = render_mode
        self._drawn = np.random.RandomState(0).get_state()  # of NumPy's global generator, while this one plays
        with self._own_globals(), own_temporary_folder():
            self.game: Any = gymnasium.make(name, disable_env_checker=True).unwrapped
            self.game.reset()
        acts = self.game.action_space
        self.action_space = spaces.Discrete(int(acts.n)) if isinstance(acts, spaces.Discrete) else _unit_box(acts)
        if not isinstance(acts, spaces.Discrete):
            _keep_action_space(self.game, _unit_box(acts))
        seen = self.game.observation_space
        self.observation_space = spaces.Dict({"observation": seen, "goal": seen})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        task = int((options or {}).get("task_id", 1 + self.np_random.integers(len(self.game.task_infos))))
        self._drawn = np.random.RandomState(int(self.np_random.integers(1 << 32))).get_state()
        self.game._np_random = self.np_random
        self.game.action_space.seed(int(self.np_random.integers(1 << 31)))  # reset takes a few random steps
        with self._own_globals():
            observation, told = self.game.reset(options={"task_id": task})
        self._goal = np.asarray(told["goal"])
        return self._with_goal(observation), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        with self._own_globals():
            observation, reward, terminated, _, told = self.game.step(action)
        metrics = {"success": float(told["success"])}
        return self._with_goal(observation), float(reward), bool(terminated), False, {"metrics": metrics}

    def render(self) -> Any:
        return self.game.render()

    def close(self) -> None:
        self.game.close()

    def _with_goal(self, observation: Any) -> dict[str, npt.NDArray[Any]]:
        return {"observation": np.asarray(observation), "goal": self._goal.copy()}

    @contextlib.contextmanager
    def _own_globals(self) -> Iterator[None]:
        """Lets the game draw from NumPy's global generator as if it were its own."""
        before = np.random.get_state()
        np.random.set_state(self._drawn)
        try:
            yield
        finally:
            self._drawn = np.random.get_state()
            np.random.set_state(before)


def _unit_box(space: Any) -> spaces.Box:
    return spaces.Box(space.low.astype(np.float32), space.high.astype(np.float32), dtype=np.float32)


def _keep_action_space(game: Any, space: spaces.Box) -> None:
    """Gives a game one action space that can be seeded, where a property would make a new one at every look."""
    kept = {"action_space": space}
    game.__class__ = type(type(game).__name__, (type(game),), kept)
    game.__dict__.pop("action_space", None)


class WorldAndGoal(View):
    """The world of powders and its goal as the channels of one picture, (32, 32, 12)."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        height, width, channels = env.observation_space["observation"].shape
        self.observation_space = spaces.Box(0, 255, (height, width, 2 * channels), np.uint8)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return np.concatenate([observation["observation"], observation["goal"]], axis=2), mask


class _Game(NamedTuple):
    """One row of the table."""

    name: str
    max_steps: int
    description: str
    parts: int = 0  # things that must be in place at the table, each of which costs 1 a step while it is not


_GAMES = (
    _Game("pointmaze-medium", 1000, "Move a point through a maze."),
    _Game("pointmaze-large", 1000, "Move a point through a large maze."),
    _Game("pointmaze-giant", 1000, "Move a point through a giant maze."),
    _Game("pointmaze-teleport", 1000, "Move a point through a maze with portals that lead to one of three places."),
    _Game("antmaze-medium", 1000, "Walk on four legs through a maze."),
    _Game("antmaze-large", 1000, "Walk on four legs through a large maze."),
    _Game("antmaze-giant", 1000, "Walk on four legs through a giant maze."),
    _Game("antmaze-teleport", 1000, "Walk on four legs through a maze with portals that lead to one of three places."),
    _Game("humanoidmaze-medium", 2000, "Walk on two legs through a maze."),
    _Game("humanoidmaze-large", 2000, "Walk on two legs through a large maze."),
    _Game("humanoidmaze-giant", 4000, "Walk on two legs through a giant maze."),
    _Game("antsoccer-arena", 1000, "Dribble a ball to a place in an empty arena, on four legs."),
    _Game("antsoccer-medium", 1000, "Dribble a ball through a maze, on four legs."),
    _Game("cube-single", 200, "Put a cube to its place.", 1),
    _Game("cube-double", 500, "Put two cubes to their places, or on top of each other.", 2),
    _Game("cube-triple", 1000, "Put three cubes to their places, or on top of each other.", 3),
    _Game("cube-quadruple", 1000, "Put four cubes to their places, or on top of each other.", 4),
    _Game("cube-octuple", 1500, "Put eight cubes to their places, or on top of each other.", 8),
    _Game("scene", 750, "Set a cube, a drawer, a window and the two buttons that lock them.", 5),
    _Game("puzzle-3x3", 500, "Set nine lamps with buttons that switch their neighbours too.", 9),
    _Game("puzzle-4x4", 500, "Set sixteen lamps with buttons that switch their neighbours too.", 16),
    _Game("puzzle-4x5", 1000, "Set twenty lamps with buttons that switch their neighbours too.", 20),
    _Game("puzzle-4x6", 1000, "Set twenty-four lamps with buttons that switch their neighbours too.", 24),
    _Game("powderworld-easy", 500, "Paint a world of plant and stone like the one shown."),
    _Game("powderworld-medium", 500, "Paint a world of five elements, which act on each other, like the one shown."),
    _Game("powderworld-hard", 500, "Paint a world of eight elements, which act on each other, like the one shown."),
)
_BEST = Reference(1.0, "bound: every goal reached")

for _game in _GAMES:
    _powders = _game.name.startswith("powderworld")
    register(
        EnvSpec(
            id=f"ogbench/{_game.name}-v0",
            random=measured(f"ogbench/{_game.name}-v0"),
            expert=_BEST,
            entry_point=f"{__name__}:OGBench",
            kwargs={"name": f"{_game.name}-v0"},
            domain="robotics",
            max_steps=_game.max_steps,
            metric="success",
            score_range=(0.0, 1.0),
            tolerance=0.0 if _powders else 1e-6,
            views={"array": f"{__name__}:WorldAndGoal" if _powders else "arena.envs.robotics.flat:Flat"},
            needs=Needs(modules=("ogbench",), get="pip install 'arena-bench[robotics]'"),
            packages=("ogbench", "gymnasium", "numpy") if _powders else ("ogbench", "mujoco", "gymnasium", "numpy"),
            tags=("goal-conditioned", *(("pixels",) if _powders else ("continuous", "physics"))),
            description=_game.description,
            observation="Dict of `observation` and `goal`, both (32, 32, 6) uint8: the world, and what is chosen."
            if _powders
            else "Dict of `observation` and `goal`, both (n,) float64: state of body or arm and objects, in SI units.",
            action="Discrete: element, column, row, one after the other."
            if _powders
            else "A vector of float32 in [-1, 1]: torques, or the gripper's displacement, yaw and opening.",
            reward=f"Minus the number of {_game.parts} parts not in place; the score is success."
            if _game.parts
            else "1 when the goal is reached, else 0; the score is success.",
            source="Park et al. 2024, https://github.com/seohongpark/ogbench",
        )
    )
