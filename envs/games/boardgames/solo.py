"""OpenSpiel's games for one player, and one player's part in its mean-field games, as Gymnasium environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.envs.games.boardgames.spiel import Spiel

__all__ = ["CrowdGame", "SoloGame"]


class SoloGame(Spiel, gymnasium.Env[npt.NDArray[np.float32], int]):
    """An OpenSpiel game for one player.

    Observation:
        Box float32: OpenSpiel's observation tensor (where it has none, its text as character codes);
        `info["action_mask"]` int8, 1 where an action is legal.
    Action:
        Discrete: OpenSpiel's numbers of actions.
    Reward:
        What the move changed in the player's returns.
    Episode end:
        Terminated when the game is over.
    Start:
        The game's own, with chance drawn from the seed.
    Score:
        Return, within the game's range of utilities.
    Versions:
        v0: open_spiel 2.0.2.
    Source:
        Lanctot et al. 2019, "OpenSpiel", https://github.com/google-deepmind/open_spiel
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(
        self,
        game: str,
        parameters: Mapping[str, Any] | None = None,
        seeded_by: str = "",
        characters: int = 0,
        render_mode: str | None = None,
    ) -> None:
        self._load(game, parameters, 0, seeded_by, characters)
        self.render_mode = render_mode
        self.observation_space = self._tensor_space()
        self.action_space: Any = spaces.Discrete(self._count)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        self._begin(seed)
        return self._tensor(0), self._info()

    def step(self, action: Any) -> tuple[npt.NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        self._apply([self._checked(0, action)])
        return self._tensor(0), self._rewards()[0], self.position.is_terminal(), False, self._info()

    def render(self) -> Any:
        """Returns the position as OpenSpiel prints it."""
        return str(self.position)

    def _info(self) -> dict[str, Any]:
        return {} if self.position.is_terminal() else {"action_mask": self._mask(0)}


class CrowdGame(SoloGame):
    """One player in the crowd of a mean-field game, in which all others move uniformly at random.

    Observation:
        Box float32: OpenSpiel's observation tensor; `info["action_mask"]` int8, 1 where an action is legal.
    Action:
        Discrete: OpenSpiel's numbers of actions.
    Reward:
        The game's own, at each step, against the exact distribution of a crowd that moves uniformly at random.
    Episode end:
        Terminated at the game's horizon.
    Start:
        The game's own, with chance drawn from the seed.
    Score:
        Return. The best return is that of the best response to this crowd, not of an equilibrium.
    Versions:
        v0: open_spiel 2.0.2.
    Source:
        Perrin et al. 2020, "Fictitious play for mean field games", arXiv 2007.03458, through OpenSpiel.
    """

    def __init__(self, game: str, parameters: Mapping[str, Any] | None = None, render_mode: str | None = None) -> None:
        from open_spiel.python.mfg.algorithms.distribution import DistributionPolicy
        from open_spiel.python.policy import UniformRandomPolicy

        super().__init__(game, parameters, render_mode=render_mode)
        self._crowd = DistributionPolicy(self.game, UniformRandomPolicy(self.game))

    def _draw_chance(self) -> None:
        import pyspiel

        super()._draw_chance()
        while self.position.current_player() == pyspiel.PlayerId.MEAN_FIELD:
            support = self.position.distribution_support()
            self.position.update_distribution([self._crowd.value_str(state, 0.0) for state in support])
            super()._draw_chance()
