"""highway-env: driving in traffic on highways, ramps, roundabouts, crossings, car parks and race tracks."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

__all__ = ["Driving"]


class Driving(gymnasium.Env[Any, Any]):
    """A car is driven among others that follow a model of human drivers (IDM and MOBIL).

    Observation:
        Box float32, by task: (5, 5) or (15, 7), the nearest vehicles' presence, places and speeds, or
        an occupancy grid (2, 12, 12), or times to collision by speed, lane and second. Parking: a Dict of float64
        vectors (6,) `observation`, `achieved_goal`, `desired_goal`; lane keeping: of `state`, `derivative`,
        `reference_state`, each (4, 1).
    Action:
        Discrete(5): left lane, idle, right lane, faster, slower (crossings: Discrete(3), slower, idle, faster), or Box
        from -1 to 1: acceleration and steering (race tracks and lane keeping: steering alone).
    Reward:
        By task, see the table: mostly speed against a collision, scaled to 0 to 1 a step.
    Episode end:
        Terminated by a collision, at the goal, or (race tracks) off the road; truncated when the time is over.
    Start:
        Own car and traffic at places and speeds drawn from the seed.
    Score:
        Return, parking: metric `success`. Further metrics: `crashed` 0 or 1, `success` where there is a goal.
    Versions:
        v0 (intersection also v1, steered): highway-env 1.12.1. The package's other v1 and v2 (traffic that minds
        connected lanes) are left out: what is published was measured on v0.
    Source:
        Leurent 2018, "An Environment for Autonomous Driving Decision-Making",
        https://github.com/Farama-Foundation/HighwayEnv
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 5}

    def __init__(self, task: str, max_steps: int, render_mode: str | None = None) -> None:
        import highway_env  # noqa: F401  # registers what follows
        from gymnasium.envs.registration import load_env_creator

        self._engine: Any = load_env_creator(str(gymnasium.registry[task].entry_point))()
        self._engine.render_mode = self.render_mode = render_mode
        self.observation_space = self._engine.observation_space
        self.action_space = self._engine.action_space
        self._max_steps = max_steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._steps = 0
        observation, _ = self._engine.reset(seed=int(self.np_random.integers(1 << 31)))
        return observation, {"metrics": {"crashed": 0.0}}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, info = self._engine.step(action)
        self._steps += 1
        is_over = self._steps >= self._max_steps and not terminated  # the engine adds up seconds, and rounds
        return observation, float(reward), bool(terminated), is_over, {"metrics": self._metrics(info)}

    def render(self) -> Any:
        """Returns the road from above, uint8."""
        if self._engine.viewer is None:
            from highway_env.envs.common.graphics import EnvViewer

            self._engine.viewer = EnvViewer(self._engine, {**self._engine.config, "offscreen_rendering": True})
            self._engine.viewer.enabled = True  # it draws nothing where SDL's driver is the dummy one
        return self._engine.render()

    def close(self) -> None:
        self._engine.close()

    def _metrics(self, info: dict[str, Any]) -> dict[str, float]:
        rewards = info.get("rewards", {})
        metrics = {"crashed": float(self._engine.vehicle.crashed)}
        for reached in (info.get("is_success"), rewards.get("goal_reward"), rewards.get("arrived_reward")):
            if reached is not None:
                metrics["success"] = float(reached)
        return metrics


_INF = float("inf")


class _Task(NamedTuple):
    """One row of the table; `max_steps` is the package's duration, or a limit of ours where it has none."""

    name: str
    max_steps: int
    score_range: tuple[float, float]
    failure_score: float
    description: str
    reward: str
    metric: str = "return"


