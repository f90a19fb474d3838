"""Games of Kaggle's simulation competitions, played by kaggle-environments, with boards and orders as arrays."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.spec import Interface

SIZE = 21  # cells along the board of Halite and Kore, which has no border
_DIRECTIONS = ("NORTH", "EAST", "SOUTH", "WEST")


class KaggleGame(ParallelEnv[str, Any, Any]):
    """A game in which all seats act at once; subclasses say what a seat sees and how its action reads.

    Reward:
        0, and at the end of a seat's play its result: the mean over the others of 1 for who earned less than it by
        the game's own reckoning, -1 for who earned more, 0 for a tie. Results of all seats add up to 0.
    Episode end:
        Terminated: a seat when the game drops it, all when the game is over.
    Start:
        The game's own, with its chance drawn from the reset seed.
    Score:
        Return, -1 to 1: 1 for having beaten everybody. Random against random scores 0 on average.
    Versions:
        v0: kaggle-environments 1.33.2.
    Source:
        https://github.com/Kaggle/kaggle-environments. Difference: the reset seed decides all chance (there, the
        process's global generator or the system's does), and no time limit is kept but the harness's own.
    """

    metadata = {"name": "kaggle", "render_modes": ["ansi"], "is_parallelizable": True}
    game = ""
    seats = 2
    seed_key = ""  # of the game's configuration, where it has one

    def __init__(self, render_mode: str | None = None) -> None:
        self._make = _kaggle().make
        self._luck = _Luck()
        self.possible_agents = [f"player_{seat}" for seat in range(self.seats)]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._observation_space, self._action_space = self._spaces()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        with self._luck.drawn():
            if seed is not None:
                self._luck.seed(seed)
            setting = {self.seed_key: random.randrange(1 << 31)} if self.seed_key else {}
            self._table = self._make(self.game, configuration=setting)
            self._table.reset(self.seats)
        self.agents = list(self.possible_agents)
        self._begin()
        return self._seen()

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        seated = [(self.possible_agents.index(name), name) for name in self.agents]
        orders: list[Any] = [None] * self.seats
        for seat, name in seated:
            orders[seat] = self._order(seat, actions[name])
        with self._luck.drawn():
            self._table.step(orders)
        self._note(orders)
        over = {name: self._table.state[seat].status != "ACTIVE" for seat, name in seated}
        rewards = {name: self._result(seat) if over[name] else 0.0 for seat, name in seated}
        observations, infos = self._seen()
        self.agents = [name for name in self.agents if not over[name]]
        return observations, rewards, over, dict.fromkeys(over, False), infos

    def render(self) -> str:
        """Returns the game as kaggle-environments prints it."""
        return str(self._table.render(mode="ansi"))

    def _seen(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        seated = [(self.possible_agents.index(name), name) for name in self.agents]
        return {name: self._observe(seat) for seat, name in seated}, {name: self._info(seat) for seat, name in seated}

    def _result(self, seat: int) -> float:
        earned = [float(state.reward) for state in self._table.state]
        return sum(np.sign(earned[seat] - other) for other in earned) / (self.seats - 1)

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        """Returns a seat's observation and action space."""
        raise NotImplementedError

    def _observe(self, seat: int) -> Any:
        """Returns what a seat sees now."""
        raise NotImplementedError

    def _order(self, seat: int, action: Any) -> Any:
        """Returns an action as the game reads it."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Prepares what is remembered between steps."""

    def _note(self, orders: list[Any]) -> None:
        """Remembers a step's orders."""

    def _info(self, seat: int) -> dict[str, Any]:
        return {}

    def _around(self, seat: int) -> list[int]:
        """Returns all seats as this one counts them: itself, then those that follow around the table."""
        return [(seat + step) % self.seats for step in range(self.seats)]


class RockPaperScissors(KaggleGame):
    """Rock, paper, scissors, 999 times; who is less than 20 ahead has drawn. See `KaggleGame`.

    Observation:
        Box (4,) int32: own last sign and the other's (-1 at the start), points ahead, steps played.
    Action:
        Discrete(3): rock, paper, scissors.
    """

    game = "rps"

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        return spaces.Box(np.array([-1, -1, -999, 0]), np.array([2, 2, 999, 999]), dtype=np.int32), spaces.Discrete(3)

    def _begin(self) -> None:
        self._last = [-1, -1]
        self._ahead = 0

    def _note(self, orders: list[Any]) -> None:
        self._last = orders
        self._ahead += (0, 1, -1)[(orders[0] - orders[1]) % 3]

    def _observe(self, seat: int) -> npt.NDArray[np.int32]:
        ahead = self._ahead if seat == 0 else -self._ahead
        return np.array([self._last[seat], self._last[1 - seat], ahead, len(self._table.steps) - 1], np.int32)

    def _order(self, seat: int, action: Any) -> int:
        return int(action)


