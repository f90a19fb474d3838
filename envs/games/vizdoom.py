"""ViZDoom: Doom seen through the player's eyes; the scenarios of its package, and a duel of two players.

Random mazes: this package makes none (its `oblige` scenario wants a generator that is not in it), so that MyWayHome,
one fixed maze entered in a random place, stands for them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import ParallelEnv

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View

FRAME_SKIP = 4  # tics of 1/35 s an action lasts
HEIGHT, WIDTH = 120, 160  # pixels
DUEL_STEPS = 262  # 30 s
TICS = 2100  # limit of the scenarios that last a minute, and of those that have no limit of their own


class VizDoom(gymnasium.Env[Any, Any]):
    """One of ViZDoom's single-player scenarios.

    Observation:
        Dict: `screen` (120, 160, 3) uint8; `variables` (n,) float32, those that the scenario shows (health, rounds).
    Action:
        Discrete: nothing, or one of the scenario's buttons, held for 4 tics (delta buttons are left out).
    Reward:
        The scenario's own, summed over the tics.
    Episode end:
        Terminated by death or success, truncated when the scenario's time is up.
    Start:
        The scenario's map; places and monsters from the seed.
    Score:
        Return; in Deathmatch the number of monsters killed, `kills` in `info["metrics"]`. Random is measured.
    Versions:
        v0: vizdoom 1.3.2 with Freedoom, frame skip 4, 160x120 pixels.
    Source:
        Wydmuch et al. 2018, "ViZDoom Competitions: Playing Doom from Pixels", https://github.com/Farama-Foundation/ViZDoom
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 9}

    def __init__(self, scenario: str, render_mode: str | None = None) -> None:
        import vizdoom

        self._folder = tempfile.TemporaryDirectory(prefix="arena-vizdoom-")
        self.game = _game(scenario, self._folder.name)
        buttons = [button for button in self.game.get_available_buttons() if not vizdoom.is_delta_button(button)]
        self.game.set_available_buttons(buttons)
        self._actions = _one_at_a_time(len(buttons))
        self._kills = vizdoom.GameVariable.KILLCOUNT
        self.action_names = ["nothing", *(button.name.lower().replace("_", " ") for button in buttons)]
        self.observation_space = _seen_space(len(self.game.get_available_game_variables()))
        self.action_space = spaces.Discrete(len(self._actions))
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        word = int(self.np_random.integers(1 << 32)) if seed is None else seed % (1 << 32)
        self.game.set_seed(word)
        if self.game.is_running():
            self.game.new_episode()
        else:
            with _aside(self._folder.name):
                self.game.init()
        self._seen = _seen(self.game.get_state())
        return self._seen, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = self.game.make_action(self._actions[int(action)], FRAME_SKIP)
        if not self.game.is_episode_finished():
            self._seen = _seen(self.game.get_state())
            return self._seen, float(reward), False, False, {}
        truncated = self.game.is_episode_timeout_reached() and not self.game.is_player_dead()
        metrics = {"kills": float(self.game.get_game_variable(self._kills))}
        return self._seen, float(reward), not truncated, truncated, {"metrics": metrics}  # no picture of the last tic

    def render(self) -> Any:
        """Returns the picture last seen."""
        return self._seen["screen"]

    def close(self) -> None:
        self.game.close()
        self._folder.cleanup()


class DoomArray(View):
    """The screen, and below it a strip of 8 rows with a block for each variable, as bright as it is great (to 255)."""

    options = {"strip": 8}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Box(0, 255, (HEIGHT + self.options["strip"], WIDTH, 3), np.uint8)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        strip: npt.NDArray[np.uint8] = np.zeros((self.options["strip"], WIDTH, 3), np.uint8)
        values = np.clip(observation["variables"], 0, 255).astype(np.uint8)
        for value, columns in zip(values, np.array_split(np.arange(WIDTH), max(len(values), 1)), strict=False):
            strip[:, columns] = value
        return np.concatenate([observation["screen"], strip]), mask


