"""robosuite: one or two Panda arms that lift, stack, open, assemble, sort, wipe and hand over (MuJoCo)."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer

__all__ = ["Robosuite"]

_HZ = 20  # control frequency of the published benchmark


class Robosuite(gymnasium.Env[dict[str, npt.NDArray[np.float32]], npt.NDArray[np.float32]]):
    """One or two Panda arms do a household or workshop task.

    Observation:
        Dict of float32 vectors in SI units: `robot0_proprio-state` (and `robot1_proprio-state`: the joints' angles,
        sines, cosines, velocities and accelerations, the hand's place and the fingers') and `object-state` (the
        objects' places and turns, some of them seen from the hand).
    Action:
        Box from -1 to 1, float32, for each arm: the hand's displacement (3, each 5 cm) and turn (3, each 0.5 rad), and
        the fingers' closing (1; Wipe and TwoArmPegInHole have no fingers).
    Reward:
        robosuite's shaped reward, from 0 to 1 a step; Wipe's also charges for collisions and force.
    Episode end:
        Truncated after 500 steps (25 seconds); Wipe is terminated by a collision, an arm at its limits and a clean
        table.
    Start:
        The arms' first pose with noise, objects at places (Lift, Stack: also of sizes) drawn from the seed.
    Score:
        Metric `success`: 1 if the task was solved at some step, else 0. Random is measured.
    Versions:
        v0: robosuite 1.5.2, MuJoCo 3.3.7.
    Source:
        Zhu et al. 2020, "robosuite: A Modular Simulation Framework and Benchmark for Robot Learning",
        https://github.com/ARISE-Initiative/robosuite. Difference: the simulation is made anew by each reset, with the
        reset's seed, instead of being loaded again inside.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": _HZ}
    _engine: Any = None
    _renderer: Any = None

    def __init__(self, task: str, arms: int, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._task, self._arms = task, arms
        seen = self._begin(0)
        self.observation_space = spaces.Dict(
            {name: spaces.Box(-np.inf, np.inf, part.shape, np.float32) for name, part in seen.items()}
        )
        self.action_space = spaces.Box(-1.0, 1.0, (self._engine.action_dim,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, Any]]:
        super().reset(seed=seed)
        self._has_solved = False
        return self._begin(int(self.np_random.integers(1 << 31))), {"metrics": {"success": 0.0}}

    def step(
        self, action: npt.NDArray[np.float32]
    ) -> tuple[dict[str, npt.NDArray[np.float32]], float, bool, bool, dict[str, Any]]:
        found, reward, terminated, _ = self._engine.step(np.asarray(action, np.float64))
        self._has_solved = self._has_solved or bool(self._engine._check_success())
        return _seen(found), float(reward), bool(terminated), False, {"metrics": {"success": float(self._has_solved)}}

    def render(self) -> Any:
        """Returns the scene from the front, (480, 480, 3) uint8."""
        import mujoco

        simulation = self._engine.sim
        if self._renderer is None:
            self._renderer = mujoco.Renderer(simulation.model._model, 480, 480)
        show = mujoco.MjvOption()
        show.geomgroup[0] = 0  # what only collides
        self._renderer.update_scene(simulation.data._data, camera="frontview", scene_option=show)
        return self._renderer.render()

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _begin(self, seed: int) -> dict[str, npt.NDArray[np.float32]]:
        """Makes the simulation, whose generator is the seed's, and starts it."""
        choose_renderer()
        logging.getLogger("robosuite_logs").addFilter(_is_error)  # not what it says of optional packages on import
        import robosuite

        self.close()
        self._engine = robosuite.make(
            self._task,
            robots=["Panda"] * self._arms,
            has_renderer=False,
            has_offscreen_renderer=False,
            use_camera_obs=False,
            use_object_obs=True,
            reward_shaping=True,
            control_freq=_HZ,
            horizon=500,  # scales the reward of Wipe
            ignore_done=True,  # the spec's max_steps truncates
            hard_reset=False,  # the model was loaded just now
            seed=seed,
        )
        return _seen(self._engine.reset())


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def _seen(found: Any) -> dict[str, npt.NDArray[np.float32]]:
    """Returns the vectors in which robosuite gathers what it tells singly."""
    return {name: np.asarray(part, np.float32) for name, part in found.items() if name.endswith("-state")}


class _Task(NamedTuple):
    name: str
    description: str
    arms: int = 1


_TASKS = (
    _Task("Lift", "Lift a cube above the table."),
    _Task("Stack", "Put a cube on top of another."),
    _Task("Door", "Turn a handle and pull a door open."),
    _Task("NutAssembly", "Put a square and a round nut onto their pegs."),
    _Task("PickPlace", "Sort four things (milk, bread, cereal, can) from one bin into four."),
    _Task("Wipe", "Wipe a dirty line off the table with a sponge."),
    _Task("TwoArmLift", "Two arms lift a pot by its handles, level.", arms=2),
    _Task("TwoArmPegInHole", "Two arms bring a peg, held by one, into a hole, held by the other.", arms=2),
    _Task("TwoArmHandover", "One arm picks up a hammer and hands it to the other.", arms=2),
)

for _task in _TASKS:
    _id = f"robosuite/{_task.name}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1.0, "the best possible: success in each episode"),
            entry_point=f"{__name__}:Robosuite",
            kwargs={"task": _task.name, "arms": _task.arms},
            domain="robotics",
            max_steps=500,
            metric="success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            tolerance=1e-6,
            views={"array": "arena.envs.robotics.flat:Flat"},
            runtime="robosuite",
            packages=("robosuite", "mujoco", "numba", "scipy", "numpy"),
            tags=("continuous", "physics", "manipulation", *(("bimanual",) if _task.arms == 2 else ())),
            description=_task.description,
            observation="A dict of vectors: each arm's joints, hand and fingers; the objects' places and turns.",
            action="-1 to 1, for each arm: the hand's displacement (3) and turn (3), the fingers' closing (1, if any).",
            reward="robosuite's shaped reward, 0 to 1 a step (Wipe: less for collisions and force).",
            source="Zhu et al. 2020, https://github.com/ARISE-Initiative/robosuite",
        )
    )
