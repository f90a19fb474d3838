"""Rocket League's physics through RocketSim: matches of one or two cars a side, on a field of our own or the game's.

RocketSim 2.2.1 ships no field: its soccar mode asks for the game's collision meshes, which are the publisher's and can
only be dumped from an installed copy of Rocket League. So the `Box` matches build a plain field of the game's size:
flat walls, square corners, goals in their place. The `Soccar` matches are the same matches on the game's own field,
for who has the meshes. Cars, ball, boost and pads are RocketSim's in both.
"""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import ParallelEnv

from arena import EnvSpec, Needs, register
from arena.envs.references import measured
from arena.errors import UnavailableError

__all__ = ["RocketMatch"]

MESHES = "RS_COLLISION_MESHES"  # RocketSim's own variable: the folder that holds `soccar/*.cmf`
TICKS = 8  # of 120 a second, per step: 15 decisions a second, as in RLGym
MAX_STEPS = 900  # a match of one minute
SIDE, BACK, CEILING = 4096.0, 5120.0, 2048.0  # unreal units (1 cm): half the field's width and length, its height
GOAL_WIDTH, GOAL_HEIGHT, GOAL_DEPTH = 893.0, 642.0, 880.0  # half the goal's width; its height and depth
GOAL_LINE = 5124.25 + 91.25  # the ball's centre counts as in behind it
UNITS_PER_METRE = 50.0  # of meshes: RocketSim's Bullet world
KICKOFFS = ((-2048.0, -2560.0, 0.25), (2048.0, -2560.0, 0.75), (-256.0, -3840.0, 0.5), (256.0, -3840.0, 0.5),
            (0.0, -4608.0, 0.5))  # fmt: skip  # x, y, yaw in units of pi, of the team that attacks up the field
SHIFT = 50.0  # of a car at kick-off, at most: five places alone would make five matches between fixed policies
CONTROLS = (3, 3, 3, 3, 2, 2, 2)
TEAMS = ("blue", "orange")

_loaded = ""  # the field that this process holds: RocketSim has one for all its arenas


