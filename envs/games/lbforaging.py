"""Level-based foraging: agents with levels load food together, where their levels add up to the food's."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium  # noqa: F401  # before the rest: it loads every family, and two of them share a module

from arena import EnvSpec, Needs, Reference, register
from arena.envs.games.tuple_env import TupleEnv
from arena.envs.references import measured

__all__ = ["Foraging"]

MAX_STEPS = 50  # joint steps, as published


class Foraging(TupleEnv):
    """A field with food, and agents of levels 1 and 2; loading needs levels that add up to at least the food's.

    Observation:
        Box (3 * (food + agents),) float32: row, column and level of every food in sight, of oneself, of the others in
        sight; -1, -1, 0 for what is not. Coordinates are relative to the corner of what is seen.
    Action:
        Discrete(6): none, north, south, west, east, load. What cannot be done is nothing done, as published.
    Reward:
        For loaded food, to each agent that loaded: food level * own level, normalised so that all food of an episode,
        over all agents, pays 1.
    Episode end:
        Terminated when all food is loaded; truncated after 50 joint steps.
    Start:
        Places and levels drawn from the seed.
    Score:
        `team_return`, 0 to 1: the share of the food (by level) that the team loaded. Random is measured, 1 is the most.
    Versions:
        v3: lbforaging 2.0.0, its v3 ids.
    Source:
        Christianos et al. 2020; Papoudakis et al. 2021, "Benchmarking Multi-Agent Deep Reinforcement Learning
        Algorithms in Cooperative Tasks"; https://github.com/uoe-agents/lb-foraging
    """

    metadata = {"name": "foraging", "render_modes": []}

    def __init__(self, size: int, players: int, food: int, sight: int, coop: bool) -> None:
        from lbforaging.foraging import ForagingEnv

        env = ForagingEnv(
            players=players,
            min_player_level=1,
            max_player_level=2,
            min_food_level=1,
            max_food_level=None,  # the sum of the three lowest levels
            field_size=(size, size),
            max_num_food=food,
            sight=sight,
            max_episode_steps=MAX_STEPS,
            force_coop=coop,
        )
        super().__init__(env, MAX_STEPS)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        for player in self.game.players:
            player.position = None  # the package takes where they stood for occupied when it places them anew
        return super().reset(seed, options)

    def _is_terminal(self) -> bool:
        return not self.game.field.any()


class _Task(NamedTuple):
    size: int
    players: int
    food: int
    coop: bool = False
    sight: int | None = None  # None: all of the field

    @property
    def name(self) -> str:
        """The package's own name of the task."""
        seen = "" if self.sight is None else f"-{self.sight}s"
        return f"Foraging{seen}-{self.size}x{self.size}-{self.players}p-{self.food}f{'-coop' if self.coop else ''}-v3"


_TASKS = (
    _Task(8, 2, 1),
    _Task(8, 2, 1, coop=True),
    _Task(8, 2, 2, coop=True),  # this and the next six: the set of Papoudakis et al. 2021
    _Task(8, 2, 2, coop=True, sight=2),
    _Task(10, 3, 3),
    _Task(10, 3, 3, sight=2),
    _Task(15, 3, 5),
    _Task(15, 4, 3),
    _Task(15, 4, 5),
    _Task(10, 3, 3, coop=True),
    _Task(15, 3, 4, coop=True),
    _Task(15, 4, 5, coop=True),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"lbforaging/{_task.name}",
            random=measured(f"lbforaging/{_task.name}"),
            expert=Reference(1.0, "the most there is: all food loaded"),
            entry_point=f"{__name__}:Foraging",
            kwargs={
                "size": _task.size,
                "players": _task.players,
                "food": _task.food,
                "sight": _task.sight or _task.size,
                "coop": _task.coop,
            },
            domain="games",
            interface="parallel",
            seats=_task.players,
            payoff="cooperative",
            max_steps=MAX_STEPS,
            metric="team_return",
            score_range=(0.0, 1.0),
            failure_score=0.0,  # nothing loaded; nothing is ever taken away
            needs=Needs(modules=("lbforaging",), get="pip install 'arena-bench[games]'"),
            packages=("lbforaging", "gymnasium", "numpy"),
            tags=("multi-agent", "simultaneous", "cooperative"),
            description=(
                f"{_task.players} agents gather {_task.food} food on {_task.size}x{_task.size}"
                f"{', each food only together' if _task.coop else ''}"
                f"{f', seeing {_task.sight} cells around' if _task.sight else ''}."
            ),
            observation=f"({3 * (_task.food + _task.players)},) float32: row, column, level of food, self and others.",
            action="Discrete(6): none, north, south, west, east, load.",
            reward="An agent's share of food it helped load; all food of an episode pays the team 1.",
            source="Papoudakis et al. 2021, https://github.com/uoe-agents/lb-foraging",
        )
    )
