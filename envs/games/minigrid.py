"""MiniGrid: small grid worlds seen through a 7x7 window; the published reward is the score.

Left out of minigrid 3.2.0: the six `WFC` environments, whose pattern pictures its wheel lacks (FileNotFoundError:
minigrid/envs/wfc/patterns/SimpleMaze.png), and `Playground`, which never pays a reward.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View, parse_choice

OBJECTS = ("unseen", "empty", "wall", "floor", "door", "key", "ball", "box", "goal", "lava", "agent")
COLORS = ("red", "green", "blue", "purple", "yellow", "grey")
DOOR_STATES = ("open", "closed", "locked")
CHANNELS = (len(OBJECTS), len(COLORS), len(DOOR_STATES))  # of one cell, each shown one-hot
WINDOW = 7  # cells; the agent stands in the middle of the last row and looks up
SELF = (WINDOW // 2, WINDOW - 1)  # its own cell in the window, (column, row): shows what it carries
ACTIONS = ("turn left", "turn right", "go forward", "pick up", "drop", "toggle", "done")


class GridArray(View):
    """One-hot cells (column, row, object + colour + state) and heading (east, south, west, north): 984 float32."""

    options = {"cells": "one-hot"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        cells, width = WINDOW * WINDOW, sum(CHANNELS)
        starts = np.cumsum((0, *CHANNELS[:-1]))
        self._offsets = (np.arange(cells)[:, None] * width + starts).ravel()
        self._size = cells * width
        self.observation_space = spaces.Box(0.0, 1.0, (self._size + 4,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        seen: npt.NDArray[np.float32] = np.zeros(self._size + 4, np.float32)
        seen[self._offsets + observation["image"].ravel()] = 1.0
        seen[self._size + observation["direction"]] = 1.0
        return seen, mask


class GridMissionArray(GridArray):
    """As `GridArray`, then the mission: each of its words one-hot by its place; 984 + 72 * 40 = 3864 float32.

    One shape for every mission of MiniGrid and BabyAI. A place without a word is zero; commas are dropped.
    """

    options = {"cells": "one-hot", "words": 72}  # BabyAI's longest: four times "put the grey ball in front of you ..."
    _VOCABULARY = (
        "a", "after", "and", "ball", "behind", "blue", "box", "door", "fetch", "from", "front", "get", "go", "goal",
        "green", "grey", "in", "key", "left", "must", "near", "next", "object", "of", "on", "open", "pick", "purple",
        "put", "red", "right", "room", "the", "then", "to", "unlock", "up", "yellow", "you", "your",
    )  # fmt: skip

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._number = {word: number for number, word in enumerate(self._VOCABULARY)}
        size = self._size + 4 + self.options["words"] * len(self._number)
        self.observation_space = spaces.Box(0.0, 1.0, (size,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        seen, mask = super().observe(observation, mask, info)
        words: npt.NDArray[np.float32] = np.zeros((self.options["words"], len(self._number)), np.float32)
        for place, word in enumerate(re.findall("[a-z]+", observation["mission"])):
            words[place, self._number[word]] = 1.0
        return np.concatenate([seen, words.ravel()]), mask


class GridText(View):
    """What the agent sees, in words, in the manner of BALROG's BabyAI text; the answer names an action."""

    options = {"actions_shown": True, "directions": "steps forward, left and right", "walls": "ahead and beside"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._actions = list(ACTIONS[: env.action_space.n])
        self.observation_space = spaces.Text(
            5000, charset=_CHARSET
        )  # 48 things in the window and a mission of 72 words
        self.action_space = spaces.Text(200, charset=_CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        image = observation["image"]
        carried = self._name(image[SELF])
        heading = ("east", "south", "west", "north")[int(observation["direction"])]
        lines = [
            f"Mission: {observation['mission']}.",
            f"You face {heading}. You carry {carried or 'nothing'}.",
            "You see:",
            *(f"- {line}" for line in self._objects(image) + self._walls(image)),
            f"Actions: {', '.join(self._actions)}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return parse_choice(answer, self._actions)

    def _objects(self, image: npt.NDArray[np.uint8]) -> list[str]:
        """Returns what is in the window, nearest first."""
        found = []
        for column in range(WINDOW):
            for row in range(WINDOW):
                name = self._name(image[column, row])
                if name and (column, row) != SELF:
                    ahead, right = SELF[1] - row, column - SELF[0]
                    found.append((ahead + abs(right), column, row, f"{name}, {self._place(ahead, right)}"))
        return [line for *_, line in sorted(found)]

    @staticmethod
    def _name(cell: npt.NDArray[np.uint8]) -> str:
        kind = OBJECTS[cell[0]]
        if kind in ("unseen", "empty", "wall", "floor", "agent"):
            return ""
        if kind == "lava":
            return "lava"
        state = f"{DOOR_STATES[cell[2]]} " if kind == "door" else ""
        words = f"{state}{COLORS[cell[1]]} {kind}"
        return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"

    @staticmethod
    def _place(ahead: int, right: int) -> str:
        def steps(count: int, where: str) -> str:
            return f"{count} step{'s' if count != 1 else ''} {where}"

        parts = [steps(ahead, "forward")] if ahead else []
        if right:
            parts.append(steps(abs(right), "to the right" if right > 0 else "to the left"))
        return " and ".join(parts)

    def _walls(self, image: npt.NDArray[np.uint8]) -> list[str]:
        """Returns how far the nearest wall is straight ahead, to the left and to the right."""
        lines = []
        for where, (column, row) in {"forward": (0, -1), "to the left": (-1, 0), "to the right": (1, 0)}.items():
            for distance in range(1, WINDOW):
                x, y = SELF[0] + column * distance, SELF[1] + row * distance
                if not (0 <= x < WINDOW and 0 <= y < WINDOW):
                    break
                if OBJECTS[image[x, y, 0]] == "wall":
                    lines.append(f"a wall, {distance} step{'s' if distance != 1 else ''} {where}")
                    break
        return lines


_CHARSET = "".join(map(chr, range(32, 127))) + "\n"


class _Level(NamedTuple):
    name: str
    kwargs: dict[str, Any]
    max_steps: int  # the environment's own limit, on which its reward depends
    expert: float | None = None
    source: str = "RL Baselines3 Zoo benchmark.md, PPO, one run"


class _Group(NamedTuple):
    """Levels of one class; `mission` says whether the agent cannot know its task without reading the mission."""

    env_class: str
    description: str
    levels: tuple[_Level, ...]
    mission: bool = False
    fixed: bool = False  # every episode begins alike
    worst: float = 0.0


_OPTIMUM = "optimum: the shortest way, {} steps"


def _sizes(name: str, limits: dict[int, int], **kwargs: Any) -> tuple[_Level, ...]:
    """Returns levels that differ in `size`; `name` has a place for it, `limits` gives the steps of each size."""
    return tuple(_Level(name.format(n), {"size": n, **kwargs}, steps) for n, steps in limits.items())


def _crossings(name: str, **kwargs: Any) -> tuple[_Level, ...]:
    sizes = ((9, 1, 324), (9, 2, 324), (9, 3, 324), (11, 5, 484))
    return tuple(
        _Level(f"{name}S{size}N{count}-v0", {"size": size, "num_crossings": count, **kwargs}, steps)
        for size, count, steps in sizes
    )


def _maze(name: str, room: int, quarters: int, visited: int, steps: int, key_in_box: bool, blocked: bool) -> _Level:
    kwargs = {"agent_room": [room, 1], "key_in_box": key_in_box, "blocked": blocked}
    return _Level(name, {**kwargs, "num_quarters": quarters, "num_rooms_visited": visited}, steps)


_MAZE = "Find the blue ball in a maze of rooms with locked doors, keys hidden in boxes and balls in the way."
_EMPTY = "Reach the goal in an empty room."
_GROUPS = (
    _Group(
        "BlockedUnlockPickupEnv",
        "Move a ball out of the way, take the key, open the door, pick up the box behind it.",
        (_Level("BlockedUnlockPickup-v0", {}, 576),),
    ),
    _Group("CrossingEnv", "Find the way through streams of lava to the goal.", _crossings("LavaCrossing")),
    _Group(
        "CrossingEnv",
        "Find the opening in a wall and reach the goal.",
        _crossings("SimpleCrossing", obstacle_type="wall"),
    ),
    _Group(
        "DistShiftEnv",
        "Go around two strips of lava to the goal; train on the one level, test on the other.",
        (
            _Level("DistShift1-v0", {"strip2_row": 2}, 252, 1 - 0.9 * 13 / 252, _OPTIMUM.format(13)),
            _Level("DistShift2-v0", {"strip2_row": 5}, 252, 1 - 0.9 * 11 / 252, _OPTIMUM.format(11)),
        ),
        fixed=True,
    ),
    _Group(
        "DoorKeyEnv",
        "Take the key, open the door, reach the goal.",
        (
            _Level("DoorKey-5x5-v0", {"size": 5}, 250, 0.964),
            *_sizes("DoorKey-{0}x{0}-v0", {6: 360, 8: 640, 16: 2560}),
        ),
    ),
    _Group(
        "DynamicObstaclesEnv",
        "Reach the goal among balls that move about; touching one costs 1 and ends the episode.",
        (
            _Level("Dynamic-Obstacles-5x5-v0", {"size": 5, "n_obstacles": 2}, 100),
            _Level("Dynamic-Obstacles-Random-5x5-v0", {"size": 5, "agent_start_pos": None, "n_obstacles": 2}, 100),
            _Level("Dynamic-Obstacles-6x6-v0", {"size": 6, "n_obstacles": 3}, 144),
            _Level("Dynamic-Obstacles-Random-6x6-v0", {"size": 6, "agent_start_pos": None, "n_obstacles": 3}, 144),
            _Level("Dynamic-Obstacles-8x8-v0", {}, 256),
            _Level("Dynamic-Obstacles-16x16-v0", {"size": 16, "n_obstacles": 8}, 1024),
        ),
        worst=-1.0,
    ),
    _Group(
        "EmptyEnv",
        _EMPTY,
        tuple(
            _Level(f"Empty-{n}x{n}-v0", {"size": n}, limit, 1 - 0.9 * steps / limit, _OPTIMUM.format(steps))
            for n, limit, steps in ((5, 100, 5), (6, 144, 7), (8, 256, 11), (16, 1024, 27))
        ),
        fixed=True,
    ),
    _Group(
        "EmptyEnv",
        "Reach the goal in an empty room from a random place.",
        (
            _Level("Empty-Random-5x5-v0", {"size": 5, "agent_start_pos": None}, 100, 0.968),
            _Level("Empty-Random-6x6-v0", {"size": 6, "agent_start_pos": None}, 144),
        ),
    ),
    _Group(
        "FetchEnv",
        "Pick up the object that the mission names; picking up another ends the episode.",
        (
            _Level("Fetch-5x5-N2-v0", {"size": 5, "numObjs": 2}, 125),
            _Level("Fetch-6x6-N2-v0", {"size": 6, "numObjs": 2}, 180),
            _Level("Fetch-8x8-N3-v0", {}, 320),
        ),
        mission=True,
    ),
    _Group(
        "FourRoomsEnv",
        "Find the goal somewhere in four joined rooms.",
        (_Level("FourRooms-v0", {}, 100, 0.573),),
    ),
    _Group(
        "GoToDoorEnv",
        "Go to the door that the mission names and answer `done` before it.",
        (_Level("GoToDoor-5x5-v0", {}, 100, 0.525), *_sizes("GoToDoor-{0}x{0}-v0", {6: 144, 8: 256})),
        mission=True,
    ),
    _Group(
        "GoToObjectEnv",
        "Go to the object that the mission names and answer `done` before it.",
        (_Level("GoToObject-6x6-N2-v0", {}, 180), _Level("GoToObject-8x8-N2-v0", {"size": 8, "numObjs": 2}, 320)),
        mission=True,
    ),
    _Group(
        "KeyCorridorEnv",
        "Find the key in another room, open the locked door, pick up the ball.",
        (
            _Level("KeyCorridorS3R1-v0", {"room_size": 3, "num_rows": 1}, 270, 0.949),
            _Level("KeyCorridorS3R2-v0", {"room_size": 3, "num_rows": 2}, 270),
            _Level("KeyCorridorS3R3-v0", {"room_size": 3, "num_rows": 3}, 270),
            _Level("KeyCorridorS4R3-v0", {"room_size": 4, "num_rows": 3}, 480),
            _Level("KeyCorridorS5R3-v0", {"room_size": 5, "num_rows": 3}, 750),
            _Level("KeyCorridorS6R3-v0", {"room_size": 6, "num_rows": 3}, 1080),
        ),
    ),
    _Group(
        "LavaGapEnv",
        "Pass the gap in a strip of lava and reach the goal.",
        _sizes("LavaGapS{}-v0", {5: 100, 6: 144, 7: 196}),
    ),
    _Group(
        "LockedRoomEnv",
        "Find the key in the room that the mission names, open the locked room, reach the goal in it.",
        (_Level("LockedRoom-v0", {}, 190),),
        mission=True,
    ),
    _Group(
        "MemoryEnv",
        "Remember an object, go to its twin at the corridor's end.",
        (
            *_sizes("MemoryS{}-v0", {7: 245, 9: 405, 11: 605, 13: 845}),
            *_sizes("MemoryS{}Random-v0", {13: 845, 17: 1445}, random_length=True),
        ),
    ),
    _Group(
        "MultiRoomEnv",
        "Pass through a chain of rooms, opening their doors, to the goal in the last.",
        (
            _Level("MultiRoom-N2-S4-v0", {"minNumRooms": 2, "maxNumRooms": 2, "maxRoomSize": 4}, 40),
            _Level("MultiRoom-N4-S5-v0", {"minNumRooms": 6, "maxNumRooms": 6, "maxRoomSize": 5}, 120),  # six: see v1
            _Level("MultiRoom-N4-S5-v1", {"minNumRooms": 4, "maxNumRooms": 4, "maxRoomSize": 5}, 80),
            _Level("MultiRoom-N6-v0", {"minNumRooms": 6, "maxNumRooms": 6}, 120),
        ),
    ),
    _Group(
        "ObstructedMaze_1Dlhb",
        _MAZE,
        (
            _Level("ObstructedMaze-1Dl-v0", {"key_in_box": False, "blocked": False}, 288),
            _Level("ObstructedMaze-1Dlh-v0", {"key_in_box": True, "blocked": False}, 288),
            _Level("ObstructedMaze-1Dlhb-v0", {}, 288),
        ),
    ),
    _Group(
        "ObstructedMaze_Full",
        _MAZE,
        (
            _maze("ObstructedMaze-2Dl-v0", 2, 1, 4, 576, key_in_box=False, blocked=False),
            _maze("ObstructedMaze-2Dlh-v0", 2, 1, 4, 576, key_in_box=True, blocked=False),
            _maze("ObstructedMaze-2Dlhb-v0", 2, 1, 4, 576, key_in_box=True, blocked=True),
            _maze("ObstructedMaze-1Q-v0", 1, 1, 5, 720, key_in_box=True, blocked=True),
            _maze("ObstructedMaze-2Q-v0", 2, 2, 11, 1584, key_in_box=True, blocked=True),
            _Level("ObstructedMaze-Full-v0", {}, 3600),
        ),
    ),
    _Group(
        "ObstructedMaze_Full_V1",  # places all doors and the balls before them, then the keys
        _MAZE,
        (
            _maze("ObstructedMaze-2Dlhb-v1", 2, 1, 4, 576, key_in_box=True, blocked=True),
            _maze("ObstructedMaze-1Q-v1", 1, 1, 5, 720, key_in_box=True, blocked=True),
            _maze("ObstructedMaze-2Q-v1", 2, 2, 11, 1584, key_in_box=True, blocked=True),
            _Level("ObstructedMaze-Full-v1", {}, 3600),
        ),
    ),
    _Group(
        "PutNearEnv",
        "Put one named object near another named one.",
        (
            _Level("PutNear-6x6-N2-v0", {}, 30, 0.612),
            _Level("PutNear-8x8-N3-v0", {"size": 8, "numObjs": 3}, 40),
        ),
        mission=True,
    ),
    _Group(
        "RedBlueDoorEnv",
        "Open the red door, then the blue one.",
        (_Level("RedBlueDoors-6x6-v0", {"size": 6}, 720, 0.860), _Level("RedBlueDoors-8x8-v0", {}, 1280)),
    ),
    _Group("UnlockEnv", "Take the key and open the door.", (_Level("Unlock-v0", {}, 288, 0.963),)),
    _Group(
        "UnlockPickupEnv",
        "Take the key, open the door, pick up the box behind it.",
        (_Level("UnlockPickup-v0", {}, 288),),
    ),
)

for _group in _GROUPS:
    for _level in _group.levels:
        register(
            EnvSpec(
                id=f"minigrid/{_level.name}",
                random=measured(f"minigrid/{_level.name}"),
                entry_point=f"minigrid.envs:{_group.env_class}",
                kwargs=_level.kwargs,
                domain="games",
                expert=None if _level.expert is None else Reference(_level.expert, _level.source),
                max_steps=_level.max_steps,
                score_range=(_group.worst, 1.0),  # 1 - 0.9 * steps / max_steps on success
                failure_score=_group.worst,
                lanes=32,
                deterministic_start=_group.fixed,
                views={
                    "array": f"{__name__}:{'GridMissionArray' if _group.mission else 'GridArray'}",
                    "text/v1": f"{__name__}:GridText",
                },
                needs=Needs(modules=("minigrid",), get="pip install 'arena-bench[quick]'"),
                packages=("minigrid", "gymnasium", "numpy"),
                tags=("grid", "partially-observed", "sparse-reward"),
                description=_group.description,
                observation="7x7 cells ahead, (7, 7, 3) uint8 (object, colour, state), heading 0 to 3, mission text.",
                action=(
                    "One of 3: turn left, turn right, forward."
                    if _group.env_class == "DynamicObstaclesEnv"
                    else "One of 7: turn left, turn right, forward, pick up, drop, toggle, done."
                ),
                reward=f"1 - 0.9 * steps / {_level.max_steps} on success"
                + (", -1 for a collision" if _group.worst else "")
                + ", else 0.",
                source="Chevalier-Boisvert et al. 2023, https://github.com/Farama-Foundation/MiniGrid",
            )
        )
