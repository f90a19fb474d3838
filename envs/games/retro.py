"""Console games through Stable-Retro: one that is free, and those whose ROM the user owns.

The environment variable ARENA_RETRO_ROMS names a folder with a folder per game, called as Stable-Retro calls it, that
holds the ROM: `StreetFighterIISpecialChampionEdition-Genesis-v0/rom.md`. `python -m stable_retro.import` of the
runtime's interpreter tells which file is which game. A game that Stable-Retro does not know runs as well, where its
folder also holds `data.json`, `scenario.json`, `metadata.json` and a `.state`.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import ParallelEnv

from arena import EnvSpec, Needs, WrapperSpec, register
from arena.envs.references import measured
from arena.errors import EnvError

ROMS = "ARENA_RETRO_ROMS"
FRAME_SKIP = 4  # frames per step, of 60 a second
MAX_STEPS = 4500  # five minutes: the limit of Stable-Retro's own baselines
FIGHT_STEPS = 1000  # 67 seconds, then the healthier fighter wins; shorter than a round of these games
LATEST_START = 60  # frames that both fighters stand still before a fight, at most


class RetroGame(gymnasium.Env[npt.NDArray[np.uint8], np.int64]):
    """One player at a console.

    Observation:
        Box uint8, the screen as (height, width, 3), 0 to 255; of the last of four frames.
    Action:
        Discrete: combinations of buttons that the game makes sense of (126 on Genesis), held for four frames.
    Reward:
        As the game's integration defines it, mostly points, summed over the frames.
    Episode end:
        Terminated when the integration says that the game is over; truncated by the spec's limit of steps.
    Start:
        The integration's default state, always the same: chance comes from sticky actions (a wrapper of the spec).
    Score:
        Return, unbounded. Random is measured for the free game.
    Versions:
        v0: stable-retro 1.0.1, four frames per step, sticky actions with probability 0.25.
    Source:
        Nichol et al. 2018, "Gotta Learn Fast", https://github.com/Farama-Foundation/stable-retro
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        self._console = _Console(game, players=1)
        screen, count = self._console.ask("about")
        self.observation_space = spaces.Box(0, 255, screen, np.uint8)
        self.action_space = spaces.Discrete(count)
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
        super().reset(seed=seed)
        self._screen, values = self._console.ask("reset")
        return self._screen, {"values": values}

    def step(self, action: Any) -> tuple[npt.NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        self._screen, reward, done, values = self._console.ask("step", int(action))
        return self._screen, reward, done, False, {"values": values}

    def render(self) -> Any:
        return self._screen.copy()

    def close(self) -> None:
        self._console.close()


class RetroFight(ParallelEnv[str, npt.NDArray[np.uint8], np.int64]):
    """Two players in a fighting game, for one round.

    Observation:
        Box uint8, the screen as (height, width, 3), the same for both; player_0 stands on the left at the start.
    Action:
        Discrete: combinations of buttons, held for four frames.
    Reward:
        1 for the knock-out, -1 for being knocked out, 0 for both and all else.
    Episode end:
        Terminated by a knock-out; truncated after 1000 steps.
    Start:
        The game's state for two players, after 0 to 60 frames in which both stand still, their number from the seed.
    Score:
        Metric `result`: 1 for the winner by knock-out or, when truncated, by health, -1 for the loser, 0 for a draw.
    Versions:
        v0: stable-retro 1.0.1, four frames per step.
    Source:
        https://github.com/Farama-Foundation/stable-retro ; fights for two as in FightLadder, Li et al. 2024.
    """

    metadata = {"name": "retro_fight", "render_modes": ["rgb_array"], "render_fps": 15}

    def __init__(self, game: str, state: str, lowest: int = 1, render_mode: str | None = None) -> None:
        self._console = _Console(game, players=2, state=state)
        screen, count = self._console.ask("about")
        self._spaces = spaces.Box(0, 255, screen, np.uint8), spaces.Discrete(count)
        self._lowest = lowest
        self._random = np.random.default_rng()
        self.possible_agents = ["player_0", "player_1"]
        self.agents: list[str] = []
        self.render_mode = render_mode

    def observation_space(self, agent: str) -> spaces.Box:
        return self._spaces[0]

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._spaces[1]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self._screen, values = self._console.ask("reset", int(self._random.integers(LATEST_START + 1)))
        return self._all(self._screen), self._infos(values)

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        first, second = (int(actions[name]) for name in self.possible_agents)
        joint = first + second * int(self._spaces[1].n)
        self._screen, _, _, values = self._console.ask("step", joint)
        is_over = min(values["health"], values["enemy_health"]) < self._lowest
        rewards = {name: info["metrics"]["result"] if is_over else 0.0 for name, info in self._infos(values).items()}
        if is_over:
            self.agents = []
        return self._all(self._screen), rewards, self._all(is_over), self._all(False), self._infos(values)

    def render(self) -> Any:
        return self._screen.copy()

    def close(self) -> None:
        self._console.close()

    def _infos(self, values: dict[str, int]) -> dict[str, dict[str, Any]]:
        ahead = float(np.sign(values["health"] - values["enemy_health"]))
        results = zip(self.possible_agents, (ahead, -ahead), strict=True)
        return {name: {"values": values, "metrics": {"result": result}} for name, result in results}

    def _all(self, value: Any) -> dict[str, Any]:
        return dict.fromkeys(self.possible_agents, value)


class _Console:
    """An emulator in a process of its own: the cores hold one game per process."""

    def __init__(self, game: str, players: int, state: str = "") -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_emulate, args=(theirs, game, players, state), daemon=True)
        self._process.start()
        theirs.close()
        self._game = game

    def ask(self, *told: Any) -> Any:
        """Returns the emulator's answer.

        Raises:
            EnvError: it raised, or its process ended.
        """
        try:
            self._pipe.send(told)
            is_well, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise EnvError(f"retro/{self._game}: the emulator's process ended") from error
        if not is_well:
            raise EnvError(f"retro/{self._game}: {answer}")
        return answer

    def close(self) -> None:
        self._pipe.close()  # the emulator's process ends by it
        self._process.join(timeout=5.0)
        self._process.kill()


