"""Multi-agent particle environments (MPE): small physical tasks for agents that act at the same time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, register
from arena.envs.references import measured
from arena.spec import Payoff
from arena.views import View, parse_choice

MAX_CYCLES = 25  # joint steps; the environments truncate themselves


class SpreadText(View):
    """Simple Spread in words: where the landmarks and the other agents are; the answer names a move."""

    options = {"actions_shown": True, "digits": 2}
    _ACTIONS = ("stay", "left", "right", "down", "up")

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._others = [name for name in env.possible_agents if name != agent]
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(2000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        pairs = observation.reshape(-1, 2)  # velocity, position, 3 landmarks, 2 others (both relative), their silence
        landmarks = [f"- landmark {k}: {self._offset(pair)}" for k, pair in enumerate(pairs[2:5])]
        others = [f"- {name}: {self._offset(pair)}" for name, pair in zip(self._others, pairs[5:7], strict=True)]
        lines = [
            f"You are {self.agent}, one of three agents that share a reward. Together cover all three landmarks, one "
            "agent each, without bumping into one another (each has radius 0.15). A move is a push; speed decays.",
            f"Your velocity: {self._offset(pairs[0])}.",
            "Seen from you:",
            *landmarks,
            *others,
            f"Moves: {', '.join(self._ACTIONS)}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return parse_choice(answer, list(self._ACTIONS))

    def _offset(self, pair: npt.NDArray[np.float32]) -> str:
        right, up = (round(float(value), self.options["digits"]) for value in pair)
        return f"{abs(right)} {'right' if right >= 0 else 'left'}, {abs(up)} {'up' if up >= 0 else 'down'}"


class _Task(NamedTuple):
    """One row of the table.

    `worst` is the declared score of a failed episode: below what agents get that all run away for 25 steps.
    """

    name: str
    module: str
    seats: int
    payoff: Payoff
    kwargs: dict[str, Any]
    worst: float
    views: dict[str, str]
    description: str


_TASKS = (
    _Task(
        "SimpleSpread-v0",
        "simple_spread_v3",
        3,
        "cooperative",
        {"N": 3},
        -210.0,  # half of 25 steps * 3 landmarks at 4.8 (2.8 apart, 2 run on average), and two collisions a step
        {"text/v1": f"{__name__}:SpreadText"},
        "Three agents cover three landmarks without collisions; half of the reward is shared, half is for collisions.",
    ),
    _Task(
        "SimpleReference-v0",
        "simple_reference_v3",
        2,
        "cooperative",
        {},
        -120.0,  # 25 steps at 4.8 away
        {},
        "Two agents tell each other which of three landmarks to go to.",
    ),
    _Task(
        "SimpleSpeakerListener-v0",
        "simple_speaker_listener_v4",
        2,
        "cooperative",
        {},
        -600.0,  # 25 steps at 4.8 away, squared
        {},
        "A speaker that cannot move tells a listener which of three landmarks to go to.",
    ),
    _Task(
        "SimpleAdversary-v0",
        "simple_adversary_v3",
        3,
        "general-sum",
        {"N": 2},
        -120.0,  # 25 steps at 4.8 away
        {},
        "Two agents hold a secret landmark while one adversary (seat 0) tries to find out which.",
    ),
    _Task(
        "SimpleTag-v0",
        "simple_tag_v3",
        4,
        "general-sum",
        {},
        -1000.0,  # 25 steps of being caught by three (-10 each), and the border's push, which grows to -10
        {},
        "Three slower predators (seats 0 to 2) chase one faster prey (seat 3) among obstacles.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"mpe/{_task.name}",
            random=measured(f"mpe/{_task.name}"),
            expert=measured(f"mpe/{_task.name}", "scripted"),  # no published optimum: the frozen scripted agent
            entry_point=f"mpe2.{_task.module}:parallel_env",
            kwargs={**_task.kwargs, "max_cycles": MAX_CYCLES, "continuous_actions": False},
            domain="games",
            interface="parallel",
            seats=_task.seats,
            payoff=_task.payoff,
            max_steps=MAX_CYCLES,
            failure_score=_task.worst,
            tolerance=1e-6,
            views=_task.views,
            needs=Needs(modules=("mpe2",), get="pip install 'arena-bench[quick]'"),
            packages=("mpe2", "pettingzoo", "numpy"),
            tags=("multi-agent", "simultaneous"),
            description=_task.description,
            source="Lowe et al. 2017, Mordatch and Abbeel 2018, https://github.com/Farama-Foundation/MPE2",
        )
    )
