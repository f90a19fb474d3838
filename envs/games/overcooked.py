"""Overcooked-AI: two cooks in one kitchen, who must divide the work of cooking and serving soups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.views import View, parse_choice

HORIZON = 400  # joint steps; Carroll et al. 2019
ACTIONS = ("up", "down", "right", "left", "stay", "interact")  # the package's order
_CHANNELS = 26  # of its lossless encoding
_MOST = 100  # no number in it is larger: 3 ingredients, at most 100 steps of cooking left (layout LongCookTime)


class Overcooked(ParallelEnv[str, npt.NDArray[np.float32], int]):
    """Two cooks fill pots with onions and tomatoes, start them, and carry finished soups on dishes to the counter.

    Observation:
        Box(0, 100, (width, height, 26), float32): the package's lossless encoding, own seat first: places of both
        cooks (2), which way each faces (8), pots, counters, onions, tomatoes, dishes, serving counters (6), onions and
        tomatoes in pots that wait (2) and in soups (2), steps of cooking left, finished soups, loose dishes, onions,
        tomatoes (5), and 1 everywhere in the last 39 steps.
    Action:
        Discrete(6): up, down, right, left (a step, or only a turn towards what is in the way), stay, interact with what
        one faces. Cooks who would meet or swap places both stay.
    Reward:
        What a soup is worth, to both cooks, in the step it is served: 20 for the one soup of the classic kitchens, by
        ingredients and double for bonus orders elsewhere, 0 for a soup nobody ordered.
    Episode end:
        Truncated after 400 joint steps.
    Start:
        The layout's places and empty pots. Nothing is random: the seed has no effect.
    Score:
        Return of the team, as Carroll et al. 2019 report it; from 0. Random is measured, and is nearly always 0. No
        published table is quoted: in theirs a full pot cooks by itself, here a cook must start it.
    Versions:
        v0: overcooked-ai 1.1.0.
    Source:
        Carroll et al. 2019, "On the Utility of Learning about Humans for Human-AI Coordination",
        https://github.com/HumanCompatibleAI/overcooked_ai
    """

    metadata = {"name": "overcooked", "render_modes": ["ansi"]}

    def __init__(self, layout: str, render_mode: str | None = None) -> None:
        from overcooked_ai_py.mdp.overcooked_mdp import OvercookedGridworld

        self.possible_agents = ["cook_0", "cook_1"]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._kitchen = OvercookedGridworld.from_layout_name(layout)
        self._observation_space = spaces.Box(0, _MOST, (*self._kitchen.shape, _CHANNELS), np.float32)
        self._action_space = spaces.Discrete(len(ACTIONS))

    def observation_space(self, agent: str) -> spaces.Box:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        self._set_recipes()
        self._state = self._kitchen.get_standard_start_state().deepcopy()
        self._soups = 0
        self.agents = self.possible_agents[:]
        return self._observe(), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, Any, Any, Any, Any]:
        from overcooked_ai_py.mdp.actions import Action

        self._set_recipes()
        agents = self.agents
        joint = [Action.INDEX_TO_ACTION[actions[agent]] for agent in agents]
        self._state, told = self._kitchen.get_state_transition(self._state, joint)
        reward = float(sum(told["sparse_reward_by_agent"]))
        self._soups += sum(told["event_infos"]["soup_delivery"])
        truncated = self._state.timestep >= HORIZON
        infos: dict[str, dict[str, Any]] = {
            agent: {"shaped_reward": float(extra)}  # for training: 3 potted, 3 useful dish, 5 soup taken up
            for agent, extra in zip(agents, told["shaped_reward_by_agent"], strict=True)
        }
        if truncated:
            self.agents = []
            for info in infos.values():
                info["metrics"] = {"soups": float(self._soups)}
        return (
            self._observe(),
            dict.fromkeys(agents, reward),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def render(self) -> str:
        """Returns the kitchen as the package draws it in text."""
        return str(self._kitchen.state_string(self._state))

    def _observe(self) -> dict[str, npt.NDArray[np.float32]]:
        layers = self._kitchen.lossless_state_encoding(self._state, horizon=HORIZON)
        return {agent: seen.astype(np.float32) for agent, seen in zip(self.possible_agents, layers, strict=True)}

    def _set_recipes(self) -> None:
        """Makes this kitchen's recipes the process's: the package keeps those of the kitchen made last."""
        from overcooked_ai_py.mdp.overcooked_mdp import Recipe

        if Recipe._conf is not self._kitchen.recipe_config:
            Recipe.configure(self._kitchen.recipe_config)


class OvercookedText(View):
    """The kitchen as a map with what lies where; the answer names one of the six actions."""

    options = {"actions_shown": True, "map": "letters"}
    _CELLS = {10: "P", 11: "X", 12: "O", 13: "T", 14: "D", 15: "S"}  # channel -> letter
    _FACING = ("up", "down", "right", "left")

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(6000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        grid = observation.astype(int)
        lines = [
            "Two cooks share a kitchen and its earnings. Put ingredients into a pot, interact with it empty-handed to "
            "start it, wait, take the soup out with a dish and bring it to the serving counter.",
            "Map, upper left is column 0, row 0 (X counter, P pot, O onions, T tomatoes, D dishes, S serving counter, "
            "1 you, 2 the other cook):",
            *("".join(self._letter(grid[x, y]) for x in range(grid.shape[0])) for y in range(grid.shape[1])),
            self._cook(grid, 0, "You are"),
            self._cook(grid, 1, "The other cook is"),
            *self._things(grid),
            *(["Less than 40 steps are left."] if grid[0, 0, 25] else []),
            f"Actions: {', '.join(ACTIONS)}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return parse_choice(answer, list(ACTIONS))

    def _letter(self, cell: npt.NDArray[np.int64]) -> str:
        if cell[0] or cell[1]:
            return "1" if cell[0] else "2"
        return next((letter for channel, letter in self._CELLS.items() if cell[channel]), " ")

    def _cook(self, grid: npt.NDArray[np.int64], which: int, who: str) -> str:
        x, y = np.argwhere(grid[:, :, which])[0]
        facing = self._FACING[int(grid[x, y, 2 + 4 * which : 6 + 4 * which].argmax())]
        return f"{who} at column {x}, row {y}, facing {facing}, holding {self._held(grid[x, y]) or 'nothing'}."

    def _things(self, grid: npt.NDArray[np.int64]) -> list[str]:
        """Returns a line for each pot and each thing on a counter."""
        lines = []
        for x, y in np.argwhere(grid[:, :, 10] + grid[:, :, 11]):
            cell = grid[x, y]
            if cell[10]:
                lines.append(f"The pot at column {x}, row {y}: {self._pot(cell)}.")
            elif held := self._held(cell):
                lines.append(f"On the counter at column {x}, row {y}: {held}.")
        return lines

    @staticmethod
    def _held(cell: npt.NDArray[np.int64]) -> str:
        """Returns what lies on a counter or is held, which the encoding marks alike."""
        if cell[21]:
            return f"a dish of soup (onions {cell[18]}, tomatoes {cell[19]})"
        names = {22: "a dish", 23: "an onion", 24: "a tomato"}
        return next((name for channel, name in names.items() if cell[channel]), "")

    @staticmethod
    def _pot(cell: npt.NDArray[np.int64]) -> str:
        if cell[21]:
            return f"soup ready (onions {cell[18]}, tomatoes {cell[19]})"
        if cell[20]:
            return f"soup cooking, {cell[20]} steps left (onions {cell[18]}, tomatoes {cell[19]})"
        return f"onions {cell[16]}, tomatoes {cell[17]}, not started" if cell[16] or cell[17] else "empty"


class _Layout(NamedTuple):
    """One row of the table: the package's layout, and what is hard about it."""

    name: str
    layout: str
    description: str
    tags: tuple[str, ...] = ()


