"""Multi-robot warehouse: robots fetch requested shelves to the goals among each other; rewards are sparse."""

from __future__ import annotations

import gymnasium  # noqa: F401  # before the rest: it loads every family, and two of them share a module

from arena import EnvSpec, Needs, register
from arena.envs.games.tuple_env import TupleEnv
from arena.envs.references import measured

__all__ = ["Warehouse"]

MAX_STEPS = 500  # joint steps, as published


class Warehouse(TupleEnv):
    """Robots in aisles of shelves: pick a requested shelf up, carry it to a goal, bring it back to an empty place.

    Observation:
        Box (71,) float32: own place, load, direction and whether on a highway; then of each of the 3x3 cells around:
        is there a robot, its direction, is there a shelf, is it requested.
    Action:
        Discrete(5): nothing, forward, turn left, turn right, pick up or put down. What cannot be done is nothing done.
    Reward:
        +1 to the robot that brings a requested shelf to a goal; another shelf is requested at once.
    Episode end:
        Truncated after 500 joint steps.
    Start:
        Places, directions and requests drawn from the seed.
    Score:
        `team_return`: shelves delivered by the team, from 0. Random is measured.
    Versions:
        v2: rware 2.0.0, its v2 ids.
    Source:
        Christianos et al. 2020; Papoudakis et al. 2021, "Benchmarking Multi-Agent Deep Reinforcement Learning
        Algorithms in Cooperative Tasks"; https://github.com/uoe-agents/robotic-warehouse
    """

    metadata = {"name": "warehouse", "render_modes": []}

    def __init__(self, shelf_rows: int, shelf_columns: int, robots: int, requests: int) -> None:
        from rware.warehouse import RewardType
        from rware.warehouse import Warehouse as Game

        env = Game(
            shelf_rows=shelf_rows,
            shelf_columns=shelf_columns,
            column_height=8,
            n_agents=robots,
            msg_bits=0,
            sensor_range=1,
            request_queue_size=requests,
            max_inactivity_steps=None,
            max_steps=MAX_STEPS,
            reward_type=RewardType.INDIVIDUAL,
        )
        super().__init__(env, MAX_STEPS)


_SIZES = {"tiny": (1, 3), "small": (2, 3), "medium": (2, 5)}  # rows and columns of shelf blocks
_REQUESTS = {"-easy": 2.0, "": 1.0, "-hard": 0.5}  # shelves requested at a time, per robot

for _size, (_rows, _columns) in _SIZES.items():
    for _robots in (2, 4):
        for _level, _share in _REQUESTS.items():
            _requests = int(_robots * _share)
            _name = f"rware/{_size}-{_robots}ag{_level}-v2"
            register(
                EnvSpec(
                    id=_name,
                    random=measured(_name),
                    entry_point=f"{__name__}:Warehouse",
                    kwargs={
                        "shelf_rows": _rows,
                        "shelf_columns": _columns,
                        "robots": _robots,
                        "requests": _requests,
                    },
                    domain="games",
                    interface="parallel",
                    seats=_robots,
                    payoff="cooperative",
                    max_steps=MAX_STEPS,
                    metric="team_return",
                    score_range=(0.0, float("inf")),
                    failure_score=0.0,  # nothing delivered; nothing is ever taken away
                    needs=Needs(modules=("rware",), get="pip install 'arena-bench[games]'"),
                    packages=("rware", "networkx", "gymnasium", "numpy"),
                    tags=("multi-agent", "simultaneous", "cooperative", "sparse"),
                    description=(
                        f"{_robots} robots in a {_size} warehouse ({_rows}x{_columns} blocks of shelves), "
                        f"{_requests} shelves requested at a time."
                    ),
                    observation="(71,) float32: own place, load, direction; robots, shelves, requests in 3x3 cells.",
                    action="Discrete(5): nothing, forward, turn left, turn right, pick up or put down.",
                    reward="+1 to the robot that brings a requested shelf to a goal.",
                    source="Papoudakis et al. 2021, https://github.com/uoe-agents/robotic-warehouse",
                )
            )
