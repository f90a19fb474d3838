"""The worker's side of `make_vec`: steps a slice of the environments, arrays in shared memory."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import SyncVectorEnv
from gymnasium.vector.utils import iterate

from arena.nests import map_nest
from arena.registry import build
from arena.spec import EnvSpec
from arena.vector.frames import Frames
from arena.wrappers.seen import Seen

__all__ = ["Slots", "make_one", "serve_vector"]


def make_one(spec: EnvSpec, view: str | None) -> Any:
    """Makes one environment of the vector."""
    env = build(spec)
    return env if view is None else Seen(env, spec, view)


class Slots:
    """Fixed places in a shared file for the arrays of a step, for all environments of the vector.

    Attributes:
        observations, actions: array of shape (num_envs, ...), dict or tuple of such; None where a space is not made of
            arrays: then it travels in the frame.
        rewards, terminations, truncations: (num_envs,).
    """

    def __init__(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any], num_envs: int) -> None:
        self._count = num_envs
        self._layout: list[tuple[int, tuple[int, ...], np.dtype[Any]]] = []
        self.size = 0
        self._trees = [self._plan(space) for space in (observation_space, action_space)]
        self._flags = [self._place((), np.dtype(kind)) for kind in (np.float64, np.bool_, np.bool_)]

    def attach(self, path: Path) -> None:
        """Maps the shared file."""
        with path.open("r+b") as file:
            page = mmap.mmap(file.fileno(), self.size)
        arrays = [np.frombuffer(page, kind, int(np.prod(shape)), at).reshape(shape) for at, shape, kind in self._layout]
        self.observations, self.actions = (_filled(tree, arrays) for tree in self._trees)
        self.rewards, self.terminations, self.truncations = (arrays[place] for place in self._flags)

    def _plan(self, space: spaces.Space[Any]) -> Any:
        if isinstance(space, spaces.Dict):
            parts = {key: self._plan(part) for key, part in space.spaces.items()}
            return None if any(part is None for part in parts.values()) else parts
        if isinstance(space, spaces.Tuple):
            items = tuple(self._plan(part) for part in space.spaces)
            return None if any(item is None for item in items) else items
        if isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
            return self._place(space.shape or (), np.dtype(space.dtype))
        return None

    def _place(self, shape: tuple[int, ...], kind: np.dtype[Any]) -> int:
        self._layout.append((self.size, (self._count, *shape), kind))
        self.size += -(-self._count * int(np.prod(shape)) * kind.itemsize // 64) * 64  # 64-byte aligned
        return len(self._layout) - 1


def _filled(tree: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    return map_nest(lambda number: None if number is None else arrays[number], tree)


def write(tree: Any, first: int, values: Any) -> None:
    """Writes the values of a slice of environments into the slots, beginning with environment `first`."""

    def place(slots: npt.NDArray[Any], part: Any) -> None:
        slots[first : first + len(part)] = part

    map_nest(place, tree, values)


def read(tree: Any, first: int, count: int) -> Any:
    """Returns copies of the slots of a slice of environments."""
    return map_nest(lambda slots: slots[first : first + count].copy(), tree)


def serve_vector(header: dict[str, Any], frames: Frames) -> None:
    """Steps environments `first` .. `first + count` until told to stop.

    Frames carry pickles here: both ends are Arena itself, no agent runs in this worker.
    """
    spec = EnvSpec.from_json(header["spec"])
    first, count = header["first"], header["count"]
    envs: Any = SyncVectorEnv([lambda: make_one(spec, header["view"])] * count, copy=False)
    slots = Slots(envs.single_observation_space, envs.single_action_space, header["num_envs"])
    slots.attach(Path(header["path"]))
    frames.send({"is": "ready"})
    while (frame := frames.receive()) is not None and frame[0]["do"] != "close":
        ask, body = frame
        try:
            if ask["do"] == "reset":
                seeds, options = pickle.loads(body)
                observations, infos = envs.reset(seed=seeds, options=options)
            else:
                actions = read(slots.actions, first, count) if slots.actions is not None else pickle.loads(body)
                observations, rewards, terminations, truncations, infos = envs.step(actions)
                slots.rewards[first : first + count] = rewards
                slots.terminations[first : first + count] = terminations
                slots.truncations[first : first + count] = truncations
        except Exception as error:
            frames.send({"is": "failed", "error": f"{type(error).__name__}: {error}"})
            continue
        extra = None
        if slots.observations is None:
            extra = list(iterate(envs.observation_space, observations))  # one by one: a batch of text is no array
        else:
            write(slots.observations, first, observations)
        frames.send({"is": "stepped"}, pickle.dumps((extra, infos)) if extra is not None or infos else b"")
    envs.close()
