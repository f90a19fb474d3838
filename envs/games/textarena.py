"""TextArena's games for two and more players whose legal moves can be listed: board, card, dice and matrix games."""

from __future__ import annotations

import contextlib
import copy
import itertools
import random
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.envs.text.candidates import Candidate, CandidateView
from arena.loading import load_symbol
from arena.views import View, parse_choice

__all__ = ["ArrayView", "TextArena", "TextView"]

_LONGEST = 200_000  # characters of a transcript
_CHARSET = frozenset(string.printable[:95] + "\n")
_SPELT = str.maketrans(
    {"→": "->", "➜": "->", "»": ">>", "•": "-", "–": "-", "─": "-", "—": "-", "’": "'", "…": "...", "\t": " "}
)


class _Refused(Exception):
    """The game called a move invalid."""


class TextArena(AECEnv):
    """A TextArena game as it is, with the moves that it takes named in advance.

    Observation:
        Text: all that the game told this player so far, one message after the other, as TextArena's own default
        wrapper shows it. `infos[player]["valid_actions"]` names the moves the game takes now, found by trying each
        candidate on a copy of the game where not all are always taken.
    Action:
        Text, one of the valid actions. Any other is given to the game as it is: a first invalid move may be made
        again, a second one loses.
    Reward:
        TextArena's, at the end: 1 to the winner, -1 to the loser, 0 for a draw; in between by rank among more players.
    Episode end:
        Terminated when the game is over. Who has no valid move loses, as TextArena has it.
    Start:
        The game's own, with its chance from the seed, after `random_opening` random valid moves.
    Score:
        Return, -1 to 1; best known 1.
    Versions:
        v0: textarena 0.7.4.
    Source:
        Guertler et al. 2025, "TextArena", arXiv 2504.11442. Its games draw from Python's global generator: here each
        environment has a state of its own, put in place for each call and taken out again.
    """

    metadata = {"name": "textarena", "render_modes": ["ansi"], "is_parallelizable": False}

    def __init__(
        self,
        game: str,
        players: int,
        arguments: Mapping[str, Any] | None = None,
        random_opening: int = 0,
        render_mode: str | None = None,
    ) -> None:
        super().__init__()
        self.slots = _GAMES[game].slots
        self._candidates, self._sure = _GAMES[game].candidates, _GAMES[game].sure
        self.render_mode = render_mode
        self.possible_agents = [f"player_{seat}" for seat in range(players)]
        self._opening = random_opening
        self._numbers = np.random.default_rng()
        self._chance: Any = random.Random(0).getstate()  # of Python's generator, as this game left it
        self._make = lambda: load_symbol(f"textarena.envs.{game}.env:{game}Env")(**(arguments or {}))
        self._mend = _GAMES[game].mend
        self._observation_space = spaces.Text(_LONGEST, charset=_CHARSET)
        self._action_space = spaces.Text(100, charset=_CHARSET)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        if seed is not None:
            self._numbers = np.random.default_rng(seed)
        start = int(self._numbers.integers(1 << 31))
        self._chance = random.Random(start).getstate()
        with self._own_chance():
            self.game: Any = self._make()  # anew: Kuhn poker's deck, for one, stays shuffled as the last game left it
            self._mend(self.game)
            self.game.reset(num_players=len(self.possible_agents), seed=start)
        self.agents = list(self.possible_agents)
        self._told = dict.fromkeys(self.agents, "")
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._moves = self._valid()
        self._look()
        for _ in range(self._opening):
            self._play(self._moves[int(self._numbers.integers(len(self._moves)))])
            self._look()

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[self.agent_selection] = 0.0
        over = self._play(str(action))
        if over:
            given, _ = self.game.close()
            self.rewards = {name: float(given.get(seat, 0.0)) for seat, name in enumerate(self.possible_agents)}
            self.terminations = dict.fromkeys(self.agents, True)
        self._look(over)
        self._accumulate_rewards()

    def observe(self, agent: str) -> str:
        return self._told[agent]

    def render(self) -> str:
        """Returns what the player to move was told."""
        return self._told[self.agent_selection]

    def close(self) -> None:
        """Nothing to free."""

    @contextlib.contextmanager
    def _own_chance(self) -> Iterator[None]:
        outside = random.getstate()
        random.setstate(self._chance)
        try:
            yield
        finally:
            self._chance = random.getstate()
            random.setstate(outside)

    def _play(self, action: str) -> bool:
        """Plays a move and returns whether the game is over; who then has no move left loses."""
        over = self._give(action)
        while not over and not (moves := self._valid()):
            over = self._give("")  # to TextArena one who cannot move is one who makes invalid moves
        self._moves = [] if over else moves
        return over

    def _give(self, action: str) -> bool:
        with self._own_chance():
            over, _ = self.game.step(action)
        return bool(over)

    def _look(self, over: bool = False) -> None:
        """Takes in what was said, and whose turn it is."""
        state = self.game.state
        names = {-1: "GAME", **state.role_mapping}
        for seat, name in enumerate(self.possible_agents):
            for sender, message, _ in state.observations[seat]:
                self._told[name] += f"\n[{names.get(sender, f'Player {sender}')}] {_spelt(message)}"
            state.observations[seat] = []
        state.logs = []
        self.agent_selection = self.agents[0] if over else self.possible_agents[state.current_player_id]
        self.infos: dict[str, dict[str, Any]] = {name: {"valid_actions": []} for name in self.agents}
        self.infos[self.agent_selection] = {"valid_actions": self._moves}

    def _valid(self) -> list[str]:
        if self._sure:
            return self._candidates(self.game)
        chance = self._chance
        with self._own_chance():
            valid = [action for action in self._candidates(self.game) if _takes(self.game, action)]
        self._chance = chance  # what was only tried draws nothing
        return valid