class Bandits(KaggleGame):
    """A hundred slot machines that pay less the more often either player pulls them (Santa 2020). See `KaggleGame`.

    Observation:
        Box (5,) int32: own last machine and the other's (-1 at the start), whether it paid, own total, steps played.
    Action:
        Discrete(100): a machine.
    """

    metadata = {**KaggleGame.metadata, "render_modes": []}  # the package's own renderer of this game raises
    game = "mab"

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        low, high = np.array([-1, -1, 0, 0, 0]), np.array([99, 99, 1, 1999, 1999])
        return spaces.Box(low, high, dtype=np.int32), spaces.Discrete(100)

    def _begin(self) -> None:
        self._last, self._totals, self._paid = [-1, -1], [0, 0], [0, 0]

    def _note(self, orders: list[Any]) -> None:
        totals = [int(state.reward) for state in self._table.state]
        self._paid = [now - was for now, was in zip(totals, self._totals, strict=True)]
        self._last, self._totals = orders, totals

    def _observe(self, seat: int) -> npt.NDArray[np.int32]:
        steps = len(self._table.steps) - 1
        told = [self._last[seat], self._last[1 - seat], self._paid[seat], self._totals[seat], steps]
        return np.array(told, np.int32)

    def _order(self, seat: int, action: Any) -> int:
        return int(action)


class HungryGeese(KaggleGame):
    """Four geese grow on what they eat and die of collisions, hunger or turning back. See `KaggleGame`.

    Observation:
        Box (17, 7, 11) int8 of 0 and 1: heads of the four geese, own first, then in turn; their tails; their whole
        bodies; their heads one step ago; food. The board has no border.
    Action:
        Discrete(4): north, east, south, west; turning back is masked.
    """

    game = "hungry_geese"
    seats = 4

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        return spaces.Box(0, 1, (17, 7, 11), np.int8), spaces.Discrete(4)

    def _begin(self) -> None:
        self._last: list[Any] = [None] * self.seats
        self._geese = self._before = self._table.state[0].observation.geese

    def _note(self, orders: list[Any]) -> None:
        self._last = orders
        self._before, self._geese = self._geese, self._table.state[0].observation.geese

    def _observe(self, seat: int) -> npt.NDArray[np.int8]:
        planes = np.zeros((17, 77), np.int8)
        for place, other in enumerate(self._around(seat)):
            if goose := self._geese[other]:
                planes[place, goose[0]] = planes[4 + place, goose[-1]] = 1
                planes[8 + place, goose] = 1
            if (before := self._before[other]) and self._before is not self._geese:
                planes[12 + place, before[0]] = 1
        planes[16, self._table.state[0].observation.food] = 1
        return planes.reshape(17, 7, 11)

    def _order(self, seat: int, action: Any) -> str:
        return _DIRECTIONS[int(action)]

    def _info(self, seat: int) -> dict[str, Any]:
        mask = np.ones(4, np.int8)
        if self._last[seat] is not None:
            mask[(_DIRECTIONS.index(self._last[seat]) + 2) % 4] = 0
        return {"action_mask": mask}


