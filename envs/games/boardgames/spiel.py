"""What the adapters of OpenSpiel share: a game, its position, chance drawn from the reset seed, tensors and masks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

__all__ = ["Spiel"]


class Spiel:
    """An OpenSpiel game and its current position.

    Attributes:
        game: the `pyspiel.Game`.
        position: the current `pyspiel.State`, never at a chance node.
        shape: of the observation tensor.
        is_private: whether seats see information states (imperfect information) in place of observations.
    """

    def _load(
        self,
        game: str,
        parameters: Mapping[str, Any] | None = None,
        random_opening: int = 0,
        seeded_by: str = "",
        characters: int = 0,
    ) -> None:
        """Takes the game.

        Args:
            game: OpenSpiel's short name, or a whole game string where a parameter is itself a game.
            parameters: of the game.
            random_opening: uniformly random legal moves at the start, none of which ends the game.
            seeded_by: the parameter by which a game that samples inside takes its seed; it is then loaded anew from
                each reset's seed.
            characters: for a game without tensors: the observation is its text as character codes, so many, 0 behind.
        """
        import pyspiel

        if game.startswith("python_"):
            importlib.import_module(f"open_spiel.python.games.{game.removeprefix('python_')}")
        self._name, self._parameters = game, dict(parameters or {})
        self._opening, self._seeded_by, self._characters = random_opening, seeded_by, characters
        self._random = np.random.default_rng()
        self.game = self._loaded()
        kind = self.game.get_type()
        perfect = kind.information == pyspiel.GameType.Information.PERFECT_INFORMATION
        self.is_private = not perfect and kind.provides_information_state_tensor
        self._says_observation = kind.provides_observation_string and not self.is_private
        self.shape = self._tensor_shape()
        self._count = self.game.num_distinct_actions()
        self.position = self.game.new_initial_state()

    def _loaded(self, **seeds: int) -> Any:
        import pyspiel

        parameters = {**self._parameters, **seeds}
        return pyspiel.load_game(self._name, parameters) if parameters else pyspiel.load_game(self._name)

    def _tensor_shape(self) -> tuple[int, ...]:
        if self._characters:
            return (self._characters,)
        if self.is_private:
            return tuple(self.game.information_state_tensor_shape())
        return tuple(self.game.observation_tensor_shape())

    def _tensor_space(self) -> spaces.Box:
        return spaces.Box(-np.inf, np.inf, self.shape, np.float32)

    def _masked_space(self) -> spaces.Dict:
        return spaces.Dict(
            {"observation": self._tensor_space(), "action_mask": spaces.Box(0, 1, (self._count,), np.int8)}
        )

    def _begin(self, seed: int | None) -> None:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        if self._seeded_by:
            self.game = self._loaded(**{self._seeded_by: int(self._random.integers(1 << 31))})
        self.position = self.game.new_initial_state()
        self._draw_chance()
        for _ in range(self._opening):
            self._open()
        # What the start itself is worth is paid with the first move; Hex begins with -0.0, and 0.0 has other bytes
        self._paid = [0.0 if value else value for value in self.position.returns()]

    def _open(self) -> None:
        """Plays a random move of who is to move (all of them, where they move at once) that does not end the game."""
        start = self.position
        movers = range(start.num_players()) if start.is_simultaneous_node() else [start.current_player()]
        while True:
            moves = [int(self._random.choice(start.legal_actions(mover))) for mover in movers]
            self.position = start.clone()
            self._apply(moves)
            if not self.position.is_terminal():
                return

    def _apply(self, moves: Sequence[int]) -> None:
        """Plays one move, or one of each player where they move at once, and draws the chance behind it."""
        if self.position.is_simultaneous_node():
            self.position.apply_actions(list(moves))
        else:
            self.position.apply_action(moves[0])
        self._draw_chance()

    def _checked(self, seat: int, action: Any) -> int:
        """Returns an action as a number; OpenSpiel itself would end the process over an illegal one.

        Raises:
            ValueError: it is not legal now.
        """
        number = int(action)
        if number not in (legal := self.position.legal_actions(seat)):
            raise ValueError(f"action {number} is not legal for seat {seat}; legal are {legal[:20]}")
        return number

    def _draw_chance(self) -> None:
        while self.position.is_chance_node():
            outcomes, chances = zip(*self.position.chance_outcomes(), strict=True)
            chosen = np.searchsorted(np.cumsum(chances), self._random.random() * sum(chances), side="right")
            self.position.apply_action(outcomes[min(int(chosen), len(outcomes) - 1)])

    def _rewards(self) -> list[float]:
        """Returns by seat what the returns grew by since it was last asked."""
        before, self._paid = self._paid, self.position.returns()
        return [now - was for was, now in zip(before, self._paid, strict=True)]

    def _tensor(self, seat: int) -> npt.NDArray[np.float32]:
        if self._characters:
            codes = [ord(letter) for letter in self.text(seat)]
            return np.array(codes + [0] * (self._characters - len(codes)), np.float32)
        if self.is_private:
            tensor = self.position.information_state_tensor(seat)
        else:
            tensor = self.position.observation_tensor(seat)
        return np.array(tensor, np.float32).reshape(self.shape)

    def _mask(self, seat: int) -> npt.NDArray[np.int8]:
        mask = np.zeros(self._count, np.int8)
        if not self.position.is_terminal():
            mask[self.position.legal_actions(seat)] = 1
        return mask

    def text(self, seat: int) -> str:
        """Returns what a seat knows, as OpenSpiel prints it."""
        if self._says_observation:
            return str(self.position.observation_string(seat))
        return str(self.position.information_state_string(seat))
