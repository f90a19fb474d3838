"""PettingZoo's SISL environments: walkers that carry a package, pursuers that surround evaders."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium  # noqa: F401  # before pettingzoo: it loads every family, and they import from pettingzoo
from pettingzoo.utils.wrappers import BaseParallelWrapper

from arena import EnvSpec, Needs, register
from arena.envs.references import measured

__all__ = ["Multiwalker", "Pursuit"]

MAX_CYCLES = 500  # joint steps, the package's default


class Multiwalker(BaseParallelWrapper):
    """Three bipedal walkers carry a long package to the right over rough ground.

    Observation:
        Box (31,) float32: hull, joints, ground contacts, 10 lidar distances, relative neighbours and package (noisy).
    Action:
        Box (4,) in [-1, 1]: the torques of two hips and two knees.
    Reward:
        Shared: the package's way forward (4.33 per unit), -5 times the change of the head's angle; -10 for each who
        fell, -100 at a fall of a walker or the package. All but the -100 are averaged over the walkers.
    Episode end:
        Terminated when a walker or the package falls, or the package passes either end; truncated after 500 steps.
    Start:
        Ground, pushes and noise drawn from the seed.
    Score:
        Return, about -170 to 400 (the length of the ground). Random is measured, about -110.
    Versions:
        v9: PettingZoo 1.27.0, Box2D 2.3.10. PettingZoo reports the end of time as terminated; here it is truncated.
    Source:
        Gupta et al. 2017, "Cooperative Multi-Agent Control Using Deep Reinforcement Learning";
        https://pettingzoo.farama.org/environments/sisl/multiwalker/
    """

    def __init__(self, render_mode: str | None = None) -> None:
        from pettingzoo.sisl import multiwalker_v9

        super().__init__(multiwalker_v9.parallel_env(max_cycles=MAX_CYCLES, render_mode=render_mode))

    def step(self, actions: dict[str, Any]) -> tuple[Any, ...]:
        observations, rewards, terminations, truncations, infos = super().step(actions)
        game = self.unwrapped.env
        if game.frames >= MAX_CYCLES and not any(game.get_last_dones().values()):
            terminations, truncations = dict.fromkeys(terminations, False), dict.fromkeys(truncations, True)
        return observations, rewards, terminations, truncations, infos


class Pursuit(BaseParallelWrapper):
    """Eight pursuers on a grid surround thirty evaders that walk at random.

    Observation:
        Box (7, 7, 3) float32: walls, pursuers and evaders (counts) in the cells around.
    Action:
        Discrete(5): left, right, up, down, stay.
    Reward:
        Shared: -0.1 a step, 0.01 per evader next to a pursuer, 5 per pursuer that takes part in a catch, averaged.
    Episode end:
        Terminated when all evaders are caught; truncated after 500 steps.
    Start:
        Places drawn from the seed, as are the evaders' walks.
    Score:
        Return, from -50. Random is measured.
    Versions:
        v5: PettingZoo 1.27.0.
    Source:
        Gupta et al. 2017, "Cooperative Multi-Agent Control Using Deep Reinforcement Learning";
        https://pettingzoo.farama.org/environments/sisl/pursuit/
    """

    def __init__(self, render_mode: str | None = None) -> None:
        from pettingzoo.sisl import pursuit_v5

        super().__init__(pursuit_v5.parallel_env(max_cycles=MAX_CYCLES, render_mode=render_mode))


class _Task(NamedTuple):
    name: str
    entry_point: str
    seats: int
    score_range: tuple[float, float]
    modules: tuple[str, ...]
    packages: tuple[str, ...]
    description: str
    observation: str
    action: str
    reward: str


_TASKS = (
    _Task(
        "Multiwalker-v9",
        "Multiwalker",
        3,
        # worst: all three fall (-110) while the package went back to the left edge (9 units at 4.33) and heads turned
        # upside down (-5 pi); best: 93 units of ground at 4.33
        (-200.0, 410.0),
        ("pettingzoo", "Box2D"),
        ("pettingzoo", "Box2D", "numpy"),
        "Three bipedal walkers carry a package over rough ground.",
        "(31,) float32: hull, joints, contacts, lidar, relative neighbours and package (noisy).",
        "Box (4,) in [-1, 1]: torques of hips and knees.",
        "Shared: the package's way forward; -10 per walker that fell (averaged), -100 at a fall.",
    ),
    _Task(
        "Pursuit-v5",
        "Pursuit",
        8,
        (-50.0, float("inf")),  # 500 steps of -0.1 without meeting an evader
        ("pettingzoo", "pygame"),
        ("pettingzoo", "numpy"),
        "Eight pursuers surround thirty evaders that walk at random on a 16x16 grid.",
        "(7, 7, 3) float32: walls, pursuers, evaders in the cells around (counts).",
        "Discrete(5): left, right, up, down, stay.",
        "Shared: -0.1 a step, 0.01 per evader met, 5 per pursuer in a catch, averaged over the pursuers.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"sisl/{_task.name}",
            random=measured(f"sisl/{_task.name}"),
            entry_point=f"{__name__}:{_task.entry_point}",
            domain="games",
            interface="parallel",
            seats=_task.seats,
            payoff="cooperative",
            max_steps=MAX_CYCLES,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            tolerance=1e-6,
            needs=Needs(modules=_task.modules, get="pip install 'arena-bench[games]'"),
            packages=_task.packages,
            tags=("multi-agent", "simultaneous", "cooperative"),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="Gupta et al. 2017, https://pettingzoo.farama.org/environments/sisl/",
        )
    )