class Halite(KaggleGame):
    """Four fleets of ships gather halite and bring it to their shipyards (Halite IV). See `KaggleGame`.

    Observation:
        Dict of int32: `board` (13, 21, 21): halite of the cells; then for each player, own first, whether a ship is
        there, its cargo, and whether a shipyard is there. `banks` (4,): halite in store, own first. `step` (1,).
    Action:
        MultiDiscrete (2, 21, 21): for each cell the order to an own ship on it (0 stay and gather, 1 north, 2 east,
        3 south, 4 west, 5 turn into a shipyard) and to an own shipyard (1 builds a ship); others mean nothing.
    """

    game = "halite"
    seats = 4
    seed_key = "randomSeed"
    _ORDERS = (None, *_DIRECTIONS, "CONVERT")

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        board = spaces.Box(0, 2**31 - 1, (1 + 3 * self.seats, SIZE, SIZE), np.int32)
        banks, step = spaces.Box(0, 2**31 - 1, (self.seats,), np.int32), spaces.Box(0, 400, (1,), np.int32)
        choices = np.broadcast_to(np.array([[[6]], [[2]]], np.int8), (2, SIZE, SIZE))
        return (
            spaces.Dict({"board": board, "banks": banks, "step": step}),
            spaces.MultiDiscrete(choices, dtype=np.int8),
        )

    def _observe(self, seat: int) -> dict[str, npt.NDArray[np.int32]]:
        told = self._table.state[0].observation
        board = np.zeros((1 + 3 * self.seats, SIZE * SIZE), np.int32)
        banks = np.zeros(self.seats, np.int32)
        board[0] = np.array(told.halite)
        for place, other in enumerate(self._around(seat)):
            bank, shipyards, ships = told.players[other]
            banks[place] = bank
            for cell, cargo in ships.values():
                board[1 + 3 * place, cell] = 1
                board[2 + 3 * place, cell] = cargo
            board[3 + 3 * place, list(shipyards.values())] = 1
        step = np.array([len(self._table.steps) - 1], np.int32)
        return {"board": board.reshape(-1, SIZE, SIZE), "banks": banks, "step": step}

    def _order(self, seat: int, action: Any) -> dict[str, str]:
        _, shipyards, ships = self._table.state[0].observation.players[seat]
        to_ships, to_yards = np.asarray(action).reshape(2, -1)
        told = {name: self._ORDERS[to_ships[cell]] for name, (cell, _) in ships.items()}
        told |= {name: "SPAWN" if to_yards[cell] else None for name, cell in shipyards.items()}
        return {name: order for name, order in told.items() if order is not None}


class Kore(KaggleGame):
    """Two players launch fleets on flight plans that gather kore and come back (Kore 2022). See `KaggleGame`.

    Observation:
        Dict: `board` (17, 21, 21) float32: kore of the cells; then for each player, own first, whether a shipyard is
        there, its ships, a fleet's ships, its kore, and four planes of its direction. `plans` (10, 21, 21) int8: the
        fleets' flight plans, symbol by symbol as numbers of "-NESWC0123456789". `shipyards` (16, 4) int32: own ones
        in the order they were founded, each row, column, ships, turns held; -1 where there is none. `banks` (2,)
        float32: kore in store, own first. `step` (1,) int32.
    Action:
        MultiDiscrete (16, 11): a line for each own shipyard in that order; those past the sixteenth stay idle. Its
        order (0 nothing, 1 build, 2 launch), an amount of ships by its place in `AMOUNTS`, the first direction of the
        flight plan (0 north, 1 east, 2 south, 3 west), and eight further symbols as numbers of "-NESWC123456789", of
        which the first "-" ends the plan. What cannot be paid or launched is not done.
    """

    game = "kore_fleets"
    seed_key = "randomSeed"
    SLOTS = 16
    AMOUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 21, 34, 50, 89, 144, 0)  # ships; 0: all there are, or ten to build
    _SHOWN = "-NESWC0123456789"
    _TOLD = "-NESWC123456789"
    _PLAN = 10

    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        seen: dict[str, spaces.Space[Any]] = {
            "board": spaces.Box(0, np.inf, (1 + 8 * self.seats, SIZE, SIZE), np.float32),
            "plans": spaces.Box(0, len(self._SHOWN) - 1, (self._PLAN, SIZE, SIZE), np.int8),
            "shipyards": spaces.Box(-1, 2**31 - 1, (self.SLOTS, 4), np.int32),
            "banks": spaces.Box(0, np.inf, (self.seats,), np.float32),
            "step": spaces.Box(0, 400, (1,), np.int32),
        }
        line = [3, len(self.AMOUNTS), 4, *[len(self._TOLD)] * 8]
        return spaces.Dict(seen), spaces.MultiDiscrete(np.array([line] * self.SLOTS, np.int8), dtype=np.int8)

    def _observe(self, seat: int) -> dict[str, npt.NDArray[Any]]:
        told = self._table.state[0].observation
        board = np.zeros((1 + 8 * self.seats, SIZE * SIZE), np.float32)
        plans = np.zeros((self._PLAN, SIZE * SIZE), np.int8)
        banks = np.zeros(self.seats, np.float32)
        board[0] = np.array(told.kore)
        for place, other in enumerate(self._around(seat)):
            banks[place], shipyards, fleets = told.players[other]
            first = 1 + 8 * place
            for cell, ships, _ in shipyards.values():
                board[first : first + 2, cell] = 1, ships
            for cell, cargo, ships, direction, plan in fleets.values():
                board[first + 2 : first + 4, cell] = ships, cargo
                board[first + 4 + direction, cell] = 1
                for at, symbol in enumerate(plan[: self._PLAN]):
                    plans[at, cell] = self._SHOWN.index(symbol)
        yards = np.full((self.SLOTS, 4), -1, np.int32)
        for slot, (cell, ships, turns) in enumerate(self._own(seat)[: self.SLOTS]):
            yards[slot] = *divmod(cell, SIZE), ships, turns
        return {
            "board": board.reshape(-1, SIZE, SIZE),
            "plans": plans.reshape(-1, SIZE, SIZE),
            "shipyards": yards,
            "banks": banks,
            "step": np.array([len(self._table.steps) - 1], np.int32),
        }

    def _order(self, seat: int, action: Any) -> dict[str, str]:
        orders = {}
        names = self._table.state[0].observation.players[seat][1]
        for name, (_, ships, _), line in zip(names, self._own(seat), action.tolist(), strict=False):
            order, amount, direction, *symbols = line
            count = self.AMOUNTS[amount]
            if order == 1:
                orders[name] = f"SPAWN_{count or 10}"
            elif order == 2 and (count or ships):
                plan = "".join(self._TOLD[symbol] for symbol in symbols).partition("-")[0]
                orders[name] = f"LAUNCH_{count or int(ships)}_{_DIRECTIONS[direction][0]}{plan}"
        return orders

    def _own(self, seat: int) -> list[Any]:
        return list(self._table.state[0].observation.players[seat][1].values())


