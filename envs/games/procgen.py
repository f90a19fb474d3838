"""Procgen: sixteen procedurally generated games, with levels to train on and levels held out."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

TRAINING_LEVELS = 200  # of the easy protocol: Cobbe et al. 2020, section 4.1
_ALL_LEVELS = 2**31 - 1  # a level is a non-negative 32-bit number; the engine excludes the last
_SPLITS = {"train": (0, TRAINING_LEVELS), "test": (TRAINING_LEVELS, _ALL_LEVELS)}


class Procgen(gymnasium.Env[npt.NDArray[np.uint8], np.int64]):
    """One of Procgen's games in easy mode; an episode is one level, which the reset seed chooses.

    Observation:
        Box(0, 255, (64, 64, 3), uint8): the picture. The engine never shows what the last step led to, so the last
        observation of an episode is the one before it again.
    Action:
        Discrete(15): the nine directions (0 left and down, 1 left, 2 left and up, 3 down, 4 stay, 5 up, 6 right and
        down, 7 right, 8 right and up) and six keys (D, A, W, S, Q, E), of which a game uses what it needs.
    Reward:
        The game's own, mostly 10 for the goal and 1 for what is collected or hit.
    Episode end:
        Terminated when the level is completed or lost; truncated at the game's own limit of 500 to 6000 steps.
    Start:
        Split `train`: one of the levels 0 to 199. Split `test`: one of all other levels.
    Score:
        Return. Random is measured; best known is R_max of Cobbe et al. 2020.
    Versions:
        v0: procgen2 0.10.7, easy distribution.
    Source:
        Cobbe et al. 2020, "Leveraging Procedural Generation to Benchmark Reinforcement Learning",
        https://github.com/openai/procgen. Difference: there, test levels are drawn from all levels, so that one in
        ten million is a training level; here from the held-out ones.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}

    def __init__(self, game: str, split: str, max_steps: int, render_mode: str | None = None) -> None:
        self.observation_space = spaces.Box(0, 255, (64, 64, 3), np.uint8)
        self.action_space = spaces.Discrete(15)
        self.render_mode = render_mode
        self._game = game
        self._levels = _SPLITS[split]
        self._max_steps = max_steps
        self._engine: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
        super().reset(seed=seed)
        from procgen.env import ProcgenGym3Env

        self.close()
        level = int(self.np_random.integers(*self._levels))
        self._engine = ProcgenGym3Env(  # a new engine, made in milliseconds, knows nothing of earlier episodes
            num=1,
            env_name=self._game,
            rand_seed=0,  # chooses among the levels, and there is one
            start_level=level,
            num_levels=1,
            distribution_mode="easy",
            num_threads=0,  # in this thread
            render_mode=self.render_mode,
        )
        self._steps = 0
        self._shown = self._engine.observe()[1]["rgb"][0].copy()
        return self._shown, {"level": level}

    def step(self, action: Any) -> tuple[npt.NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        self._engine.act(np.array([action]))
        reward, observation, first = self._engine.observe()
        self._steps += 1
        if not first[0]:
            self._shown = observation["rgb"][0].copy()
            return self._shown, float(reward[0]), False, False, {}
        completed = bool(self._engine.get_info()[0]["prev_level_complete"])
        out_of_time = self._steps >= self._max_steps and not completed  # the engine does not tell it from a loss
        return self._shown.copy(), float(reward[0]), not out_of_time, out_of_time, {}

    def render(self) -> Any:
        """Returns the engine's large picture, (512, 512, 3) uint8."""
        return self._engine.get_info()[0]["rgb"].copy()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None


class _Game(NamedTuple):
    """One row of the table; `r_min` and `r_max` are the paper's normalisation constants in easy mode."""

    name: str
    r_min: float
    r_max: float
    description: str
    max_steps: int = 1000  # the engine's own
    score_range: tuple[float, float] = (0.0, float("inf"))  # no reward is negative but for one game


_GOAL = (0.0, 10.0)  # all there is to win
_GAMES = (
    _Game("BigFish", 1.0, 40.0, "Eat smaller fish, avoid larger ones, and grow.", max_steps=6000),
    _Game("BossFight", 0.5, 13.0, "Dodge the shots of a boss ship and destroy it.", max_steps=4000),
    _Game("CaveFlyer", 3.5, 12.0, "Fly a ship through caves to a friendly ship; destroy targets on the way."),
    _Game("Chaser", 0.5, 13.0, "Collect all orbs of a maze and flee its enemies."),
    _Game("Climber", 2.0, 12.6, "Climb platforms and collect stars, without touching an enemy."),
    _Game("CoinRun", 5.0, 10.0, "Run and jump to the coin at the far right.", score_range=_GOAL),
    _Game("Dodgeball", 1.5, 19.0, "Hit enemies with balls, dodge theirs, and leave by the exit."),
    _Game(
        "FruitBot",
        -1.5,
        32.4,
        "Collect fruit and avoid other food between the gaps of walls.",
        score_range=(-76.0, float("inf")),  # at most 19 wrong things, each -4
    ),
    _Game("Heist", 3.5, 10.0, "Find keys, open locks and steal the gem.", score_range=_GOAL),
    _Game("Jumper", 3.0, 10.0, "Find a carrot by a compass, with double jumps, among spikes.", score_range=_GOAL),
    _Game("Leaper", 3.0, 10.0, "Cross lanes of cars and a river on logs.", max_steps=500, score_range=_GOAL),
    _Game("Maze", 5.0, 10.0, "Find the cheese in a maze.", max_steps=500, score_range=_GOAL),
    _Game("Miner", 1.5, 13.0, "Dig for diamonds, without being crushed, and leave by the exit."),
    _Game("Ninja", 3.5, 10.0, "Jump over ledges past bombs to the mushroom.", score_range=_GOAL),
    _Game("Plunder", 4.5, 30.0, "Sink enemy ships and spare friendly ones before time runs out.", max_steps=4000),
    _Game("StarPilot", 2.5, 64.0, "Fly sideways, shoot enemies and dodge what they fire."),
)

for _game in _GAMES:
    for _split in _SPLITS:
        register(
            EnvSpec(
                id=f"procgen/{_game.name}-{_split}-v0",
                random=measured(f"procgen/{_game.name}-{_split}-v0"),
                expert=Reference(
                    _game.r_max,
                    f"R_max of Cobbe et al. 2020, appendix C, easy mode (R_min there is {_game.r_min:g})",
                ),
                entry_point=f"{__name__}:Procgen",
                kwargs={"game": _game.name.lower(), "split": _split, "max_steps": _game.max_steps},
                domain="games",
                max_steps=_game.max_steps,
                score_range=_game.score_range,
                failure_score=_game.score_range[0],
                packages=("procgen2", "gym3", "numpy"),
                runtime="procgen",
                tags=("procedural", "pixels", "generalization", f"procgen/{_game.name}-{_split}"),
                description=f"{_game.description} "
                + (f"Levels 0 to {TRAINING_LEVELS - 1}." if _split == "train" else "Levels held out from training."),
                observation="Picture, (64, 64, 3) uint8, 0 to 255.",
                action="15 keys: nine directions (4 stays) and six keys of which a game uses what it needs.",
                reward="The game's own: mostly 10 for the goal, 1 for each thing collected or hit.",
                source="Cobbe et al. 2020, https://github.com/openai/procgen",
            )
        )
