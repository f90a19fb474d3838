"""OpenSpiel's sequential games at PettingZoo's table: players in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv

from arena.envs.games.boardgames.spiel import Spiel
from arena.errors import ArenaError, SpecError

__all__ = ["BoardGame"]

LARGEST_TREE = 50_000  # positions of a game whose NashConv is computed in minutes


class BoardGame(Spiel, AECEnv):
    """A sequential OpenSpiel game.

    Observation:
        Dict: `observation` float32, OpenSpiel's information-state tensor in games of imperfect information, else its
        observation tensor, unchanged (where it has neither, its text as character codes); `action_mask` int8, 1 where
        an action is legal (all 0 for who is not to move).
    Action:
        Discrete: OpenSpiel's numbers of actions.
    Reward:
        What the move changed in each player's returns; in most games 0 until the end.
    Episode end:
        Terminated when the game is over.
    Start:
        The game's own, after `random_opening` uniformly random legal moves, and with chance drawn, from the seed.
    Score:
        Return, within the game's range of utilities.
    Versions:
        v0: open_spiel 2.0.2.
    Source:
        Lanctot et al. 2019, "OpenSpiel", https://github.com/google-deepmind/open_spiel
    """

    metadata = {"name": "boardgame", "render_modes": ["ansi"], "is_parallelizable": False}

    def __init__(
        self,
        game: str,
        parameters: Mapping[str, Any] | None = None,
        random_opening: int = 0,
        seeded_by: str = "",
        characters: int = 0,
        render_mode: str | None = None,
    ) -> None:
        import pyspiel

        super().__init__()
        self._load(game, parameters, random_opening, seeded_by, characters)
        if self.game.get_type().dynamics != pyspiel.GameType.Dynamics.SEQUENTIAL:
            raise SpecError(f"OpenSpiel game {game!r} has simultaneous moves; this adapter seats players in turn")
        self.render_mode = render_mode
        self.possible_agents = [f"player_{seat}" for seat in range(self.game.num_players())]
        self._seat = {name: seat for seat, name in enumerate(self.possible_agents)}
        self._observation_space = self._masked_space()
        self._action_space = spaces.Discrete(self._count)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self._begin(seed)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self.agent_selection = self.possible_agents[self.position.current_player()]

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        self._apply([self._checked(self._seat[self.agent_selection], action)])
        self._cumulative_rewards[self.agent_selection] = 0.0
        self.rewards = dict(zip(self.possible_agents, self._rewards(), strict=True))
        if self.position.is_terminal():
            self.terminations = dict.fromkeys(self.agents, True)
            self.agent_selection = self.agents[0]
        else:
            self.agent_selection = self.possible_agents[self.position.current_player()]
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[Any]]:
        seat = self._seat[agent]
        return {"observation": self._tensor(seat), "action_mask": self._mask(seat)}

    def decisions(self) -> Iterator[tuple[str, int]]:
        """Puts the game into each information state once; yields the state's name and whose move it is.

        Goes through the whole tree of OpenSpiel's game, without the random opening.

        Raises:
            ArenaError: the tree is too large.
        """
        found: dict[str, Any] = {}
        nodes, stack = 0, [self.game.new_initial_state()]
        while stack:
            state, nodes = stack.pop(), nodes + 1
            if nodes > LARGEST_TREE:
                raise ArenaError(f"{self._name} has more than {LARGEST_TREE} positions: too many for an exact NashConv")
            if not state.is_terminal():
                if not state.is_chance_node():
                    found.setdefault(state.information_state_string(), state)
                stack += [state.child(action) for action in state.legal_actions()]
        for name, self.position in found.items():
            yield name, self.position.current_player()

    def nash_conv(self, policy: Mapping[str, Mapping[int, float]]) -> float:
        """Returns what best responses gain against a policy, summed over the players, by OpenSpiel's own algorithm.

        Args:
            policy: by information state, the probability of each action.
        """
        from open_spiel.python.algorithms import exploitability
        from open_spiel.python.policy import TabularPolicy

        table = TabularPolicy(self.game)
        for state, row in table.state_lookup.items():
            table.action_probability_array[row] = 0.0
            for action, chance in policy[state].items():
                table.action_probability_array[row, action] = chance
        return float(exploitability.nash_conv(self.game, table))

    def render(self) -> str:
        """Returns the board as OpenSpiel prints it."""
        return str(self.position)

    def close(self) -> None:
        """Nothing to free."""
