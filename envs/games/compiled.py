"""Environments written in JAX at Gymnasium's and PettingZoo's tables: compiled once a process, seeded by reset."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple, Protocol
from unittest import mock

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv, ParallelEnv

__all__ = ["Alone", "Frame", "InTurn", "Model", "Program", "Together", "box", "load_jax", "quiet"]


class Frame(NamedTuple):
    """What an environment shows after a reset or step: JAX arrays inside a program, NumPy arrays outside.

    At a table with many seats `observation`, `mask` and `reward` have a leading axis of seats (each leaf of a nested
    observation), and `mask` says what each seat may do now; `player` is the seat to move where they move in turn.
    """

    observation: Any
    reward: Any
    terminated: Any
    truncated: Any
    mask: Any = None
    player: Any = 0
    metrics: Any = None  # dict of numbers, the same for all seats; shown when the episode ends


class Model(Protocol):
    """An environment as pure functions; `observation_space` and `action_space` are one seat's."""

    seats: int
    has_mask: bool
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]

    def reset(self, key: Any) -> tuple[Any, Frame]:
        """Returns a state and what it shows."""

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        """Returns the state after an action (an array of actions by seat, if seats act together)."""


def load_jax() -> ModuleType:
    """Imports JAX on the CPU; programs compiled before are kept in the runtime's folder, where it has one."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    if sys.prefix != sys.base_prefix:
        jax.config.update("jax_compilation_cache_dir", f"{sys.prefix}/compiled")
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        logging.getLogger("jax._src.compilation_cache").setLevel(logging.ERROR)
    return jax


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps what a package prints when it is imported off the terminal."""
    nowhere = io.StringIO()  # also in place of the originals, which JaxMARL puts back halfway
    with mock.patch.multiple(sys, stdout=nowhere, stderr=nowhere, __stdout__=nowhere, __stderr__=nowhere):
        yield


def box(shape: tuple[int, ...], low: float = -np.inf, high: float = np.inf, dtype: Any = np.float32) -> spaces.Box:
    """Returns a box with one bound for all of its numbers."""
    return spaces.Box(low, high, shape, dtype)


