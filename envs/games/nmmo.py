"""Neural MMO: many agents forage, fight and trade skills for gear on a generated map; who lives longest?"""

from __future__ import annotations

import tempfile
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.views import View

HORIZON = 512  # ticks; half of the package's Medium setting, whose map is sixteen times as large
MAPS = 32  # terrains to draw from; resources, places and creatures are drawn anew on each
_SIGHT = 7  # tiles to each side
_ENTITIES = 16  # seen at most
_ROWS = ("Tile", "Entity", "Inventory")  # of the package's observation, those that are kept where there are any


class NeuralMMO(ParallelEnv[str, dict[str, Any], Any]):
    """Neural MMO on its Small map (32x32 tiles), every agent for itself.

    Observation:
        Dict of the package's tables: `Tile` (225, 3) int16: row, column, material of the 15x15 tiles around; `Entity`
        (16, 31) int16: what is in sight, agents (id 1 and up) and creatures (below 0), one in a row with place,
        health, food, water and skills; with items `Inventory` (12, 16) int16; and `AgentId` (own) and `CurrentTick`.
    Action:
        Discrete(5) with a mask where agents only move: north, south, east, west, stay. Else MultiDiscrete, one number
        for each argument of each of the package's actions by name: of `Attack` the style (melee, range, mage) and the
        row in `Entity` (16: nobody), of `Destroy`, `Give` and `Use` the row in `Inventory` (12: nothing), of `Give`
        also whom, of `Move` the direction. What cannot be done is not done.
    Reward:
        The package's default task: 1/512 for each tick survived, -1 in the tick of death.
    Episode end:
        Terminated for an agent that dies (of hunger, thirst or wounds); truncated after 512 ticks for all who live.
    Start:
        One of 32 terrains, resources, creatures and the agents' places at the edge, all drawn from the seed.
    Score:
        `lifetime`, ticks survived, 0 to 512; random is measured, no published figure for this setting.
    Versions:
        v0: nmmo 2.1.1, configuration Small; food and water last 20 ticks.
    Source:
        Suarez et al. 2023, "Neural MMO 2.0", https://github.com/neuralmmo/environment. Difference: the package keeps
        paths that its creatures found on the map of an earlier episode; here they are forgotten at reset.
    """

    metadata = {"name": "nmmo", "render_modes": []}

    def __init__(self, seats: int, systems: list[str], creatures: int) -> None:
        import nmmo

        parts = [getattr(nmmo.config, name) for name in ("Small", *systems)]
        config = type("Config", tuple(parts), {})()
        self._folder = tempfile.TemporaryDirectory(prefix="arena-nmmo-")
        for name, value in {
            "PLAYER_N": seats,
            "PLAYER_N_OBS": _ENTITIES,
            "NPC_N": creatures,
            "HORIZON": HORIZON,
            "MAP_N": MAPS,
            "PATH_MAPS": self._folder.name,
            "TASK_EMBED_DIM": 1,
        }.items():
            config.set(name, value)
        self._env = nmmo.Env(config, seed=0)  # the terrains; whatever else is random follows reset's seed
        self.possible_agents = [f"agent_{number}" for number in self._env.possible_agents]
        self.agents: list[str] = []
        self.render_mode = None
        self._number = dict(zip(self.possible_agents, self._env.possible_agents, strict=True))
        theirs = self._env.observation_space(1)
        self._tables = [name for name in _ROWS if name in theirs.spaces]
        kept = {name: theirs[name] for name in ("AgentId", "CurrentTick", *self._tables)}
        self._observation_space = spaces.Dict(kept)
        self._arguments = [
            (action, argument, int(part.n))
            for action, arguments in self._env.action_space(1).items()
            for argument, part in arguments.items()
        ]
        sizes = [size for *_, size in self._arguments]
        self._action_space = spaces.Discrete(sizes[0]) if len(sizes) == 1 else spaces.MultiDiscrete(sizes)

    def observation_space(self, agent: str) -> spaces.Dict:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        self._env.realm.map.pathfinding_cache.clear()
        self._env.default_game.history.clear()  # grows without end
        observations, _ = self._env.reset(seed=None if seed is None else int(seed))
        self.agents = self.possible_agents[:]
        infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        return self._observe(observations, infos), infos

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        agents = self.agents
        observations, rewards, terminated, truncated, _ = self._env.step(
            {self._number[agent]: self._native(actions[agent]) for agent in agents}
        )
        ended = {a for a in agents if terminated[self._number[a]] or truncated[self._number[a]]}
        infos = {agent: {"metrics": self._metrics(self._number[agent])} if agent in ended else {} for agent in agents}
        self.agents = [agent for agent in agents if agent not in ended]
        return (
            self._observe(observations, infos),
            {agent: float(rewards[self._number[agent]]) for agent in agents},
            {agent: bool(terminated[self._number[agent]]) for agent in agents},
            {agent: bool(truncated[self._number[agent]]) for agent in agents},
            infos,
        )

    def close(self) -> None:
        self._folder.cleanup()

    def _native(self, action: Any) -> dict[str, dict[str, int]]:
        native: dict[str, dict[str, int]] = {}
        for (name, argument, _), value in zip(self._arguments, np.atleast_1d(action), strict=True):
            native.setdefault(name, {})[argument] = int(value)
        return native

    def _observe(self, observations: dict[int, Any], infos: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Returns what the named agents see; where they only move, their masks go into the infos."""
        shown = {}
        for agent, info in infos.items():
            seen = observations[self._number[agent]]
            shown[agent] = {
                "AgentId": int(seen["AgentId"]),
                "CurrentTick": int(seen["CurrentTick"]),
                **{name: np.array(seen[name]) for name in self._tables},
            }
            if isinstance(self._action_space, spaces.Discrete):
                info["action_mask"] = np.array(seen["ActionTargets"]["Move"]["Direction"], bool)
        return shown

    def _metrics(self, number: int) -> dict[str, float]:
        player = self._env.realm.players.entities.get(number) or self._env.dead_this_tick[number]
        history = player.history
        return {
            "lifetime": float(self._env.realm.tick),
            "exploration": float(history.exploration),  # tiles of the way from the edge to the middle
            "defeated_players": float(history.player_kills),
            "damage_inflicted": float(history.damage_inflicted),
        }


class NeuralMMOArray(View):
    """The 15x15 tiles around as a picture of 23 channels, float32: what is where, and the own condition everywhere.

    Channels: 16 one-hot materials, agents, creatures, own health, food and water in hundreds, level of melee in tens,
    part of the horizon that is gone.
    """

    options = {"side": 2 * _SIGHT + 1}
    _MATERIALS = 16
    # columns of `Entity`
    _ID, _ROW, _COLUMN, _HEALTH, _FOOD, _WATER, _MELEE = 0, 2, 3, 12, 13, 14, 15

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        side = self.options["side"]
        self._one_hot = np.eye(self._MATERIALS, dtype=np.float32)
        self._shape = (side, side, self._MATERIALS + 7)
        self.observation_space = spaces.Box(-np.inf, np.inf, self._shape, np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        side, own = self.options["side"], self._MATERIALS
        tiles, entities = observation["Tile"], observation["Entity"]
        seen = np.zeros(self._shape, np.float32)
        seen[..., :own] = self._one_hot[tiles[:, 2]].reshape(side, side, own)
        first_row, first_column = tiles[0, :2]
        for entity in entities[entities[:, self._ID] != 0]:
            row, column = entity[self._ROW] - first_row, entity[self._COLUMN] - first_column
            if 0 <= row < side and 0 <= column < side:
                seen[row, column, own if entity[self._ID] > 0 else own + 1] += 1.0
        for entity in entities[entities[:, self._ID] == observation["AgentId"]][:1]:
            seen[..., own + 2 : own + 5] = entity[[self._HEALTH, self._FOOD, self._WATER]] / 100.0
            seen[..., own + 5] = entity[self._MELEE] / 10.0
        seen[..., own + 6] = observation["CurrentTick"] / HORIZON
        return seen, mask


class _Setting(NamedTuple):
    """One row of the table: which of the package's game systems are on."""

    name: str
    seats: int
    systems: tuple[str, ...]
    creatures: int
    action: str
    description: str


_FORAGING = ("Terrain", "Resource")
_FIGHTING = (*_FORAGING, "Combat", "NPC", "Progression")
_EVERYTHING = (*_FIGHTING, "Item", "Equipment", "Profession")
_SETTINGS = (
    _Setting(
        "Foraging-v0",
        8,
        _FORAGING,
        0,
        "Discrete(5), masked: north, south, east, west, stay.",
        "Eight agents find food and water, and leave none to the others.",
    ),
    _Setting(
        "Fighting-v0",
        8,
        _FIGHTING,
        16,
        "MultiDiscrete([3, 17, 5]): style and target of an attack, direction.",
        "Eight agents forage among sixteen creatures, and may fight them and each other.",
    ),
    _Setting(
        "Equipment-v0",
        16,
        _EVERYTHING,
        32,
        "MultiDiscrete([3, 17, 13, 13, 17, 5, 13]): attack (2), destroy, give (2), move, use.",
        "Sixteen agents forage, fight, and gather ammunition, weapons, armour and potions from eight professions.",
    ),
)

for _setting in _SETTINGS:
    register(
        EnvSpec(
            id=f"nmmo/{_setting.name}",
            random=measured(f"nmmo/{_setting.name}"),
            entry_point=f"{__name__}:NeuralMMO",
            kwargs={
                "seats": _setting.seats,
                "systems": list(_setting.systems),
                "creatures": _setting.creatures,
            },
            domain="games",
            interface="parallel",
            seats=_setting.seats,
            payoff="general-sum",
            max_steps=HORIZON,
            metric="lifetime",
            score_range=(0.0, float(HORIZON)),
            failure_score=0.0,
            views={"array": f"{__name__}:NeuralMMOArray"},
            packages=("nmmo", "vec-noise", "numpy", "scipy"),
            runtime="nmmo",
            tags=("multi-agent", "simultaneous", "procedural", "survival"),
            description=_setting.description,
            observation="Dict of int16 tables: the 15x15 tiles around, up to 16 entities in sight, the inventory.",
            action=_setting.action,
            reward="1/512 for each tick survived, -1 in the tick of death.",
            source="Suarez et al. 2023, https://github.com/neuralmmo/environment",
        )
    )