class Duel(ParallelEnv[str, Any, Any]):
    """Two players in one arena, each a game process of its own: the host's, and one that joins it on this machine.

    Observation:
        Dict: `screen` (120, 160, 3) uint8; `variables` (3,) float32: health, rockets, own frags.
    Action:
        Discrete(8): nothing, or one button (turn, attack, step) held for 4 tics.
    Reward:
        The frags won in the step: 1 for the other's death by one's hand, -1 for a death by one's own.
    Episode end:
        Truncated after 30 seconds of the game, 262 steps.
    Start:
        Both in the arena, at places far from each other; the dead come back at once.
    Score:
        Return, the frags; random is measured.
    Versions:
        v0: vizdoom 1.3.2, map 1 of its multi_deathmatch.wad. The games run in step, but a command that comes late acts
        a tic later: one seed and one list of actions gave two matches from tic 43 on, so that none can be replayed.
    Source:
        Wydmuch et al. 2018, "ViZDoom Competitions: Playing Doom from Pixels"
    """

    metadata = {"name": "vizdoom_duel", "render_modes": ["rgb_array"], "render_fps": 9}

    def __init__(self, render_mode: str | None = None) -> None:
        self.possible_agents = ["host", "guest"]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._buttons = (
            "TURN_LEFT",
            "TURN_RIGHT",
            "ATTACK",
            "MOVE_RIGHT",
            "MOVE_LEFT",
            "MOVE_FORWARD",
            "MOVE_BACKWARD",
        )
        self._actions = _one_at_a_time(len(self._buttons))
        self.observation_spaces = {agent: _seen_space(3) for agent in self.possible_agents}
        self.action_spaces = {agent: spaces.Discrete(len(self._actions)) for agent in self.possible_agents}
        self._folder = tempfile.TemporaryDirectory(prefix="arena-vizdoom-")
        self._pool = ThreadPoolExecutor(2)  # each game waits for the other in every tic, without holding Python's lock
        self._games: list[Any] = []
        self._random = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self._stop()
        ports, word = _free_ports(2), int(self._random.integers(1 << 32))
        self._games = [self._player(seat, ports, word) for seat in range(2)]
        with _aside(self._folder.name):
            self._both(lambda game, _: game.init(), self._actions)
        self.agents = list(self.possible_agents)
        self._frags, self._steps = [0.0, 0.0], 0
        self._seen = [_seen(game.get_state()) for game in self._games]
        return self._by_agent(self._seen), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        chosen = [self._actions[int(actions[agent])] for agent in self.agents]
        for _ in range(FRAME_SKIP):  # one at a time: several tics in one call stop both games for ever
            self._both(lambda game, buttons: game.make_action(buttons, 1), chosen)
        self._steps += 1
        self._seen = [_seen(game.get_state()) for game in self._games]
        frags = [float(seen["variables"][-1]) for seen in self._seen]
        rewards = [now - before for now, before in zip(frags, self._frags, strict=True)]
        self._frags = frags
        over = self._steps >= DUEL_STEPS
        if over:
            self.agents = []
        by_agent = self._by_agent
        ends, cuts = [False] * 2, [over] * 2
        return by_agent(self._seen), by_agent(rewards), by_agent(ends), by_agent(cuts), by_agent([{}, {}])

    def render(self) -> Any:
        """Returns what the host sees."""
        return self._seen[0]["screen"]

    def close(self) -> None:
        self._stop()
        self._pool.shutdown()
        self._folder.cleanup()

    def _player(self, seat: int, ports: list[int], word: int) -> Any:
        import vizdoom

        game = _game("multi", self._folder.name, f"settings{seat}.ini")
        game.set_available_buttons([getattr(vizdoom.Button, name) for name in self._buttons])
        shown = (vizdoom.GameVariable.HEALTH, vizdoom.GameVariable.AMMO5, vizdoom.GameVariable.FRAGCOUNT)
        game.set_available_game_variables(list(shown))
        game.set_seed(word)
        # a port of its own for each: the one that starts first must not take the other's
        game.add_game_args(f"-port {ports[seat]} +viz_connect_timeout 60 +name player{seat} +colorset {seat}")
        if seat == 0:
            rules = "+sv_forcerespawn 1 +sv_noautoaim 1 +sv_respawnprotect 1 +sv_spawnfarthest 1 +viz_respawn_delay 0"
            game.add_game_args(f"-host 2 -deathmatch {rules}")
        else:
            game.add_game_args(f"-join 127.0.0.1:{ports[0]}")
        return game

    def _both(self, act: Any, chosen: Any) -> None:
        waiting = [self._pool.submit(act, game, buttons) for game, buttons in zip(self._games, chosen, strict=False)]
        for future in waiting:
            future.result(timeout=120)  # s; an error of the environment, which the harness tries again

    def _by_agent(self, values: Any) -> dict[str, Any]:
        return dict(zip(self.possible_agents, values, strict=True))

    def _stop(self) -> None:
        for game in self._games:
            game.close()
        self._games = []


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def _game(scenario: str, folder: str, settings: str = "settings.ini") -> Any:
    """Returns a game of a scenario that shows no window, writes its settings to a folder and is not yet running."""
    import vizdoom

    game = vizdoom.DoomGame()
    game.load_config(os.path.join(vizdoom.scenarios_path, f"{scenario}.cfg"))
    game.set_doom_config_path(os.path.join(folder, settings))
    game.set_window_visible(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_160X120)
    return game


