"""The Arcade Learning Environment's games under the field's two protocols: sticky actions, and no-op starts."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.games.atari_screen import SIZE, STACKED, add_picture, first_stack, picture
from arena.envs.references import measured

_SKIP = 4  # frames of 1/60 s that an action is held
_MAX_STEPS = 27_000  # 108,000 frames, 30 minutes of play
_NOOP = 0  # the ALE's number of the action that does nothing


class Atari(gymnasium.Env[npt.NDArray[np.uint8], np.int64]):
    """An Atari 2600 game for one player, seen as the field's agents see it.

    Observation:
        (4, 84, 84) uint8: the last four pictures in grey (0 black, 255 white), the newest last; each is the brighter of
        its step's last two frames, pixel by pixel, reduced by area averaging (see `atari_screen`).
    Action:
        Discrete(n), 3 to 18: the game's own (minimal) actions in the ALE's order, as `ALE/<Game>-v5` of Gymnasium,
        Dopamine and the Atari-100k literature have them; `action_names` names them. Machado et al. recommend all 18.
        An action is held for four frames.
    Reward:
        The change of the game's score, unclipped.
    Episode end:
        Terminated when the game is over (a lost life is not an end); truncated after 27,000 steps (108,000 frames).
    Start:
        The console is switched on anew with a seed drawn from the reset seed. `-noop-v4` then waits for 1 to 30 frames.
    Score:
        Return. `-noop-v4` has the published scores of a random agent and of a human, which were taken under it, so that
        its normalised scores are the literature's human-normalised ones; `random` of `-v5` is measured.
    Versions:
        v5: sticky actions, each frame executes the previous action with probability 0.25 (Machado et al. 2018).
        noop-v4: no sticky actions; up to 30 no-ops and 30 minutes, the "no-op starts" of Wang et al. 2016 and Hessel
        et al. 2018 (Mnih et al. 2015 stopped after 5 minutes). Both: ale-py 0.12.1.
    Source:
        Bellemare et al. 2013 and Machado et al. 2018, https://github.com/Farama-Foundation/Arcade-Learning-Environment
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 60 // _SKIP}

    def __init__(self, game: str, sticky: float, max_noops: int, render_mode: str | None = None) -> None:
        import ale_py
        from ale_py import roms

        self._rom = str(roms.get_rom_path(game))
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)  # before the first one prints a banner
        self._ale = ale_py.ALEInterface()
        self._ale.setFloat("repeat_action_probability", sticky)
        self._ale.loadROM(self._rom)
        self._actions = self._ale.getMinimalActionSet()
        self._wait = ale_py.Action(_NOOP)
        self._max_noops = max_noops
        self.action_names = [action.name.lower() for action in self._actions]
        self.action_space = spaces.Discrete(len(self._actions))
        self.observation_space = spaces.Box(0, 255, (STACKED, SIZE, SIZE), np.uint8)
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
        super().reset(seed=seed)
        self._ale.setInt("random_seed", int(self.np_random.integers(1 << 31)))
        self._ale.loadROM(self._rom)  # the ALE reads its seed only here
        self._ale.reset_game()
        if self._max_noops:
            for _ in range(self.np_random.integers(1, self._max_noops + 1)):
                self._ale.act(self._wait)
        self._stack = first_stack(self._ale.getScreenGrayscale())
        return self._stack, self._info()

    def step(self, action: Any) -> tuple[npt.NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        held, reward, before = self._actions[int(action)], 0, None
        for frame in range(_SKIP):
            reward += self._ale.act(held)
            if self._ale.game_over():
                break
            if frame == _SKIP - 2:
                before = self._ale.getScreenGrayscale()
        screen = self._ale.getScreenGrayscale()
        self._stack = add_picture(self._stack, picture(screen if before is None else np.maximum(screen, before)))
        return self._stack, float(reward), bool(self._ale.game_over()), False, self._info()

    def render(self) -> Any:
        """Returns the screen, (210, 160, 3) uint8 (some games are up to 250 high)."""
        return np.asarray(self._ale.getScreenRGB(), np.uint8)

    def _info(self) -> dict[str, Any]:
        return {"lives": self._ale.lives()}


class _Game(NamedTuple):
    """One row of the table: the ROM's name, and the published scores of a random agent and of a human, if any."""

    rom: str
    random: float | None = None
    human: float | None = None


# The table of the 57 games: DQN Zoo's atari_data.py (means of at least three episodes with no-op starts and at most
# 108,000 frames; the human is a professional games tester).
_GAMES = (
    _Game("adventure"),
    _Game("air_raid"),
    _Game("alien", 227.8, 7127.7),
    _Game("amidar", 5.8, 1719.5),
    _Game("assault", 222.4, 742.0),
    _Game("asterix", 210.0, 8503.3),
    _Game("asteroids", 719.1, 47388.7),
    _Game("atlantis", 12850.0, 29028.1),
    _Game("atlantis2"),
    _Game("backgammon"),
    _Game("bank_heist", 14.2, 753.1),
    _Game("basic_math"),
    _Game("battle_zone", 2360.0, 37187.5),
    _Game("beam_rider", 363.9, 16926.5),
    _Game("berzerk", 123.7, 2630.4),
    _Game("blackjack"),
    _Game("bowling", 23.1, 160.7),
    _Game("boxing", 0.1, 12.1),
    _Game("breakout", 1.7, 30.5),
    _Game("carnival"),
    _Game("casino"),
    _Game("centipede", 2090.9, 12017.0),
    _Game("chopper_command", 811.0, 7387.8),
    _Game("crazy_climber", 10780.5, 35829.4),
    _Game("crossbow"),
    _Game("darkchambers"),
    _Game("defender", 2874.5, 18688.9),
    _Game("demon_attack", 152.1, 1971.0),
    _Game("donkey_kong"),
    _Game("double_dunk", -18.6, -16.4),
    _Game("earthworld"),
    _Game("elevator_action"),
    _Game("enduro", 0.0, 860.5),
    _Game("entombed"),
    _Game("et"),
    _Game("fishing_derby", -91.7, -38.7),
    _Game("flag_capture"),
    _Game("freeway", 0.0, 29.6),
    _Game("frogger"),
    _Game("frostbite", 65.2, 4334.7),
    _Game("galaxian"),
    _Game("gopher", 257.6, 2412.5),
    _Game("gravitar", 173.0, 3351.4),
    _Game("hangman"),
    _Game("haunted_house"),
    _Game("hero", 1027.0, 30826.4),
    _Game("human_cannonball"),
    _Game("ice_hockey", -11.2, 0.9),
    _Game("jamesbond", 29.0, 302.8),
    _Game("journey_escape"),
    _Game("kaboom"),
    _Game("kangaroo", 52.0, 3035.0),
    _Game("keystone_kapers"),
    _Game("king_kong"),
    _Game("klax"),
    _Game("koolaid"),
    _Game("krull", 1598.0, 2665.5),
    _Game("kung_fu_master", 258.5, 22736.3),
    _Game("laser_gates"),
    _Game("lost_luggage"),
    _Game("mario_bros"),
    _Game("miniature_golf"),
    _Game("montezuma_revenge", 0.0, 4753.3),
    _Game("mr_do"),
    _Game("ms_pacman", 307.3, 6951.6),
    _Game("name_this_game", 2292.3, 8049.0),
    _Game("othello"),
    _Game("pacman"),
    _Game("phoenix", 761.4, 7242.6),
    _Game("pitfall", -229.4, 6463.7),
    _Game("pitfall2"),
    _Game("pong", -20.7, 14.6),
    _Game("pooyan"),
    _Game("private_eye", 24.9, 69571.3),
    _Game("qbert", 163.9, 13455.0),
    _Game("riverraid", 1338.5, 17118.0),
    _Game("road_runner", 11.5, 7845.0),
    _Game("robotank", 2.2, 11.9),
    _Game("seaquest", 68.4, 42054.7),
    _Game("sir_lancelot"),
    _Game("skiing", -17098.1, -4336.9),
    _Game("solaris", 1236.3, 12326.7),
    _Game("space_invaders", 148.0, 1668.7),
    _Game("space_war"),
    _Game("star_gunner", 664.0, 10250.0),
    _Game("superman"),
    _Game("surround", -10.0, 6.5),
    _Game("tennis", -23.8, -8.3),
    _Game("tetris"),
    _Game("tic_tac_toe_3d"),
    _Game("time_pilot", 3568.0, 5229.2),
    _Game("trondead"),
    _Game("turmoil"),
    _Game("tutankham", 11.4, 167.6),
    _Game("up_n_down", 533.4, 11693.2),
    _Game("venture", 0.0, 1187.5),
    _Game("video_checkers"),
    _Game("video_chess"),
    _Game("video_cube"),
    _Game("video_pinball", 16256.9, 17667.9),
    _Game("wizard_of_wor", 563.5, 4756.5),
    _Game("word_zapper"),
    _Game("yars_revenge", 3092.9, 54576.9),
    _Game("zaxxon", 32.5, 9173.3),
)

# Games whose return is not the counter of a score that begins at 0: its bounds, from the ALE's source of each game.
# The return of all others is what the counter showed last, so it is at least 0.
_INF = math.inf
_RANGES = {
    "adventure": (0.0, 1.0),
    "backgammon": (-1.0, 1.0),
    "blackjack": (-200.0, _INF),  # begins with 200 chips
    "boxing": (-100.0, 100.0),  # knocked out at 100 hits
    "casino": (-1000.0, _INF),  # begins with 1000 chips
    "double_dunk": (-26.0, 26.0),  # ends at 24 points; a basket gives 2 or 3
    "fishing_derby": (-99.0, 99.0),  # ends at 99 pounds of fish
    "hangman": (-1.0, 1.0),
    "haunted_house": (-_INF, 100.0),  # -1 for each match
    "human_cannonball": (0.0, 7.0),
    "ice_hockey": (-99.0, 99.0),  # goals have two digits
    "journey_escape": (-50_000.0, _INF),  # begins with 50,000 dollars
    "miniature_golf": (-_INF, _INF),  # par less strokes of each hole that was played to its end
    "othello": (-64.0, 64.0),  # pieces
    "pitfall": (-2000.0, 112_000.0),  # begins with 2000; the 32 treasures are worth 112,000
    "pitfall2": (-4000.0, 195_000.0),  # begins with 4000; its counter stops at 199,000
    "pong": (-21.0, 21.0),
    "private_eye": (-1000.0, _INF),  # begins with 1000
    "skiing": (-30_000.0, 0.0),  # hundredths of a second, up to 5 minutes (measured: a skier that stands still)
    "space_war": (0.0, 10.0),
    "superman": (0.0, 5999.0),  # seconds left of 99:59
    "surround": (-10.0, 10.0),
    "tennis": (-24.0, 24.0),  # 4 for each of 6 games lost to nothing: three points and the game
    "tic_tac_toe_3d": (-1.0, 1.0),
    "video_checkers": (-1.0, 1.0),
    "video_chess": (-1.0, 1.0),
    "video_cube": (-1.0, 6.0),  # faces done; -1 for running out of time
    "word_zapper": (0.0, 3.0),
}
# Declared where no bound is known: a match burns for 16 s or more, so 30 minutes hold about 100; and 11 strokes
# over par on each of nine holes.
_WORST = {"haunted_house": -100.0, "miniature_golf": -100.0}

_HUMAN = "professional games tester, no-op starts, 30 minutes at most: table of DQN Zoo, atari_data.py"


class _Protocol(NamedTuple):
    suffix: str
    kwargs: dict[str, Any]
    words: str


_PROTOCOLS = (
    _Protocol("-v5", {"sticky": 0.25, "max_noops": 0}, "sticky actions"),
    _Protocol("-noop-v4", {"sticky": 0.0, "max_noops": 30}, "no-op starts, no sticky actions"),
)


_SEEDLESS = ("atari/Backgammon-noop-v4",)  # no-ops change nothing there: six seeds, 4000 steps alike


def _random(env_id: str, game: _Game, protocol: _Protocol) -> Reference | None:
    """Returns the published score under the published protocol, else the measured one, else the nearest published."""
    found = None if protocol.suffix == "-noop-v4" and game.random is not None else measured(env_id)
    if found is None and game.random is not None:
        return Reference(game.random, "random agent, no-op starts: table of DQN Zoo, atari_data.py")
    return found


for _game in _GAMES:
    _low, _high = _RANGES.get(_game.rom, (0.0, _INF))
    for _protocol in _PROTOCOLS:
        _name = _game.rom.title().replace("_", "")
        _id = f"atari/{_name}{_protocol.suffix}"
        register(
            EnvSpec(
                id=_id,
                random=_random(_id, _game, _protocol),
                expert=None if _game.human is None else Reference(_game.human, _HUMAN),
                entry_point=f"{__name__}:Atari",
                kwargs={"game": _game.rom, **_protocol.kwargs},
                domain="games",
                max_steps=_MAX_STEPS,
                score_range=(_low, _high),
                failure_score=_WORST.get(_game.rom, _low),
                needs=Needs(modules=("ale_py",), get="pip install 'arena-bench[games]'"),
                deterministic_start=_id in _SEEDLESS,
                packages=("ale-py", "gymnasium", "numpy"),
                tags=("atari", "pixels"),
                description=f"{_game.rom.replace('_', ' ').title()} on the Atari 2600, {_protocol.words}.",
                observation="(4, 84, 84) uint8: the last four pictures in grey, the newest last, 0 black to 255 white",
                action="Discrete, 3 to 18 by game: joystick and button, held for four frames of 1/60 s",
                reward="the change of the game's score, unclipped",
                source="Bellemare et al. 2013, Machado et al. 2018, https://github.com/Farama-Foundation/"
                "Arcade-Learning-Environment",
            )
        )