class ConnectX(AECEnv[str, Any, Any]):
    """Connect four in a row on seven columns of six, as Kaggle's standing competition plays it.

    Observation:
        Dict: `observation` (6, 7, 2) int8, planes of own and the other's checkers, top row first; `action_mask`.
    Action:
        Discrete(7): the column.
    Reward:
        1 for winning, -1 for losing, 0 for a draw and for all other moves.
    Episode end:
        Terminated by four in a row or a full board.
    Start:
        The empty board, always.
    Score:
        Return, -1 to 1. The first player can always win.
    Versions:
        v0: kaggle-environments 1.33.2.
    Source:
        https://github.com/Kaggle/kaggle-environments
    """

    metadata = {"name": "connectx", "render_modes": ["ansi"], "is_parallelizable": False}

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__()
        self._make = _kaggle().make
        self.possible_agents = ["player_0", "player_1"]
        self.agents: list[str] = []
        self.render_mode = render_mode
        seen: dict[str, spaces.Space[Any]] = {
            "observation": spaces.Box(0, 1, (6, 7, 2), np.int8),
            "action_mask": spaces.Box(0, 1, (7,), np.int8),
        }
        self._spaces = spaces.Dict(seen), spaces.Discrete(7)

    def observation_space(self, agent: str) -> spaces.Dict:
        return self._spaces[0]

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._spaces[1]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self._table = self._make("connectx")
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self.agent_selection = self.agents[0]

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        mover = self.possible_agents.index(self.agent_selection)
        self._table.step([int(action) if seat == mover else None for seat in range(2)])
        self._cumulative_rewards[self.agent_selection] = 0.0
        if self._table.done:
            self.terminations = dict.fromkeys(self.agents, True)
            self.rewards = {name: float(self._table.state[k].reward) for k, name in enumerate(self.possible_agents)}
        self.agent_selection = self.possible_agents[1 - mover]
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[np.int8]]:
        mark = 1 + self.possible_agents.index(agent)
        board = np.array(self._table.state[0].observation.board).reshape(6, 7)
        planes = np.stack([board == mark, board == 3 - mark], axis=-1).astype(np.int8)
        return {"observation": planes, "action_mask": (board[0] == 0).astype(np.int8)}

    def render(self) -> str:
        """Returns the board as kaggle-environments prints it."""
        return str(self._table.render(mode="ansi"))

    def close(self) -> None:
        """Nothing to free."""


