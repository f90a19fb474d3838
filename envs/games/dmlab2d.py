"""DeepMind Lab2D's own levels: social dilemmas on a grid seen from within, and two puzzles for one."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.envs.references import measured

_SPRITE = 8  # pixels of a cell's side, as in Melting Pot
_MOVES = ({"move": 1}, {"move": 3}, {"move": 4}, {"move": 2}, {"turn": -1}, {"turn": 1})
_MOVES_IN_WORDS = "stay, forward, backward, step left, step right, turn left, turn right"


class _Level:
    """One of the package's levels: started from a seed, stepped by named commands."""

    def __init__(self, level: str, max_steps: int, **settings: str) -> None:
        import dmlab2d
        from dmlab2d import runfiles_helper

        settings |= {"levelName": level, "spriteSize": str(_SPRITE), "episodeLengthFrames": str(max_steps)}
        self._running = dmlab2d.RUNNING
        self._lab = dmlab2d.Lab2d(runfiles_helper.find(), settings)
        self._place = {name: place for place, name in enumerate(self._lab.action_discrete_names())}
        self._max_steps = max_steps

    def start(self, generator: np.random.Generator) -> None:
        self._lab.start(0, int(generator.integers(2**31)))
        self._steps = 0

    def step(self, commands: dict[str, int]) -> tuple[float, bool, bool]:
        """Returns reward, terminated, truncated; a command that is not given is 0."""
        native = np.zeros(len(self._place), np.int32)
        for name, value in commands.items():
            native[self._place[name]] = value
        self._lab.act_discrete(native)
        status, reward = self._lab.advance()
        self._steps += 1
        over = status != self._running
        return float(reward), over and self._steps < self._max_steps, over and self._steps >= self._max_steps

    def picture(self, name: str) -> npt.NDArray[np.uint8]:
        return np.array(self._lab.observation(name), np.uint8)

    def number(self, name: str) -> float:
        return float(self._lab.observation(name))

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(int(side) for side in self._lab.observation_spec(name)["shape"])


class Lab2D(ParallelEnv[str, npt.NDArray[np.uint8], int]):
    """A level for several: everyone sees the cells around, moves, and has a beam or two.

    Observation:
        Box(0, 255, (88, 88, 3), uint8): the 11x11 cells around, one further ahead than behind, 8 pixels each, turned so
        that the own side is down; oneself is blue.
    Action:
        Discrete(8 or 9): stay, forward, backward, step left, step right, turn left, turn right, and the level's beams.
    Reward:
        1 for an apple, -1 for hitting another with the punishing beam, -50 for being hit.
    Episode end:
        Truncated after 1000 steps.
    Start:
        Places and directions drawn from the seed, as is all that grows later.
    Score:
        Return of each seat. Random is measured; no published figure for these levels' own settings.
    Versions:
        v0: dmlab2d 1.0.2.
    Source:
        Beattie et al. 2020, "DeepMind Lab2D"; Hughes et al. 2018 (Clean Up), Perolat et al. 2017 (Commons Harvest);
        https://github.com/google-deepmind/lab2d
    """

    metadata = {"name": "dmlab2d", "render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(
        self, level: str, seats: int, beams: list[str], max_steps: int, render_mode: str | None = None
    ) -> None:
        self._level = _Level(level, max_steps, numPlayers=str(seats))
        self._commands = [{}, *_MOVES, *({beam: 1} for beam in beams)]
        self.possible_agents = [f"player_{number}" for number in range(1, seats + 1)]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._observation_space = spaces.Box(0, 255, self._level.shape("1.RGB"), np.uint8)
        self._action_space = spaces.Discrete(len(self._commands))
        self._generator = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Box:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        self._level.start(self._generator)
        self.agents = self.possible_agents[:]
        return self._observe(), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, Any, Any, Any, Any]:
        agents = self.agents
        commands = {
            f"{number}.{name}": value
            for number, agent in enumerate(agents, 1)
            for name, value in self._commands[int(actions[agent])].items()
        }
        _, terminated, truncated = self._level.step(commands)
        if terminated or truncated:
            self.agents = []
        return (
            self._observe(),
            {agent: self._level.number(f"{number}.REWARD") for number, agent in enumerate(agents, 1)},
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            {agent: {} for agent in agents},
        )

    def render(self) -> npt.NDArray[np.uint8]:
        """Returns the whole level from above."""
        return self._level.picture("WORLD.RGB")

    def _observe(self) -> dict[str, npt.NDArray[np.uint8]]:
        return {agent: self._level.picture(f"{number}.RGB") for number, agent in enumerate(self.possible_agents, 1)}


