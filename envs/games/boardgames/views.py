"""How a seat sees an OpenSpiel game: tensors that say whose they are, and text with the legal moves by name."""

from __future__ import annotations

import string
from collections import Counter
from typing import Any

import numpy as np
from gymnasium import spaces

from arena.envs.games.boardgames.rules import RULES
from arena.views import View, parse_choice

__all__ = ["BoardText", "ConnectFourText", "MoverPlanes", "SeatedPlanes", "SidePlane"]

_CHARSET = string.printable[:95] + "\n"
_SUITS = "SHDC"  # in the order of Unicode's playing cards
_RANKS = "?A23456789TJ?QK"
_ASCII = str.maketrans(
    {
        **dict(zip("♠♥♦♣", _SUITS, strict=True)),
        **{chr(0x1F0A0 + 16 * s + r): suit + _RANKS[r] for s, suit in enumerate(_SUITS) for r in range(1, 15)},
        **dict(zip("┌┐└┘├┤┬┴┼", "+" * 9, strict=True)),
        **dict(zip("─│╴╶╵╷ ·", "-|--|| .", strict=True)),
        "←": "<-",
        "\U0001f0a0": "##",  # a card's back
        "\U0001f0bf": "[]",  # an empty place
        "\U0001f0df": "[]",
        "\t": " ",
    }
)


class MoverPlanes(View):
    """A (3, rows, columns) board whose planes are always own pieces, the other's pieces and empty cells.

    For Connect Four: OpenSpiel's planes are (first player's, second player's, empty), whoever looks.
    """

    options = {"planes": "own, other's, empty"}

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return (observation if self.agent == "player_0" else observation[[1, 0, 2]]), mask


class SeatedPlanes(View):
    """A tensor as OpenSpiel gives it, flat, with the looker's seat one-hot behind: for games in which sides differ."""

    options = {"layout": "tensor, then seat one-hot"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._seat = np.zeros(len(env.possible_agents), np.float32)
        self._seat[env.possible_agents.index(agent)] = 1.0
        size = int(np.prod(self.observation_space.shape or ())) + len(self._seat)
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return np.concatenate([observation.ravel(), self._seat]), mask


class SidePlane(View):
    """A board of planes as OpenSpiel gives it, with one more that is 0 for the first player and 1 for the second."""

    options = {"planes": "tensor, then the looker's side"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        planes, *board = self.observation_space.shape or ()
        self._side = np.full((1, *board), float(env.possible_agents.index(agent)), np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (planes + 1, *board), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return np.concatenate([observation, self._side]), mask


class BoardText(View):
    """What a player knows, as OpenSpiel prints it, with the rules, whose side is whose, and the legal moves by name.

    Cards and lines are spelt in ASCII. Two names that differ only in case (chess: Bxc4 and bxc4) carry the number of
    their action, so that an answer never has two readings.
    """

    options = {"legal_moves_shown": True, "names": "OpenSpiel's action_to_string, one space between words"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._spiel = env.unwrapped
        self._seat = 0 if agent is None else env.possible_agents.index(agent)
        self._seats = 1 if agent is None else len(env.possible_agents)
        self.observation_space = spaces.Text(65_536, charset=_CHARSET)
        self.action_space = spaces.Text(200, charset=_CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        rules = RULES[self._spiel.game.get_type().short_name]
        lines = [
            rules.text,
            *self._sides(rules.sides),
            self._spiel.text(self._seat).translate(_ASCII).rstrip(),
            f"Legal moves: {', '.join(self._moves())}. Answer with one of them.",
        ]
        return "\n".join(line for line in lines if line), mask

    def parse(self, answer: Any) -> Any:
        return self._spiel.position.legal_actions(self._seat)[parse_choice(answer, self._moves())]

    def _sides(self, sides: tuple[str, ...]) -> list[str]:
        if self._seats == 1:
            return []
        if len(sides) == 2 == self._seats:
            return [f"You are {sides[self._seat]}; your opponent is {sides[1 - self._seat]}."]
        return [f"You are player {self._seat} of players 0 to {self._seats - 1}."]

    def _moves(self) -> list[str]:
        state = self._spiel.position
        actions = state.legal_actions(self._seat)
        names = [_name(state.action_to_string(self._seat, action)) for action in actions]
        counts = Counter(name.lower() for name in names)
        return [n if counts[n.lower()] == 1 else f"{n}#{a}" for n, a in zip(names, actions, strict=True)]


def _name(text: str) -> str:
    """Returns an action's name on one line, without what parts one from the next: commas, colons, "and"."""
    return " ".join(text.translate(_ASCII).split()).replace(", ", ",").replace(": ", " ").replace(" and ", " + ")


class ConnectFourText(View):
    """The board with its column numbers, whose pieces are whose, and the columns that have room."""

    options = {"legal_moves_shown": True, "names": "column numbers"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._own, self._other = ("x", "o") if agent == "player_0" else ("o", "x")
        self.observation_space = spaces.Text(2000, charset=_CHARSET)
        self.action_space = spaces.Text(200, charset=_CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        lines = [
            "Connect Four: a piece falls to the lowest free cell of its column; four in a line, in any direction, win.",
            f"You are {self._own}; your opponent is {self._other}. Empty cells are dots.",
            str(self.env.position).rstrip(),
            "0123456",
            f"Columns with room: {', '.join(self._columns())}. Answer with one column number.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return int(self._columns()[parse_choice(answer, self._columns())])

    def _columns(self) -> list[str]:
        return [str(column) for column in self.env.position.legal_actions()]