def _takes(game: Any, action: str) -> bool:
    """Returns whether a copy of the game takes a move."""
    trial = copy.deepcopy(game)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise _Refused

    trial.state.set_invalid_move = refuse
    try:
        trial.step(action)
    except _Refused:
        return False
    return True


def _as_it_is(game: Any) -> None:
    pass


def _in_order(game: Any) -> None:
    """Gives Leduc hold'em's legal moves an order: it announces a set, whose order differs from process to process."""
    legal = type(game)._legal
    game._legal = lambda hand: sorted(legal(game, hand))


def _spelt(message: str) -> str:
    return "".join(letter if letter in _CHARSET else "?" for letter in message.translate(_SPELT))


class TextView(View):
    """What the game told, and the moves it takes now; the answer's last line is one of them."""

    options = {"valid_actions": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(_LONGEST + 20_000, charset=_CHARSET)
        self.action_space = spaces.Text(16_384, charset=_CHARSET)
        self._valid: list[str] = []

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._valid = info["valid_actions"]
        help_ = "Answer with one of these moves, brackets included, on the last line."
        return f"{observation}\n\nYou can:\n" + "\n".join(self._valid) + f"\n\n{help_}", mask

    def parse(self, answer: Any) -> str:
        return self._valid[parse_choice(answer, self._valid)]


class ArrayView(CandidateView):
    """The valid moves as rows of numbers (their words and those of the last lines told); the answer is one's number."""

    options = {"situation": "the last 500 characters"}
    features = 0

    def __init__(self, env: Any, agent: str | None) -> None:
        self.slots = env.unwrapped.slots
        super().__init__(env, agent)

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        return [Candidate(action, action, ()) for action in info["valid_actions"]], observation[-500:]


def _fixed(*actions: str) -> Callable[[Any], list[str]]:
    return lambda game: list(actions)


def _cells(count: int) -> Callable[[Any], list[str]]:
    return _fixed(*(f"[{cell}]" for cell in range(count)))


def _removals(game: Any) -> list[str]:
    piles = game.state.game_state["piles"]
    return [f"[{pile} {count}]" for pile, size in enumerate(piles) for count in range(1, size + 1)]


def _placements(game: Any) -> list[str]:
    valid = game.state.game_state["valid_moves"]
    return [f"[{row}, {column}]" for row, column in valid] or ["[skip]"]


def _advances(game: Any) -> list[str]:
    """Names the steps of the mover's pieces: ahead to an empty square, or slanting onto an enemy piece."""
    board, ahead = game.state.game_state["board"], 1 if game.state.current_player_id == 0 else -1
    own, other = ("W", "B") if ahead == 1 else ("B", "W")
    found = []
    for row, column in itertools.product(range(8), repeat=2):
        if board[row][column] == own:
            targets = [(column - 1, other), (column, ""), (column + 1, other)]
            to = [c for c, wanted in targets if 0 <= c < 8 and board[row + ahead][c] == wanted]
            found += [f"[{'abcdefgh'[column]}{row + 1}{'abcdefgh'[c]}{row + 1 + ahead}]" for c in to]
    return found


def _shots(game: Any) -> list[str]:
    board = game.state.game_state["tracking_board"][game.state.current_player_id]
    return [f"[{'ABCDE'[row]}{column}]" for row in range(5) for column in range(5) if board[row][column] == "~"]


def _bids(game: Any) -> list[str]:
    """Names the call and every bid of as many dice as there are; a higher one could only be called."""
    dice = sum(game.state.game_state["remaining_dice"].values())
    bids = [f"[Bid: {count}, {face}]" for count in range(1, dice + 1) for face in range(1, 7)]
    return ["[Call]", *bids]


def _pairs(game: Any) -> list[str]:
    """Names pairs of face-down cards."""
    open_ = game.state.game_state["matched_positions"]
    cells = [cell for cell in itertools.product(range(4), repeat=2) if cell not in open_]
    return [f"[{a} {b} {c} {d}]" for (a, b), (c, d) in itertools.combinations(cells, 2)]


def _two_way(game: Any) -> list[str]:
    """Names what may be said, or decided."""
    return list(_SENTENCES) if _is_talk(game) else ["[Cooperate]", "[Defect]"]


def _three_way(game: Any) -> list[str]:
    """Names what may be said, or decided for each of the two others."""
    if _is_talk(game):
        return list(_SENTENCES)
    others = [seat for seat in range(3) if seat != game.state.current_player_id]
    choices = itertools.product(("cooperate", "defect"), repeat=2)
    return [f"[{others[0]} {first}] [{others[1]} {second}]" for first, second in choices]


def _is_talk(game: Any) -> bool:
    return bool(game.state.game_state["phase"] == "conversation")


def _allocations() -> list[str]:
    splits = ((a, b, 20 - a - b) for a in range(21) for b in range(21 - a))
    return [f"[A{a} B{b} C{c}]" for a, b, c in splits]


_CARDS = ("a", *map(str, range(2, 11)), "j", "q", "k")
_SENTENCES = ("I shall cooperate.", "I shall defect.", "I say nothing.")
_TURNS = ("[up]", "[down]", "[left]", "[right]")


class _Game(NamedTuple):
    """A game: its candidates for a move, at most `slots` of them; are they `sure` to be taken; its longest game."""

    candidates: Callable[[Any], list[str]]
    slots: int
    longest: int
    description: str
    players: int = 2
    arguments: dict[str, Any] = {}
    opening: int = 0
    payoff: Literal["zero-sum", "general-sum"] = "zero-sum"
    sure: bool = False
    mend: Callable[[Any], None] = _as_it_is


# Left out: Quantum- and UltimateTicTacToe go on when nothing may be played any more; Chess, Checkers and
# ReverseTicTacToe are not Python 3.11 (quotes within f-strings)
_GAMES = {  # TextArena's name -> game, with the arguments of its plain -v0 where nothing else is said
    "TicTacToe": _Game(_cells(9), 9, 9, "Tic-tac-toe.", opening=2),
    "WildTicTacToe": _Game(
        _fixed(*(f"[{mark} {cell}]" for mark in "XO" for cell in range(9))), 18, 9,
        "Tic-tac-toe in which both may place X or O.", opening=2,
    ),
    "ThreePlayerTicTacToe": _Game(
        _cells(25), 25, 25, "Tic-tac-toe for three on 5x5, four in a row.", 3, opening=3, payoff="general-sum"
    ),
    "ConnectFour": _Game(_cells(7), 7, 42, "Connect Four.", opening=4),
    "SimpleTak": _Game(_cells(16), 16, 16, "Connect two opposite edges of 4x4.", 2, {"board_size": 4}, opening=2),
    "Nim": _Game(_removals, 12, 12, "Nim with piles of 3, 4 and 5; the last object wins.", opening=1),
    "Othello": _Game(_placements, 64, 130, "Othello, valid moves shown.", opening=4, sure=True),
    "Breakthrough": _Game(_advances, 48, 210, "Breakthrough, 8x8; slanting only to capture.", opening=2, sure=True),
    "Chopsticks": _Game(
        _fixed(
            *(f"[attack {own} {other}]" for own in (0, 1) for other in (0, 1)),
            *(f"[split {left} {right}]" for left in range(5) for right in range(5)),
        ),
        29, 41, "Chopsticks: attack with fingers, or split them between the hands.", 2, {"max_turns": 40}, opening=2,
    ),
    "Battleship": _Game(
        _shots, 25, 50, "Battleship on 5x5, ships placed by chance.", 2, {"grid_size": 5}, sure=True
    ),
    "MemoryGame": _Game(
        _pairs, 120, 31, "Pairs on 4x4.", 2, {"grid_size": 4, "max_turns": 30}, opening=2, sure=True
    ),
    "Surround": _Game(
        _fixed(*_TURNS), 4, 80, "Light cycles on 5x5.", 2, {"width": 5, "height": 5, "max_turns": 40}, sure=True
    ),
    "KuhnPoker": _Game(
        _fixed("[check]", "[bet]", "[call]", "[fold]"), 4, 9, "Kuhn poker, three rounds.", 2, {"max_rounds": 3}
    ),
    "LeducHoldem": _Game(
        _fixed("[check]", "[call]", "[bet]", "[raise]", "[fold]"), 5, 60, "Leduc hold'em, five hands.", 2,
        {"max_rounds": 5}, mend=_in_order,
    ),
    "LiarsDice": _Game(_bids, 61, 600, "Liar's dice with five dice each.", 2, {"num_dice": 5}),
    "PigDice": _Game(
        _fixed("[roll]", "[hold]"), 2, 200, "Pig to 100, at most 100 turns.", 2,
        {"winning_score": 100, "max_turns": 100}, sure=True,
    ),
    "HighSociety": _Game(_fixed(*(f"[{card}]" for card in range(1, 12))), 11, 300, "Ten auctions by money cards."),
    "GameOfPureStrategy": _Game(_fixed(*(f"[{card}]" for card in _CARDS)), 13, 26, "Goofspiel with 13 cards."),
    "ThreePlayerGOPS": _Game(
        _fixed(*(f"[{card}]" for card in _CARDS)), 13, 39, "Goofspiel for three.", 3, payoff="general-sum"
    ),
    "ColonelBlotto": _Game(
        _fixed(*_allocations()), 231, 18, "Colonel Blotto: 20 units on three fields, nine rounds.", 2,
        {"num_fields": 3, "num_total_units": 20, "num_rounds": 9}, opening=2, sure=True,
    ),
    "IteratedRockPaperScissors": _Game(
        _fixed("[rock]", "[paper]", "[scissors]"), 3, 18, "Rock, paper, scissors, nine rounds.", 2,
        {"num_rounds": 9}, opening=2, sure=True,
    ),
    "IteratedMatchingPennies": _Game(
        _fixed("[heads]", "[tails]"), 2, 20, "Matching pennies, ten rounds.", 2, {"num_rounds": 10},
        opening=2, sure=True,
    ),
    "IteratedPrisonersDilemma": _Game(
        _two_way, 3, 40, "Prisoner's dilemma, ten rounds, each after one of three sentences; more points win.", 2,
        {"num_rounds": 10, "communication_turns": 1}, opening=4, sure=True,
    ),
    "IteratedTwoThirdsAverage": _Game(
        _cells(101), 101, 20, "Guess two thirds of the average (whole numbers), ten rounds.", 2, {"num_rounds": 10},
        opening=2, sure=True,
    ),
    "ThreePlayerIPD": _Game(
        _three_way, 4, 30, "Prisoner's dilemma for three, five rounds, each after one of three sentences.", 3,
        {"num_rounds": 5, "communication_turns": 1}, opening=6, payoff="general-sum", sure=True,
    ),
}  # fmt: skip

for _name, _game in _GAMES.items():
    _opening = f" After {_game.opening} random moves drawn from the seed." if _game.opening else ""
    register(
        EnvSpec(
            id=f"textarena/{_name}-v0",
            random=measured(f"textarena/{_name}-v0"),
            entry_point=f"{__name__}:TextArena",
            kwargs={
                "game": _name,
                "players": _game.players,
                "arguments": _game.arguments,
                "random_opening": _game.opening,
            },
            domain="text",
            interface="aec",
            seats=_game.players,
            payoff=_game.payoff,
            expert=Reference(1.0, "the most a player can win"),
            max_steps=_game.longest + 1,  # a game that ends by itself is never cut off
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            views={"array": f"{__name__}:ArrayView", "text/v1": f"{__name__}:TextView"},
            needs=Needs(modules=("textarena",), get="pip install 'arena-bench[games]'"),
            packages=("textarena", "numpy"),
            tags=("two-player" if _game.players == 2 else "multi-player", "turn-based", "text"),
            description=_game.description + _opening,
            observation="Text: all that the game told this player; the valid moves are in the info.",
            action="Text: one of the valid moves, such as [4]; brackets included.",
            reward="At the end 1 to the winner, -1 to the loser, 0 for a draw; by rank among more than two.",
            source="Guertler et al. 2025, arXiv 2504.11442, https://github.com/LeonGuertler/TextArena",
        )
    )
