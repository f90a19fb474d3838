"""StarCraft II through PySC2: the seven mini-games and the full game against the built-in player.

Needs the game: `pip install pysc2==4.0.0`, Blizzard's Linux package (about 4 GB, https://github.com/Blizzard/s2client-proto,
under its AI and Machine Learning licence) named by SC2PATH, and the maps `mini_games` and `Melee` in its folder Maps.
Nothing here was run against the game itself, so no replay is promised.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, register
from arena.errors import UnavailableError

__all__ = ["StarCraft"]

SIZE = 64  # of screen and minimap, cells
STEP_MUL = 8  # game loops per step, of 16 a second: the published protocol
_GET = (
    "pip install pysc2==4.0.0; StarCraft II for Linux (Blizzard, AI and Machine Learning licence) in the folder that "
    "SC2PATH names, with the map packs mini_games and Melee in its folder Maps: https://github.com/google-deepmind/pysc2"
)


class StarCraft(gymnasium.Env[Any, Any]):
    """One player on one of PySC2's maps, by feature layers.

    Observation:
        Dict: `screen` (27, 64, 64) and `minimap` (11, 64, 64) int32 feature layers, in PySC2's order; `player` (11,)
        int32: supply, minerals and so on; `available` (functions,) int8, 1 for each function that can be called now.
    Action:
        MultiDiscrete: a function, then the arguments of all PySC2's argument types in their order (points as x, y);
        those that the function does not take are ignored. A function that is not available does nothing.
    Reward:
        Mini-games: the change of the map's score. Full game: 1 for a win, -1 for a loss, 0 for a draw, at the end.
    Episode end:
        Terminated when the map or the game ends, its own clock included; truncated by the spec's limit of steps.
    Start:
        A new game with the reset seed as PySC2's `random_seed`. Terran against a very easy Terran in the full game.
    Score:
        Return. Not measured here.
    Versions:
        v0: pysc2 4.0.0, 64x64 feature layers, 8 game loops per step.
    Source:
        Vinyals et al. 2017, "StarCraft II: A New Challenge for Reinforcement Learning";
        https://github.com/google-deepmind/pysc2
    """

    metadata = {"render_modes": []}

    def __init__(self, map_name: str, against_bot: bool) -> None:
        self._map = map_name
        self._against_bot = against_bot
        self._env = self._launch(0)
        spec = self._env.action_spec()[0]
        self._functions = list(spec.functions)
        self._types = list(spec.types)
        sizes = [size for kind in self._types for size in kind.sizes]
        shapes = self._env.observation_spec()[0]
        self.action_space = spaces.MultiDiscrete([len(self._functions), *sizes])
        number = np.iinfo(np.int32)
        self.observation_space = spaces.Dict(
            {
                "screen": spaces.Box(0, number.max, tuple(shapes["feature_screen"]), np.int32),
                "minimap": spaces.Box(0, number.max, tuple(shapes["feature_minimap"]), np.int32),
                "player": spaces.Box(number.min, number.max, tuple(shapes["player"]), np.int32),
                "available": spaces.MultiBinary(len(self._functions)),
            }
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._env.close()
        self._env = self._launch(int(self.np_random.integers(1 << 31)) if seed is None else seed)
        return self._read(self._env.reset()[0]), {}

    def step(self, action: npt.NDArray[np.int64]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        step = self._env.step([self._call(action)])[0]
        return self._read(step), float(step.reward), bool(step.last()), False, {}

    def close(self) -> None:
        self._env.close()

    def _launch(self, seed: int) -> Any:
        """Starts the game with a seed; PySC2 takes one for each game it makes, and none for a restart.

        Raises:
            UnavailableError: the game, or the map, cannot be started.
        """
        from absl import flags
        from pysc2.env import sc2_env
        from pysc2.lib import sc_process

        if not flags.FLAGS.is_parsed():  # PySC2 reads its own
            flags.FLAGS(sys.argv[:1])
        players = [sc2_env.Agent(sc2_env.Race.terran)]
        if self._against_bot:
            bot = sc2_env.Bot(sc2_env.Race.terran, sc2_env.Difficulty.very_easy, sc2_env.BotBuild.macro)
            players.append(bot)  # one race and one plan: PySC2 would choose by Python's own random numbers
        try:
            return sc2_env.SC2Env(
                map_name=self._map,
                players=players,
                agent_interface_format=sc2_env.AgentInterfaceFormat(
                    feature_dimensions=sc2_env.Dimensions(screen=SIZE, minimap=SIZE)
                ),
                step_mul=STEP_MUL,
                random_seed=seed % (1 << 31),  # the game's is a signed 32-bit number
            )
        except sc_process.SC2LaunchError as error:
            raise UnavailableError(
                f"StarCraft II does not start from {os.environ.get('SC2PATH')!r}: {error}"
            ) from error

    def _read(self, step: Any) -> dict[str, Any]:
        seen = step.observation
        can = np.zeros(len(self._functions), np.int8)
        self._available = {int(number) for number in seen["available_actions"]}
        can[[place for place, function in enumerate(self._functions) if int(function.id) in self._available]] = 1
        return {
            "screen": np.array(seen["feature_screen"], np.int32),
            "minimap": np.array(seen["feature_minimap"], np.int32),
            "player": np.array(seen["player"], np.int32),
            "available": can,
        }

    def _call(self, action: npt.NDArray[np.int64]) -> Any:
        """Returns PySC2's function call for an action; function 0 is no_op."""
        from pysc2.lib import actions

        function = self._functions[int(action[0])]
        if int(function.id) not in self._available:
            return actions.FunctionCall(0, [])
        values, at = {}, 1
        for kind in self._types:
            values[kind.name] = [int(value) for value in action[at : at + len(kind.sizes)]]
            at += len(kind.sizes)
        return actions.FunctionCall(function.id, [values[argument.name] for argument in function.args])


