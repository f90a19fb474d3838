"""dm_control's locomotion tasks: a humanoid and a rodent with bodies like life run, forage, reach and climb."""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer, require_renderer

__all__ = ["Locomotion"]

_SIDE = 64  # pixels of the picture from the head
_CAMERA = "walker/egocentric_camera"


class Locomotion(gymnasium.Env[Any, npt.NDArray[np.float32]]):
    """A body in a place where it must get somewhere.

    Observation:
        Dict: `state`, float64 (n,): joints, tendons, speeds, places of hands and feet, touch, inner ear and what else
        the task tells, in dm_control's order; `camera`, (64, 64, 3) uint8, what the head sees. Where the task has no
        camera (go_to_target) the state alone, and with it the way to the target.
    Action:
        Box -1 to 1, float32: the angles that the joints are driven to, scaled to each joint's limits (humanoid, 56);
        the rodent's muscles (38).
    Reward:
        Corridors: 0 to 1 a step, for the speed along them (humanoid 3 m/s, rodent 1 m/s). Target: 1 a step within 1 m
        of it. Mazes: 50 for each ball found; where there are two kinds, 30 for one kind, -10 for the other and 0.01 a
        step. Bowl: 0 to 1 a step for the distance from its middle, times how upright the rodent is. Two touches: 25
        for a touch, 25 for another 0.8 s later, up to 0.25 a step for being near.
    Episode end:
        Terminated when the humanoid touches the ground with anything but its feet or a foot falls below it, when all
        balls are found, and where the simulation diverges, which pays nothing; truncated after 20 to 30 s.
    Start:
        Corridor, maze, bowl and places drawn from the seed; the body stands, in the bowl it lies as it falls.
    Score:
        Return. Random is measured.
    Versions:
        v0: dm-control 1.0.41 under MuJoCo 3.8.1. Two processes of one machine draw the same bytes; another renderer or
        driver may not, and then rewards are compared.
    Source:
        Merel et al. 2019, "Hierarchical visuomotor control of humanoids"; Merel et al. 2020, "Deep neuroethology of a
        virtual rodent"; Tassa et al. 2020, "dm_control: Software and Tasks for Continuous Control";
        https://github.com/google-deepmind/dm_control. Differences: pictures are drawn without shadows, which takes a
        fifth of the time.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 30}
    _engine: Any = None

    def __init__(self, module: str, task: str, seen: int, acts: int, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._has_camera = not task.endswith("go_to_target")
        require_renderer() if self._has_camera else choose_renderer()
        self._build = getattr(importlib.import_module(f"dm_control.locomotion.examples.{module}"), task)
        state = spaces.Box(-np.inf, np.inf, (seen,), np.float64)
        camera = spaces.Box(0, 255, (_SIDE, _SIDE, 3), np.uint8)
        self.observation_space: spaces.Space[Any] = (
            spaces.Dict({"state": state, "camera": camera}) if self._has_camera else state
        )
        self.action_space = spaces.Box(-1.0, 1.0, (acts,), np.float32)
        self._draws = np.random.RandomState(0).get_state()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        from dm_control.composer import Environment

        super().reset(seed=seed)
        self.close()
        words = self.np_random.integers(1 << 32, size=2)
        self._draws = np.random.RandomState(int(words[0])).get_state()
        with self._global_draws():
            with mock.patch.object(Environment, "_recompile_physics_and_update_observables"):  # reset compiles again
                self._engine = self._build(np.random.RandomState(int(words[1])))
            self._engine._time_limit = math.inf  # the spec's max_steps truncates
            self._engine.task.root_entity.mjcf_model.visual.quality.shadowsize = 0
            self._seen = self._observed(self._engine.reset())
        return self._seen, {}

    def step(self, action: npt.NDArray[np.float32]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        from dm_control.rl.control import PhysicsError

        try:
            with self._global_draws():
                step = self._engine.step(np.asarray(action, np.float64))
        except PhysicsError:
            return self._seen, 0.0, True, False, {}
        self._seen = self._observed(step)
        return self._seen, float(step.reward), step.last(), False, {}

    def render(self) -> Any:
        """Returns the body from behind, (240, 320, 3) uint8."""
        require_renderer()
        return self._engine.physics.render(240, 320, camera_id="walker/back")

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _observed(self, step: Any) -> Any:
        parts = dict(step.observation)
        camera = parts.pop(_CAMERA, None)
        state = np.concatenate([np.ravel(part) for part in parts.values()]).astype(np.float64)
        return {"state": state, "camera": camera.copy()} if self._has_camera else state

    @contextlib.contextmanager
    def _global_draws(self) -> Iterator[None]:
        """Lends NumPy's global generator, from which mazes, textures and touch targets are drawn, to this episode."""
        before = np.random.get_state()
        np.random.set_state(self._draws)
        try:
            yield
        finally:
            self._draws = np.random.get_state()
            np.random.set_state(before)


