"""MAgent2's battles and hunts of many agents, as games between teams: one seat commands a whole team."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.envs.references import measured
from arena.spec import Payoff

__all__ = ["Teams"]

MOVES = {9: 5, 21: 13, 25: 13, 33: 29}  # of so many actions, the first so many are moves; the rest are attacks
OPENING = 5  # steps; armies are 6 cells apart and move 2 a step, so they do not meet


class Teams(ParallelEnv[str, npt.NDArray[np.float32], npt.NDArray[np.int64]]):
    """One of MAgent2's grid worlds; a seat is a team, its action the moves of all its members.

    A seat per member is what the package offers, and impractical here: a battle would have 162 seats, of which the
    agent under test would hold one (its score a hundredth of a fight) and be seated 162 times to rotate, a record
    would keep 162 action arrays, and who wins is a fact about teams. A learner with one policy per member, as is usual,
    applies it along the first axis of the observation.

    Observation:
        Box (members, height, width, channels) float32 in [0, 2]: each member's surroundings (walls, and presence and
        health of each kind); all zeros for a dead one, whose own place would else show it.
    Action:
        MultiDiscrete, one entry per member: stay, moves, attacks. Those of dead members are ignored.
    Reward:
        The mean over the team's original members of the package's rewards.
    Episode end:
        Terminated when a team has nobody left, or (gather) no food is left; truncated after `max_cycles` steps.
    Start:
        Hunts: walls and places drawn from the seed. Else the package's formation, in which the seed would not matter
        (the same actions gave the same 1000 steps of a battle), after `opening` steps of random moves from the seed.
    Score:
        Battles: `win`, 1 for the team with more living members at the end, -1 for the other, 0 both when equal. Hunts:
        return. Random is measured. `survivors` is the living share of a team.
    Versions:
        As the package's: magent2 0.3.4; but there, in the first step, every group gets the first group's actions.
    Source:
        Zheng et al. 2018, "MAgent: A Many-Agent Reinforcement Learning Platform for Artificial Collective
        Intelligence"; https://github.com/Farama-Foundation/MAgent2

    Args:
        scenario: module of magent2.environments.
        teams: team -> its groups of members, by the package's names, in the package's order.
        map_size: width and height of the map, which also sets how many members there are; None: the package's.
        battle: whether the end is scored as a win.
        opening: steps of random moves before the start, which do not count.
    """

    metadata = {"name": "magent", "render_modes": ["rgb_array"]}

    def __init__(
        self,
        scenario: str,
        teams: Mapping[str, list[str]],
        max_cycles: int,
        map_size: int | None = None,
        battle: bool = False,
        opening: int = 0,
        render_mode: str | None = None,
    ) -> None:
        module = importlib.import_module(f"magent2.environments.{scenario}")
        size = {} if map_size is None else {"map_size": map_size}
        self.game = module.parallel_env(max_cycles=max_cycles + opening, render_mode=render_mode, **size)
        self.render_mode = render_mode
        self.possible_agents = list(teams)
        self.agents: list[str] = []
        groups = [group for members in teams.values() for group in members]
        assert len(groups) == len(self.game.handles), "a group without a team"
        self._handles = {team: [self.game.handles[groups.index(g)] for g in teams[team]] for team in teams}
        self._members = {
            team: [name for name in self.game.possible_agents if name.rpartition("_")[0] in teams[team]]
            for team in teams
        }
        self._observation_spaces = {team: self._observation_space(members) for team, members in self._members.items()}
        self._action_spaces = {
            team: spaces.MultiDiscrete([self.game.action_space(name).n for name in members])
            for team, members in self._members.items()
        }
        self._battle = battle
        self._opening = opening

    def observation_space(self, agent: str) -> spaces.Box:
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.MultiDiscrete:
        return self._action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        observations, _ = self.game.reset(seed=seed)
        # the package counts before it places them, so that in the first step all groups would act as the first does
        self.game.team_sizes = [self.game.env.get_num(handle) for handle in self.game.handles]
        random = np.random.default_rng(seed)
        for _ in range(self._opening):
            moves = {name: int(random.integers(MOVES[self.game.action_space(name).n])) for name in self.game.agents}
            observations, *_ = self.game.step(moves)
        self.agents = self.possible_agents[:]
        return self._observe(observations), {team: {} for team in self.agents}

    def step(self, actions: dict[str, npt.NDArray[np.int64]]) -> tuple[dict, dict, dict, dict, dict]:
        moves = {
            name: int(move)
            for team, members in self._members.items()
            for name, move in zip(members, actions[team], strict=True)
        }
        observations, rewards, terminations, truncations, _ = self.game.step(moves)
        living = {team: sum(map(self.game.env.get_num, handles)) for team, handles in self._handles.items()}
        terminated = not all(living.values()) or all(terminations.values())
        truncated = not terminated and any(truncations.values())
        teams = self.agents
        infos: dict[str, dict[str, Any]] = {team: {} for team in teams}
        if terminated or truncated:
            self.agents = []
            infos = {team: {"metrics": self._metrics(team, living)} for team in teams}
        return (
            self._observe({name: seen for name, seen in observations.items() if not terminations[name]}),
            {team: sum(rewards.get(name, 0.0) for name in self._members[team]) / self._size(team) for team in teams},
            dict.fromkeys(teams, terminated),
            dict.fromkeys(teams, truncated),
            infos,
        )

    def render(self) -> Any:
        """Returns the map as an (H, W, 3) uint8 picture."""
        return self.game.render()

    def close(self) -> None:
        self.game.close()

    def _size(self, team: str) -> int:
        return len(self._members[team])

    def _metrics(self, team: str, living: dict[str, int]) -> dict[str, float]:
        metrics = {"survivors": living[team] / self._size(team)}
        if self._battle:
            other = next(name for name in living if name != team)
            metrics["win"] = float(np.sign(living[team] - living[other]))
        return metrics

    def _observation_space(self, members: list[str]) -> spaces.Box:
        shape = self.game.observation_space(members[0]).shape
        return spaces.Box(0.0, 2.0, (len(members), *shape), np.float32)

    def _observe(self, observations: dict[str, npt.NDArray[np.float32]]) -> dict[str, npt.NDArray[np.float32]]:
        seen = {}
        for team, members in self._members.items():
            seen[team] = np.zeros(self._observation_spaces[team].shape, np.float32)
            for place, name in enumerate(members):
                if name in observations:
                    seen[team][place] = observations[name]
        return seen


class _Task(NamedTuple):
    """One row of the table; `worst` bounds the return of a hunt from below, and is the score of a failed episode."""

    name: str
    scenario: str
    teams: dict[str, list[str]]
    map_size: int | None  # gather has but one
    max_cycles: int
    payoff: Payoff
    worst: float
    description: str
    shapes: str
    reward: str


_SIDES = {"red": ["red"], "blue": ["blue"]}
_ARMS = {"red": ["redmelee", "redranged"], "blue": ["bluemelee", "blueranged"]}
_FIGHT = "Mean over members: kill 5, hit 0.2, attack -0.1, death -0.1, step -0.005."
_TASKS = (
    _Task(
        "Battle-v4",
        "battle_v4",
        _SIDES,
        45,
        1000,
        "zero-sum",
        -1.0,
        "Two armies of 81 fight on an open field of 45x45.",
        "81 members, (13, 13, 5) each, 21 moves each",
        _FIGHT,
    ),
    _Task(
        "BattleSmall-v4",
        "battle_v4",
        _SIDES,
        20,
        1000,
        "zero-sum",
        -1.0,
        "Two armies of 12 fight on an open field of 20x20.",
        "12 members, (13, 13, 5) each, 21 moves each",
        _FIGHT,
    ),
    _Task(
        "Battlefield-v5",
        "battlefield_v5",
        _SIDES,
        80,
        1000,
        "zero-sum",
        -1.0,
        "Two armies of 12 look for and fight each other among obstacles on 80x80.",
        "12 members, (13, 13, 5) each, 21 moves each",
        _FIGHT,
    ),
    _Task(
        "CombinedArmsSmall-v6",
        "combined_arms_v6",
        _ARMS,
        20,
        1000,
        "zero-sum",
        -1.0,
        "Two armies of 8 melee and 4 ranged fighters, who can hit their own, on 20x20.",
        "12 members, (13, 13, 9) each, 9 moves (melee) or 25 (ranged)",
        _FIGHT,
    ),
    _Task(
        "AdversarialPursuit-v4",
        "adversarial_pursuit_v4",
        {"predators": ["predator"], "prey": ["prey"]},
        45,
        500,
        "general-sum",
        -1000.0,  # each prey tagged by two predators at every step; predators lose at most 0.2 a step
        "25 slow predators tag 50 faster prey on 45x45; nobody dies.",
        "predators 25, (10, 10, 5), 13 moves; prey 50, (9, 9, 5), 9 moves",
        "Mean over members: predators 1 per tag, -0.2 per attempt; prey -1 per tag.",
    ),
    _Task(
        "TigerDeer-v4",
        "tiger_deer_v4",
        {"deer": ["deer"], "tigers": ["tiger"]},
        45,
        300,
        "general-sum",
        -6.0,  # death -1; hits of -0.1, each of which takes 1 of 5 health, of which 0.2 a step comes back
        "20 tigers hunt 101 deer on 45x45; they are paid for attacks of two on one.",
        "deer 101, (3, 3, 5), 5 moves; tigers 20, (9, 9, 5), 9 moves",
        "Mean over members: tigers 0.5 or more per joint attack; deer -0.1 per hit, -1 for death.",
    ),
    _Task(
        "Gather-v5",
        "gather_v5",
        {"gatherers": ["omnivore"]},
        None,
        500,
        "single",
        -60.0,  # 500 steps of -0.01 and a useless attack of -0.1 each, and death -1
        "A team of 495 gathers food on 200x200, and should not waste blows on its own.",
        "495 members, (15, 15, 5) each, 33 moves each",
        "Mean over members: food hit 0.5, food eaten 5, step -0.01, attack -0.1, death -1.",
    ),
)

for _task in _TASKS:
    _battle = _task.payoff == "zero-sum"
    register(
        EnvSpec(
            id=f"magent/{_task.name}",
            random=measured(f"magent/{_task.name}"),
            entry_point=f"{__name__}:Teams",
            kwargs={
                "scenario": _task.scenario,
                "teams": _task.teams,
                "map_size": _task.map_size,
                "max_cycles": _task.max_cycles,
                "battle": _battle,
                "opening": 0 if _task.payoff == "general-sum" else OPENING,  # hunts start from the seed
            },
            domain="games",
            interface="parallel",
            seats=len(_task.teams),
            payoff=_task.payoff,
            max_steps=_task.max_cycles,
            metric="win" if _battle else "return",
            score_range=(-1.0, 1.0) if _battle else (_task.worst, float("inf")),
            failure_score=_task.worst,
            needs=Needs(modules=("magent2",), get="pip install 'arena-bench[games]'"),
            packages=("magent2", "pettingzoo", "numpy"),
            tags=("multi-agent", "simultaneous", "teams", "many agents"),
            description=_task.description,
            observation=f"Members' surroundings, zeros for the dead, float32 in [0, 2]: {_task.shapes}.",
            action=f"MultiDiscrete, a move per member: {_task.shapes}.",
            reward=_task.reward,
            source="Zheng et al. 2018, https://github.com/Farama-Foundation/MAgent2",
        )
    )