@contextlib.contextmanager
def _aside(folder: str) -> Iterator[None]:
    """Has a game begin in a folder, where it leaves an empty one, and say nothing (it tells of its network)."""
    with contextlib.chdir(folder), open(os.devnull, "w") as nowhere:
        said = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(said, 1)
            os.close(said)


def _one_at_a_time(buttons: int) -> list[list[int]]:
    return [[0] * buttons, *np.eye(buttons, dtype=int).tolist()]


def _seen_space(variables: int) -> spaces.Dict:
    return spaces.Dict(
        {
            "screen": spaces.Box(0, 255, (HEIGHT, WIDTH, 3), np.uint8),
            "variables": spaces.Box(-np.inf, np.inf, (variables,), np.float32),
        }
    )


def _seen(state: Any) -> dict[str, npt.NDArray[Any]]:
    numbers = state.game_variables
    return {
        "screen": state.screen_buffer.copy(),
        "variables": np.zeros(0, np.float32) if numbers is None else numbers.astype(np.float32),
    }


class _Scenario(NamedTuple):
    name: str
    config: str
    tics: int
    score_range: tuple[float, float]
    worst: float  # the declared score of a failed episode
    description: str
    reward: str
    metric: str = "return"
    expert: Reference | None = None


_INF = float("inf")
_ALIVE = Reference(float(TICS), "optimum: alive when the time is up")
_SCENARIOS = (
    _Scenario(
        "Basic-v0",
        "basic",
        300,
        (-_INF, 106.0),
        -400.0,  # all the time, and 20 shots in vain
        "Shoot the monster at the other end of the room.",
        "106 for the kill, -5 a shot, -1 a tic.",
    ),
    _Scenario(
        "Corridor-v0",
        "deadly_corridor",
        TICS,
        (-_INF, _INF),
        -200.0,  # death (-100), some way behind the start
        "Run down a corridor past six shooting monsters to the vest at its end.",
        "The way made towards the vest in map units, 1000 for the vest, -100 for death.",
    ),
    _Scenario(
        "DefendTheCenter-v0",
        "defend_the_center",
        TICS,
        (-1.0, 26.0),  # 26 rounds
        -1.0,
        "Turn and shoot the monsters that come from all sides, with 26 rounds.",
        "1 a kill, -1 for death.",
    ),
    _Scenario(
        "DefendTheLine-v0",
        "defend_the_line",
        TICS,
        (-1.0, _INF),
        -1.0,
        "Turn and shoot the monsters that come from the other end of the room, ever stronger.",
        "1 a kill, -1 for death.",
    ),
    _Scenario(
        "HealthGathering-v0",
        "health_gathering",
        TICS,
        (-100.0, float(TICS)),
        -100.0,
        "Stay alive on a floor of acid by finding medkits.",
        "1 a tic, -100 for death.",
        expert=_ALIVE,
    ),
    _Scenario(
        "HealthGatheringSupreme-v0",
        "health_gathering_supreme",
        TICS,
        (-100.0, float(TICS)),
        -100.0,
        "Stay alive in a maze with a floor of acid by finding medkits and avoiding poison.",
        "1 a tic, -100 for death.",
        expert=_ALIVE,
    ),
    _Scenario(
        "MyWayHome-v0",
        "my_way_home",
        TICS,
        (-0.211, 1.0),
        -0.211,  # -0.0001 a tic, and rounding
        "Find the vest in a maze of rooms, from a random place.",
        "1 for the vest, -0.0001 a tic.",
    ),
    _Scenario(
        "PredictPosition-v0",
        "predict_position",
        300,
        (-0.301, 1.0),
        -0.301,  # -0.001 a tic, and rounding
        "Hit a running monster with the one rocket there is.",
        "1 for the kill, -0.001 a tic.",
    ),
    _Scenario(
        "TakeCover-v0",
        "take_cover",
        TICS,
        (0.0, float(TICS)),
        0.0,
        "Dodge the fireballs of ever more monsters.",
        "1 a tic.",
        expert=_ALIVE,
    ),
    _Scenario(
        "Deathmatch-v0",
        "deathmatch",
        4200,
        (0.0, _INF),
        0.0,
        "Kill as many monsters as possible in an arena with all weapons.",
        "The scenario's own points; the score counts the monsters killed.",
        metric="kills",
    ),
)
_NEEDS = Needs(modules=("vizdoom",), get="pip install 'arena-bench[games]'")
_PACKAGES = ("vizdoom", "gymnasium", "numpy")
_SOURCE = "Wydmuch et al. 2018, https://github.com/Farama-Foundation/ViZDoom"
_SEEN = "The player's view, (120, 160, 3) uint8, and the scenario's variables (health, ammunition), float32."

