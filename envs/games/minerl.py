"""MineRL: first-person tasks in Minecraft, from chopping trees to the diamond.

Needs `pip install minerl==0.4.4` (it builds a Minecraft client: a Java 8 development kit, network, and acceptance of
Minecraft's licence), gym below 0.20 and, without a screen, `xvfb-run`. The client runs by its own
clock, so an episode is seeded in its world but cannot be replayed. Nothing here was run against the client itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces

from arena import EnvSpec, Needs, register
from arena.errors import UnavailableError

__all__ = ["Minecraft"]

_GET = (
    "a Java 8 development kit, then pip install 'minerl==0.4.4' (it builds Minecraft's client, under Minecraft's "
    "licence); without a screen start with xvfb-run: https://minerl.readthedocs.io/en/v0.4.4/"
)


class Minecraft(gymnasium.Env[dict[str, Any], dict[str, Any]]):
    """One of MineRL's tasks, its spaces as Gymnasium's: words that it takes or shows become their numbers.

    Observation:
        Dict: `pov` (64, 64, 3) uint8, and, as the task has it, `inventory` (counts), `equipped_items`, compass.
    Action:
        Dict: `camera` (2,) float32 degrees of pitch and yaw in [-180, 180]; each key a Discrete(2); what to craft,
        smelt, place and equip a Discrete over MineRL's words in its order.
    Reward:
        The task's: per log; per item of the way to the target, the first time (or, dense, each time); at the goal.
    Episode end:
        Terminated by death, the goal or the task's own end; truncated by the spec's limit of steps.
    Start:
        A world from the reset seed.
    Score:
        Return. Not measured here.
    Versions:
        v0: minerl 0.4.4.
    Source:
        Guss et al. 2019, "MineRL: A Large-Scale Dataset of Minecraft Demonstrations", https://minerl.io
    """

    metadata = {"render_modes": []}

    def __init__(self, task: str, max_steps: int) -> None:
        import gym
        import minerl  # noqa: F401  # registers its tasks with gym

        self._limit = max_steps
        try:
            self._env = gym.make(task)
        except (OSError, RuntimeError) as error:
            raise UnavailableError(f"minerl/{task}: the Minecraft client does not start ({error}); {_GET}") from error
        self._seen, self._acted = self._env.observation_space, self._env.action_space
        self.observation_space = _converted(self._seen)
        self.action_space = _converted(self._acted)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._env.seed(int(self.np_random.integers(1 << 31)) if seed is None else seed)
        self._steps = 0
        return _numbers(self._env.reset(), self._seen), {}

    def step(self, action: dict[str, Any]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, done, _ = self._env.step(_words(action, self._acted))
        self._steps += 1
        late = self._steps >= self._limit  # gym's old interface calls both ends done
        return _numbers(observation, self._seen), float(reward), bool(done) and not late, late, {}

    def close(self) -> None:
        self._env.close()


def _converted(space: Any) -> spaces.Space[Any]:
    """Returns a Gymnasium space for one of MineRL's (an old gym's), told by what it has."""
    if hasattr(space, "spaces"):
        return spaces.Dict({key: _converted(part) for key, part in sorted(space.spaces.items())})
    if hasattr(space, "values"):  # MineRL's Enum: a Discrete of words
        return spaces.Discrete(len(space.values))
    if hasattr(space, "n"):
        return spaces.Discrete(int(space.n))
    return spaces.Box(space.low, space.high, tuple(space.shape), space.dtype)


def _numbers(value: Any, space: Any) -> Any:
    """Returns an observation of MineRL's in the converted space."""
    if hasattr(space, "spaces"):
        return {key: _numbers(value[key], part) for key, part in sorted(space.spaces.items())}
    if hasattr(space, "values"):
        return list(space.values).index(str(value))
    if hasattr(space, "n"):
        return int(value)
    return np.array(value, space.dtype).reshape(space.shape)


def _words(action: Any, space: Any) -> Any:
    """Returns an action of the converted space as MineRL takes it."""
    if hasattr(space, "spaces"):
        return {key: _words(action[key], part) for key, part in sorted(space.spaces.items())}
    if hasattr(space, "values"):
        return str(space.values[int(action)])
    return action


class _Task(NamedTuple):
    name: str
    task: str
    max_steps: int
    best: float
    description: str


_TASKS = (
    _Task("Treechop-v0", "MineRLTreechop-v0", 8000, 64.0, "Collect 64 logs in a forest."),
    _Task("Navigate-v0", "MineRLNavigate-v0", 6000, 100.0, "Walk to the place the compass points at, some 64 m away."),
    _Task("ObtainIronPickaxe-v0", "MineRLObtainIronPickaxe-v0", 6000, 547.0, "Make an iron pickaxe from nothing."),
    _Task("ObtainDiamond-v0", "MineRLObtainDiamond-v0", 18000, 1571.0, "Mine a diamond, starting from nothing."),
    _Task("ObtainDiamondDense-v0", "MineRLObtainDiamondDense-v0", 18000, float("inf"), "The same; every item pays."),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"minerl/{_task.name}",
            entry_point=f"{__name__}:Minecraft",
            kwargs={"task": _task.task, "max_steps": _task.max_steps},
            domain="games",
            max_steps=_task.max_steps,
            score_range=(0.0, _task.best),  # the sum of the rewards for each item once; nothing is taken away
            failure_score=0.0,
            verification="none",
            needs=Needs(modules=("minerl", "gym"), get=_GET),
            packages=("minerl", "gym", "numpy"),
            tags=("gated", "first-person", "sparse"),
            description=_task.description,
            observation="Dict: 64x64 view, and the task's inventory, equipment or compass.",
            action="Dict: camera (2,) in degrees, a Discrete(2) per key, and what to craft, smelt, place, equip.",
            reward="The task's: per item on the way, the first time, or at the goal.",
            source="Guss et al. 2019, https://minerl.io",
        )
    )
