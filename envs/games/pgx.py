"""Pgx: board and card games and MinAtar written in JAX; players in turn, chance and seating drawn from the seed."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.games.compiled import Alone, Frame, InTurn, Program, box, load_jax
from arena.envs.references import measured

__all__ = ["Solo", "Table"]

BRIDGE = "bridge_bidding"


class Table(InTurn):
    """A Pgx game for two or more players.

    Observation:
        Dict: `observation` float32, Pgx's planes or features as the looking player sees them; `action_mask` int8, 1
        where an action is legal (all 0 for who is not to move).
    Action:
        Discrete: Pgx's numbers of actions.
    Reward:
        Pgx's: 0 until the end, then 1, 0 or -1 where a game is won, drawn or lost, and what the game pays elsewhere.
    Episode end:
        Terminated when the game is over; chess, shogi and Go end as Pgx does after a fixed number of moves.
    Start:
        Who begins, cards and dice are drawn from the seed; in games without chance, `opening` random legal moves too.
    Score:
        Return, within the game's range; random is measured against random.
    Versions:
        v0: pgx 2.6.0.
    Source:
        Koyamada et al. 2023, "Pgx: Hardware-Accelerated Parallel Game Simulators for Reinforcement Learning",
        https://github.com/sotetsuk/pgx
    """

    def __init__(self, game: str, opening: int = 0, render_mode: str | None = None) -> None:
        super().__init__(_program(game), opening)


class Solo(Alone):
    """A Pgx game for one player: 2048, or a MinAtar game with Pgx's defaults (sticky actions 0.1, minimal actions).

    Observation:
        Box float32 of zeros and ones: MinAtar (10, 10, channels), 2048 (4, 4, 31) one-hot by power of two.
    Action:
        Discrete: 2048 left, up, right, down with a mask; MinAtar's minimal set of the game, all always legal.
    Reward:
        2048: the sum of the tiles made by merging; MinAtar: the game's points.
    Episode end:
        Terminated when the game is over; truncated by the spec's limit of steps.
    Start:
        2048 two random tiles; MinAtar the game's own; all chance from the seed.
    Score:
        Return.
    Versions:
        v0: pgx 2.6.0.
    Source:
        Koyamada et al. 2023, https://github.com/sotetsuk/pgx; Young and Tian 2019, "MinAtar".
    """

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        super().__init__(_program(game))


@cache
def _program(game: str) -> Program:
    return Program(_Model(game))


class _Model:
    def __init__(self, game: str) -> None:
        self._jax = load_jax()
        self._game = _game(game)
        first = self._jax.eval_shape(self._game.init, np.zeros(2, np.uint32))
        self.seats: int = self._game.num_players
        self.has_mask = not game.startswith("minatar")  # Pgx calls all of MinAtar's actions legal, of any set
        count = first.legal_action_mask.shape[0] if self.has_mask else len(self._game.minimal_action_set)
        self.action_space: spaces.Space[Any] = spaces.Discrete(count)
        is_binary = first.observation.dtype == bool
        self.observation_space: spaces.Space[Any] = box(first.observation.shape, *((0.0, 1.0) if is_binary else ()))

    def reset(self, key: Any) -> tuple[Any, Frame]:
        state = self._game.init(key)
        return state, self._frame(state)

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        state = self._game.step(state, action, key)
        return state, self._frame(state)

    def _frame(self, state: Any) -> Frame:
        jnp = self._jax.numpy
        if self.seats == 1:
            seen, reward = state.observation, state.rewards[0]
        else:
            seats = jnp.arange(self.seats, dtype=jnp.int32)
            seen, reward = self._jax.vmap(lambda seat: self._game._observe(state, seat))(seats), state.rewards
        mask = state.legal_action_mask.astype(jnp.int8) if self.has_mask else None
        return Frame(seen.astype(jnp.float32), reward, state.terminated, state.truncated, mask, state.current_player)


def _game(name: str) -> Any:
    import pgx

    if name != BRIDGE:
        return pgx.make(name)
    import jax.numpy as jnp
    from pgx import bridge_bidding

    class SampledBridge(bridge_bidding.BridgeBidding):
        """The deals whose double-dummy results are in Pgx's own code; its tables of millions are downloads."""

        def __init__(self) -> None:
            self._lut_keys, self._lut_values = map(jnp.asarray, bridge_bidding._load_sample_hash())

    return SampledBridge()


