"""Google Research Football: drills for one or a few players, and matches of eleven against eleven."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.spec import Payoff

ACTIONS = 19  # the package's default set
FEATURES = 115  # of its representation simple115v2
_DRILL = 400  # steps
_MATCH = 3000


class _Game:
    """One scenario of the package, with its randomness from a generator alone.

    The package draws a seed of its own for every episode unless it is told one, keeps the order in which teams are
    processed from its first episode on, and lets the kick-off alternate with the number of the episode. All three
    follow the generator here. Its wrappers are left out: they do not work with the gym that still installs.
    """

    def __init__(self, scenario: str, left: int, right: int) -> None:
        from gfootball.env import config, football_env

        self._config = config.Config(
            {
                "level": scenario,
                "players": [f"agent:left_players={left},right_players={right}"],
                "dump_full_episodes": False,
                "dump_scores": False,
                "write_video": False,
                "game_engine_random_seed": 0,
                "reverse_team_processing": False,
            }
        )
        self._env = football_env.FootballEnv(self._config)

    def start(self, generator: np.random.Generator) -> npt.NDArray[np.float32]:
        """Returns what each controlled player sees, (players, 115) float32."""
        self._config["game_engine_random_seed"] = int(generator.integers(2_000_000_000))
        self._config["reverse_team_processing"] = bool(generator.integers(2))
        self._config["episode_number"] = int(generator.integers(2))
        return self._features(self._env.reset())

    def step(self, actions: list[int]) -> tuple[npt.NDArray[np.float32], list[float], bool, bool]:
        """Returns observations and rewards by player, terminated and truncated."""
        seen, rewards, over, _ = self._env.step(actions)
        out_of_time = bool(over) and seen[0]["steps_left"] <= 0
        return self._features(seen), [float(r) for r in rewards], bool(over) and not out_of_time, out_of_time

    def close(self) -> None:
        self._env.close()

    @staticmethod
    def _features(seen: list[dict[str, Any]]) -> npt.NDArray[np.float32]:
        from gfootball.env.wrappers import Simple115StateWrapper

        return np.asarray(Simple115StateWrapper.convert_observation(seen, True), np.float32)


class FootballSolo(gymnasium.Env[npt.NDArray[np.float32], np.int64]):
    """One agent plays the active player of the left team; the package's rules play everyone else.

    Observation:
        Box (115,) float32, the package's simple115v2: positions and movements of both teams (88, -1 where there is
        nobody), ball and its movement (6), who has it (3), the active player (11), the kind of play (7).
    Action:
        Discrete(19): idle, eight directions, long, high and short pass, shot, sprint, release direction, release
        sprint, slide, dribble, release dribble.
    Reward:
        1 for a goal, -1 for one against.
    Episode end:
        Drills are terminated by a goal, the ball out of play and most of them by its loss, and truncated after 400
        steps; matches are truncated after 3000.
    Start:
        The scenario's formation; kick-off, processing order and the engine's noise from the seed.
    Score:
        Return: goal difference, -1 to 1 in drills. Random and best known figures are not measured here.
    Versions:
        v0: gfootball 2.10.2, rewards `scoring`.
    Source:
        Kurach et al. 2020, "Google Research Football", https://github.com/google-research/football
    """

    metadata = {"render_modes": []}

    def __init__(self, scenario: str) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (FEATURES,), np.float32)
        self.action_space = spaces.Discrete(ACTIONS)
        self.render_mode = None
        self._game = _Game(scenario, 1, 0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self._game.start(self.np_random)[0], {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        seen, rewards, terminated, truncated = self._game.step([int(action)])
        return seen[0], rewards[0], terminated, truncated, {}

    def close(self) -> None:
        self._game.close()


class Football(ParallelEnv[str, npt.NDArray[np.float32], int]):
    """Several players of the left team together, or one of each team against each other.

    Observation, Action, Reward, Episode end, Start:
        As `FootballSolo`, for each seat; the right team sees the field turned round and is paid for its own goals.
    Score:
        Return: goal difference.
    Versions:
        v0: gfootball 2.10.2, rewards `scoring`.
    Source:
        Kurach et al. 2020, "Google Research Football", https://github.com/google-research/football
    """

    metadata = {"name": "football", "render_modes": []}

    def __init__(self, scenario: str, left: int, right: int) -> None:
        self.possible_agents = [f"left_{n}" for n in range(left)] + [f"right_{n}" for n in range(right)]
        self.agents: list[str] = []
        self.render_mode = None
        self._observation_space = spaces.Box(-np.inf, np.inf, (FEATURES,), np.float32)
        self._action_space = spaces.Discrete(ACTIONS)
        self._generator = np.random.default_rng()
        self._game = _Game(scenario, left, right)

    def observation_space(self, agent: str) -> spaces.Box:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Discrete:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        seen = self._game.start(self._generator)
        self.agents = self.possible_agents[:]
        return dict(zip(self.agents, seen, strict=True)), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, Any, Any, Any, Any]:
        agents = self.agents
        seen, rewards, terminated, truncated = self._game.step([int(actions[agent]) for agent in agents])
        if terminated or truncated:
            self.agents = []
        return (
            dict(zip(agents, seen, strict=True)),
            dict(zip(agents, rewards, strict=True)),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            {agent: {} for agent in agents},
        )

    def close(self) -> None:
        self._game.close()


class _Scenario(NamedTuple):
    """One row of the table: the package's scenario, and how many of each team are seats."""

    name: str
    scenario: str
    description: str
    max_steps: int = _DRILL
    left: int = 1
    right: int = 0


