"""Small environments and agents of the core's tests, good and bad; registers its environments when imported.

The observation of every one-seat environment here is (steps so far, seed modulo 1000, a random number), so that an
agent knows which episode it plays and can fail in one and not in its neighbours.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
from gymnasium import spaces

import arena
from arena.agent import Agent, Batch
from arena.views import View

HERE = str(Path(__file__).resolve())


class Counter(gymnasium.Env):
    """Pays the square of a random number, plus 1 for the action that its observation names; five steps.

    `fault` is what goes wrong at the second step (or at "reset"), `seeds` in which episodes (seed modulo 1000; all if
    empty), `once` a file: where it is given, the fault happens only until that file exists.
    """

    observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float32)

    def __init__(
        self, steps: int = 5, fault: str = "", seeds: Sequence[int] = (), once: str = "", space: str = "discrete"
    ) -> None:
        self._steps, self._fault, self._seeds, self._once = steps, fault, seeds, once
        self.action_space: spaces.Space[Any] = {
            "discrete": spaces.Discrete(3),
            "box": spaces.Box(-1.0, 1.0, (2,), np.float32),
            "multi": spaces.MultiDiscrete([2, 3]),
        }[space]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._at, self._tag = 0, (seed or 0) % 1000
        if self._is_due("reset"):
            raise RuntimeError("no reset today")
        if self._is_due("litter"):
            tempfile.mkstemp()
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self._at += 1
        reward = self.np_random.random() ** 2 + float(np.sum(action) == self._at % 3)
        observation: Any = self._seen()
        if self._at == 2:
            if self._is_due("raise"):
                raise RuntimeError("no step today")
            if self._is_due("nan"):
                reward = float("nan")
            if self._is_due("shape"):
                observation = np.zeros((1,), np.float32)
            if self._is_due("segfault"):
                ctypes.string_at(0)
            if self._is_due("hang"):
                time.sleep(60)
            if self._is_due("exit"):
                sys.exit(3)
        over = self._at >= self._steps
        metrics = {"steps": float("nan") if self._fault == "metric" else float(self._at)}
        return observation, reward, over, False, {"metrics": metrics} if over else {}

    def _seen(self) -> Any:
        return np.array([self._at, self._tag, self.np_random.random()], np.float32)

    def _is_due(self, fault: str) -> bool:
        if self._fault != fault or (self._seeds and self._tag not in self._seeds):
            return False
        if self._once and Path(self._once).exists():
            return False
        if self._once:
            Path(self._once).touch()
        return True


class Masked(Counter):
    """Forbids one of its three actions at each step: the one that is the number of steps modulo 3."""

    def _mask(self) -> Any:
        mask = np.ones(3, bool)
        mask[self._at % 3] = False
        return mask if self._fault != "no mask" else np.zeros(3, bool)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        observation, _ = super().reset(seed=seed)
        return observation, {"action_mask": self._mask()}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, over, cut, info = super().step(action)
        return observation, reward, over, cut, {**info, "action_mask": self._mask()}


class Blind(View):
    """Sees no start of an episode with an even tag, and no second step of one whose tag is 1 modulo 4."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        at, tag, _ = observation
        if (tag % 2, at) == (0, 0) or (tag % 4, at) == (1, 2):
            raise RuntimeError("nothing to see")
        return observation[::-1], mask