class _Task(NamedTuple):
    """One row of the table; `seen` and `acts` are the sizes of state and action, `best` what no episode exceeds."""

    name: str
    builder: str
    body: str
    seen: int
    max_steps: int
    best: float
    worst: float
    description: str
    reward: str


_INF = math.inf
_SPEED = "0 to 1 a step, for the speed along the corridor."
_TASKS = (
    _Task("humanoid-target", "cmu_humanoid_go_to_target", "humanoid", 171, 1000, 1000.0, 0.0,
          "Go to a target on an open floor and stay.", "1 a step within 1 m of the target."),
    _Task("humanoid-walls", "cmu_humanoid_run_walls", "humanoid", 168, 1000, 1000.0, 0.0,
          "Run down a corridor around walls, on two legs, by sight.", _SPEED),
    _Task("humanoid-gaps", "cmu_humanoid_run_gaps", "humanoid", 168, 1000, 1000.0, 0.0,
          "Run down a corridor and jump its gaps, on two legs, by sight.", _SPEED),
    _Task("humanoid-forage", "cmu_humanoid_maze_forage", "humanoid", 168, 1000, 600.0, 0.0,
          "Find all balls in a maze, on two legs, by sight.", "50 for each ball found."),
    _Task("humanoid-choose", "cmu_humanoid_heterogeneous_forage", "humanoid", 168, 834, 98.35, -30.0,
          "Find out which of two kinds of balls pays, and find those.", "30 or -10 for a ball, 0.01 a step."),
    _Task("rodent-escape", "rodent_escape_bowl", "rodent", 161, 1000, 1000.0, 0.0,
          "Climb out of a bowl of rough ground.", "0 to 1 a step, for the distance from the middle, upright."),
    _Task("rodent-gaps", "rodent_run_gaps", "rodent", 158, 1500, 1500.0, 0.0,
          "Run down a corridor and jump its gaps, by sight.", _SPEED),
    _Task("rodent-forage", "rodent_maze_forage", "rodent", 158, 1500, 600.0, 0.0,
          "Find all balls in a maze, by sight.", "50 for each ball found."),
    _Task("rodent-touch", "rodent_two_touch", "rodent", 159, 1500, _INF, 0.0,
          "Tap a ball with a hand, wait 0.8 s and tap it again, by sight.",
          "25 for each tap in time, up to 0.25 a step for being near."),
)  # fmt: skip
_BODIES = {"humanoid": ("basic_cmu_2019", 56), "rodent": ("basic_rodent_2020", 38)}

for _task in _TASKS:
    _id = f"locomotion/{_task.name}-v0"
    _module, _acts = _BODIES[_task.body]
    _sees = not _task.builder.endswith("go_to_target")
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1000.0, "bound: 1000 steps of at most 1") if _task.best == 1000.0 else None,
            entry_point=f"{__name__}:Locomotion",
            kwargs={"module": _module, "task": _task.builder, "seen": _task.seen, "acts": _acts},
            domain="robotics",
            max_steps=_task.max_steps,
            score_range=(_task.worst, _task.best),
            failure_score=_task.worst,
            tolerance=1e-6,
            views={"array": "arena.envs.robotics.flat:Flat"} if _sees else {},
            needs=Needs(modules=("dm_control",), get="pip install 'arena-bench[robotics]'"),
            packages=("dm-control", "mujoco", "labmaze", "numpy"),
            tags=("continuous", "physics", _task.body, *(("pixels",) if _sees else ())),
            description=_task.description,
            observation=(
                f"A dict: state, ({_task.seen},) float64, and camera, (64, 64, 3) uint8, from the head."
                if _sees
                else f"({_task.seen},) float64: joints, speeds, touch, inner ear, the way to the target."
            ),
            action=f"({_acts},) float32, -1 to 1: "
            + ("the angles that joints are driven to." if _task.body == "humanoid" else "muscles."),
            reward=_task.reward,
            source="Merel et al. 2019 and 2020, https://github.com/google-deepmind/dm_control",
        )
    )
