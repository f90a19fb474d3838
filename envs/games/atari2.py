"""Atari games for two and four players at one console, through PettingZoo, preprocessed as its pages advise."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.envs.games.atari_screen import SIZE, STACKED, add_picture, first_stack, picture
from arena.envs.references import measured
from arena.spec import Payoff

_SKIP = 4  # frames of 1/60 s that an action is held
_STICKY = 0.25  # probability that a seat repeats its action in a frame, Machado et al. 2018
_MAX_STEPS = 4500  # joint steps: 18,000 frames, 5 minutes of play
_INF = float("inf")


class AtariTable(ParallelEnv[str, npt.NDArray[np.uint8], int]):
    """An Atari 2600 game with a joystick for every seat; all see the same screen.

    Observation:
        (4, 84, 84) uint8: the last four pictures in grey (0 black, 255 white), the newest last; each is the brighter of
        its step's last two frames, pixel by pixel, reduced by area averaging (see `atari_screen`).
    Action:
        Discrete(n): the game's own (minimal) actions, held for four frames; in each frame each seat repeats its
        previous action with probability 0.25 (without it every episode would begin alike).
    Reward:
        As PettingZoo pays: points won, less points lost where it is a contest; in ball games -1 for a serve that is
        held back for two seconds.
    Episode end:
        Terminated when the game is over; a seat without lives leaves before. Truncated after 4500 joint steps.
    Start:
        The console is switched on anew; the seed decides which actions stick.
    Score:
        Return. No published reference for this protocol; random is measured.
    Versions:
        PettingZoo's own numbers, pettingzoo 1.27, multi-agent-ale-py 0.1.12, the ROMs of ale-py.
    Source:
        Terry and Black 2020, "Multiplayer Support for the Arcade Learning Environment",
        https://pettingzoo.farama.org/environments/atari/
    """

    metadata = {"name": "atari2", "render_modes": ["rgb_array"], "render_fps": 60 // _SKIP}

    def __init__(self, game: str, players: int, mode: int | None, render_mode: str | None = None) -> None:
        from ale_py import roms
        from pettingzoo.atari.base_atari_env import ParallelAtariEnv

        self._game = ParallelAtariEnv(
            game=game,
            num_players=players,
            mode_num=mode,
            obs_type="grayscale_image",
            max_cycles=_MAX_STEPS * _SKIP,
            auto_rom_install_path=str(Path(roms.__file__).parent),
        )
        self.possible_agents = list(self._game.possible_agents)
        self.agents: list[str] = []
        actions = int(self._game.action_space(self.possible_agents[0]).n)
        self.observation_spaces = {
            name: spaces.Box(0, 255, (STACKED, SIZE, SIZE), np.uint8) for name in self.possible_agents
        }
        self.action_spaces = {name: spaces.Discrete(actions) for name in self.possible_agents}
        self.render_mode = render_mode
        self._random = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        screens, _ = self._game.reset(seed=int(self._random.integers(1 << 31)))
        self.agents = list(self.possible_agents)
        self._held = dict.fromkeys(self.agents, 0)
        self._stack = first_stack(screens[self.agents[0]][:, :, 0])
        return self._seen(), {name: {} for name in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, Any, Any, Any, Any]:
        rewards = dict.fromkeys(self.agents, 0.0)
        over = dict.fromkeys(self.agents, False)
        frames: list[npt.NDArray[np.uint8]] = []
        while len(frames) < _SKIP and self._game.agents:
            playing = list(self._game.agents)
            for name in playing:
                if self._random.random() >= _STICKY:
                    self._held[name] = int(actions[name])
            screens, paid, dead, _, _ = self._game.step({name: self._held[name] for name in playing})
            frames.append(screens[playing[0]][:, :, 0])
            for name in playing:
                rewards[name] += float(paid[name])
                over[name] = bool(dead[name])
        self._stack = add_picture(self._stack, picture(np.maximum(frames[-1], frames[-2:][0])))
        cut = self._game.frame >= _MAX_STEPS * _SKIP
        truncated = {name: cut and not over[name] for name in over}
        seen = self._seen()
        infos: dict[str, Any] = {name: {} for name in over}
        self.agents = [] if cut else [name for name in self.agents if not over[name]]
        return seen, rewards, over, truncated, infos

    def render(self) -> npt.NDArray[np.uint8]:
        """Returns the screen, (210, 160, 3) uint8 (some games are up to 256 high)."""
        return np.asarray(self._game.ale.getScreenRGB(), np.uint8)

    def close(self) -> None:
        self._game.close()

    def _seen(self) -> dict[str, npt.NDArray[np.uint8]]:
        return {name: self._stack.copy() for name in self.agents}


class _Game(NamedTuple):
    """One row of the table: the ROM, its mode (None: its first for so many players) and the bounds of a seat's return.

    A serve held back costs 1 every two seconds: at most 150 in five minutes, beside what the game itself can cost.
    """

    name: str
    rom: str
    seats: int
    mode: int | None
    payoff: Payoff
    score_range: tuple[float, float]
    worst: float
    description: str


_GAMES = (
    _Game("BasketballPong-v3", "pong", 2, 45, "zero-sum", (-99, 99), -99, "One against one at a basket each."),
    _Game("Boxing-v2", "boxing", 2, None, "zero-sum", (-100, 100), -100, "Two boxers; knocked out at 100 hits."),
    _Game("CombatPlane-v2", "combat", 2, 15, "zero-sum", (-99, 99), -99, "Two biplanes with guided missiles."),
    _Game("CombatTank-v2", "combat", 2, 9, "zero-sum", (-99, 99), -99, "Two tanks in a maze; shots rebound."),
    _Game("EntombedCompetitive-v3", "entombed", 2, 2, "zero-sum", (-255, 255), -255, "Who lasts longer in a maze."),
    _Game("EntombedCooperative-v3", "entombed", 2, 3, "cooperative", (0, _INF), 0, "Last in a maze, together."),
    _Game("FoozPong-v3", "pong", 4, 21, "general-sum", (-171, 21), -171, "Table football, two against two."),
    _Game("IceHockey-v2", "ice_hockey", 2, None, "zero-sum", (-99, 99), -99, "Ice hockey, two figures a side."),
    _Game("Joust-v3", "joust", 2, None, "general-sum", (0, _INF), 0, "Two knights on ostriches, against all."),
    _Game("MarioBros-v3", "mario_bros", 2, None, "general-sum", (0, _INF), 0, "Two plumbers clear a sewer."),
    _Game("MazeCraze-v3", "maze_craze", 2, 4, "general-sum", (-1, 1), -1, "Out of a maze first, past robbers."),
    _Game("Pong-v3", "pong", 2, 4, "general-sum", (-171, 21), -171, "Table tennis up to 21 points."),
    _Game("QuadraPong-v4", "pong", 4, 33, "general-sum", (-171, 21), -171, "Four goals, two against two."),
    _Game("SpaceInvaders-v2", "space_invaders", 2, 34, "general-sum", (0, _INF), 0, "Two cannons against invaders."),
    _Game("Surround-v2", "surround", 2, None, "zero-sum", (-10, 10), -10, "Do not run into a trail; up to 10."),
    _Game("Tennis-v3", "tennis", 2, None, "general-sum", (-174, 24), -174, "A set of tennis."),
    _Game("VolleyballPong-v3", "pong", 4, 41, "general-sum", (-171, 21), -171, "Volleyball, two against two."),
    _Game("Warlords-v3", "warlords", 4, None, "general-sum", (-1, 1), -1, "Four castles; the last one stands."),
    _Game("WizardOfWor-v3", "wizard_of_wor", 2, None, "general-sum", (0, _INF), 0, "Two in a maze of monsters."),
)

for _game in _GAMES:
    _id = f"atari2/{_game.name}"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            entry_point=f"{__name__}:AtariTable",
            kwargs={"game": _game.rom, "players": _game.seats, "mode": _game.mode},
            domain="games",
            interface="parallel",
            seats=_game.seats,
            payoff=_game.payoff,
            max_steps=_MAX_STEPS,
            score_range=_game.score_range,
            failure_score=_game.worst,
            needs=Needs(modules=("multi_agent_ale_py", "ale_py"), get="pip install 'arena-bench[games]'"),
            packages=("multi-agent-ale-py", "pettingzoo", "ale-py", "gymnasium", "numpy"),
            tags=("atari", "pixels", "multi-agent", "simultaneous"),
            description=_game.description,
            observation="(4, 84, 84) uint8: the last four pictures in grey, the newest last, 0 black to 255 white",
            action="Discrete, 5 to 18 by game: joystick and button, held for four frames; a frame repeats one in four",
            reward="points won, less points lost in a contest; in ball games -1 for a serve held back for two seconds",
            source="Terry and Black 2020, https://pettingzoo.farama.org/environments/atari/",
        )
    )
