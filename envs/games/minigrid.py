"""MiniGrid: small grid worlds seen through a 7x7 window; the published reward is the score."""

from __future__ import annotations

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


class GridText(View):
    """What the agent sees, in words, in the manner of BALROG's BabyAI text; the answer names an action."""

    options = {"actions_shown": True, "directions": "steps forward, left and right", "walls": "ahead and beside"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._actions = list(ACTIONS[: env.action_space.n])
        self.observation_space = spaces.Text(2000, charset=_CHARSET)
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


class _Task(NamedTuple):
    name: str
    env_class: str
    kwargs: dict[str, Any]
    max_steps: int  # the environment's own limit, on which its reward depends
    expert: float | None  # SB3-zoo's PPO
    description: str


_TASKS = (
    _Task("DoorKey-5x5-v0", "DoorKeyEnv", {"size": 5}, 250, 0.964, "Take the key, open the door, reach the goal."),
    _Task("DoorKey-6x6-v0", "DoorKeyEnv", {"size": 6}, 360, None, "Take the key, open the door, reach the goal."),
    _Task("DoorKey-8x8-v0", "DoorKeyEnv", {"size": 8}, 640, None, "Take the key, open the door, reach the goal."),
    _Task(
        "Empty-Random-5x5-v0",
        "EmptyEnv",
        {"size": 5, "agent_start_pos": None},
        100,
        0.968,
        "Reach the goal in an empty room from a random place.",
    ),
    _Task("FourRooms-v0", "FourRoomsEnv", {}, 100, 0.573, "Find the goal somewhere in four joined rooms."),
    _Task("Unlock-v0", "UnlockEnv", {}, 288, 0.963, "Take the key and open the door."),
    _Task(
        "KeyCorridorS3R1-v0",
        "KeyCorridorEnv",
        {"room_size": 3, "num_rows": 1},
        270,
        0.949,
        "Find the key in another room, open the locked door, pick up the ball.",
    ),
    _Task(
        "SimpleCrossingS9N1-v0",
        "CrossingEnv",
        {"size": 9, "num_crossings": 1, "obstacle_type": "wall"},
        324,
        None,
        "Find the opening in a wall and reach the goal.",
    ),
    _Task("LavaGapS5-v0", "LavaGapEnv", {"size": 5}, 100, None, "Pass the gap in a strip of lava and reach the goal."),
    _Task(
        "MemoryS7-v0", "MemoryEnv", {"size": 7}, 245, None, "Remember an object, go to its twin at the corridor's end."
    ),
    _Task("RedBlueDoors-6x6-v0", "RedBlueDoorEnv", {"size": 6}, 720, 0.860, "Open the red door, then the blue one."),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"minigrid/{_task.name}",
            random=measured(f"minigrid/{_task.name}"),
            entry_point=f"minigrid.envs:{_task.env_class}",
            kwargs=_task.kwargs,
            domain="games",
            expert=None
            if _task.expert is None
            else Reference(_task.expert, "RL Baselines3 Zoo benchmark.md, PPO, one run"),
            max_steps=_task.max_steps,
            score_range=(0.0, 1.0),  # 1 - 0.9 * steps / max_steps on success, else 0
            failure_score=0.0,
            views={"array": f"{__name__}:GridArray", "text/v1": f"{__name__}:GridText"},
            needs=Needs(modules=("minigrid",), get="pip install 'arena-bench[quick]'"),
            packages=("minigrid", "gymnasium", "numpy"),
            tags=("grid", "partially-observed", "sparse-reward"),
            description=_task.description,
            source="Chevalier-Boisvert et al. 2023, https://github.com/Farama-Foundation/MiniGrid",
        )
    )
