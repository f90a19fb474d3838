"""Jumanji: puzzles, packing, routing and swarms written in JAX; what several machines decide at once has seats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.games.compiled import Alone, Frame, Program, Together, load_jax, quiet
from arena.envs.references import measured
from arena.views import View

__all__ = ["Flat", "Puzzle", "Team"]


class Puzzle(Alone):
    """A Jumanji environment with one decision a step.

    Observation:
        Dict: Jumanji's fields by name (nested where they are), float32, int32 or, for truth values, int8; without the
        action mask, which is in the info.
    Action:
        Discrete: Jumanji's action; one of several parts (row, column, digit) is numbered in C order. Where Jumanji's
        mask allows nothing while the episode goes on (a snake that is shut in), all is allowed and Jumanji decides.
    Reward:
        Jumanji's default reward of the environment.
    Episode end:
        Terminated at the goal, at a dead end, and where Jumanji's own limit of steps, which it shows, is reached.
    Start:
        An instance made by Jumanji's default generator from the seed.
    Score:
        Return; Jumanji's extras (say `highest_tile`) are given as metrics.
    Versions:
        v0: jumanji 1.1.2.
    Source:
        Bonnet et al. 2024, "Jumanji: a Diverse Suite of Scalable Reinforcement Learning Environments in JAX",
        https://github.com/instadeepai/jumanji
    """

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        super().__init__(_program(game, 1))


class Team(Together):
    """A Jumanji environment whose action has a part for each agent, vehicle or machine: each is a seat.

    Observation:
        Dict: `observation`, a Dict of Jumanji's fields, those of one agent only for that agent, and `seat`, its
        number; `action_mask` int8. Searchers have no mask and the inner Dict alone.
    Action:
        Discrete, of each seat; searchers: Box(2,) float32 from -1 to 1, rotation and acceleration.
    Reward:
        Jumanji's default reward, the same for all seats where it has one.
    Episode end:
        Terminated for all at once, at the goal, a dead end or Jumanji's limit of steps (foraging: then truncated).
    Start:
        An instance made by Jumanji's default generator from the seed.
    Score:
        Return of each seat; Jumanji's extras are given as metrics.
    Versions:
        v0: jumanji 1.1.2.
    Source:
        Bonnet et al. 2024, https://github.com/instadeepai/jumanji
    """

    def __init__(self, game: str, seats: int, render_mode: str | None = None) -> None:
        super().__init__(_program(game, seats))


class Flat(View):
    """All fields of an observation in the order of their names as one float32 vector."""

    options = {"order": "names"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        size = len(_leaves(self.observation_space.sample()))
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return _leaves(observation), mask


def _leaves(value: Any) -> Any:
    if isinstance(value, Mapping):
        return np.concatenate([_leaves(value[key]) for key in sorted(value)])
    return np.ravel(value).astype(np.float32)


@cache
def _program(game: str, seats: int) -> Program:
    return Program(_Model(game, seats))


class _Model:
    _OWN = ("agents_view", "searcher_views", "positions")  # fields with a row for each seat, where shaped so

    def __init__(self, game: str, seats: int) -> None:
        self._jax = load_jax()
        with quiet():
            import jumanji

            self._env = jumanji.make(game)
        self.seats = seats
        self._fields = dict(self._env.observation_spec._specs)
        mask = self._fields.pop("action_mask", None)
        self.has_mask = mask is not None
        self._choices = mask.shape[-1] if self.has_mask else 0
        parts = np.asarray(getattr(self._env.action_spec, "num_values", ()))
        self._parts = tuple(int(part) for part in parts.ravel())
        self.action_space: spaces.Space[Any] = self._action_space()
        own = {name: self._space(field) for name, field in self._fields.items()}
        self.observation_space: spaces.Space[Any] = spaces.Dict(own)
        if seats > 1:
            seat = spaces.Box(0, seats - 1, (), np.int32)
            self.observation_space = spaces.Dict({**{n: self._one(n, s) for n, s in own.items()}, "seat": seat})

    def reset(self, key: Any) -> tuple[Any, Frame]:
        state, timestep = self._env.reset(key)
        return state, self._frame(timestep)

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        if self.seats == 1 and len(self._parts) > 1:
            action = self._jax.numpy.stack(self._jax.numpy.unravel_index(action, self._parts))
        elif not self._parts and isinstance(self.action_space, spaces.Discrete):
            action = action.astype(self._env.action_spec.dtype)
        state, timestep = self._env.step(state, action)  # it draws from a key in its state
        return state, self._frame(timestep)

    def _frame(self, timestep: Any) -> Frame:
        jnp = self._jax.numpy
        seen = {name: self._plain(field, getattr(timestep.observation, name)) for name, field in self._fields.items()}
        mask, reward = None, timestep.reward
        if self.has_mask:
            mask = timestep.observation.action_mask.reshape(*((self.seats,) if self.seats > 1 else ()), -1)
            mask = (mask | ~mask.any(-1, keepdims=True)).astype(jnp.int8)  # at a dead end, a snake's say, all is legal
        if self.seats > 1:
            seen = {n: v if self._is_own(n, v) else self._shared(v) for n, v in seen.items()}
            seen["seat"] = jnp.arange(self.seats, dtype=jnp.int32)
            reward = jnp.broadcast_to(reward, (self.seats,))
        is_last, is_over = timestep.last(), (timestep.discount == 0).all()
        return Frame(seen, reward, is_last & is_over, is_last & ~is_over, mask, metrics=timestep.extras or None)

    def _shared(self, value: Any) -> Any:
        jnp = self._jax.numpy
        return self._jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (self.seats, *leaf.shape)), value)

    def _is_own(self, name: str, value: Any) -> bool:
        return name in self._OWN and value.ndim > 1

    def _one(self, name: str, space: spaces.Space[Any]) -> spaces.Space[Any]:
        if isinstance(space, spaces.Box) and self._is_own(name, space.low):
            return spaces.Box(space.low[0], space.high[0], dtype=_kind(space.dtype))
        return space

    def _action_space(self) -> spaces.Space[Any]:
        if self.seats == 1:
            return spaces.Discrete(math.prod(self._parts))
        spec = self._env.action_spec
        if np.issubdtype(spec.dtype, np.floating):
            return spaces.Box(-1.0, 1.0, tuple(spec.shape[1:]), np.float32)
        return spaces.Discrete(self._choices)  # MultiCVRP's action spec counts one node too many

    def _plain(self, field: Any, value: Any) -> Any:
        if fields := getattr(field, "_specs", None):
            return {name: self._plain(part, getattr(value, name)) for name, part in fields.items()}
        return self._jax.numpy.asarray(value).astype(_kind(field.dtype))

    def _space(self, field: Any) -> spaces.Space[Any]:
        if fields := getattr(field, "_specs", None):
            return spaces.Dict({name: self._space(part) for name, part in fields.items()})
        kind = _kind(field.dtype)
        if kind is np.int8:
            return spaces.Box(0, 1, field.shape, kind)
        if kind is np.float32:
            return spaces.Box(-np.inf, np.inf, field.shape, kind)
        return spaces.Box(np.iinfo(kind).min, np.iinfo(kind).max, field.shape, kind)


def _kind(dtype: Any) -> Any:
    if np.dtype(dtype).kind == "b":
        return np.int8
    return np.float32 if np.issubdtype(dtype, np.floating) else np.int32


class _Task(NamedTuple):
    name: str
    game: str  # Jumanji's id
    max_steps: int  # Jumanji's own end comes no later
    score_range: tuple[float, float]
    best: float | None  # what a perfect episode is worth, where that is known
    observation: str
    action: str
    reward: str
    description: str
    seats: int = 1


_INF = math.inf
_TASKS = (
    _Task("Game2048-v0", "Game2048-v1", 20_000, (0.0, _INF), None,  # 32768 takes about as many moves
          "The 4x4 board as powers of two.", "Up, right, down or left; a mask.", "The sum of the tiles merged.",
          "The sliding game 2048."),
    _Task("GraphColoring-v0", "GraphColoring-v1", 20, (-20.0, -1.0), None,
          "Adjacency of 20 nodes, their colours, the node to colour.", "One of 20 colours; a mask.",
          "At the end, minus the number of colours used.", "Colour a random graph, a node a step."),
    _Task("Minesweeper-v0", "Minesweeper-v0", 90, (0.0, 90.0), 90.0,
          "The 10x10 board: neighbouring mines, -1 where covered.", "One of 100 cells; a mask.",
          "1 for each cell uncovered; a mine ends it.", "Minesweeper with 10 mines."),
    _Task("RubiksCube-v0", "RubiksCube-v0", 200, (0.0, 1.0), 1.0,
          "Six 3x3 faces of colours.", "One of 18 turns of a face.", "1 when solved.",
          "Rubik's cube after 100 random turns."),
    _Task("RubiksCube-PartlyScrambled-v0", "RubiksCube-partly-scrambled-v0", 20, (0.0, 1.0), 1.0,
          "Six 3x3 faces of colours.", "One of 18 turns of a face.", "1 when solved.",
          "Rubik's cube after 7 random turns, to be undone in 20."),
    _Task("SlidingTilePuzzle-v0", "SlidingTilePuzzle-v0", 500, (-25.0, 25.0), None,
          "The 5x5 board and where it is empty.", "Up, right, down or left; a mask.",
          "The change in the number of tiles in place.", "The 24-puzzle."),
    _Task("Sudoku-v0", "Sudoku-v0", 81, (0.0, 1.0), 1.0,
          "The 9x9 board, -1 where empty.", "One of 729: row, column, digit; a mask of what breaks no rule.",
          "1 when solved.", "One of 10,000 Sudokus of mixed difficulty."),
    _Task("Sudoku-VeryEasy-v0", "Sudoku-very-easy-v0", 81, (0.0, 1.0), 1.0,
          "The 9x9 board, -1 where empty.", "One of 729: row, column, digit; a mask of what breaks no rule.",
          "1 when solved.", "One of 1,000 Sudokus with more than 46 clues."),
    _Task("BinPack-v0", "BinPack-v2", 20, (0.0, 1.0001), 1.0,
          "Corners of 40 empty spaces, sizes of 20 items, which are placed.", "One of 800: space, item; a mask.",
          "The share of the container that the item fills.", "Pack 20 boxes, cut from a container, back into it."),
    _Task("FlatPack-v0", "FlatPack-v0", 25, (0.0, 1.0001), 1.0,
          "The 11x11 grid and 25 blocks of 3x3.", "One of 8100: block, rotation, row, column; a mask.",
          "The share of the grid that the block fills.", "A jigsaw of 25 blocks."),
    _Task("Knapsack-v0", "Knapsack-v1", 50, (0.0, 50.0), None,
          "Weights and values of 50 items, which are packed.", "One of 50 items; a mask.", "The item's value, 0 to 1.",
          "Fill a knapsack of capacity 12.5."),
    _Task("Tetris-v0", "Tetris-v0", 400, (0.0, _INF), None,
          "The 10x10 grid and the piece.", "One of 40: rotation, column; a mask.",
          "40, 100, 300, 1200 for one to four lines at once.", "Tetris, 400 pieces at most."),
    _Task("CVRP-v0", "CVRP-v1", 41, (-60.0, 0.0), None,
          "Places, demands, position, capacity left, tour so far.", "One of 21 places; a mask.",
          "Minus the distance driven.", "Deliver to 20 customers with one vehicle that holds 30."),
    _Task("TSP-v0", "TSP-v1", 20, (-28.3, 0.0), None,
          "Twenty cities in the unit square, position, tour so far.", "One of 20 cities; a mask.",
          "Minus the distance travelled.", "The travelling salesman's tour of 20 cities."),
    _Task("Maze-v0", "Maze-v0", 100, (0.0, 1.0), 1.0,
          "Walls of 10x10, position, target.", "Up, right, down or left; a mask.", "1 at the target.",
          "Walk through a random maze."),
    _Task("Snake-v0", "Snake-v1", 4000, (0.0, 143.0), 143.0,
          "12x12x5: body, head, tail, fruit, order of the body.", "Up, right, down or left; a mask.",
          "1 for each fruit.", "Snake on 12x12."),
    _Task("PacMan-v0", "PacMan-v1", 1000, (0.0, _INF), None,
          "The maze, player, ghosts, pellets, power-ups, score.", "Stay or one of four steps; a mask.",
          "10 a pellet, 50 a power-up, 200 a ghost.", "A Pac-Man with four ghosts, one life and 1000 steps."),
    _Task("Cleaner-v0", "Cleaner-v0", 100, (-50.0, 100.0), None,
          "The 10x10 maze and what is dirty, places of all.", "Up, right, down or left; a mask.",
          "Shared: 1 a tile cleaned, -0.5 a step.", "Three cleaners of a maze.", 3),
    _Task("Connector-v0", "Connector-v3", 50, (-1.5, 1.0), 0.97,  # joined in the first step
          "The 10x10 grid of heads, targets and paths.", "Stay or one of four steps; a mask.",
          "1 when joined to the target, -0.03 a step before.", "Ten wires on one board, which may not cross.", 10),
    _Task("LevelBasedForaging-v0", "LevelBasedForaging-v0", 100, (0.0, 1.0001), None,
          "What stands within sight: places and levels of food and agents.", "Stay, four steps, load; a mask.",
          "The share of all food that one has lifted.", "Two foragers of two foods, some of which takes both.", 2),
    _Task("MMST-v0", "MMST-v0", 70, (-420.0, 2100.0), None,  # -2 or 10 for each of three in each step
          "The graph of 36 nodes and whose nodes they are.", "One of 36 nodes; a mask.",
          "Shared, for each agent: 10 a node joined, -1 a step, -1 more in place.",
          "Three agents join their own nodes of one graph into trees that may not cross.", 3),
    _Task("MultiCVRP-v0", "MultiCVRP-v0", 41, (-25_000.0, 0.0), None,  # 41 tours, and 20 windows missed by 565 each
          "Customers with time windows, vehicles with their loads.", "One of 21 places; a mask.",
          "Shared: minus the distance driven and penalties for too early and too late.",
          "Deliver to 20 customers with two vehicles.", 2),
    _Task("RobotWarehouse-v0", "RobotWarehouse-v0", 500, (0.0, 500.0), None,
          "66 numbers: what stands within one cell.", "Stay, forward, left, right, load; a mask.",
          "Shared: 1 a shelf delivered.", "Four robots fetch the shelves asked for.", 4),
    _Task("SearchAndRescue-v0", "SearchAndRescue-v0", 400, (0.0, 40.0), None,
          "Two fields of view of 128 rays, own place, targets left.", "Rotation and acceleration, -1 to 1.",
          "For a target found, what is left of the time as a share; split if found together.",
          "Two searchers for 40 drifting targets on a torus.", 2),
    _Task("JobShop-v0", "JobShop-v0", 961, (-1920.0, -1.0), None,  # 960 units of work, and -960 if all stand idle
          "Machines and durations of 20 jobs' operations, what runs.", "One of 20 jobs, or none; a mask.",
          "Shared: -1 a step, -960 if all machines stand idle.", "Ten machines schedule 20 jobs, in as little time.",
          10),
)  # fmt: skip

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"jumanji/{_task.name}",
            random=measured(f"jumanji/{_task.name}"),
            expert=None if _task.best is None else Reference(_task.best, "the best possible"),
            entry_point=f"{__name__}:{'Puzzle' if _task.seats == 1 else 'Team'}",
            kwargs={"game": _task.game, **({} if _task.seats == 1 else {"seats": _task.seats})},
            domain="games",
            interface="gymnasium" if _task.seats == 1 else "parallel",
            seats=_task.seats,
            payoff="single" if _task.seats == 1 else "cooperative",
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            tolerance=1e-5,
            views={"array": f"{__name__}:Flat"},
            runtime="jax",
            packages=("jumanji", "jax", "jaxlib", "numpy", *(("pettingzoo",) if _task.seats > 1 else ())),
            tags=("puzzle",) if _task.seats == 1 else ("multi-agent", "simultaneous"),
            description=_task.description,
            observation=f"A dict of arrays. {_task.observation}",
            action=_task.action,
            reward=_task.reward,
            source="Bonnet et al. 2024, https://github.com/instadeepai/jumanji",
        )
    )
