"""Board and card games of OpenSpiel at PettingZoo's table: players in turn, chance drawn from the reset seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.errors import SpecError
from arena.views import View, parse_choice

__all__ = ["BoardGame"]


class BoardGame(AECEnv):
    """A sequential OpenSpiel game.

    Observation:
        Dict: `observation` float32, OpenSpiel's information-state tensor in games of imperfect information, else its
        observation tensor, unchanged; `action_mask` int8, 1 where an action is legal (all 0 for who is not to move).
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
        render_mode: str | None = None,
    ) -> None:
        import pyspiel

        super().__init__()
        self.game = pyspiel.load_game(game, dict(parameters or {}))
        kind = self.game.get_type()
        if kind.dynamics != pyspiel.GameType.Dynamics.SEQUENTIAL:
            raise SpecError(f"OpenSpiel game {game!r} has simultaneous moves; this adapter seats players in turn")
        perfect = kind.information == pyspiel.GameType.Information.PERFECT_INFORMATION
        self._private = not perfect and kind.provides_information_state_tensor
        self._opening = random_opening
        self.render_mode = render_mode
        self.possible_agents = [f"player_{seat}" for seat in range(self.game.num_players())]
        self._seat = {name: seat for seat, name in enumerate(self.possible_agents)}
        self._shape = (
            self.game.information_state_tensor_shape() if self._private else self.game.observation_tensor_shape()
        )
        count = self.game.num_distinct_actions()
        self._observation_space = spaces.Dict(
            {
                "observation": spaces.Box(-np.inf, np.inf, tuple(self._shape), np.float32),
                "action_mask": spaces.Box(0, 1, (count,), np.int8),
            }
        )
        self._action_space = spaces.Discrete(count)
        self._random = np.random.default_rng()
        self.position = self.game.new_initial_state()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.position = self.game.new_initial_state()
        self._draw_chance()
        for _ in range(self._opening):
            self.position.apply_action(int(self._random.choice(self.position.legal_actions())))
            self._draw_chance()
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
        before = self.position.returns()
        self.position.apply_action(int(action))
        self._draw_chance()
        self._cumulative_rewards[self.agent_selection] = 0.0
        for name, was, now in zip(self.possible_agents, before, self.position.returns(), strict=True):
            self.rewards[name] = now - was
        if self.position.is_terminal():
            self.terminations = dict.fromkeys(self.agents, True)
            self.agent_selection = self.agents[0]
        else:
            self.agent_selection = self.possible_agents[self.position.current_player()]
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[Any]]:
        seat = self._seat[agent]
        tensor = (
            self.position.information_state_tensor(seat) if self._private else self.position.observation_tensor(seat)
        )
        mask = np.zeros(self._action_space.n, np.int8)
        if not self.position.is_terminal() and self.position.current_player() == seat:
            mask[self.position.legal_actions()] = 1
        return {"observation": np.array(tensor, np.float32).reshape(self._shape), "action_mask": mask}

    def render(self) -> str:
        """Returns the board as OpenSpiel prints it."""
        return str(self.position)

    def close(self) -> None:
        """Nothing to free."""

    def _draw_chance(self) -> None:
        while self.position.is_chance_node():
            outcomes, chances = zip(*self.position.chance_outcomes(), strict=True)
            chosen = np.searchsorted(np.cumsum(chances), self._random.random() * sum(chances), side="right")
            self.position.apply_action(outcomes[min(int(chosen), len(outcomes) - 1)])


class MoverPlanes(View):
    """A (3, rows, columns) board whose planes are always own pieces, the other's pieces and empty cells.

    For Connect Four: OpenSpiel's planes are (first player's, second player's, empty), whoever looks.
    """

    options = {"planes": "own, other's, empty"}

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return (observation if self.agent == "player_0" else observation[[1, 0, 2]]), mask