class RocketMatch(ParallelEnv[str, npt.NDArray[np.float32], npt.NDArray[np.int64]]):
    """A match between two teams of cars; one seat drives a whole team.

    Observation:
        Box (cars, n) float32 in [-4, 4], a row for each own car: time left, goal difference; the ball's place, speed
        and spin; the car's place, speed, spin, nose, roof, boost, on ground, can flip, demolished; place, speed and
        nose of the other own cars and of the opponents; which of 34 boost pads are full. Lengths in 5120, speeds in
        2300 units a second, spins in 5.5 radians a second. Both teams see themselves attack towards +y.
    Action:
        MultiDiscrete, for each own car 7: throttle, steer (and yaw), pitch, roll, each back, none, forth; jump, boost,
        handbrake, each off or on. Held for 8 of 120 ticks a second.
    Reward:
        +1 for a goal, -1 for one of the other team's.
    Episode end:
        Terminated after 900 steps (one minute), the end of the match.
    Start:
        Kick-off from the game's places, each shifted by up to 50 units, drawn from the seed and the same for both
        teams; after each goal again. No demolitions, whose
        reappearance RocketSim draws by the clock.
    Score:
        `win`: 1 for the team with more goals, -1 for the other, 0 for both in a draw. Random draws nearly always.
    Versions:
        v0: RocketSim 2.2.1.
    Source:
        https://github.com/ZealanL/RocketSim, bindings by mtheall; action and time step after https://rlgym.org

    Args:
        field: "box", or "soccar": the meshes in the folder that RS_COLLISION_MESHES names.
    """

    metadata = {"name": "rocketleague", "render_modes": []}

    def __init__(self, cars: int, field: str) -> None:
        import RocketSim

        self._sim = RocketSim
        self.render_mode = None
        self.possible_agents = list(TEAMS)
        self.agents: list[str] = []
        self._size = cars
        _load(field)
        self._new_arena()
        rows = len(self._see("blue")[0])
        self._observation_space = spaces.Box(-4.0, 4.0, (cars, rows), np.float32)
        self._action_space = spaces.MultiDiscrete(list(CONTROLS) * cars)

    def observation_space(self, agent: str) -> spaces.Box:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.MultiDiscrete:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        self._random = np.random.default_rng(seed)
        self.agents = list(TEAMS)
        self._new_arena()
        self._kick_off()
        return {team: self._see(team) for team in TEAMS}, {team: {} for team in TEAMS}

    def step(self, actions: dict[str, npt.NDArray[np.int64]]) -> tuple[dict, dict, dict, dict, dict]:
        for team in TEAMS:
            for car, controls in zip(self._cars[team], np.reshape(actions[team], (self._size, -1)), strict=True):
                car.set_controls(self._controls(controls))
        self.arena.step(TICKS)
        self._steps += 1
        rewards = dict.fromkeys(TEAMS, 0.0)
        if scorer := self._scorer():
            self.goals[scorer] += 1
            rewards = {team: 1.0 if team == scorer else -1.0 for team in TEAMS}
            self._kick_off()
        is_over = self._steps >= MAX_STEPS
        infos: dict[str, dict[str, Any]] = {team: {} for team in TEAMS}
        if is_over:
            self.agents = []
            infos = {team: {"metrics": self._metrics(team)} for team in TEAMS}
        observations = {team: self._see(team) for team in TEAMS}
        return observations, rewards, dict.fromkeys(TEAMS, is_over), dict.fromkeys(TEAMS, False), infos

    def _metrics(self, team: str) -> dict[str, float]:
        own, other = (self.goals[name] for name in (team, _other(team)))
        return {"win": float(np.sign(own - other)), "goals": float(own)}

    def _new_arena(self) -> None:
        """Makes a fresh world, so that nothing is left of earlier episodes."""
        sim = self._sim
        self.arena = sim.Arena(sim.GameMode.SOCCAR)
        rules = self.arena.get_mutator_config()
        rules.demo_mode = sim.DemoMode.DISABLED
        self.arena.set_mutator_config(rules)
        numbers = {"blue": sim.Team.BLUE, "orange": sim.Team.ORANGE}
        self._cars = {team: [self.arena.add_car(numbers[team]) for _ in range(self._size)] for team in TEAMS}
        self.goals = dict.fromkeys(TEAMS, 0)
        self._steps = 0
        self._pads = self.arena.get_boost_pads()
        places = np.array([pad.get_pos().as_tuple()[:2] for pad in self._pads])
        turned = [int(np.argmin(np.abs(places + place).sum(axis=1))) for place in places]
        self._pad_order = {"blue": list(range(len(places))), "orange": turned}

    def _kick_off(self) -> None:
        """Puts the ball in the middle and each team's cars on mirrored places."""
        sim = self._sim
        chosen = self._random.permutation(len(KICKOFFS))[: self._size]
        shifts = self._random.uniform(-SHIFT, SHIFT, (self._size, 2))
        for team in TEAMS:
            turn = 1.0 if team == "blue" else -1.0
            for car, place, shift in zip(self._cars[team], chosen, shifts, strict=True):
                x, y, yaw = KICKOFFS[place]
                state = sim.CarState()
                state.pos = sim.Vec(turn * (x + shift[0]), turn * (y + shift[1]), 17.0)
                state.rot_mat = sim.Angle(np.pi * (yaw if turn > 0 else yaw - 1.0), 0.0, 0.0).as_rot_mat()
                state.boost = 33.3  # as in the game
                car.set_state(state)
        self.arena.ball.set_state(sim.BallState())
        for pad in self._pads:
            pad.set_state(_full(sim.BoostPadState()))

    def _scorer(self) -> str:
        y = self.arena.ball.get_state().pos.y
        return "" if abs(y) <= GOAL_LINE else "blue" if y > 0 else "orange"

    def _controls(self, numbers: npt.NDArray[np.int64]) -> Any:
        throttle, steer, pitch, roll = (float(number) - 1.0 for number in numbers[:4])
        jump, boost, handbrake = (bool(number) for number in numbers[4:])
        return self._sim.CarControls(
            throttle=throttle,
            steer=steer,
            yaw=steer,
            pitch=pitch,
            roll=roll,
            jump=jump,
            boost=boost,
            handbrake=handbrake,
        )

    def _see(self, team: str) -> npt.NDArray[np.float32]:
        turn = np.array([1.0, 1.0, 1.0] if team == "blue" else [-1.0, -1.0, 1.0])
        clock = [1.0 - self._steps / MAX_STEPS, self.goals[team] - self.goals[_other(team)]]
        ball = self.arena.ball.get_state()
        shared = np.concatenate([clock, _motion(ball, turn)])
        pads = [float(self._pads[k].get_state().is_active) for k in self._pad_order[team]]
        states = {name: [car.get_state() for car in self._cars[name]] for name in TEAMS}
        rows = []
        for own in states[team]:
            body = [turn * own.rot_mat.forward.as_numpy(), turn * own.rot_mat.up.as_numpy()]
            flags = [own.boost / 100.0, own.is_on_ground, own.has_flip_or_jump(), own.is_demoed]
            seen = [other for other in states[team] if other is not own] + states[_other(team)]
            others = [part for car in seen for part in (_motion(car, turn)[:6], turn * car.rot_mat.forward.as_numpy())]
            rows.append(np.concatenate([shared, _motion(own, turn), *body, flags, *others, pads]))
        return np.clip(np.array(rows), -4.0, 4.0).astype(np.float32)