class _Task(NamedTuple):
    name: str
    game: str
    seats: int
    opening: int  # random moves; 0 where chance already tells one start from another
    max_steps: int
    utility: float  # the most a player can win
    observation: str
    action: str
    description: str
    worst: float | None = None  # the most a player can lose, where it is another sum: a discarder pays two winners


_RULES = "Pgx's encoding of AlphaZero's planes"
_TASKS = (
    _Task("TicTacToe-v0", "tic_tac_toe", 2, 2, 9, 1.0, "3x3x2: own and the other's marks.", "One of 9 cells.",
          "Tic-tac-toe after one random move of each player."),
    _Task("ConnectFour-v0", "connect_four", 2, 4, 42, 1.0, "6x7x2: own and the other's pieces.", "One of 7 columns.",
          "Connect Four after two random moves of each player."),
    _Task("Othello-v0", "othello", 2, 4, 122, 1.0, "8x8x2: own and the other's discs.", "One of 64 cells, or pass.",
          "Othello after two random moves of each player."),
    _Task("Hex-v0", "hex", 2, 2, 122, 1.0, "11x11x4: own and the other's stones, whose side it is, may swap.",
          "One of 121 cells, or swap.", "Hex on 11x11 with the swap rule, after one random move of each player."),
    _Task("Go9x9-v0", "go_9x9", 2, 2, 162, 1.0, "9x9x17: the last eight positions and the colour.",
          "One of 81 points, or pass.",
          "Go on 9x9, area scoring with komi 7.5, superko loses; ended after 162 moves. Two random moves first."),
    _Task("Go19x19-v0", "go_19x19", 2, 2, 722, 1.0, "19x19x17: the last eight positions and the colour.",
          "One of 361 points, or pass.",
          "Go on 19x19, area scoring with komi 7.5, superko loses; ended after 722 moves. Two random moves first."),
    _Task("Chess-v0", "chess", 2, 4, 512, 1.0, f"8x8x119: {_RULES}, from the mover's side.",
          "One of 4672 moves: from a square, along a direction.",
          "Chess, drawn after 512 moves, after two random moves of each player."),
    _Task("GardnerChess-v0", "gardner_chess", 2, 4, 256, 1.0, f"5x5x115: {_RULES}.",
          "One of 1225 moves: from a square, along a direction.",
          "Gardner's chess on 5x5, drawn after 256 moves, after two random moves of each player."),
    _Task("Shogi-v0", "shogi", 2, 4, 512, 1.0, "9x9x119: pieces, attacks, hands, check.",
          "One of 2187 moves: to a square, from a direction or dropped.",
          "Shogi, drawn after 512 moves, after two random moves of each player."),
    _Task("AnimalShogi-v0", "animal_shogi", 2, 2, 256, 1.0, "4x3x194: eight positions, hands, repetitions.",
          "One of 132 moves: from a square along a direction, or a drop.",
          "Animal shogi on 3x4, drawn after 256 moves, after one random move of each player."),
    _Task("Backgammon-v0", "backgammon", 2, 0, 5000, 3.0, "34 numbers: points, bar, home and dice.",
          "One of 156 moves of one checker, or no move.",
          "Backgammon without cube; one checker a move. Gammons count 2, backgammons 3."),
    _Task("KuhnPoker-v0", "kuhn_poker", 2, 0, 3, 2.0, "7 numbers: own card, what both put in.", "Bet or pass.",
          "Poker with three cards."),
    _Task("LeducHoldem-v0", "leduc_holdem", 2, 0, 12, 13.0, "34 numbers: cards and what both put in.",
          "Call, raise or fold.", "Poker with six cards, two rounds and one public card."),
    _Task("SparrowMahjong-v0", "sparrow_mahjong", 3, 0, 30, 1.0, "11x15: own hand, rivers, dora.",
          "One of 11 kinds of tile to discard.",
          "Sparrow mahjong: three players, hands of six, wins declared by themselves.",
          -2.0),
    _Task("BridgeBidding100-v0", BRIDGE, 4, 0, 319, 7600.0, "480 numbers: hand, vulnerability, the auction so far.",
          "One of 38 calls.",
          "The auction of contract bridge, paid by double-dummy play, on the 100 deals that Pgx holds (its tables of "
          "millions of deals are downloads): a rehearsal of the game, to be learnt by heart by who trains on it."),
)  # fmt: skip

