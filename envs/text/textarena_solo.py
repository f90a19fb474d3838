"""TextArena's games for one player whose legal moves can be listed: puzzles and a guessing game."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Needs, Reference, register
from arena.envs.games.textarena import _takes
from arena.envs.references import measured
from arena.envs.text.commands import CommandRows, printable, text_spaces
from arena.loading import load_symbol

__all__ = ["ArrayView", "TextArenaSolo"]

_REMEMBERED = 6000  # last characters of what the game told; its rules, told first, are kept too


class TextArenaSolo(gymnasium.Env[str, str]):
    """A TextArena game for one player, with the moves that it takes named in advance.

    Observation:
        Text: the rules, and the last of what the game told. `info["valid_actions"]` names the moves that the game takes
        now, found by trying each candidate on a copy of the game.
    Action:
        Text, one of the valid actions, brackets included. Any other costs a step and is not given to the game.
    Reward:
        TextArena's, at the end: 1 for a solved game, else the share of it that was done.
    Episode end:
        Terminated when the game is over, which its own limit of turns is too.
    Start:
        The game's own, with its chance from the seed.
    Score:
        Return, 0 to 1; best known 1; random is measured. `success` is 1 for a solved game.
    Versions:
        v0: textarena 0.7.4.
    Source:
        Guertler et al. 2025, "TextArena", arXiv 2504.11442. Its games draw from Python's global generator: here each
        environment has a state of its own, put in place for each call and taken out again.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, game: str, arguments: Mapping[str, Any], render_mode: str | None = None) -> None:
        self._make = lambda: load_symbol(f"textarena.envs.{game}.env:{game}Env")(**arguments)
        self._candidates = _GAMES[game].candidates
        self.observation_space, self.action_space = text_spaces()
        self.render_mode = render_mode
        self._chance: Any = random.Random(0).getstate()  # of Python's generator, as this game left it

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        start = int(self.np_random.integers(1 << 31))
        self._chance = random.Random(start).getstate()
        with self._own_chance():
            self._game: Any = self._make()
            self._game.reset(num_players=1, seed=start)
        self._score, self._over = 0.0, False
        self._rules, self._told = self._heard(), ""
        self._moves = self._valid()
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        if action not in self._moves:
            self._told += f'\nYou cannot play "{printable(action)[:60]}" now.'
            return self._text(), 0.0, False, False, self._info()
        with self._own_chance():
            over, _ = self._game.step(action)
        self._over = bool(over)
        if self._over:
            given, _ = self._game.close()
            self._score = min(max(float(given[0]), 0.0), 1.0)  # with more lights on than at first, below 0
        self._told += f"\n{self._heard()}"
        self._moves = [] if self._over else self._valid()
        return self._text(), self._score, self._over, False, self._info()

    def render(self) -> Any:
        return self._text()

    @contextlib.contextmanager
    def _own_chance(self) -> Iterator[None]:
        outside = random.getstate()
        random.setstate(self._chance)
        try:
            yield
        finally:
            self._chance = random.getstate()
            random.setstate(outside)

    def _valid(self) -> list[str]:
        chance = self._chance
        with self._own_chance():
            valid = [action for action in self._candidates if _takes(self._game, action)]
        self._chance = chance  # what was only tried draws nothing
        return valid

    def _heard(self) -> str:
        """Takes in what was said since the last time."""
        state = self._game.state
        said = [message for sender, message, _ in state.observations[0] if sender == -1]  # not one's own moves
        state.observations[0], state.logs = [], []
        return printable("\n".join(said))

    def _text(self) -> str:
        return f"{self._rules}\n{self._told[-_REMEMBERED:]}".strip()

    def _info(self) -> dict[str, Any]:
        return {
            "valid_actions": self._moves,
            "goal": "",
            "metrics": {"success": float(self._over and self._score >= 1.0)},
        }


class ArrayView(CommandRows):
    """The valid moves as rows of numbers (their words and those of what was told last); the answer is one's number."""

    options = {"slots": 32}
    slots = 32


class _Game(NamedTuple):
    """A game: its candidates for a move, its longest game in turns, and its arguments where not TextArena's own."""

    candidates: tuple[str, ...]
    longest: int
    description: str
    arguments: dict[str, Any] = {}
    fixed: bool = False  # every episode begins alike


_WAYS: tuple[str, ...] = ("[up]", "[down]", "[left]", "[right]")
_TOWERS = tuple(f"[{source} {target}]" for source in "ABC" for target in "ABC" if source != target)

# Left out: Minesweeper, which calls a mine an invalid move, so that trying moves would tell where they are; Sokoban,
# which draws from NumPy's global generator; word games, which download their words
# Some of TextArena's games end one turn after its `max_turns`.
_GAMES = {  # TextArena's name -> game
    "GuessTheNumber": _Game(
        tuple(f"[{number}]" for number in range(1, 21)),
        6,
        "Guess a number from 1 to 20 by higher and lower, in six guesses.",
        {"max_turns": 5},  # TextArena's twenty would do for trying them all
    ),
    "TowerOfHanoi": _Game(_TOWERS, 15, "Three disks, fifteen moves.", {"num_disks": 3, "max_turns": 14}, fixed=True),
    "FrozenLake": _Game(_WAYS, 100, "Cross a frozen lake of 4x4 with three holes, which are shown."),
    "Game2048": _Game(("[Up]", "[Down]", "[Left]", "[Right]"), 1000, "2048, to 256.", {"target_tile": 256}),
    "LightsOut": _Game(
        tuple(f"[{row} {column}]" for row in range(5) for column in range(5)), 50, "Put out all lights of 5x5."
    ),
    "FifteenPuzzle": _Game(_WAYS, 51, "The fifteen puzzle, fifty-one moves."),
}

for _name, _game in _GAMES.items():
    register(
        EnvSpec(
            id=f"textarena-solo/{_name}-v0",
            random=measured(f"textarena-solo/{_name}-v0"),
            expert=Reference(1.0, "the most a player can get"),
            entry_point=f"{__name__}:TextArenaSolo",
            kwargs={"game": _name, "arguments": _game.arguments},
            domain="text",
            max_steps=_game.longest + 1,  # a game that ends by itself is never cut off
            score_range=(0.0, 1.0),
            failure_score=0.0,
            deterministic_start=_game.fixed,
            views={"array": f"{__name__}:ArrayView", "text/v1": "arena.envs.text.commands:ChosenCommand"},
            needs=Needs(modules=("textarena",), get="pip install 'arena-bench[games]'"),
            packages=("textarena", "numpy"),
            tags=("puzzle", "text"),
            description=_game.description,
            observation="Text: the rules and the last of what the game told; the valid moves are in the info.",
            action="Text: one of the valid moves, such as [4]; brackets included.",
            reward="At the end 1 for a solved game, else the share of it that was done.",
            source="Guertler et al. 2025, arXiv 2504.11442, https://github.com/LeonGuertler/TextArena",
        )
    )