_SCENARIOS = (
    _Scenario("EmptyGoalClose", "academy_empty_goal_close", "In front of an empty goal, with the ball."),
    _Scenario("EmptyGoal", "academy_empty_goal", "In midfield with the ball; the goal is empty."),
    _Scenario("RunToScore", "academy_run_to_score", "In midfield with the ball; five opponents chase it."),
    _Scenario("RunToScoreWithKeeper", "academy_run_to_score_with_keeper", "As RunToScore, with a keeper in the goal."),
    _Scenario("PassAndShootWithKeeper", "academy_pass_and_shoot_with_keeper", "Two against a defender and the keeper."),
    _Scenario(
        "RunPassAndShootWithKeeper",
        "academy_run_pass_and_shoot_with_keeper",
        "Two against a defender and the keeper; the one with the ball is unmarked.",
    ),
    _Scenario("ThreeVsOneWithKeeper", "academy_3_vs_1_with_keeper", "Three against a defender and the keeper."),
    _Scenario("Corner", "academy_corner", "A corner kick."),
    _Scenario("CounterattackEasy", "academy_counterattack_easy", "Four attack one defender and the keeper."),
    _Scenario("CounterattackHard", "academy_counterattack_hard", "Four attack two defenders and the keeper."),
    _Scenario(
        "SingleGoalVersusLazy",
        "academy_single_goal_versus_lazy",
        "Eleven against eleven who only stand and intercept; one goal ends it.",
        _MATCH,
    ),
    _Scenario("ElevenVsElevenEasy", "11_vs_11_easy_stochastic", "A match against the easy team (0.05).", _MATCH),
    _Scenario("ElevenVsEleven", "11_vs_11_stochastic", "A match against the medium team (0.6).", _MATCH),
    _Scenario("ElevenVsElevenHard", "11_vs_11_hard_stochastic", "A match against the hard team (0.95).", _MATCH),
    _Scenario("OneVsOne", "1_vs_1_easy", "One against one.", 500, 1, 1),
    _Scenario("FiveVsFive", "5_vs_5", "Four with their keeper against the easy five.", _MATCH, 4),
    _Scenario("PassAndShootWithKeeper-2p", "academy_pass_and_shoot_with_keeper", "Two, each a seat, score.", _DRILL, 2),
    _Scenario("ThreeVsOneWithKeeper-3p", "academy_3_vs_1_with_keeper", "Three, each a seat, score.", _DRILL, 3),
    _Scenario("CounterattackHard-4p", "academy_counterattack_hard", "Four, each a seat, score.", _DRILL, 4),
    _Scenario("ElevenVsEleven-2p", "11_vs_11_competition", "A match of two seats, each a whole team.", _MATCH, 1, 1),
)

for _scenario in _SCENARIOS:
    _seats = _scenario.left + _scenario.right
    _together: Payoff = "zero-sum" if _scenario.right else "cooperative"
    _teams = {"left": _scenario.left, "right": _scenario.right}
    _ends_on_score = _scenario.scenario.startswith("academy")
    register(
        EnvSpec(
            id=f"football/{_scenario.name}-v0",
            random=measured(f"football/{_scenario.name}-v0"),
            entry_point=f"{__name__}:{'FootballSolo' if _seats == 1 else 'Football'}",
            kwargs={"scenario": _scenario.scenario, **({} if _seats == 1 else _teams)},
            domain="games",
            interface="gymnasium" if _seats == 1 else "parallel",
            seats=_seats,
            payoff="single" if _seats == 1 else _together,
            max_steps=_scenario.max_steps,
            score_range=(-1.0, 1.0) if _ends_on_score else (float("-inf"), float("inf")),
            failure_score=-1.0 if _ends_on_score else -10.0,  # a goal against; a match declared lost by ten
            verification="none",  # what replays has not been measured: the engine was not yet built
            packages=("gfootball", "numpy"),
            runtime="football",
            tags=("football", "multi-agent", "simultaneous") if _seats > 1 else ("football",),
            description=_scenario.description,
            observation="(115,) float32, simple115v2: teams, ball, who has it, the active player, the kind of play.",
            action="Discrete(19): idle, eight directions, passes, shot, sprint, slide, dribble, and their release.",
            reward="1 for a goal, -1 for one against.",
            source="Kurach et al. 2020, https://github.com/google-research/football",
        )
    )
