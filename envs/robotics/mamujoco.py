"""Multi-agent MuJoCo: the joints of one body are shared out among agents, which also share the reward."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium  # before pettingzoo: it loads every family, and they import from pettingzoo
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.envs.references import measured
from arena.envs.robotics.mujoco import TASKS
from arena.envs.robotics.renderers import choose_renderer
from arena.envs.robotics.temporary import own_temporary_folder

__all__ = ["MaMuJoCo"]


class MaMuJoCo(ParallelEnv[str, Any, Any]):
    """One body of Gymnasium's MuJoCo tasks (v5), or a chain of them, divided among agents.

    Observation:
        Box (n,) float64 per agent: positions and speeds of its own joints and of those next to them, and the torso's.
    Action:
        Box (m,) float32 per agent: torques of its own joints.
    Reward:
        The body's, the same for all.
    Episode end:
        As of the undivided task: terminated by a fall, truncated after 1000 steps (Reacher 50, Pusher 100).
    Start:
        As of the undivided task, from the seed.
    Score:
        Return; random is measured.
    Versions:
        v1: the package's own number, of gymnasium-robotics 1.4.2 under MuJoCo 3.8.1.
    Source:
        Peng et al. 2021, "FACMAC" (the tasks); https://robotics.farama.org/envs/MaMuJoCo/
    """

    metadata = {"name": "mamujoco", "render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(self, body: str, division: str, render_mode: str | None = None) -> None:
        choose_renderer()
        with contextlib.redirect_stderr(io.StringIO()):  # it greets with a note on version 1.4.3
            from gymnasium_robotics import mamujoco_v1

        with own_temporary_folder() as folder:
            chain = _chain(body, division, Path(folder), render_mode)
            self.game: Any = mamujoco_v1.parallel_env(body, division, render_mode=render_mode, gym_env=chain)
        for neighbours in self.game.k_dicts:  # nodes of one label come in the order of a set: Pusher has such
            for nodes in neighbours.values():
                nodes.sort(key=lambda node: (node.label, str(node.qpos_ids), str(node.act_ids)))
        self.render_mode = render_mode
        self.possible_agents = list(self.game.possible_agents)
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> Any:
        return self.game.observation_space(agent)

    def action_space(self, agent: str) -> Any:
        return self.game.action_space(agent)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        observations, _ = self.game.reset(seed=seed)
        self.agents = list(self.possible_agents)
        return observations, {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        agents = self.agents
        observations, rewards, terminated, truncated, _ = self.game.step(actions)
        over = any(terminated.values()) or any(truncated.values())
        self.agents = [] if over else agents
        return (
            observations,
            {agent: float(rewards[agent]) for agent in agents},
            {agent: bool(terminated[agent]) for agent in agents},
            {agent: bool(truncated[agent]) for agent in agents},
            {agent: {} for agent in agents},
        )

    def render(self) -> Any:
        return self.game.render()

    def close(self) -> None:
        self.game.close()


def _chain(body: str, division: str, folder: Path, render_mode: str | None) -> Any:
    """Returns a body of many segments; None for the others.

    The package writes its model into its own folder, where two processes would overwrite each other's.
    """
    if not body.startswith("ManySegment"):
        return None
    from gymnasium_robotics.envs.multiagent_mujoco import many_segment_ant, many_segment_swimmer

    groups, size = division.split("x")
    model = folder / "chain.xml"
    maker = many_segment_ant if body == "ManySegmentAnt" else many_segment_swimmer
    maker.gen_asset(n_segs=int(groups) * int(size), asset_path=str(model))
    name = f"{body.removeprefix('ManySegment')}-v5"
    return gymnasium.make(name, disable_env_checker=True, render_mode=render_mode, xml_file=str(model))


class _Team(NamedTuple):
    """One row of the table."""

    body: str
    division: str  # as the package names it
    seats: int
    description: str


_TEAMS = (
    _Team("Ant", "2x4", 2, "Walk on four legs: one agent has the front, one the back."),
    _Team("Ant", "2x4d", 2, "Walk on four legs: each of two agents has a diagonal."),
    _Team("Ant", "4x2", 4, "Walk on four legs: an agent for each."),
    _Team("HalfCheetah", "2x3", 2, "Run in the plane: one agent has the front leg, one the back leg."),
    _Team("HalfCheetah", "6x1", 6, "Run in the plane: an agent for each joint."),
    _Team("Hopper", "3x1", 3, "Hop on one leg: an agent for each joint."),
    _Team("Humanoid", "9|8", 2, "Walk on two legs: one agent has the upper body, one the lower."),
    _Team("HumanoidStandup", "9|8", 2, "Stand up: one agent has the upper body, one the lower."),
    _Team("Pusher", "3p", 3, "Push a cylinder to a goal: an agent each for shoulder, elbow and wrist."),
    _Team("Reacher", "2x1", 2, "Reach a target with an arm: an agent for each joint."),
    _Team("Swimmer", "2x1", 2, "Swim with three links: an agent for each joint."),
    _Team("Walker2d", "2x3", 2, "Walk in the plane: an agent for each leg."),
    _Team("ManySegmentSwimmer", "10x2", 10, "Swim with twenty-one links: an agent for two joints."),
    _Team("ManySegmentAnt", "2x3", 2, "Walk as six ants in a row: an agent for three of them."),
)
_SINGLE = {task.name.removesuffix("-v5"): task for task in TASKS}
_CHAINS = {
    "ManySegmentSwimmer": -100.0,  # as the single one's: below random play, about 0
    "ManySegmentAnt": -11_000.0,  # 1000 steps upright (+1) at full torque of 24 joints (-12)
}

for _team in _TEAMS:
    _id = f"mamujoco/{_team.body}-{_team.division.replace('|', '-')}-v1"
    _single = _SINGLE.get(_team.body)
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            entry_point=f"{__name__}:MaMuJoCo",
            kwargs={"body": _team.body, "division": _team.division},
            domain="robotics",
            interface="parallel",
            seats=_team.seats,
            payoff="cooperative",
            max_steps=_single.max_steps if _single else 1000,
            score_range=_single.score_range if _single else (-math.inf, math.inf),
            failure_score=_single.worst if _single else _CHAINS[_team.body],
            tolerance=1e-6,
            needs=Needs(modules=("gymnasium_robotics",), get="pip install 'arena-bench[robotics]'"),
            packages=("gymnasium-robotics", "mujoco", "gymnasium", "numpy", "pettingzoo"),
            tags=("continuous", "physics", "multi-agent", "simultaneous", "partially-observed"),
            description=_team.description,
            observation="(n,) float64: positions and speeds of an agent's joints, of their neighbours and the torso.",
            action="(m,) float32: torques of an agent's joints.",
            reward="The undivided task's, the same for all agents.",
            source="Peng et al. 2021, https://robotics.farama.org/envs/MaMuJoCo/",
        )
    )
