"""OpenSpiel's games of simultaneous moves as PettingZoo's parallel games: all players choose, then all see.

Parallel, not OpenSpiel's turn-based transform: who moves later must not know who moved first, and here that holds by
construction; a step of the record is then also a step of the game.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena.envs.games.boardgames.spiel import Spiel
from arena.errors import SpecError

__all__ = ["JointGame"]


class JointGame(Spiel, ParallelEnv):
    """An OpenSpiel game whose players move at once.

    Observation:
        Dict: `observation` float32, as in `BoardGame`; `action_mask` int8, 1 where an action is legal.
    Action:
        Discrete: OpenSpiel's numbers of actions, one per player and step.
    Reward:
        What the joint move changed in each player's returns.
    Episode end:
        Terminated for all when the game is over.
    Start:
        The game's own, after `random_opening` joint random legal moves, and with chance drawn, from the seed.
    Score:
        Return, within the game's range of utilities.
    Versions:
        v0: open_spiel 2.0.2.
    Source:
        Lanctot et al. 2019, "OpenSpiel", https://github.com/google-deepmind/open_spiel
    """

    metadata = {"name": "jointgame", "render_modes": ["ansi"]}

    def __init__(
        self,
        game: str,
        parameters: Mapping[str, Any] | None = None,
        random_opening: int = 0,
        render_mode: str | None = None,
    ) -> None:
        import pyspiel

        self._load(game, parameters, random_opening)
        if self.game.get_type().dynamics != pyspiel.GameType.Dynamics.SIMULTANEOUS:
            raise SpecError(f"OpenSpiel game {game!r} has no simultaneous moves; use the adapter that takes turns")
        self.render_mode = render_mode
        self.possible_agents = [f"player_{seat}" for seat in range(self.game.num_players())]
        self._observation_space = self._masked_space()
        self._action_space = spaces.Discrete(self._count)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        self._begin(seed)
        self.agents = list(self.possible_agents)
        return self._observations(), {name: {} for name in self.agents}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        names = self.possible_agents
        self._apply([self._checked(seat, actions[name]) for seat, name in enumerate(names)])
        rewards = dict(zip(names, self._rewards(), strict=True))
        over = self.position.is_terminal()
        self.agents = [] if over else list(names)
        ends, cuts = dict.fromkeys(names, over), dict.fromkeys(names, False)
        return self._observations(), rewards, ends, cuts, {name: {} for name in names}

    def render(self) -> str:
        """Returns the position as OpenSpiel prints it."""
        return str(self.position)

    def close(self) -> None:
        """Nothing to free."""

    def _observations(self) -> dict[str, Any]:
        return {
            name: {"observation": self._tensor(seat), "action_mask": self._mask(seat)}
            for seat, name in enumerate(self.possible_agents)
        }