def _emulate(pipe: Connection, game: str, players: int, state: str) -> None:
    """Serves one console until its pipe is closed."""
    os.closerange(3, pipe.fileno())  # what is inherited would keep other pipes open after their owners are gone
    os.closerange(pipe.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    env: Any = None
    while True:
        try:
            do, *told = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        try:
            env = env or _started(game, players, state)
            pipe.send((True, _DEEDS[do](env, *told)))
        except Exception:  # an emulator may raise anything; its owner tells
            pipe.send((False, traceback.format_exc()))


def _started(game: str, players: int, state: str) -> Any:
    import stable_retro as retro
    from stable_retro.data import Integrations

    if folder := os.environ.get(ROMS):
        Integrations.add_custom_path(os.path.abspath(folder))
    return retro.make(
        game,
        state=state or retro.State.DEFAULT,
        inttype=Integrations.CUSTOM if folder else Integrations.STABLE,
        players=players,
        use_restricted_actions=retro.Actions.DISCRETE,
        render_mode="rgb_array",
    )


def _about(env: Any) -> tuple[tuple[int, ...], int]:
    return env.observation_space.shape, round(int(env.action_space.n) ** (1 / env.players))


def _begin(env: Any, still: int = 0) -> tuple[npt.NDArray[np.uint8], dict[str, int]]:
    """Loads the state and lets frames pass with no button held."""
    screen, _ = env.reset()
    for _ in range(still):
        screen, _, _, _, _ = env.step(0)
    return screen, dict(env.data.lookup_all())


def _advance(env: Any, action: int) -> tuple[npt.NDArray[np.uint8], float, bool, dict[str, int]]:
    total = 0.0
    for _ in range(FRAME_SKIP):
        screen, reward, done, _, values = env.step(action)
        total += float(reward)
        if done:
            break
    return screen, total, bool(done), values


_DEEDS: dict[str, Callable[..., Any]] = {"about": _about, "reset": _begin, "step": _advance}

_SUFFIXES = {  # of a ROM, by the platform in a game's name
    "32x": "32x", "Arcade": "zip", "Atari2600": "a26", "GameBoy": "gb", "Genesis": "md", "N64": "n64", "Nes": "nes",
    "Sms": "sms", "Snes": "sfc",
}  # fmt: skip
_FREE = "Airstriker-Genesis-v0"
_KNOWN = (
    # The fighting games of FightLadder and of DIAMBRA that Stable-Retro knows, in these or their console versions.
    "StreetFighterIISpecialChampionEdition-Genesis-v0",
    "MortalKombat-Genesis-v0",
    "MortalKombatII-Genesis-v0",
    "MortalKombat3-Genesis-v0",
    "FatalFury-Genesis-v0",
    "FatalFury2-Genesis-v0",
    "SamuraiShodown-Genesis-v0",
    "ArtOfFighting-Snes-v0",
    "VirtuaFighter-32x-v0",
    "VirtuaFighter2-Genesis-v0",
    "TeenageMutantNinjaTurtlesTournamentFighters-Genesis-v0",
    # Others that papers play.
    "SonicTheHedgehog-Genesis-v0",
    "SonicTheHedgehog2-Genesis-v0",
    "SonicAndKnuckles3-Genesis-v0",
    "SuperMarioBros-Nes-v0",
    "SuperMarioBros3-Nes-v0",
    "SuperMarioWorld-Snes-v0",
    "DonkeyKongCountry-Snes-v0",
    "MegaMan2-Nes-v0",
    "StreetsOfRage2-Genesis-v0",
)


class _Fight(NamedTuple):
    """A game with a state for two players; `lowest` is the least health of a fighter who still stands."""

    game: str
    state: str
    state_ships: bool
    lowest: int


_FIGHTS = (
    _Fight("MortalKombatII-Genesis-v0", "Level1.LiuKangVsJax.2P", True, 1),
    _Fight("SamuraiShodown-Genesis-v0", "Level1.HaohmaruVsWanFu.2P", True, 1),
    _Fight("StreetFighterIISpecialChampionEdition-Genesis-v0", "Versus.2P", False, 0),  # -1 when knocked out
)


def _folder_of(game: str) -> str:
    return f"${ROMS}/{game}"


def _rom(game: str) -> str:
    return f"{_folder_of(game)}/rom.{_SUFFIXES[game.split('-')[-2]]}"


def _own_games() -> Iterator[tuple[str, str]]:
    """Yields games of the user's folder that are not in the table, each with its ROM's path."""
    folder = Path(os.environ.get(ROMS) or os.devnull)
    for file in sorted(folder.glob("*-v*/rom.*")):
        game = file.parent.name
        if file.suffix != ".sha" and game not in (_FREE, *_KNOWN) and re.fullmatch(r"[A-Za-z0-9][\w.-]*-v\d+", game):
            yield game, f"{_folder_of(game)}/{file.name}"


_GET = (
    f"ROM missing: put your own copy there, {ROMS} being a folder of yours "
    "('python -m stable_retro.import' in the runtime tells which file is which game)"
)

for _game, _file in ((_FREE, ""), *((name, _rom(name)) for name in _KNOWN), *_own_games()):
    register(
        EnvSpec(
            id=f"retro/{_game}",
            random=measured(f"retro/{_game}"),
            entry_point=f"{__name__}:RetroGame",
            kwargs={"game": _game},
            wrappers=(WrapperSpec("sticky-action", {"probability": 0.25}),),
            domain="games",
            max_steps=MAX_STEPS,
            needs=Needs(files=(_file,) if _file else (), get=_GET if _file else ""),
            packages=("stable-retro", "gymnasium", "numpy"),
            runtime="retro",
            tags=("console", "pixels"),
            description=f"{_game.split('-')[0]} on the {_game.split('-')[-2]}, one player, for points.",
            observation="Screen, (height, width, 3) uint8, 0 to 255, every fourth frame.",
            action="A combination of the console's buttons by number, held for four frames.",
            reward="Points and the like, as Stable-Retro's integration of the game defines them.",
            source="Nichol et al. 2018, https://github.com/Farama-Foundation/stable-retro",
        )
    )

for _fight in _FIGHTS:
    _name = _fight.game.rpartition("-")[0]
    _files: tuple[str, ...] = (_rom(_fight.game),)
    if not _fight.state_ships:
        _files += (f"{_folder_of(_fight.game)}/{_fight.state}.state",)
    register(
        EnvSpec(
            id=f"retro/{_name}-Versus-v0",
            random=measured(f"retro/{_name}-Versus-v0"),
            entry_point=f"{__name__}:RetroFight",
            kwargs={"game": _fight.game, "state": _fight.state, "lowest": _fight.lowest},
            domain="games",
            interface="parallel",
            seats=2,
            payoff="zero-sum",
            max_steps=FIGHT_STEPS,
            metric="result",
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            needs=Needs(files=_files, get=_GET),
            packages=("stable-retro", "pettingzoo", "numpy"),
            runtime="retro",
            tags=("console", "pixels", "fighting", "multi-agent", "simultaneous"),
            description=f"{_fight.game.split('-')[0]}: two players fight one round.",
            observation="Screen, (height, width, 3) uint8, 0 to 255, every fourth frame, the same for both.",
            action="A combination of the console's buttons by number, held for four frames.",
            reward="1 for a knock-out, -1 for being knocked out.",
            source="https://github.com/Farama-Foundation/stable-retro ; Li et al. 2024, FightLadder",
        )
    )