class _Task(NamedTuple):
    """One row of the table; `seconds` is the map's own clock, at 16 game loops a second."""

    name: str
    map_name: str
    seconds: int
    best: float
    folder: str
    description: str


_TASKS = (
    _Task("MoveToBeacon-v0", "MoveToBeacon", 120, np.inf, "mini_games", "Move a marine to a beacon, again and again."),
    _Task("CollectMineralShards-v0", "CollectMineralShards", 120, np.inf, "mini_games", "Collect with two marines."),
    _Task(
        "FindAndDefeatZerglings-v0", "FindAndDefeatZerglings", 180, np.inf, "mini_games", "Find and fight zerglings."
    ),
    _Task("DefeatRoaches-v0", "DefeatRoaches", 120, np.inf, "mini_games", "Nine marines against four roaches."),
    _Task(
        "DefeatZerglingsAndBanelings-v0",
        "DefeatZerglingsAndBanelings",
        120,
        np.inf,
        "mini_games",
        "Nine marines against zerglings and banelings.",
    ),
    _Task("CollectMineralsAndGas-v0", "CollectMineralsAndGas", 420, np.inf, "mini_games", "Build up an economy."),
    _Task("BuildMarines-v0", "BuildMarines", 900, np.inf, "mini_games", "Build as many marines as possible."),
    _Task("Simple64-v0", "Simple64", 1800, 1.0, "Melee", "The full game, Terran against a very easy built-in player."),
)

for _task in _TASKS:
    _full = _task.folder == "Melee"
    register(
        EnvSpec(
            id=f"starcraft/{_task.name}",
            entry_point=f"{__name__}:StarCraft",
            kwargs={"map_name": _task.map_name, "against_bot": _full},
            domain="games",
            max_steps=_task.seconds * 16 // STEP_MUL + 10,  # the map's own clock comes first
            # marines that die cost a point each in the fights: 9, and 9 more for each wave, of at most one in 2 seconds
            score_range=(-1.0 if _full else -1000.0, _task.best),
            failure_score=-1.0 if _full else -1000.0,
            verification="none",
            needs=Needs(
                modules=("pysc2",),
                get=_GET,
                files=("$SC2PATH/Versions", f"$SC2PATH/Maps/{_task.folder}/{_task.map_name}.SC2Map"),
            ),
            packages=("pysc2", "s2clientprotocol", "numpy"),
            tags=("gated", "strategy"),
            description=_task.description,
            observation="Dict: 27 screen and 11 minimap layers of 64x64 int32, player's figures, available functions.",
            action="MultiDiscrete: a function and the arguments of every type; an unavailable function does nothing.",
            reward="Win 1, loss -1, draw 0." if _full else "Change of the map's score.",
            source="Vinyals et al. 2017, https://github.com/google-deepmind/pysc2",
        )
    )