class Program:
    """A model, compiled at its first use; hold one per kind of environment, so that all instances share it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._jax = load_jax()
        self._reset = self._jax.jit(self._begin)
        self._step = self._jax.jit(self._advance)

    def reset(self, random: np.random.Generator) -> tuple[Any, Frame]:
        """Starts an episode whose whole chance is one key drawn from `random`; returns its carry and first frame."""
        return self._out(self._reset(random.integers(1 << 32, size=2, dtype=np.uint32)))

    def step(self, carry: Any, action: Any) -> tuple[Any, Frame]:
        """Returns the next carry and frame."""
        return self._out(self._step(carry, action))

    def _begin(self, key: Any) -> tuple[Any, Frame]:
        key, used = self._jax.random.split(key)
        state, frame = self.model.reset(used)
        return self._typed((key, state)), frame

    def _advance(self, carry: Any, action: Any) -> tuple[Any, Frame]:
        key, used = self._jax.random.split(carry[0])
        state, frame = self.model.step(used, carry[1], action)
        return self._typed((key, state)), frame

    def _typed(self, carry: Any) -> Any:
        """Gives each leaf a firm type: a Python number left in a first state would have `step` compiled twice."""
        jax = self._jax
        return jax.tree.map(lambda leaf: jax.lax.convert_element_type(leaf, jax.numpy.result_type(leaf)), carry)

    def _out(self, found: tuple[Any, Any]) -> tuple[Any, Frame]:
        carry, frame = found
        return carry, self._jax.tree.map(np.array, frame)  # copies that may be written to


class Alone(gymnasium.Env[Any, Any]):
    """A program with one seat."""

    metadata = {"render_modes": []}

    def __init__(self, program: Program) -> None:
        self._program = program
        self.observation_space = program.model.observation_space
        self.action_space = program.model.action_space
        self.render_mode = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._carry, frame = self._program.reset(self.np_random)
        self._mask = frame.mask
        return frame.observation, self._info(frame)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if isinstance(self.action_space, spaces.Discrete):
            action = np.int32(action)
        if self._mask is not None and not self._mask[action]:
            raise ValueError(f"action {action} is not legal now; the mask says what is")
        self._carry, frame = self._program.step(self._carry, action)
        self._mask = frame.mask
        ends = bool(frame.terminated), bool(frame.truncated)
        return frame.observation, float(frame.reward), *ends, self._info(frame)

    @staticmethod
    def _info(frame: Frame) -> dict[str, Any]:
        return {**({} if frame.mask is None else {"action_mask": frame.mask}), **_metrics(frame)}


class Together(ParallelEnv):
    """A program whose seats act at once and end together."""

    metadata = {"name": "together", "render_modes": []}

    def __init__(self, program: Program) -> None:
        self._program = program
        self._random = np.random.default_rng()
        model = program.model
        self._observation_space = _masked(model) if model.has_mask else model.observation_space
        self.possible_agents = [f"agent_{seat}" for seat in range(program.model.seats)]
        self.render_mode = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._program.model.action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self._carry, frame = self._program.reset(self._random)
        self.agents = list(self.possible_agents)
        return self._observations(frame), {name: {} for name in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        kind = np.int32 if isinstance(self._program.model.action_space, spaces.Discrete) else np.float32
        self._carry, frame = self._program.step(self._carry, np.array([actions[n] for n in self.agents], kind))
        names, info = self.agents, _metrics(frame)
        if frame.terminated or frame.truncated:
            self.agents = []
        return (
            self._observations(frame),
            {name: float(reward) for name, reward in zip(names, frame.reward, strict=True)},
            dict.fromkeys(names, bool(frame.terminated)),
            dict.fromkeys(names, bool(frame.truncated)),
            {name: dict(info) for name in names},
        )

    def _observations(self, frame: Frame) -> dict[str, Any]:
        seen = {name: _seat(frame.observation, seat) for seat, name in enumerate(self.possible_agents)}
        if frame.mask is None:
            return seen
        return {
            name: {"observation": seen[name], "action_mask": frame.mask[seat]}
            for seat, name in enumerate(self.possible_agents)
        }


class InTurn(AECEnv):
    """A program whose seats move in turn; before the first move it plays `opening` random legal moves."""

    metadata = {"name": "in_turn", "render_modes": [], "is_parallelizable": False}

    def __init__(self, program: Program, opening: int = 0) -> None:
        super().__init__()
        self._program = program
        self._opening = opening
        self._random = np.random.default_rng()
        self._observation_space = _masked(program.model)
        self.possible_agents = [f"player_{seat}" for seat in range(program.model.seats)]
        self._seat = {name: seat for seat, name in enumerate(self.possible_agents)}
        self.render_mode = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._program.model.action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        while not self._opened():
            pass
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self.agent_selection = self.possible_agents[int(self._frame.player)]

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection] or self.truncations[self.agent_selection]:
            self._was_dead_step(action)
            return
        if not self.observe(self.agent_selection)["action_mask"][action]:
            raise ValueError(f"{self.agent_selection}: action {action!r} is not legal now")
        self._cumulative_rewards[self.agent_selection] = 0.0
        self._play(int(action))
        self.rewards = {name: float(self._frame.reward[self._seat[name]]) for name in self.agents}
        self.terminations = dict.fromkeys(self.agents, bool(self._frame.terminated))
        self.truncations = dict.fromkeys(self.agents, bool(self._frame.truncated))
        self.infos = {name: _metrics(self._frame) for name in self.agents}
        is_over = self._frame.terminated or self._frame.truncated
        self.agent_selection = self.agents[0] if is_over else self.possible_agents[int(self._frame.player)]
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[Any]]:
        seat, frame = self._seat[agent], self._frame
        may_move = seat == frame.player and not (frame.terminated or frame.truncated)
        mask = frame.mask if frame.mask.ndim == 1 else frame.mask[seat]
        return {
            "observation": _seat(frame.observation, seat),
            "action_mask": mask.copy() if may_move else np.zeros_like(mask),
        }

    def close(self) -> None:
        """Nothing to free."""

    def _opened(self) -> bool:
        """Starts anew and plays the opening; False where that already ended the game."""
        self._carry, self._frame = self._program.reset(self._random)
        for _ in range(self._opening):
            self._play(int(self._random.choice(np.flatnonzero(self._frame.mask))))
            if self._frame.terminated:
                return False
        return True

    def _play(self, action: int) -> None:
        self._carry, self._frame = self._program.step(self._carry, np.int32(action))


def _seat(observation: Any, seat: int) -> Any:
    """Returns a seat's part of an observation that has an axis of seats."""
    if isinstance(observation, dict):
        return {key: _seat(value, seat) for key, value in observation.items()}
    return np.array(observation[seat])


def _metrics(frame: Frame) -> dict[str, Any]:
    if not frame.metrics or not (frame.terminated or frame.truncated):
        return {}
    return {"metrics": {name: float(value) for name, value in frame.metrics.items()}}


def _masked(model: Model) -> spaces.Dict:
    assert isinstance(model.action_space, spaces.Discrete)
    mask = spaces.Box(0, 1, (int(model.action_space.n),), np.int8)
    return spaces.Dict({"observation": model.observation_space, "action_mask": mask})