class Lab2DSolo(gymnasium.Env[npt.NDArray[np.uint8], np.int64]):
    """A level for one, seen from above.

    Observation:
        Box(0, 255, (height, width, 3), uint8): the whole level, 8 pixels a cell.
    Action:
        Discrete(5): stay, up, right, down, left.
    Reward:
        ChaseEat: 1 for food, 2 for a pill, 5 for a foe eaten while a pill works. Pushbox: 1 for a box that comes to a
        goal, -1 for one that leaves it, 10 when all are there, -0.1 for each step.
    Episode end:
        Terminated when caught (ChaseEat) or solved (Pushbox); truncated after 3000 and 120 steps.
    Start:
        Foes, or the room and its boxes, from the seed.
    Score:
        Return. Random is measured; no published figure.
    Versions:
        v0: dmlab2d 1.0.2.
    Source:
        Beattie et al. 2020, "DeepMind Lab2D", https://github.com/google-deepmind/lab2d
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, level: str, max_steps: int, render_mode: str | None = None) -> None:
        self._level = _Level(level, max_steps)
        self.render_mode = render_mode
        self.observation_space = spaces.Box(0, 255, self._level.shape("WORLD.RGB"), np.uint8)
        self.action_space = spaces.Discrete(5)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._level.start(self.np_random)
        return self.render(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward, terminated, truncated = self._level.step({"MOVE": int(action)})
        return self.render(), reward, terminated, truncated, {}

    def render(self) -> Any:
        return self._level.picture("WORLD.RGB")


class _Table(NamedTuple):
    """One row of the table of levels for several."""

    name: str
    level: str
    beams: list[str]
    description: str


SEATS = 7  # as in Melting Pot's versions of these levels
MAX_STEPS = 1000
_ORIGIN: dict[str, Any] = {
    "domain": "games",
    "needs": Needs(modules=("dmlab2d",), get="pip install 'arena-bench[games]'"),
    "packages": ("dmlab2d", "numpy"),
    "source": "Beattie et al. 2020, https://github.com/google-deepmind/lab2d",
}
_TABLES = (
    _Table(
        "CleanUp-v0",
        "clean_up",
        ["fireClean", "fireFine"],
        "Apples grow only while somebody cleans the river, which pays nothing.",
    ),
    _Table(
        "CommonsHarvest-v0",
        "commons_harvest",
        ["zap"],
        "Apples grow back near other apples: what is picked bare stays bare.",
    ),
)

for _table in _TABLES:
    register(
        EnvSpec(
            id=f"dmlab2d/{_table.name}",
            random=measured(f"dmlab2d/{_table.name}"),
            entry_point=f"{__name__}:Lab2D",
            kwargs={"level": _table.level, "seats": SEATS, "beams": _table.beams, "max_steps": MAX_STEPS},
            interface="parallel",
            seats=SEATS,
            payoff="general-sum",
            max_steps=MAX_STEPS,
            failure_score=-5000.0,  # hit a hundred times; at random about 8 times (CleanUp) and 13 (CommonsHarvest)
            tags=("multi-agent", "simultaneous", "pixels", "social-dilemma"),
            description=_table.description,
            observation="Picture of the 11x11 cells around, (88, 88, 3) uint8, 0 to 255.",
            action=f"Discrete({7 + len(_table.beams)}): {_MOVES_IN_WORDS}, {', '.join(_table.beams)}.",
            reward="1 for an apple, -1 for punishing another, -50 for being punished.",
            **_ORIGIN,
        )
    )


class _Puzzle(NamedTuple):
    """One row of the table of levels for one."""

    name: str
    level: str
    max_steps: int
    score_range: tuple[float, float]
    size: str
    reward: str
    description: str


_PUZZLES = (
    _Puzzle(
        "ChaseEat-v0",
        "chase_eat",
        3000,
        (0.0, float("inf")),
        "(72, 72, 3)",
        "1 for food, 2 for a pill, 5 for a foe eaten while the pill works.",
        "Eat a maze empty and flee its foes, level after level.",
    ),
    _Puzzle(
        "Pushbox-v0",
        "pushbox",
        120,
        (-16.0, 14.0),  # 120 steps at -0.1 and four boxes pushed off their goals; four pushed onto them, and 10
        "(80, 80, 3)",
        "1 for a box pushed onto a goal, -1 for one pushed off, 10 when all are there, -0.1 for each step.",
        "Push four boxes onto four goals, in rooms that are never the same (Sokoban).",
    ),
)

for _puzzle in _PUZZLES:
    register(
        EnvSpec(
            id=f"dmlab2d/{_puzzle.name}",
            random=measured(f"dmlab2d/{_puzzle.name}"),
            entry_point=f"{__name__}:Lab2DSolo",
            kwargs={"level": _puzzle.level, "max_steps": _puzzle.max_steps},
            max_steps=_puzzle.max_steps,
            score_range=_puzzle.score_range,
            failure_score=_puzzle.score_range[0],
            tags=("pixels", "procedural"),
            description=_puzzle.description,
            observation=f"Picture of the whole level, {_puzzle.size} uint8, 0 to 255.",
            action="Discrete(5): stay (ChaseEat: go on), up, right, down, left.",
            reward=_puzzle.reward,
            **_ORIGIN,
        )
    )