_CLASSIC = ("classic",)
_LAYOUTS = (
    _Layout("CrampedRoom", "cramped_room", "A small room, in which cooks get in each other's way.", _CLASSIC),
    _Layout(
        "AsymmetricAdvantages",
        "asymmetric_advantages",
        "Two separate rooms, each near to what the other is far from.",
        _CLASSIC,
    ),
    _Layout("CoordinationRing", "coordination_ring", "A narrow ring: cooks must agree on a direction.", _CLASSIC),
    _Layout(
        "ForcedCoordination",
        "forced_coordination",
        "One cook has the ingredients, the other the pots: everything is handed over.",
        _CLASSIC,
    ),
    _Layout(
        "CounterCircuit",
        "counter_circuit_o_1order",
        "A ring around a long counter, over which onions can be passed.",
        _CLASSIC,
    ),
    _Layout("Bottleneck", "bottleneck", "Two rooms joined by a narrow passage."),
    _Layout("CentreObjects", "centre_objects", "All that is needed stands in the middle of a large room."),
    _Layout("CentrePots", "centre_pots", "Pots in the middle, ingredients on the sides."),
    _Layout("Corridor", "corridor", "Two large rooms joined by a long passage in which cooks cannot pass each other."),
    _Layout("SmallCorridor", "small_corridor", "Two rooms joined by a passage in which cooks cannot pass each other."),
    _Layout("FiveByFive", "five_by_five", "A small kitchen with two pots on opposite sides."),
    _Layout("LargeRoom", "large_room", "A large room with one pot: few collisions, long ways."),
    _Layout("MShaped", "m_shaped_s", "An M-shaped room."),
    _Layout("Schelling", "schelling", "A large symmetric kitchen: which of two equal ways?"),
    _Layout("SmallSchelling", "schelling_s", "A small symmetric kitchen: which of two equal ways?"),
    _Layout("Unident", "unident", "Two separate rooms, each nearer to something else."),
    _Layout("SimpleTomato", "simple_tomato", "A small room with tomatoes in place of onions."),
    _Layout("CrampedRoomTomato", "cramped_room_tomato", "A small room, three orders and a bonus.", ("orders",)),
    _Layout(
        "AsymmetricAdvantagesTomato",
        "asymmetric_advantages_tomato",
        "Two separate rooms, four orders and two bonuses.",
        ("orders",),
    ),
    _Layout(
        "ForcedCoordinationTomato", "forced_coordination_tomato", "Everything is handed over; four orders.", ("orders",)
    ),
    _Layout("CounterCircuitTomato", "counter_circuit", "A ring around a counter; three orders.", ("orders",)),
    _Layout(
        "Marshmallow",
        "marshmallow_experiment",
        "A bonus for onions, while tomatoes are nearer; two orders.",
        ("orders",),
    ),
    _Layout(
        "InverseMarshmallow",
        "inverse_marshmallow_experiment",
        "A bonus for onions, while tomatoes are nearer; five orders.",
        ("orders",),
    ),
    _Layout("SoupCoordination", "soup_coordination", "Each cook reaches other ingredients; five orders.", ("orders",)),
    _Layout("Pipeline", "pipeline", "Long ways around a block; three orders.", ("orders",)),
    _Layout("YouShallNotPass", "you_shall_not_pass", "A passage too narrow for two; six orders.", ("orders",)),
    _Layout("LongCookTime", "long_cook_time", "Soups cook for 100 steps.", ("orders",)),
)

for _layout in _LAYOUTS:
    register(
        EnvSpec(
            id=f"overcooked/{_layout.name}-v0",
            random=measured(f"overcooked/{_layout.name}-v0"),
            entry_point=f"{__name__}:Overcooked",
            kwargs={"layout": _layout.layout},
            domain="games",
            interface="parallel",
            seats=2,
            payoff="cooperative",
            max_steps=HORIZON,
            score_range=(0.0, float("inf")),
            failure_score=0.0,  # no soup; nothing is ever taken away
            deterministic_start=True,
            views={"text/v1": f"{__name__}:OvercookedText"},
            packages=("overcooked-ai", "numpy"),
            runtime="overcooked",
            tags=("multi-agent", "simultaneous", "cooperative", "sparse", *_layout.tags),
            description=_layout.description,
            observation="(width, height, 26) float32: the package's lossless encoding of the kitchen, own seat first.",
            action="Discrete(6): up, down, right, left, stay, interact.",
            reward="What a served soup is worth (20 in the classic kitchens), to both cooks.",
            source="Carroll et al. 2019, https://github.com/HumanCompatibleAI/overcooked_ai",
        )
    )