class _Luck:
    """One episode's place in the process's two global generators, from which these games draw."""

    def __init__(self) -> None:
        self._states: tuple[Any, Any] = random.Random(0).getstate(), np.random.RandomState(0).get_state()

    def seed(self, seed: int) -> None:
        """Seeds both; inside `drawn`."""
        random.seed(seed)
        np.random.seed(seed & 0xFFFFFFFF)

    @contextlib.contextmanager
    def drawn(self) -> Iterator[None]:
        """Puts this episode's state in place, and what was there back afterwards."""
        others = random.getstate(), np.random.get_state()
        random.setstate(self._states[0])
        np.random.set_state(self._states[1])
        try:
            yield
        finally:
            self._states = random.getstate(), np.random.get_state()
            random.setstate(others[0])
            np.random.set_state(others[1])


def _kaggle() -> Any:
    """Returns kaggle_environments; its bandits draw from the system's entropy until they are told otherwise."""
    with contextlib.redirect_stdout(io.StringIO()):  # it reports games whose packages are absent
        import kaggle_environments
        from kaggle_environments.envs.mab import mab
    mab.random = random
    return kaggle_environments


class _Game(NamedTuple):
    name: str
    adapter: str
    seats: int
    max_steps: int  # the game's own episodeSteps, of which the start is one
    description: str
    observation: str
    action: str
    interface: Interface = "parallel"
    tags: tuple[str, ...] = ("simultaneous",)
    deterministic_start: bool = False


_GAMES = (
    _Game(
        "ConnectX", "ConnectX", 2, 42,
        "Connect four in a row.",
        "Own and the other's checkers, (6, 7, 2) int8, and a mask of columns that are not full.",
        "The column, 0 to 6.", interface="aec", tags=("board",), deterministic_start=True,
    ),
    _Game(
        "RockPaperScissors", "RockPaperScissors", 2, 999,
        "Rock, paper, scissors, 999 times; a lead of less than 20 is a draw.",
        "Both last signs, points ahead, steps played, (4,) int32.",
        "Rock, paper or scissors.", tags=("simultaneous", "matrix"), deterministic_start=True,
    ),
    _Game(
        "Bandits", "Bandits", 2, 1999,
        "Two players find the best of a hundred slot machines, which pay less the more they are pulled (Santa 2020).",
        "Both last machines, whether the own one paid, own total, steps played, (5,) int32.",
        "A machine, 0 to 99.",
    ),
    _Game(
        "HungryGeese", "HungryGeese", 4, 199,
        "Four geese eat, grow and avoid each other; the last that lives wins.",
        "Planes of heads, tails, bodies, former heads and food, (17, 7, 11) int8.",
        "North, east, south or west; never back.",
    ),
    _Game(
        "Halite", "Halite", 4, 399,
        "Four players' ships gather halite and bring it home; the richest wins (Halite IV).",
        "Dict of int32: board (13, 21, 21), banks (4,), step (1,).",
        "An order for a ship and one for a shipyard in every cell, (2, 21, 21).",
        tags=("simultaneous", "strategy"),
    ),
    _Game(
        "Kore", "Kore", 2, 399,
        "Two players launch fleets on flight plans to gather kore; the richest wins (Kore 2022).",
        "Dict: board (17, 21, 21), flight plans (10, 21, 21), own shipyards (16, 4), banks (2,), step (1,).",
        "For each of 16 shipyards an order, an amount and a flight plan, (16, 11).",
        tags=("simultaneous", "strategy"),
    ),
)  # fmt: skip

for _game in _GAMES:
    register(
        EnvSpec(
            id=f"kaggle/{_game.name}-v0",
            random=measured(f"kaggle/{_game.name}-v0"),
            entry_point=f"{__name__}:{_game.adapter}",
            domain="games",
            interface=_game.interface,
            seats=_game.seats,
            payoff="zero-sum",
            max_steps=_game.max_steps,
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            deterministic_start=_game.deterministic_start,
            packages=("kaggle-environments", "pettingzoo", "numpy"),
            runtime="kaggle",
            tags=("multi-agent", *_game.tags),
            description=_game.description,
            observation=_game.observation,
            action=_game.action,
            reward="At the end 1 for each other player who earned less, -1 for each who earned more, their mean.",
            source="https://github.com/Kaggle/kaggle-environments",
        )
    )