def _motion(state: Any, turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns place, speed and spin, turned for the team that looks and scaled to about 1."""
    place, speed, spin = (getattr(state, name).as_numpy() * turn for name in ("pos", "vel", "ang_vel"))
    return np.concatenate([place / BACK, speed / 2300.0, spin / 5.5])


def _other(team: str) -> str:
    return TEAMS[1 - TEAMS.index(team)]


def _full(state: Any) -> Any:
    state.is_active, state.cooldown = True, 0.0
    return state


def _load(field: str) -> None:
    """Gives RocketSim its field, once per process.

    Raises:
        UnavailableError: the meshes of the game's field are missing, or this process holds the other field.
    """
    import RocketSim

    global _loaded
    if _loaded == field:
        return
    if _loaded:
        raise UnavailableError(
            f"RocketSim holds one field per process, and this one holds {_loaded!r}; play {field!r} in another process"
        )
    if field == "soccar":
        folder = os.environ.get(MESHES, "")
        if not list(Path(folder or ".", "soccar").glob("*.cmf")):
            raise UnavailableError(
                f"RocketSim needs Rocket League's collision meshes, and found no soccar/*.cmf in {folder!r}: dump them "
                "from an installed game with https://github.com/ZealanL/RLArenaCollisionDumper "
                f"and name the folder in {MESHES}"
            )
        RocketSim.init(folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "soccar").mkdir()
            Path(folder, "soccar", "box.cmf").write_bytes(_box_mesh())
            RocketSim.init(folder)
    _loaded = field


def _box_mesh() -> bytes:
    """Returns back walls and goals in RocketSim's format: counts, triangles of vertex numbers, vertices.

    Floor, ceiling and side walls are planes that RocketSim adds itself; the walls reach through them, so that none of
    their outer edges lies in the field.
    """
    low, high, out = -500.0, CEILING + 500.0, SIDE + 500.0
    quads = []
    for end in (-BACK, BACK):
        deep = end + np.sign(end) * GOAL_DEPTH
        for x in (-1.0, 1.0):
            quads.append(
                [(x * out, end, low), (x * GOAL_WIDTH, end, low), (x * GOAL_WIDTH, end, high), (x * out, end, high)]
            )
            quads.append(
                [(x * GOAL_WIDTH, y, z) for y, z in ((end, low), (deep, low), (deep, GOAL_HEIGHT), (end, GOAL_HEIGHT))]
            )
        for (y0, z0), (y1, z1) in (
            ((end, GOAL_HEIGHT), (end, high)),  # above the goal
            ((end, GOAL_HEIGHT), (deep, GOAL_HEIGHT)),  # its roof
            ((deep, low), (deep, GOAL_HEIGHT)),  # its back
        ):
            quads.append([(-GOAL_WIDTH, y0, z0), (GOAL_WIDTH, y0, z0), (GOAL_WIDTH, y1, z1), (-GOAL_WIDTH, y1, z1)])
    vertices = np.array(quads, np.float32).reshape(-1, 3) / UNITS_PER_METRE
    corners = 4 * np.arange(len(quads))[:, None]
    triangles = np.concatenate([np.add(corners, [0, 1, 2]), np.add(corners, [0, 2, 3])]).astype(np.int32)
    return struct.pack("<ii", len(triangles), len(vertices)) + triangles.tobytes() + vertices.astype("<f4").tobytes()


class _Task(NamedTuple):
    name: str
    field: str
    cars: int
    files: tuple[str, ...]
    get: str
    description: str


_GAMES = "pip install 'arena-bench[games]'"
_DUMP = (
    f"Rocket League's collision meshes, dumped from an installed game with "
    f"https://github.com/ZealanL/RLArenaCollisionDumper; name their folder in {MESHES}"
)
_FILES = (f"${MESHES}/soccar",)
_TASKS = (
    _Task("Box1v1-v0", "box", 1, (), _GAMES, "Car against car for a minute, on a box of the game's size."),
    _Task("Box2v2-v0", "box", 2, (), _GAMES, "Two cars against two for a minute, on a box of the game's size."),
    _Task("Soccar1v1-v0", "soccar", 1, _FILES, _DUMP, "Car against car for a minute, on the game's field."),
    _Task("Soccar2v2-v0", "soccar", 2, _FILES, _DUMP, "Two cars against two for a minute, on the game's field."),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"rocketleague/{_task.name}",
            random=measured(f"rocketleague/{_task.name}"),
            entry_point=f"{__name__}:RocketMatch",
            kwargs={"cars": _task.cars, "field": _task.field},
            domain="games",
            interface="parallel",
            seats=2,
            payoff="zero-sum",
            max_steps=MAX_STEPS,
            metric="win",
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            tolerance=1e-6,
            needs=Needs(modules=("RocketSim",), get=_task.get, files=_task.files),
            packages=("rocketsim", "numpy"),
            tags=("multi-agent", "simultaneous", "teams", "physics"),
            description=_task.description,
            observation="A row per own car, float32 in [-4, 4]: clock, ball, self, others, boost pads; own goal below.",
            action="MultiDiscrete, 7 per own car: throttle, steer, pitch, roll, jump, boost, handbrake.",
            reward="+1 for a goal, -1 for one of the other team's.",
            source="https://github.com/ZealanL/RocketSim",
        )
    )
