"""Gymnasium's toy text tasks: small tables of states in which the best possible score is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, WrapperSpec, register
from arena.envs.references import measured
from arena.views import View

_OPTIMUM = "optimum by dynamic programming over the environment's own rules, within the limit of steps"


class OneHot(View):
    """The state as numbers: one-hot, for Blackjack one after another of sum (32), dealer's card (11) and ace (2)."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._native = self.observation_space
        self.observation_space = spaces.flatten_space(self._native)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return spaces.flatten(self._native, observation), mask


class NoHint(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Drops Taxi's `action_mask`: it is a hint, not what is legal, and would take the task's own penalties away."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, self._without(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, self._without(info)

    @staticmethod
    def _without(info: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in info.items() if name != "action_mask"}


class _Task(NamedTuple):
    """One row of the table. `fixed`: every episode begins and runs alike."""

    name: str
    entry_point: str
    kwargs: dict[str, Any]
    max_steps: int
    score_range: tuple[float, float]
    optimum: float
    fixed: bool
    observation: str
    action: str
    reward: str
    description: str
    wrappers: tuple[WrapperSpec, ...] = ()


def _lake(size: int, slippery: bool, max_steps: int, optimum: float) -> _Task:
    return _Task(
        f"FrozenLake{'' if slippery else 'Firm'}-{size}x{size}-v1",
        "frozen_lake:FrozenLakeEnv",
        {"map_name": f"{size}x{size}", "is_slippery": slippery},
        max_steps,
        (0.0, 1.0),
        optimum,
        not slippery,
        f"Discrete({size * size}): the square, row by row",
        "Discrete(4): left, down, right, up",
        "1 at the goal, else 0; a hole ends the episode",
        f"Cross a frozen lake of {size} by {size} squares with holes"
        + ("; a step goes where it is meant to one time in three, else to one of its sides." if slippery else "."),
    )


def _cliff(slippery: bool, optimum: float) -> _Task:
    return _Task(
        f"CliffWalking{'Slippery' if slippery else ''}-v1",
        "cliffwalking:CliffWalkingEnv",
        {"is_slippery": slippery},
        500,  # ours: Gymnasium sets no limit, and a random walk may take thousands of steps
        (-50_000.0, -13.0),  # 500 falls of -100; 13 steps lead around the cliff
        optimum,
        not slippery,
        "Discrete(48): the square of the 4 by 12 grid, row by row",
        "Discrete(4): up, right, down, left",
        "-1 per step; -100 and back to the start for a fall",
        "Walk along a cliff from one end to the other"
        + ("; a step goes where it is meant to one time in three, else to one of its sides." if slippery else "."),
    )


_TASKS = (
    _lake(4, True, 100, 0.74419),
    _lake(4, False, 100, 1.0),
    _lake(8, True, 200, 0.91322),
    _lake(8, False, 200, 1.0),
    _cliff(False, -13.0),
    _cliff(True, -64.70918),
    _Task(
        "Taxi-v3",
        "taxi:TaxiEnv",
        {},
        200,
        (-2000.0, 15.0),  # 200 wrong pick-ups; at best the passenger is at hand and 4 squares from where it goes
        7.93,
        False,
        "Discrete(500): taxi's square, passenger's place and destination as one number",
        "Discrete(6): south, north, east, west, pick up, drop off",
        "-1 per step, -10 for a wrong pick-up or drop-off, 20 for the passenger brought home",
        "Fetch a passenger in a small town and bring it to its destination.",
        (WrapperSpec(f"{__name__}:NoHint"),),
    ),
    _Task(
        "Blackjack-v1",
        "blackjack:BlackjackEnv",
        {"sab": True, "natural": False},  # Gymnasium's own: the rules of Sutton and Barto 2018, example 5.1
        22,  # never reached: two aces and nineteen more are 21
        (-1.0, 1.0),
        -0.04311,
        False,
        "Tuple(Discrete(32), Discrete(11), Discrete(2)): the player's sum, the dealer's card, a usable ace",
        "Discrete(2): stick, hit",
        "1 for a win, 0 for a draw, -1 for a loss",
        "Come closer to 21 than the dealer; cards are drawn with replacement.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"toytext/{_task.name}",
            random=measured(f"toytext/{_task.name}"),
            expert=Reference(_task.optimum, _OPTIMUM),
            entry_point=f"gymnasium.envs.toy_text.{_task.entry_point}",
            kwargs=_task.kwargs,
            wrappers=_task.wrappers,
            domain="games",
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            lanes=32,
            deterministic_start=_task.fixed,
            views={"array": f"{__name__}:OneHot"},
            needs=Needs(modules=("gymnasium",), get="pip install arena-bench"),
            packages=("gymnasium", "numpy"),
            tags=("tabular",),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="https://gymnasium.farama.org/environments/toy_text/",
        )
    )