_SPEED = "0 to 1 a step: speed and the right lane, 0 for a collision."
_PARK = "Minus the root of the weighted distance to the goal; -5 for a collision."
_CENTER = "About 0 to 1 a step: nearness to the lane's centre, less the steering; 0 for a collision or off the road."
_TASKS = (
    _Task("highway-v0", 40, (0.0, 40.0), 0.0, "A busy highway of four lanes.", _SPEED),
    _Task("highway-fast-v0", 30, (0.0, 30.0), 0.0, "A highway of three lanes, less traffic, coarser time.", _SPEED),
    _Task(
        "merge-v0",
        60,  # no car needs longer: the slowest speed is 20 m/s
        (-_INF, _INF),  # other cars' speeds are paid for too
        0.0,
        "A highway that another car joins by a ramp.",
        "About 0 to 1 a step: speed, the right lane and that the joining car need not brake; lower for a collision.",
    ),
    _Task(
        "merge-generic-v0",
        60,
        (-_INF, _INF),
        0.0,
        "A highway with traffic that another car joins by a ramp.",
        "About 0 to 1 a step: speed, the right lane and that the joining car need not brake; lower for a collision.",
    ),
    _Task(
        "roundabout-v0",
        11,
        (-1.0, 11.0),  # a change of lanes costs 0.05 before the scaling
        -1.0,
        "A roundabout with traffic.",
        "About 0 to 1 a step: speed, less changes of lanes; about 0 for a collision.",
    ),
    _Task(
        "roundabout-generic-v0",
        17,
        (-1.0, 17.0),
        -1.0,
        "A larger roundabout with traffic.",
        "About 0 to 1 a step: speed, less changes of lanes; about 0 for a collision.",
    ),
    _Task(
        "intersection-v0",
        13,
        (-5.0, 13.0),
        -5.0,
        "A crossing to be passed to the left.",
        "1 for full speed and 1 for arriving; -5 for a collision.",
    ),
    _Task(
        "intersection-v1",
        13,
        (-5.0, 13.0),
        -5.0,
        "A crossing to be passed to the left, with pedals and steering wheel.",
        "1 for full speed and 1 for arriving; -5 for a collision; 0 off the road.",
    ),
    _Task("exit-v0", 18, (0.0, 18.0), 0.0, "A highway to be left by an exit.", "1 a step on the exit, 0.1 for speed."),
    _Task("two-way-v0", 15, (0.0, 15.0), 0.0, "A lane beside oncoming traffic.", "0 to 1 a step: speed, own lane."),
    _Task("u-turn-v0", 10, (0.0, 10.0), 0.0, "A turn with blocked lanes.", _SPEED),
    _Task("racetrack-v0", 1500, (-0.15, 1500.0), -0.15, "A race track with another car.", _CENTER),
    _Task("racetrack-large-v0", 1500, (-0.15, 1500.0), -0.15, "A larger race track with another car.", _CENTER),
    _Task("racetrack-oval-v0", 1500, (-0.15, 1500.0), -0.15, "An oval race track with another car.", _CENTER),
    _Task("parking-v0", 500, (0.0, 1.0), 0.0, "A car is parked at a given place and heading.", _PARK, "success"),
    _Task("parking-ActionRepeat-v0", 20, (0.0, 1.0), 0.0, "Parking with one decision a second.", _PARK, "success"),
    _Task("parking-parked-v0", 500, (0.0, 1.0), 0.0, "Parking between ten parked cars.", _PARK, "success"),
    _Task(
        "lane-keeping-v0",
        200,
        (-_INF, 200.0),
        -20_000.0,  # below a car that leaves its lane at once
        "A car is kept in a winding lane, on noisy measurements.",
        "1 less the squared distance from the lane's centre, in widths of the lane.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"highway/{_task.name}",
            random=measured(f"highway/{_task.name}"),
            expert=Reference(1.0, "the best possible: success in each episode") if _task.metric == "success" else None,
            entry_point=f"{__name__}:Driving",
            kwargs={"task": _task.name, "max_steps": _task.max_steps},
            domain="robotics",
            max_steps=_task.max_steps,
            metric=_task.metric,
            score_range=_task.score_range,
            failure_score=_task.failure_score,
            tolerance=1e-6,
            views={"array": "arena.envs.robotics.flat:Flat"} if _task.name.startswith(("parking", "lane")) else {},
            runtime="motion",
            packages=("highway-env", "numpy"),
            tags=("driving", *(("goal-conditioned",) if _task.metric == "success" else ())),
            description=_task.description,
            observation="Nearby vehicles, an occupancy grid or times to collision; by task also the goal.",
            action="Changes of lane and speed by number, or acceleration and steering from -1 to 1.",
            reward=_task.reward,
            source="Leurent 2018, https://github.com/Farama-Foundation/HighwayEnv",
        )
    )