for _scenario in _SCENARIOS:
    register(
        EnvSpec(
            id=f"vizdoom/{_scenario.name}",
            random=measured(f"vizdoom/{_scenario.name}"),
            expert=_scenario.expert,
            entry_point=f"{__name__}:VizDoom",
            kwargs={"scenario": _scenario.config},
            domain="games",
            max_steps=-(-_scenario.tics // FRAME_SKIP),
            metric=_scenario.metric,
            score_range=_scenario.score_range,
            failure_score=_scenario.worst,
            views={"array": f"{__name__}:DoomArray"},
            needs=_NEEDS,
            packages=_PACKAGES,
            tags=("first-person", "pixels", "partially-observed"),
            description=_scenario.description,
            observation=_SEEN,
            action="Nothing, or one of the scenario's buttons (2 to 17), held for 4 tics of 1/35 s.",
            reward=_scenario.reward,
            source=_SOURCE,
        )
    )

register(
    EnvSpec(
        id="vizdoom/Duel-v0",
        random=measured("vizdoom/Duel-v0"),
        entry_point=f"{__name__}:Duel",
        domain="games",
        interface="parallel",
        seats=2,
        payoff="general-sum",
        max_steps=DUEL_STEPS,
        failure_score=-10.0,  # a life lasts some seconds even for who shoots at the own feet
        verification="none",  # commands may come late by a tic: see the class
        views={"array": f"{__name__}:DoomArray"},
        needs=_NEEDS,
        packages=(*_PACKAGES, "pettingzoo"),
        tags=("first-person", "pixels", "partially-observed", "multi-agent", "simultaneous"),
        description="Deathmatch of two players in one arena; not replayable, so two runs compare by mean frags.",
        observation="The player's view, (120, 160, 3) uint8, and health, rockets and frags, float32.",
        action="Nothing, or one of 7 buttons (turn, attack, step), held for 4 tics of 1/35 s.",
        reward="1 for a frag, -1 for one's own death by one's own hand.",
        source=_SOURCE,
    )
)