class Echo(gymnasium.Env):
    """Text in, text out: pays the length of what was said; three steps."""

    observation_space = spaces.Text(200)
    action_space = spaces.Text(10)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._at = 0
        return f"begin{int(self.np_random.integers(100))}", {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._at += 1
        return f"said{action}", float(len(action)), self._at == 3, False, {"said": action}


class Matching(pettingzoo.ParallelEnv):
    """Both get 1 when they choose alike; seat 0 leaves after two steps, seat 1 after four."""

    metadata = {"name": "matching"}
    possible_agents = ["first", "second"]

    @functools.cache  # noqa: B019
    def observation_space(self, agent: str) -> Any:
        return spaces.Box(0, 10, (1,), np.float32)

    @functools.cache  # noqa: B019
    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(2)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        self.agents, self._at = list(self.possible_agents), 0
        return self._seen(), {name: {} for name in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        assert set(actions) == set(self.agents), "a seat that left was asked"
        self._at += 1
        pay = float(len(set(actions.values())) == 1 and len(actions) == 2)
        over = {name: self._at == (2 if name == "first" else 4) for name in self.agents}
        told = self._seen(), dict.fromkeys(self.agents, pay), over, dict.fromkeys(self.agents, False)
        infos: dict[str, Any] = {name: {} for name in self.agents}
        self.agents = [name for name in self.agents if not over[name]]
        return *told, infos

    def _seen(self) -> dict[str, Any]:
        return {name: np.array([self._at], np.float32) for name in self.agents}


class Turns(pettingzoo.AECEnv):
    """Zero-sum: three moves each, in turn; who has said more in the end gets 1 and the other -1."""

    metadata = {"name": "turns", "is_parallelizable": False}
    possible_agents = ["first", "second"]

    def __init__(self) -> None:
        self.agents: list[str] = []

    @functools.cache  # noqa: B019
    def observation_space(self, agent: str) -> Any:
        return spaces.Dict({"observation": spaces.Box(0, 10, (2,), np.float32), "action_mask": spaces.MultiBinary(3)})

    @functools.cache  # noqa: B019
    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(3)

    def reset(self, seed: int | None = None, options: Any = None) -> None:
        self.agents = list(self.possible_agents)
        self.said = {name: [] for name in self.agents}
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, Any] = {name: {} for name in self.agents}
        self.agent_selection = "first"

    def observe(self, agent: str) -> Any:
        seen = np.array([len(said) for said in self.said.values()], np.float32)
        return {"observation": seen, "action_mask": np.array([1, 1, 0], np.int8)}

    def step(self, action: int | None) -> None:
        name = self.agent_selection
        if self.terminations[name]:
            self._was_dead_step(action)
            return
        self.said[name].append(action)
        self.agent_selection = "second" if name == "first" else "first"
        if len(self.said["second"]) == 3:
            lead = float(np.sign(sum(self.said["first"]) - sum(self.said["second"])))
            self.rewards = {"first": lead, "second": -lead}
            self.terminations = dict.fromkeys(self.agents, True)


def _register(name: str, entry: str, **fields: Any) -> None:
    fields = {"domain": "games", "failure_score": -1.0, **fields}
    arena.register(arena.EnvSpec(id=f"toy/{name}-v0", entry_point=f"{HERE}:{entry}", **fields))


_register("Counter", "Counter")
_register("Long", "Counter", kwargs={"steps": 400})
_register("Box", "Counter", kwargs={"space": "box"})
_register("Multi", "Counter", kwargs={"space": "multi"})
_register("Steps", "Counter", metric="steps")
_register("Blind", "Counter", views={"array": f"{HERE}:Blind"})
_register("NoMetric", "Counter", metric="absent")
_register("Masked", "Masked")
_register("NoMask", "Masked", kwargs={"fault": "no mask"})
_register("Echo", "Echo", domain="text")
_register("Matching", "Matching", interface="parallel", seats=2, payoff="cooperative", max_steps=10)
_register("Turns", "Turns", interface="aec", seats=2, payoff="zero-sum")
_register("Absent", "Counter", needs=arena.Needs(("no_such_module",), "pip install 'toy[absent]'"))
_register("WrongSeats", "Matching", interface="parallel", seats=3, payoff="cooperative")
for _fault in ("reset", "raise", "nan", "shape", "segfault", "hang", "exit", "metric", "litter"):
    _register(_fault.capitalize(), "Counter", kwargs={"fault": _fault})


# --- agents -----------------------------------------------------------------------------------------------------------


class Good(Agent):
    """Plays from its own random numbers: what it does in one episode depends on nothing else."""

    def act(self, batch: Batch) -> Any:
        return (batch.random.uniform()[:, 0] * 2).astype(np.int64)


class Slow(Good):
    """Takes TOY_SLEEP seconds per call, so that a test has time to interrupt it."""

    def act(self, batch: Batch) -> Any:
        time.sleep(float(os.environ.get("TOY_SLEEP", "0")))
        return super().act(batch)


class Started(Agent):
    """Answers 1 where a row begins an episode, else 0."""

    def act(self, batch: Batch) -> Any:
        assert not (batch.starts & ~batch.active).any()
        return batch.starts.astype(np.int64)


class Nasty:
    """An object that raises whatever is asked of it."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no array")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__
    __int__ = __index__ = __float__ = __len__ = __array__


class NastyError(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


ANSWERS: dict[str, Any] = {
    "garbage": "left",
    "none": None,
    "bool": True,
    "float": 1.0,
    "nan": float("nan"),
    "list": [1],
    "range": 3,
    "negative": -1,
    "huge": 10**5000,
    "object": Nasty(),
}


class Faulty(Good):
    """Like Good, but fails in the way `kind` at the second step of the episodes whose tag is in `tags` (if any are)."""

    def __init__(self, kind: str, tags: Sequence[int] = (), **given: Any) -> None:
        super().__init__(**given)
        self._kind, self._tags = kind, tags

    def begin(self, seating: Any) -> None:
        super().begin(seating)
        if self._kind == "begin":
            raise RuntimeError("I will not sit here")
        if self._kind == "begin exit":
            sys.exit(1)

    def act(self, batch: Batch) -> Any:
        answers: list[Any] = list(super().act(batch))
        seen = np.asarray(batch.observations)
        due = batch.active & (seen[:, 0] == 1) & (np.isin(seen[:, 1], self._tags) | (len(self._tags) == 0))
        if not due.any():
            return answers
        if self._kind in ANSWERS:
            return [ANSWERS[self._kind] if late else answer for late, answer in zip(due, answers, strict=True)]
        return getattr(self, f"_{self._kind}", lambda given: given)(answers)

    def _raise(self, answers: Any) -> Any:
        raise RuntimeError("I give up \ud800")  # a lone surrogate, which UTF-8 cannot spell

    def _unshowable(self, answers: Any) -> Any:
        raise NastyError

    def _quit(self, answers: Any) -> Any:
        sys.exit(0)

    def _short(self, answers: Any) -> Any:
        return answers[:1]

    def _hang(self, answers: Any) -> Any:
        time.sleep(60)

    def _print(self, answers: Any) -> Any:
        for _ in range(1 << 20):
            print("x" * 1023)
        return answers

    def _exit(self, answers: Any) -> Any:
        os._exit(7)

    def _segfault(self, answers: Any) -> Any:
        ctypes.string_at(0)

    def _hang_up(self, answers: Any) -> Any:
        os.closerange(3, 256)
        time.sleep(60)

    def close(self) -> None:
        if self._kind == "close":
            raise RuntimeError("I will not go")


def plain(observation: Any) -> int:
    """A function as an agent."""
    return int(observation[0]) % 2


def speak(observation: str) -> str:
    """Says what Echo likes."""
    return "hello"


def shout(observation: str) -> str:
    """Says more than Echo reads, until it is told so."""
    return "ok" if "could not be read" in observation else "x" * 11


def mumble(observation: str) -> str:
    """Never says what can be read."""
    return "\ud800" * 11


nested = {"not": "an agent"}
