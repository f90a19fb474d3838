"""MO-Gymnasium: tasks that pay a vector, one number for each objective."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

__all__ = ["ManyObjectives"]


class ManyObjectives(gymnasium.Env[Any, Any]):
    """A task with several objectives, of which the scalar reward is the mean.

    Observation:
        Box, the package's: a place on a map (int32), a robot's joints and speeds (float64) and the like; see the table.
        Breakable bottles, a Dict there, is a vector of its parts in the order of their names, int32.
    Action:
        The package's: Discrete or a Box.
    Reward:
        The mean of the objectives' rewards: the package's linear scalarisation with equal weights.
    Episode end:
        Terminated as the task defines it; truncated after its number of steps.
    Start:
        By task fixed or drawn from the seed.
    Score:
        Return of the scalar reward. Metrics: `objective/NAME`, each objective's undiscounted return, and
        `reference/NAME`, the task's reference point, above which hypervolume is measured.
    Versions:
        v0, lunar lander v3, MuJoCo v5: mo-gymnasium 1.3.2, mujoco 3.8.1, Box2D 2.3.10.
    Source:
        Felten et al. 2023, "A Toolkit for Reliable Benchmarking and Research in Multi-Objective Reinforcement
        Learning", https://github.com/Farama-Foundation/MO-Gymnasium. Differences: what the package draws from global
        generators (Minecart: its mines, once for each process there) is drawn from the seed; Water Reservoir's action
        is the share of the water to release, 0 to 1 (an option there), for a bound.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}
    _engine: Any = None

    def __init__(
        self,
        task: str,
        objectives: list[str],
        reference: list[float],
        max_steps: int,
        options: dict[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> None:
        import mo_gymnasium  # noqa: F401  # registers what follows

        self.render_mode = render_mode
        self._task, self._options, self._max_steps = task, options or {}, max_steps
        self._objectives, self._reference = objectives, reference
        self._globals = _Globals(0)
        self._make()
        if "rgb_array" not in self._engine.metadata["render_modes"]:  # Fishwood
            self.metadata = {**self.metadata, "render_modes": []}
        native = self._engine.observation_space
        self.observation_space = native if isinstance(native, spaces.Box) else self._boxed()
        self.action_space = self._engine.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        own = int(self.np_random.integers(1 << 31))
        self._globals = _Globals(own)
        if self._task.startswith("minecart-"):
            self._make()  # draws its mines when it is made
        self._steps, self._returns = 0, np.zeros(len(self._objectives))
        with self._globals.lent():
            observation, _ = self._engine.reset(seed=own)
        return self._seen(observation), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        with self._globals.lent():
            observation, reward, terminated, truncated, _ = self._engine.step(action)
        self._steps += 1
        self._returns += np.asarray(reward, np.float64)
        out_of_time = bool(truncated) or self._steps >= self._max_steps
        terminated = bool(terminated) and not truncated  # Fishwood calls the end of its time both
        return self._seen(observation), float(np.mean(reward)), terminated, out_of_time and not terminated, self._info()

    def render(self) -> Any:
        """Returns the package's picture, uint8."""
        return np.array(self._engine.render())

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _make(self) -> None:
        from gymnasium.envs.registration import load_env_creator

        self.close()
        spec = gymnasium.registry[self._task]
        with self._globals.lent():
            made = load_env_creator(str(spec.entry_point))(
                **{**spec.kwargs, **self._options, "render_mode": self.render_mode}
            )
        self._engine = made.unwrapped

    def _info(self) -> dict[str, Any]:
        named = {f"objective/{name}": float(value) for name, value in zip(self._objectives, self._returns, strict=True)}
        floor = {f"reference/{name}": at for name, at in zip(self._objectives, self._reference, strict=True)}
        return {"metrics": {**named, **floor}}

    def _boxed(self) -> spaces.Box:
        with self._globals.lent():
            size = len(_vector(self._engine.reset(seed=0)[0]))
        return spaces.Box(0, np.iinfo(np.int32).max, (size,), np.int32)

    def _seen(self, observation: Any) -> npt.NDArray[Any]:
        if isinstance(observation, dict):
            return _vector(observation)
        return np.array(observation, self.observation_space.dtype)  # a copy: some packages edit theirs again


def _vector(observation: dict[str, Any]) -> npt.NDArray[np.int32]:
    return np.concatenate([np.ravel(observation[name]) for name in sorted(observation)]).astype(np.int32)


class _Globals:
    """NumPy's and Python's global generators as one environment sees them; others find theirs as they were."""

    def __init__(self, seed: int) -> None:
        self._numpy = np.random.RandomState(seed).get_state()
        self._python = random.Random(seed).getstate()

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        before = np.random.get_state(), random.getstate()
        np.random.set_state(self._numpy)
        random.setstate(self._python)
        try:
            yield
        finally:
            self._numpy, self._python = np.random.get_state(), random.getstate()
            np.random.set_state(before[0])
            random.setstate(before[1])


_INF = float("inf")


class _Task(NamedTuple):
    """One row of the table.

    `reference` holds a value below what an agent has to expect, for each objective: the worst possible return where
    `is_worst`, else a floor below random play. Its mean is what a failed episode counts.
    """

    name: str
    objectives: tuple[str, ...]
    reference: tuple[float, ...]
    max_steps: int
    description: str
    is_worst: bool = True
    expert: Reference | None = None
    is_fixed: bool = False  # no chance in it: each episode begins and runs alike
    options: dict[str, Any] | None = None


_TREASURE = ("treasure", "time")
_DIVES = Reference(52.5, "optimum: the treasure of 124, 19 steps away")
_NUTRIENTS = ("protein", "carbs", "fats", "vitamins", "minerals", "water")
_TASKS = (
    _Task(
        "deep-sea-treasure-v0",
        _TREASURE,
        (0.0, -100.0),
        100,
        "A submarine looks for one treasure: the farther, the larger, on a convex front.",
        expert=Reference(3.55, "optimum: the treasure of 15.1, 8 steps away (or 16.1, 9 away)"),
        is_fixed=True,
    ),
    _Task(
        "deep-sea-treasure-concave-v0",
        _TREASURE,
        (0.0, -100.0),
        100,
        "Deep sea treasure with the first, concave front of Vamplew et al. 2011.",
        expert=_DIVES,
        is_fixed=True,
    ),
    _Task(
        "deep-sea-treasure-mirrored-v0",
        _TREASURE,
        (0.0, -100.0),
        100,
        "Deep sea treasure with the same treasures to the left and to the right.",
        expert=_DIVES,
        is_fixed=True,
    ),
    _Task(
        "resource-gathering-v0",
        ("survival", "gold", "diamond"),
        (-1.0, 0.0, 0.0),
        100,
        "Bring gold and a diamond home, past two enemies.",
    ),
    _Task(
        "breakable-bottles-v0",
        ("time", "bottles", "potential"),
        (-100.0, 0.0, -100.0),
        100,
        "Deliver two bottles; who carries both may drop one for good.",
    ),
    _Task("fishwood-v0", ("wood", "fish"), (0.0, 0.0), 200, "Go between wood and river; both pay by chance."),
    _Task(
        "four-room-v0",
        ("blue", "green", "red"),
        (0.0, 0.0, 0.0),
        200,
        "Collect shapes of three kinds in four rooms on the way to the goal.",
        is_fixed=True,
    ),
    _Task(
        "fruit-tree-v0",
        _NUTRIENTS,
        (0.0,) * 6,
        7,  # never reached: the task itself ends after six
        "Six turns down a binary tree to a fruit of six nutrients.",
        is_fixed=True,
    ),
    _Task(
        "water-reservoir-v0",
        ("flood", "deficit"),
        (-20_000.0, -5_000.0),
        100,
        "Release water from a dam: neither flood nor drought.",
        is_worst=False,
        options={"normalized_action": True},
    ),
    _Task(
        "minecart-v0",
        ("ore 1", "ore 2", "fuel"),
        (0.0, 0.0, -400.0),
        1000,
        "Fetch two ores from mines at random places, on little fuel.",
        is_worst=False,
    ),
    _Task(
        "minecart-deterministic-v0",
        ("ore 1", "ore 2", "fuel"),
        (0.0, 0.0, -400.0),
        1000,
        "Fetch two ores from five mines, on little fuel.",
        is_worst=False,
        is_fixed=True,
    ),
    _Task("mo-mountaincar-v0", ("time", "reverse", "forward"), (-200.0,) * 3, 200, "Mountain car that pays for moves."),
    _Task("mo-mountaincar-timemove-v0", ("time", "move"), (-200.0,) * 2, 200, "Mountain car: time and moves."),
    _Task("mo-mountaincar-timespeed-v0", ("time", "speed"), (-200.0, 0.0), 200, "Mountain car: time and speed."),
    _Task(
        "mo-mountaincar-3d-v0",
        ("time", "move", "speed"),
        (-200.0, -200.0, 0.0),
        200,
        "Mountain car: time, moves and speed.",
    ),
    _Task("mo-mountaincarcontinuous-v0", ("time", "fuel"), (-999.0, -999.0), 999, "Continuous mountain car and fuel."),
    _Task(
        "mo-lunar-lander-v3",
        ("landing", "shaping", "main engine", "side engines"),
        (-100.0, -1000.0, -1000.0, -1000.0),
        1000,
        "Lunar lander: land, fly well, save both kinds of fuel.",
        is_worst=False,
    ),
    _Task(
        "mo-lunar-lander-continuous-v3",
        ("landing", "shaping", "main engine", "side engines"),
        (-100.0, -1000.0, -1000.0, -1000.0),
        1000,
        "Lunar lander with engines by degrees: land, fly well, save both kinds of fuel.",
        is_worst=False,
    ),
    _Task("mo-reacher-v5", tuple(f"target {n}" for n in range(1, 5)), (-50.0,) * 4, 50, "An arm between four targets."),
    _Task("mo-hopper-v5", ("run", "jump", "energy"), (-100.0, -100.0, -3000.0), 1000, "Hop far, high, lightly.", False),
    _Task("mo-hopper-2obj-v5", ("run", "jump"), (-100.0, -100.0), 1000, "Hop far and high.", False),
    _Task("mo-halfcheetah-v5", ("run", "energy"), (-1000.0, -6000.0), 1000, "Run fast and lightly.", False),
    _Task("mo-walker2d-v5", ("run", "energy"), (-100.0, -6000.0), 1000, "Walk fast and lightly, upright.", False),
    _Task("mo-ant-v5", ("x", "y", "energy"), (-1000.0, -1000.0, -8000.0), 1000, "Walk along x, y, lightly.", False),
    _Task("mo-ant-2obj-v5", ("x", "y"), (-4000.0, -4000.0), 1000, "Walk along x and along y.", False),
    _Task("mo-swimmer-v5", ("swim", "energy"), (-100.0, -2000.0), 1000, "Swim fast and lightly.", False),
    _Task("mo-humanoid-v5", ("run", "energy"), (-100.0, -1000.0), 1000, "Walk fast and lightly on two legs.", False),
)

for _task in _TASKS:
    _worst = sum(_task.reference) / len(_task.reference)
    register(
        EnvSpec(
            id=f"mo/{_task.name}",
            random=measured(f"mo/{_task.name}"),
            expert=_task.expert,
            entry_point=f"{__name__}:ManyObjectives",
            kwargs={
                "task": _task.name,
                "objectives": list(_task.objectives),
                "reference": list(_task.reference),
                "max_steps": _task.max_steps,
                **({"options": _task.options} if _task.options else {}),
            },
            domain="robotics",
            max_steps=_task.max_steps,
            score_range=(_worst if _task.is_worst else -_INF, _INF),
            failure_score=_worst,
            tolerance=1e-6,
            deterministic_start=_task.is_fixed,
            runtime="motion",
            packages=("mo-gymnasium", "gymnasium", "mujoco", "Box2D", "scipy", "numpy"),
            tags=("multi-objective",),
            description=f"{_task.description} Objectives: {', '.join(_task.objectives)}.",
            observation="The task's own vector: a place, a car's or a robot's state.",
            action="The task's own: moves by number, or forces in a box.",
            reward="The mean of the objectives' rewards; each objective's return is a metric.",
            source="Felten et al. 2023, https://github.com/Farama-Foundation/MO-Gymnasium",
        )
    )