class SeatedPlanes(View):
    """A board as OpenSpiel gives it, flat, with the looker's seat one-hot behind: for games in which sides differ."""

    options = {"layout": "tensor, then seat one-hot"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._seat = np.zeros(len(env.possible_agents), np.float32)
        self._seat[env.possible_agents.index(agent)] = 1.0
        size = int(np.prod(self.observation_space.shape or ())) + len(self._seat)
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return np.concatenate([observation.ravel(), self._seat]), mask


class BoardText(View):
    """What a player knows, as OpenSpiel prints it, with the rules, whose side is whose, and the legal moves by name."""

    options = {"legal_moves_shown": True, "names": "OpenSpiel's action_to_string"}

    _RULES = {  # OpenSpiel's name of the game -> (rules, the two sides' names)
        "tic_tac_toe": ("Tic-tac-toe: three in a row win. Moves are (row,column).", ("x", "o")),
        "othello": ("Othello: most discs at the end win.", ("black (x)", "white (o)")),
        "breakthrough": (
            "Breakthrough: reach the other side's home row, or capture all its pieces. A piece moves one square "
            "straight or diagonally forward and captures diagonally.",
            ("black (b), moving down", "white (w), moving up"),
        ),
        "hex": ("Hex: connect your two sides.", ("x, connecting top and bottom", "o, connecting left and right")),
        "kuhn_poker": (
            "Kuhn poker: each of two players antes 1 and holds one of the cards 0, 1, 2; a bet is 1. Shown are your "
            "card and then the moves so far (p pass, b bet).",
            ("the first player", "the second player"),
        ),
        "leduc_poker": (
            "Leduc poker: six cards, ranks 0 to 2 twice (numbered 0 to 5, two of a rank together); a pair with the "
            "public card wins, else the higher rank. Raises are 2, then 4.",
            ("player 0", "player 1"),
        ),
    }

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._seat = env.possible_agents.index(agent)
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(16_000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        rules, sides = self._RULES[self.env.game.get_type().short_name]
        lines = [
            rules,
            f"You are {sides[self._seat]}; your opponent is {sides[1 - self._seat]}.",
            self._board().rstrip(),
            f"Legal moves: {', '.join(self._moves())}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return self.env.position.legal_actions()[parse_choice(answer, self._moves())]

    def _moves(self) -> list[str]:
        state = self.env.position
        return [state.action_to_string(self._seat, action) for action in state.legal_actions()]

    def _board(self) -> str:
        state = self.env.position
        private = self.env.game.get_type().provides_information_state_string and self.env._private
        return str(state.information_state_string(self._seat) if private else state.observation_string(self._seat))


class ConnectFourText(View):
    """The board with its column numbers, whose pieces are whose, and the columns that have room."""

    options = {"legal_moves_shown": True, "names": "column numbers"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._own, self._other = ("x", "o") if agent == "player_0" else ("o", "x")
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(2000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

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


class _Task(NamedTuple):
    name: str
    game: str
    parameters: dict[str, Any]
    random_opening: int  # moves; 0 where chance already tells one start from another
    utility: float  # the most a player can win or lose
    views: dict[str, str]
    description: str


_TEXT = {"text/v1": f"{__name__}:BoardText"}
_SEATED = {"array": f"{__name__}:SeatedPlanes", **_TEXT}
_TASKS = (
    _Task(
        "ConnectFour-v0",
        "connect_four",
        {},
        4,  # two moves leave 49 starts: too few for a hundred different games between deterministic agents
        1.0,
        {"array": f"{__name__}:MoverPlanes", "text/v1": f"{__name__}:ConnectFourText"},
        "Connect Four after two uniformly random legal moves of each player, drawn from the seed.",
    ),
    _Task(
        "TicTacToe-v0",
        "tic_tac_toe",
        {},
        2,
        1.0,
        _SEATED,
        "Tic-tac-toe after one uniformly random legal move of each player, drawn from the seed.",
    ),
    _Task("Othello-v0", "othello", {}, 4, 1.0, _TEXT, "Othello after four uniformly random legal moves."),
    _Task("Breakthrough-v0", "breakthrough", {}, 2, 1.0, _SEATED, "Breakthrough, 8x8, after two random legal moves."),
    _Task("Hex5-v0", "hex", {"board_size": 5}, 2, 1.0, _SEATED, "Hex on 5x5 after two random legal moves."),
    _Task("KuhnPoker-v0", "kuhn_poker", {}, 0, 2.0, _TEXT, "Poker with three cards; hidden cards dealt from the seed."),
    _Task("LeducPoker-v0", "leduc_poker", {}, 0, 13.0, _TEXT, "Poker with six cards; cards dealt from the seed."),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"boardgames/{_task.name}",
            random=measured(f"boardgames/{_task.name}"),
            entry_point=f"{__name__}:BoardGame",
            kwargs={"game": _task.game, "parameters": _task.parameters, "random_opening": _task.random_opening},
            domain="games",
            interface="aec",
            seats=2,
            payoff="zero-sum",
            expert=Reference(_task.utility, "the most a player can win"),
            score_range=(-_task.utility, _task.utility),
            failure_score=-_task.utility,
            views=_task.views,
            needs=Needs(modules=("pyspiel",), get="pip install 'arena-bench[quick]'"),
            packages=("open_spiel", "numpy"),
            tags=("two-player", "turn-based"),
            description=_task.description,
            source="Lanctot et al. 2019, https://github.com/google-deepmind/open_spiel",
        )
    )
