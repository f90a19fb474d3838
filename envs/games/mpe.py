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
    observation: str
    action: str
    reward: str


_MOVES = "Discrete(5): stay, left, right, down, up (a push; speed decays)"
_TASKS = (
    _Task(
        "Simple-v0",
        "simple_v3",
        1,
        "single",
        {},
        -600.0,  # 25 steps at 4.8 away (2.8 apart, 2 run on average), squared
        {},
        "One agent goes to a landmark: the task to debug a learner with.",
        "Own velocity, the landmark's relative position: (4,) float32.",
        f"{_MOVES}.",
        "Minus the squared distance to the landmark, each step.",
    ),
    _Task(
        "SimpleSpread-v0",
        "simple_spread_v3",
        3,
        "cooperative",
        {"N": 3},
        -210.0,  # half of 25 steps * 3 landmarks at 4.8 (2.8 apart, 2 run on average), and two collisions a step
        {"text/v1": f"{__name__}:SpreadText"},
        "Three agents cover three landmarks without collisions; half of the reward is shared, half is for collisions.",
        "Own velocity and position, relative positions of landmarks and others, their (silent) words: (18,) float32.",
        f"{_MOVES}.",
        "Half of minus the sum over landmarks of the nearest agent's distance, and half of -1 per own collision.",
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
        "Own velocity, relative landmarks, the other's goal (a colour), the other's last word: (21,) float32.",
        "Discrete(50): one of 5 pushes, and one of 10 words (action = push + 5 * word).",
        "Half minus the distance of the other to the landmark that only oneself knows, half minus the mean of both.",
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
        "Speaker: the goal's colour, (3,) float32. Listener: velocity, relative landmarks, the word: (11,) float32.",
        f"Speaker: Discrete(3), a word. Listener: {_MOVES}.",
        "Minus the squared distance of the listener to the goal, to both.",
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
        "Relative positions of landmarks and others, (8,) float32; the good agents also the goal's, (10,).",
        f"{_MOVES}.",
        "Adversary: minus its distance to the goal. Good agents: that distance minus the nearest good agent's.",
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
        "Own velocity and position, relative obstacles and others, the prey's velocity: (16,) or, prey, (14,) float32.",
        f"{_MOVES}.",
        "Predators: +10 per catch, to all three. Prey: -10 per catch, and up to -10 an axis outside the arena.",
    ),
    _Task(
        "SimplePush-v0",
        "simple_push_v3",
        2,
        "general-sum",
        {},
        -120.0,  # 25 steps at 4.8 away
        {},
        "An agent (seat 1) goes to the one of two landmarks that it knows; an adversary (seat 0) pushes it away.",
        "Own velocity, relative landmarks, relative other, (8,) float32; the agent also goal and colours, (19,).",
        f"{_MOVES}.",
        "Agent: minus its distance to the goal. Adversary: that distance minus its own.",
    ),
    _Task(
        "SimpleCrypto-v0",
        "simple_crypto_v3",
        3,
        "general-sum",
        {},
        -50.0,  # 25 steps of a wrong word, -2 each
        {},
        "Alice (seat 2) sends Bob (seat 1) one of two messages under a shared key; Eve (seat 0) listens in.",
        "Alice: message and key, (8,) float32. Bob: key and Alice's word, (8,). Eve: Alice's word, (4,).",
        "Discrete(4): a word; Bob's and Eve's are their guesses at the message.",
        "Bob and Alice: -2 where Bob's word is not the message, +2 where Eve's is not. Eve: -2 where hers is not.",
    ),
    _Task(
        "SimpleFormation-v0",
        "simple_formation_v1",
        4,
        "cooperative",
        {},
        -50.0,  # 25 steps at the -2 to which the reward is clipped
        {},
        "Four agents form a circle of radius 0.5 around a landmark.",
        "Own velocity and position, relative landmark: (6,) float32.",
        f"{_MOVES}.",
        "Minus the mean distance from the assigned places on the circle, clipped to -2, to all.",
    ),
    _Task(
        "SimpleLine-v0",
        "simple_line_v1",
        4,
        "cooperative",
        {},
        -50.0,  # 25 steps at the -2 to which the reward is clipped
        {},
        "Four agents spread evenly on the line between two landmarks.",
        "Own velocity and position, relative landmarks: (8,) float32.",
        f"{_MOVES}.",
        "Minus the mean distance from the assigned places on the line, clipped to -2, to all.",
    ),
    _Task(
        "SimpleWorldComm-v0",
        "simple_world_comm_v3",
        6,
        "general-sum",
        {},
        -1500.0,  # 25 steps of being caught by four (-5 each), and the border's push, which grows to -20 an axis
        {},
        "Four predators, of whom the leader (seat 0) sees all and speaks, chase two prey among food and forests.",
        "Own velocity and position, what is in sight, own forest, the leader's word: (34,) or, prey, (28,) float32.",
        f"{_MOVES}; the leader: Discrete(20), one of these and one of 4 words (action = push + 5 * word).",
        "Predators: +5 per catch, to all, -0.1 * distance to prey. Prey: -5 per catch, +2 per food, border's push.",
    ),
    _Task(
        "CollectTreasure-v0",
        "collect_treasure_v1",
        8,
        "cooperative",
        {},
        -640.0,  # 25 steps of a collector on the other five (-5 each), and 4.8 away at -0.1
        {},
        "Six collectors (seats 0 to 5) fetch treasures of two kinds and bring each to its deposit (seats 6 and 7).",
        "Own position, velocity and load; others and treasures by distance: (86,) or, deposits, (84,) float32.",
        f"{_MOVES}.",
        "+5 per treasure found or brought home, to all; -5 per collector overlapped; -0.1 * distance to the aim.",
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
            lanes=32,
            tolerance=1e-6,
            views=_task.views,
            needs=Needs(modules=("mpe2",), get="pip install 'arena-bench[quick]'"),
            packages=("mpe2", "pettingzoo", "numpy"),
            tags=("multi-agent", "simultaneous") if _task.seats > 1 else (),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="Lowe et al. 2017, Mordatch and Abbeel 2018, https://github.com/Farama-Foundation/MPE2",
        )
    )
