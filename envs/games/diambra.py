"""Arcade fighting games through DIAMBRA Arena: against the machine, and player against player.

Needs `pip install diambra diambra-arena==2.2.7`, Docker, a free account, the games' ROMs, which the user must own, in
the folder that DIAMBRAROMSPATH names, and a running engine, whose address the command `diambra run` gives in
DIAMBRA_ENVS: `diambra run arena run ...`. Nothing here was run against the engine itself, so no replay is promised.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.errors import UnavailableError

__all__ = ["Arcade", "Versus"]

STEP_RATIO = 6  # frames per step, of 60 a second: DIAMBRA's default
_GET = (
    "pip install diambra diambra-arena==2.2.7, Docker and a free account (https://docs.diambra.ai); the game's ROM, "
    "which you must own, in the folder that DIAMBRAROMSPATH names; start with 'diambra run arena ...'"
)


class Arcade(gymnasium.Env[dict[str, Any], npt.NDArray[np.int64]]):
    """A fighting game's arcade mode: one opponent of the machine after the other, until the first is lost to.

    Observation:
        Dict: `frame` (height, width, 3) uint8, and what the engine reads from memory: stage, timer; of each side
        (`P1`, `P2`) health, side of the stage, rounds won, character: Discrete, or Box (1,) int16.
    Action:
        MultiDiscrete (moves, attacks): a direction and an attack button, 0 is none.
    Reward:
        Health taken minus health lost, in full health bars.
    Episode end:
        Terminated when the game is over; truncated by the spec's limit of steps.
    Start:
        Characters, outfits and the machine's play by DIAMBRA, from the reset seed.
    Score:
        Return, in health bars. Not measured here.
    Versions:
        v0: diambra-arena 2.2.7, six frames per step, no continuing.
    Source:
        Palmas 2022, "DIAMBRA Arena: a New Reinforcement Learning Platform for Research and Experimentation",
        https://docs.diambra.ai
    """

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        self._env = _connect(game, players=1)
        self.render_mode = render_mode
        self.observation_space = self._env.observation_space
        self.action_space = self._env.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        observation, _ = self._env.reset(seed=int(self.np_random.integers(1 << 31)) if seed is None else seed)
        return _fit(observation, self.observation_space), {}

    def step(self, action: npt.NDArray[np.int64]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, _ = self._env.step([int(part) for part in action])
        bars = float(reward) / self._env.unwrapped.max_delta_health
        return _fit(observation, self.observation_space), bars, bool(terminated), bool(truncated), {}

    def render(self) -> Any:
        """Returns the screen as an (H, W, 3) uint8 picture."""
        return self._env.render()

    def close(self) -> None:
        self._env.close()


class Versus(ParallelEnv[str, dict[str, Any], npt.NDArray[np.int64]]):
    """A fighting game between two players: the best of its rounds.

    Observation:
        As in the arcade mode, the same for both: seat 0 is `P1`, seat 1 is `P2`.
    Action:
        MultiDiscrete (moves, attacks): a direction and an attack button, 0 is none.
    Reward:
        Health taken minus health lost, in full health bars; the two sides' add up to 0.
    Episode end:
        Terminated when the match is decided; truncated by the spec's limit of steps.
    Start:
        Characters and outfits by DIAMBRA, from the reset seed.
    Score:
        `win`: 1 for more rounds won, -1 for fewer, else 0.
    Versions:
        v0: diambra-arena 2.2.7, six frames per step.
    Source:
        Palmas 2022, "DIAMBRA Arena", https://docs.diambra.ai
    """

    metadata = {"name": "diambra", "render_modes": ["rgb_array"]}

    def __init__(self, game: str, max_steps: int, render_mode: str | None = None) -> None:
        self._env = _connect(game, players=2)
        self._max_steps = max_steps
        self.render_mode = render_mode
        self.possible_agents = ["agent_0", "agent_1"]
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> spaces.Dict:
        return self._env.observation_space

    def action_space(self, agent: str) -> Any:
        return self._env.action_space[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        observation, _ = self._env.reset(seed=seed)
        self.agents = self.possible_agents[:]
        self._steps = 0
        seen = _fit(observation, self._env.observation_space)
        return dict.fromkeys(self.agents, seen), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, npt.NDArray[np.int64]]) -> tuple[dict, dict, dict, dict, dict]:
        given = {agent: [int(part) for part in actions[agent]] for agent in self.agents}
        observation, reward, terminated, _, _ = self._env.step(given)
        self._steps += 1
        truncated = not terminated and self._steps >= self._max_steps
        seen = _fit(observation, self._env.observation_space)
        agents, bars = self.agents, float(reward) / self._env.unwrapped.max_delta_health
        infos: dict[str, dict[str, Any]] = {agent: {} for agent in agents}
        if terminated or truncated:
            self.agents = []
            lead = float(np.sign(int(np.sum(seen["P1"]["wins"])) - int(np.sum(seen["P2"]["wins"]))))
            infos = {"agent_0": {"metrics": {"win": lead}}, "agent_1": {"metrics": {"win": -lead}}}
        return (
            dict.fromkeys(agents, seen),
            {"agent_0": bars, "agent_1": -bars},
            dict.fromkeys(agents, bool(terminated)),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def render(self) -> Any:
        """Returns the screen as an (H, W, 3) uint8 picture."""
        return self._env.render()

    def close(self) -> None:
        self._env.close()


def _connect(game: str, players: int) -> Any:
    """Connects to the engine.

    Raises:
        UnavailableError: no engine is running.
    """
    if not os.environ.get("DIAMBRA_ENVS"):
        raise UnavailableError(f"diambra/{game} finds no engine (DIAMBRA_ENVS is not set): {_GET}")
    from diambra import arena as diambra

    kind = diambra.EnvironmentSettings if players == 1 else diambra.EnvironmentSettingsMultiAgent
    settings = kind(step_ratio=STEP_RATIO, splash_screen=False, continue_game=0.0)
    return diambra.make(game, settings, render_mode="rgb_array")


def _fit(value: Any, space: Any) -> Any:
    """Returns an observation in the types its space names: the engine sends numbers of its own, and reuses frames."""
    if isinstance(space, spaces.Dict):
        return {key: _fit(value[key], part) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Box):
        return np.array(value, space.dtype).reshape(space.shape)
    return int(value)


class _Game(NamedTuple):
    name: str
    rom: str
    title: str


_GAMES = (
    _Game("DeadOrAlive", "doapp", "Dead or Alive ++"),
    _Game("StreetFighterIII", "sfiii3n", "Street Fighter III 3rd Strike"),
    _Game("TekkenTag", "tektagt", "Tekken Tag Tournament"),
    _Game("MortalKombat3", "umk3", "Ultimate Mortal Kombat 3"),
    _Game("SamuraiShowdown5", "samsh5sp", "Samurai Showdown 5 Special"),
    _Game("KingOfFighters98", "kof98umh", "The King of Fighters '98 UMH"),
    _Game("MarvelVsCapcom", "mvsc", "Marvel vs. Capcom"),
    _Game("XMenVsStreetFighter", "xmvsf", "X-Men vs. Street Fighter"),
    _Game("SoulCalibur", "soulclbr", "Soul Calibur"),
)
_ARCADE_STEPS = 20_000  # 33 minutes; a whole tower takes some 20
_VERSUS_STEPS = 5_000  # 8 minutes; three rounds of 99 seconds take 3000
_OBSERVATION = "Dict: the screen, uint8, and numbers read from memory (health, timer, rounds won, side, character)."
_ACTION = "MultiDiscrete: a direction and an attack, 0 is none."

for _game in _GAMES:
    _needs = Needs(modules=("diambra.arena",), get=_GET, files=("$DIAMBRAROMSPATH",))
    _shared: dict[str, Any] = {
        "domain": "games",
        "verification": "none",
        "needs": _needs,
        "packages": ("diambra-arena", "diambra-engine", "numpy"),
        "observation": _OBSERVATION,
        "action": _ACTION,
        "reward": "Health taken minus health lost, in full health bars.",
        "source": "Palmas 2022, https://docs.diambra.ai",
    }
    register(
        EnvSpec(
            id=f"diambra/{_game.name}-v0",
            entry_point=f"{__name__}:Arcade",
            kwargs={"game": _game.rom},
            max_steps=_ARCADE_STEPS,
            score_range=(-4.0, float("inf")),  # lost at once: two rounds of two bars, or three fighters of one
            failure_score=-4.0,
            tags=("gated", "fighting"),
            description=f"{_game.title}: the arcade mode against the machine.",
            **_shared,
        )
    )
    register(
        EnvSpec(
            id=f"diambra/{_game.name}Versus-v0",
            entry_point=f"{__name__}:Versus",
            kwargs={"game": _game.rom, "max_steps": _VERSUS_STEPS},
            interface="parallel",
            seats=2,
            payoff="zero-sum",
            max_steps=_VERSUS_STEPS,
            metric="win",
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            tags=("gated", "fighting", "two-player"),
            description=f"{_game.title}: player against player.",
            **_shared,
        )
    )