for _task in _TASKS:
    _worst = -_task.utility if _task.worst is None else _task.worst
    register(
        EnvSpec(
            id=f"pgx/{_task.name}",
            random=measured(f"pgx/{_task.name}"),
            expert=Reference(_task.utility, "the most a player can win"),
            entry_point=f"{__name__}:Table",
            kwargs={"game": _task.game, "opening": _task.opening},
            domain="games",
            interface="aec",
            seats=_task.seats,
            payoff="zero-sum",
            max_steps=_task.max_steps,
            score_range=(_worst, _task.utility),
            failure_score=_worst,
            tolerance=1e-5,
            runtime="jax",
            packages=("pgx", "jax", "jaxlib", "numpy", "pettingzoo"),
            tags=("two-player" if _task.seats == 2 else "multi-agent", "turn-based"),
            description=_task.description,
            observation=f"float32, {_task.observation}",
            action=_task.action,
            reward="Nothing until the end, then what the game is worth to the player.",
            source="Koyamada et al. 2023, https://github.com/sotetsuk/pgx",
        )
    )


class _Solo(NamedTuple):
    name: str
    game: str
    channels: int
    actions: str
    max_steps: int
    description: str


_SOLO = (
    _Solo("MinAtar-Asterix-v0", "minatar-asterix", 4, "stay, left, up, right, down", 10_000,
          "Collect treasure, avoid enemies; 1 for each treasure."),
    _Solo("MinAtar-Breakout-v0", "minatar-breakout", 4, "stay, left, right", 10_000,
          "Break bricks with a ball; 1 for each brick."),
    _Solo("MinAtar-Freeway-v0", "minatar-freeway", 7, "stay, up, down", 2_501,  # the game's own limit
          "Cross a road of ten lanes as often as time allows; 1 for each crossing."),
    _Solo("MinAtar-Seaquest-v0", "minatar-seaquest", 10, "stay, left, up, right, down, fire", 10_000,
          "Shoot under water, pick up divers, come up for air."),
    _Solo("MinAtar-SpaceInvaders-v0", "minatar-space_invaders", 6, "stay, left, right, fire", 10_000,
          "Shoot the invaders; 1 for each."),
)  # fmt: skip

for _solo in _SOLO:
    register(
        EnvSpec(
            id=f"pgx/{_solo.name}",
            random=measured(f"pgx/{_solo.name}"),
            entry_point=f"{__name__}:Solo",
            kwargs={"game": _solo.game},
            domain="games",
            max_steps=_solo.max_steps,
            score_range=(0.0, float("inf")),
            tolerance=1e-5,
            runtime="jax",
            packages=("pgx", "jax", "jaxlib", "numpy"),
            tags=("arcade",),
            description=f"{_solo.description} The last action is repeated with probability 0.1.",
            observation=f"10x10x{_solo.channels} float32 of zeros and ones, a channel for each kind of thing.",
            action=f"One of: {_solo.actions}.",
            reward="The game's points.",
            source="Young and Tian 2019, as in Koyamada et al. 2023, https://github.com/sotetsuk/pgx",
        )
    )

register(
    EnvSpec(
        id="pgx/2048-v0",
        random=measured("pgx/2048-v0"),
        entry_point=f"{__name__}:Solo",
        kwargs={"game": "2048"},
        domain="games",
        max_steps=20_000,  # a game that reaches 32768 takes about as many moves
        score_range=(0.0, float("inf")),
        tolerance=1e-5,
        runtime="jax",
        packages=("pgx", "jax", "jaxlib", "numpy"),
        tags=("puzzle",),
        description="The sliding game 2048 on 4x4.",
        observation="4x4x31 float32, one-hot by power of two.",
        action="Left, up, right or down; a mask forbids what moves nothing.",
        reward="The sum of the tiles made by merging.",
        source="Koyamada et al. 2023, https://github.com/sotetsuk/pgx",
    )
)
