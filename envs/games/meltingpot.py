"""Melting Pot: social games on a grid, played among one's own, or among bots that were held out from training."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.errors import UnavailableError
from arena.views import View

_NO_BOTS = (
    "scenario {name} needs the package's bots, and this runtime was made without: put meltingpot-assets-2.3.0.tar.gz "
    "from https://storage.googleapis.com/dm-meltingpot into a folder, then: arena uninstall meltingpot; "
    "TMPDIR=FOLDER arena install meltingpot"
)


class MeltingPot(ParallelEnv[str, dict[str, Any], int]):
    """A substrate (a game among the seats) or a scenario of it (some seats are the package's bots).

    Observation:
        Dict of what the package permits agents to see: `RGB` (88, 88, 3) or (40, 40, 3) uint8, the cells around, 8
        pixels each; in some games numbers, float64, such as `INVENTORY` or `READY_TO_SHOOT`; `COLLECTIVE_REWARD`.
    Action:
        Discrete(7 to 25): stay, forward, backward, step left, step right, turn left, turn right, the game's own.
    Reward:
        The game's own.
    Episode end:
        Terminated where the game ends before, in some by chance; truncated after its 1000 to 5000 steps.
    Start:
        Map, places and, in scenarios, which bots play, drawn from the seed.
    Score:
        Return of each seat; their mean is the paper's focal per-capita return. Not measured here.
    Versions:
        v0: dm-meltingpot 2.4.1, dmlab2d 1.0.2.
    Source:
        Leibo et al. 2021, "Scalable Evaluation of Multi-Agent Reinforcement Learning with Melting Pot"; Agapiou et al.
        2022, "Melting Pot 2.0"; https://github.com/google-deepmind/meltingpot. Differences: `WORLD.RGB` and what else
        only analysts see is left out in substrates too; bots are listed in order of name before one is drawn.
    """

    metadata = {"name": "meltingpot", "render_modes": []}

    def __init__(self, name: str, seats: int, max_steps: int, is_scenario: bool) -> None:
        self.possible_agents = [f"player_{seat}" for seat in range(seats)]
        self.agents: list[str] = []
        self.render_mode = None
        self._name, self._max_steps, self._is_scenario = name, max_steps, is_scenario
        self._stream = random.Random(0).getstate()
        with self._randomness():
            self._game = self._build()
        self._spaces = [
            (_space_of(seen), spaces.Discrete(acts.num_values))
            for seen, acts in zip(self._permitted(self._game.observation_spec()), self._game.action_spec(), strict=True)
        ]

    def observation_space(self, agent: str) -> spaces.Dict:
        return self._spaces[self.possible_agents.index(agent)][0]

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._spaces[self.possible_agents.index(agent)][1]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._stream = random.Random(seed).getstate()
        self._game.close()
        with self._randomness():
            self._game = self._build()  # some draw their map when they are built
            timestep = self._game.reset()
        self._steps = 0
        self.agents = self.possible_agents[:]
        return self._observe(timestep), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, Any, Any, Any, Any]:
        agents = self.agents
        with self._randomness():
            timestep = self._game.step([int(actions[agent]) for agent in agents])
        self._steps += 1
        truncated = self._steps >= self._max_steps
        terminated = bool(timestep.last()) and not truncated
        if terminated or truncated:
            self.agents = []
        return (
            self._observe(timestep),
            {agent: float(reward) for agent, reward in zip(agents, timestep.reward, strict=True)},
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            {agent: {} for agent in agents},
        )

    def close(self) -> None:
        self._game.close()

    def _build(self) -> Any:
        from meltingpot import scenario, substrate

        if not self._is_scenario:
            return substrate.build(self._name, roles=substrate.get_config(self._name).default_player_roles)
        if not (Path(scenario.__file__).parent / "assets" / "saved_models").is_dir():
            raise UnavailableError(_NO_BOTS.format(name=self._name))
        factory = scenario.get_factory(self._name)
        factory._bots_by_role = {role: tuple(sorted(bots)) for role, bots in factory._bots_by_role.items()}
        return factory.build()

    @contextlib.contextmanager
    def _randomness(self) -> Iterator[None]:
        """Lends the process's `random`, which the package draws from, this environment's own stream."""
        theirs = random.getstate()
        random.setstate(self._stream)
        try:
            yield
        finally:
            self._stream = random.getstate()
            random.setstate(theirs)

    def _observe(self, timestep: Any) -> dict[str, dict[str, npt.NDArray[Any]]]:
        seen = self._permitted(timestep.observation)
        return {
            agent: {name: np.array(value) for name, value in own.items()}
            for agent, own in zip(self.possible_agents, seen, strict=True)
        }

    @staticmethod
    def _permitted(seen: Any) -> list[dict[str, Any]]:
        from meltingpot.scenario import PERMITTED_OBSERVATIONS

        return [{name: own[name] for name in sorted(own) if name in PERMITTED_OBSERVATIONS} for own in seen]


def _space_of(specs: dict[str, Any]) -> spaces.Dict:
    """Returns the space of one seat's observation."""
    parts: dict[str, spaces.Space[Any]] = {}
    for name, spec in specs.items():
        low, high = (0, 255) if spec.dtype == np.uint8 else (-np.inf, np.inf)
        parts[name] = spaces.Box(low, high, spec.shape, spec.dtype)
    return spaces.Dict(parts)


class MeltingPotArray(View):
    """The picture alone, uint8."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        assert isinstance(self.observation_space, spaces.Dict)
        self.observation_space = self.observation_space["RGB"]

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return observation["RGB"], mask


class _Substrate(NamedTuple):
    """One row of the table; `focal` holds, by number of its scenario, how many seats are not bots."""

    name: str
    seats: int
    max_steps: int
    focal: tuple[int | None, ...]


_SUBSTRATES = (
    _Substrate("allelopathic_harvest__open", 16, 2000, (4, 4, 14, 8, 8, 8, 5, 5, 2, 8, 3, 14, 12)),
    _Substrate("bach_or_stravinsky_in_the_matrix__arena", 8, 5000, (1, 1, 7, 5, 5, 1, 1)),
    _Substrate("bach_or_stravinsky_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("boat_race__eight_races", 6, 2400, (1, 1, 5, 5, 1)),
    _Substrate("chemistry__three_metabolic_cycles", 8, 1000, (5, 4, 4, 2)),
    _Substrate("chemistry__three_metabolic_cycles_with_plentiful_distractors", 8, 1000, (5, 4, 4, 2)),
    _Substrate("chemistry__two_metabolic_cycles", 8, 1000, (6, 4, 4, 2)),
    _Substrate("chemistry__two_metabolic_cycles_with_distractors", 8, 1000, (6, 4, 4, 2)),
    _Substrate("chicken_in_the_matrix__arena", 8, 5000, (1, 5, 5, 1, 1, 3, 3)),
    _Substrate("chicken_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("clean_up", 7, 5000, (3, 4, 3, 3, 6, 5, 6, 2, 6, 6, 6, 6, 6, 3, 3, 2, 2, 3, 3, 6, 6, 5, 4)),
    _Substrate("coins", 2, 5000, (1, 1, 1, 1, 1, 1, 1)),
    _Substrate("collaborative_cooking__asymmetric", 2, 1000, (1, 1, 1)),
    _Substrate("collaborative_cooking__circuit", 2, 1000, (1, 1, 1)),
    _Substrate("collaborative_cooking__cramped", 2, 1000, (1, 1, 1)),
    _Substrate("collaborative_cooking__crowded", 9, 1000, (8, 6, 8)),
    _Substrate("collaborative_cooking__figure_eight", 6, 1000, (5, 4, 5)),
    _Substrate("collaborative_cooking__forced", 2, 1000, (1, 1)),
    _Substrate("collaborative_cooking__ring", 2, 1000, (1, 1)),
    _Substrate("commons_harvest__closed", 7, 5000, (2, 5, 2, 5)),
    _Substrate("commons_harvest__open", 7, 5000, (5, 5)),
    _Substrate("commons_harvest__partnership", 7, 5000, (1, 5, 1, 5, 2, 2)),
    _Substrate("coop_mining", 6, 5000, (1, 1, 1, 5, 5, 1)),
    _Substrate("daycare", 2, 1000, (1, 1, 1, 1)),
    _Substrate("externality_mushrooms__dense", 5, 5000, (1, 1, 3, 3)),
    _Substrate("factory_commons__either_or", 3, 5000, (1, 1, 2, 2)),
    _Substrate("fruit_market__concentric_rivers", 16, 1000, (8, 8, 1, 1)),
    _Substrate("gift_refinements", 6, 5000, (1, 1, 5, 5, 1, 1, 5)),
    _Substrate("hidden_agenda", 5, 3000, (4, 1, 2)),
    _Substrate("paintball__capture_the_flag", 8, 1000, (4, 1)),
    _Substrate("paintball__king_of_the_hill", 8, 1000, (4, 4, 1, 1)),
    _Substrate("predator_prey__alley_hunt", 13, 1000, (8, 5, 1, 1)),
    _Substrate("predator_prey__open", 13, 1000, (10, 3, 1, 1, 3, 1, 1)),
    _Substrate("predator_prey__orchard", 13, 1000, (8, 5, 1, 1, 5, 1, 1)),
    _Substrate("predator_prey__random_forest", 13, 1000, (8, 5, 1, 1)),
    _Substrate(
        "prisoners_dilemma_in_the_matrix__arena",
        8,
        5000,
        (1, 7, 6, 1, 1, 3, 3, 1, 6, 4, 3, 1, 3, 1, 7, 1, 7, 5, 5, 1, 1, 1),
    ),
    _Substrate("prisoners_dilemma_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("pure_coordination_in_the_matrix__arena", 8, 5000, (7, 5, 5, 1, 1, 1, 1, 1, 1)),
    _Substrate("pure_coordination_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1)),
    _Substrate("rationalizable_coordination_in_the_matrix__arena", 8, 5000, (7, 5, 5, 1, 1, 1, 1, 1, 1)),
    _Substrate("rationalizable_coordination_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1)),
    _Substrate("running_with_scissors_in_the_matrix__arena", 8, 5000, (1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("running_with_scissors_in_the_matrix__one_shot", 2, 1000, (1, 1, 1, 1)),
    _Substrate("running_with_scissors_in_the_matrix__repeated", 2, 5000, (1, 1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("stag_hunt_in_the_matrix__arena", 8, 5000, (1, 1, 5, 5, 1, 1, 3, 3)),
    _Substrate("stag_hunt_in_the_matrix__repeated", 2, 2500, (1, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
    _Substrate("territory__inside_out", 5, 5000, (4, 1, 4, 1, 4, 1)),
    _Substrate("territory__open", 9, 5000, (8, 1, 8, 1)),
    _Substrate("territory__rooms", 9, 5000, (8, 1, 8, 1, 1, 7, None, 8, 8, 2, 2, 1, 2, 1, 3)),
)


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _register(name: str, row: _Substrate, seats: int, number: int | None) -> None:
    env_id = f"meltingpot/{name}-v0"
    theirs = row.name if number is None else f"{row.name}_{number}"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            entry_point=f"{__name__}:MeltingPot",
            kwargs={"name": theirs, "seats": seats, "max_steps": row.max_steps, "is_scenario": number is not None},
            domain="games",
            interface="parallel",
            seats=seats,
            payoff="general-sum" if seats > 1 else "single",
            max_steps=row.max_steps,
            failure_score=-1000.0,  # declared: rewards have no common scale; random play was not measured
            verification="none",  # measured: same seed and actions, other pictures, in CleanUp, StagHunt, PredatorPrey
            views={"array": f"{__name__}:MeltingPotArray"},
            packages=("dm-meltingpot", "dmlab2d", "numpy"),
            runtime="meltingpot",
            tags=("multi-agent", "pixels", "social-dilemma", "substrate" if number is None else "scenario"),
            description=(
                f"Substrate {row.name}: all {seats} seats are agents."
                if number is None
                else f"Scenario {number} of {row.name}: {seats} of {row.seats} seats are agents, the others its bots."
            ),
            observation="Dict: RGB, the cells around, uint8; some games add numbers such as an inventory.",
            action="Discrete: stay, forward, backward, step left, step right, turn left, turn right, the game's own.",
            reward="The game's own.",
            source="Leibo et al. 2021, Agapiou et al. 2022, https://github.com/google-deepmind/meltingpot",
        )
    )


for _row in _SUBSTRATES:
    _register(_camel(_row.name), _row, _row.seats, None)
    for _number, _seats in enumerate(_row.focal):
        if _seats is not None:  # the package skips a number
            _register(f"{_camel(_row.name)}-scenario{_number}", _row, _seats, _number)
