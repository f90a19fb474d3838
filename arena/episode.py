"""One seeded episode of any environment, as turns: who must act now, and on what."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from arena.errors import EnvError
from arena.spec import EnvSpec
from arena.trace import Trace
from arena.wrappers.time_limit import TimeLimit

__all__ = ["Ended", "Episode", "Turn", "not_finite"]

_ONE, _ONE_END = struct.Struct("<di").pack, struct.Struct("<di?").pack  # what `_observe` feeds, for one seat
_SEAT, _END = struct.Struct("<i").pack, struct.Struct("<i?").pack


class Ended(NamedTuple):
    """A seat whose episode ended in this step, with its last observation; a truncated one may be bootstrapped."""

    seat: int
    observation: Any
    terminated: bool
    info: dict[str, Any]


class Turn(NamedTuple):
    """What an episode presents: the seats that must act now; `seats` is empty when the episode is over.

    `observations`, `masks` (bool arrays, or None: all legal) and `infos` run along `seats`. `rewards` has one entry per
    seat of the table: what each received in the step that led here (zeros at the start). `ended` names the seats whose
    play ended in that step.
    """

    seats: tuple[int, ...]
    observations: Sequence[Any]
    masks: Sequence[Any]
    infos: Sequence[dict[str, Any]]
    rewards: Sequence[float]
    ended: Sequence[Ended] = ()


class Episode:
    """Plays episodes of one environment instance, whatever its interface; reused from seed to seed.

    Attributes (of the running or last episode):
        env_step: steps the environment without its time limit, and `limit` is how many steps that allows.
        is_remote: whether another process steps it.
        seats: number of seats.
        agents: PettingZoo names by seat; (None,) for a one-seat environment.
        turn: the current turn.
        returns: undiscounted sum of rewards by seat.
        length: number of `step` calls so far.
        metrics: by seat, the last step's `info["metrics"]` (empty where the environment gives none).
        rewards: of each step, by seat, one after the other.
        digest: SHA-256 of every observation, reward and end presented so far, when `trace` (see arena.trace).
        ticks: two bytes of each step, the start included, when `trace`.
    """

    def __init__(self, spec: EnvSpec, env: Any, *, trace: bool = True) -> None:
        self.spec = spec
        self.env = env
        self._is_traced = trace
        self.env_step, self.limit = env.step, math.inf
        if spec.interface != "gymnasium" and spec.max_steps is not None:
            self.limit = spec.max_steps
        if type(env) is TimeLimit:  # counted by who steps one seat fast: a call less in every step
            self.env_step, self.limit = env.env.step, env.max_steps
        self.is_remote = hasattr(type(env), "announce")
        self._table: _Table = _TABLES[spec.interface](env)
        self.agents: tuple[str | None, ...] = self._table.agents
        self.seats = len(self.agents)
        self._rewards_of = struct.Struct(f"<{self.seats}d").pack
        if self.seats != spec.seats:
            raise EnvError(f"{spec.id}: its spec says {spec.seats} seats, the environment has {self.seats}")

    def start(self, seed: int) -> Turn:
        """Resets the environment with a seed and returns the first turn."""
        if not (turn := self._table.reset(seed)).seats:
            raise EnvError(f"{self.spec.id}: the episode of seed {seed} was over at its start")
        return self.begin(turn)

    def begin(self, turn: Turn) -> Turn:
        """Begins with a first turn; `start` takes it from the environment."""
        self.returns = [0.0] * self.seats
        self.length = 0
        self.metrics: list[dict[str, float]] = [{} for _ in range(self.seats)]
        self.rewards: list[float] = []
        self._trace = Trace() if self._is_traced else None
        self.turn = turn
        self._observe(self.turn)
        return self.turn

    def announce(self, actions: Sequence[Any]) -> None:
        """Tells an environment of another runtime, ahead of `step`, which actions come: it begins to work on them."""
        if self.is_remote:
            self._table.announce(self.turn.seats, actions)

    def step(self, actions: Sequence[Any]) -> Turn:
        """Applies one native action per acting seat, in the order of `turn.seats`, and returns the next turn."""
        return self.follow(self._table.step(self.turn.seats, actions))

    def follow(self, turn: Turn) -> Turn:
        """Takes in what a step has led to; returns the next turn, which is over after the last step that is allowed."""
        self.length += 1
        for seat, reward in enumerate(turn.rewards):
            if not math.isfinite(reward):
                raise not_finite(self.spec, seat, self.length, reward)
            self.returns[seat] += reward
        for end in turn.ended:
            self.metrics[end.seat] = self._metrics(end.info)
        self.rewards.extend(turn.rewards)
        self._observe(turn)
        if turn.seats and self.spec.max_steps is not None and self.length >= self.spec.max_steps:
            turn = self._cut(turn)
        self.turn = turn
        return turn

    def move(self, action: Any) -> tuple[Any, Any, dict[str, Any]] | None:
        """Steps a Gymnasium environment as `step` does, without presenting a turn: the fast way for one seat.

        Returns the observation, mask and info on which it must act next, or None when the episode is over. `turn` is
        left as it was.
        """
        observation, reward, terminated, truncated, info = self.env_step(action)
        reward = float(reward)
        self.length += 1
        if not math.isfinite(reward):
            raise not_finite(self.spec, 0, self.length, reward)
        self.returns[0] += reward
        self.rewards.append(reward)
        mask = None
        if type(observation) is dict:
            observation, mask = _split(observation, info)
        elif info and (mask := info.get("action_mask")) is not None:
            mask = np.asarray(mask, dtype=bool)
        over = terminated or truncated or self.length >= self.limit
        if over:
            self.metrics[0] = self._metrics(info)
        if self._trace is not None:
            self._trace.add(_one_seat(observation, mask, reward, over, terminated))
        return None if over else (observation, mask, info)

    def take(self, rewards: npt.NDArray[np.float64], steps: npt.NDArray[np.uint8]) -> None:
        """Takes in steps that were made elsewhere and led on: rewards (steps, seats), and the bytes that are traced."""
        sums = np.add.accumulate(np.concatenate(([self.returns], rewards)))  # one after the other, as `follow` adds
        self.returns = sums[-1].tolist()
        self.length += len(rewards)
        self.rewards += rewards.ravel().tolist()
        if self._trace is not None:
            self._trace.extend(steps)

    @property
    def digest(self) -> bytes:
        assert self._trace is not None
        return self._trace.digest

    @property
    def ticks(self) -> bytes:
        assert self._trace is not None
        return self._trace.ticks

    def scores(self) -> list[float]:
        """Returns each seat's score by the spec's metric.

        Raises:
            EnvError: the episode ended without reporting the metric its spec names.
        """
        if self.spec.metric == "return":
            return list(self.returns)
        missing = [seat for seat in range(self.seats) if self.spec.metric not in self.metrics[seat]]
        if missing:
            raise EnvError(
                f'{self.spec.id}: metric {self.spec.metric!r} is not in the last info["metrics"] of seats {missing}'
            )
        return [metrics[self.spec.metric] for metrics in self.metrics]

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def _cut(self, turn: Turn) -> Turn:
        """Truncates at the spec's limit (many-seat environments; one-seat ones have the time-limit wrapper)."""
        over = tuple(Ended(s, o, False, i) for s, o, i in zip(turn.seats, turn.observations, turn.infos, strict=True))
        for end in over:
            self.metrics[end.seat] = self._metrics(end.info)
        return Turn((), (), (), (), turn.rewards, (*turn.ended, *over))

    def _metrics(self, info: dict[str, Any]) -> dict[str, float]:
        metrics = {name: float(value) for name, value in info.get("metrics", {}).items()}
        if bad := {name: value for name, value in metrics.items() if not math.isfinite(value)}:
            raise EnvError(f"{self.spec.id}: metrics that are not finite: {bad}")
        return metrics

    def _observe(self, turn: Turn) -> None:
        if self._trace is None:
            return
        parts = [self._rewards_of(*turn.rewards)]
        for seat, observation, mask in zip(turn.seats, turn.observations, turn.masks, strict=True):
            parts.append(_SEAT(seat))
            _feed(parts, observation)
            if mask is not None:
                parts.append(mask.tobytes())
        for end in turn.ended:
            parts.append(_END(~end.seat, end.terminated))
            _feed(parts, end.observation)
        self._trace.add(b"".join(parts))


def not_finite(spec: EnvSpec, seat: int, step: int, reward: float) -> EnvError:
    """Returns what is said of a reward that is not a finite number."""
    return EnvError(f"{spec.id}: the reward of seat {seat} in step {step} is {reward}")


def _one_seat(observation: Any, mask: Any, reward: float, over: bool, terminated: bool) -> bytes:
    """Returns the bytes that `_observe` takes of a step with one seat."""
    head = _ONE_END(reward, ~0, terminated) if over else _ONE(reward, 0)
    if type(observation) is np.ndarray and observation.dtype != object:
        step = head + observation.tobytes()
    else:
        parts = [head]
        _feed(parts, observation)
        step = b"".join(parts)
    return step if mask is None or over else step + mask.tobytes()


def _feed(parts: list[bytes], value: Any) -> None:
    """Appends an observation's bytes in one fixed order, whatever nest of arrays, text and numbers it is."""
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype == object:
            raise EnvError("an observation holds an array of Python objects, which has no bytes to compare")
        parts.append(value.tobytes())
    elif isinstance(value, dict):
        for key in sorted(value):
            parts.append(str(key).encode())
            _feed(parts, value[key])
    elif isinstance(value, (list, tuple)):
        parts.append(struct.pack("<q", len(value)))
        for item in value:
            _feed(parts, item)
    elif isinstance(value, str):
        text = value.encode()
        parts += (struct.pack("<q", len(text)), text)
    elif isinstance(value, bytes):
        parts += (struct.pack("<q", len(value)), value)
    elif isinstance(value, (bool, int, float)) or value is None:
        parts.append(repr(value).encode())
    else:
        raise EnvError(f"an observation holds a {type(value).__name__}; expected arrays, text, numbers, dict or tuple")


def _split(observation: Any, info: dict[str, Any]) -> tuple[Any, Any]:
    """Takes a legal-action mask out of a PettingZoo observation, or out of the info."""
    mask = info.get("action_mask")
    if isinstance(observation, dict) and "action_mask" in observation:
        mask = observation["action_mask"]
        observation = observation["observation"]
    return observation, None if mask is None else np.asarray(mask, dtype=bool)


class _Table(Protocol):
    """An environment of any interface, as turns."""

    agents: tuple[str | None, ...]

    def reset(self, seed: int) -> Turn: ...

    def announce(self, seats: tuple[int, ...], actions: Sequence[Any]) -> None: ...

    def step(self, seats: tuple[int, ...], actions: Sequence[Any]) -> Turn: ...


class _OneSeat:
    """A `gymnasium.Env` as a table with one seat."""

    agents: tuple[str | None, ...] = (None,)

    def __init__(self, env: Any) -> None:
        self._env = env

    def reset(self, seed: int) -> Turn:
        observation, info = self._env.reset(seed=seed)
        observation, mask = _split(observation, info)
        return Turn((0,), (observation,), (mask,), (info,), (0.0,))

    def announce(self, seats: tuple[int, ...], actions: Sequence[Any]) -> None:
        self._env.announce(actions[0])

    def step(self, seats: tuple[int, ...], actions: Sequence[Any]) -> Turn:
        observation, reward, terminated, truncated, info = self._env.step(actions[0])
        observation, mask = _split(observation, info)
        rewards = (float(reward),)
        if terminated or truncated:
            return Turn((), (), (), (), rewards, (Ended(0, observation, bool(terminated), info),))
        return Turn((0,), (observation,), (mask,), (info,), rewards)


class _Parallel:
    """A PettingZoo `ParallelEnv`: all living seats act at once; a dead one is never asked."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.agents: tuple[str | None, ...] = tuple(env.possible_agents)
        self._seat = {name: seat for seat, name in enumerate(env.possible_agents)}

    def reset(self, seed: int) -> Turn:
        observations, infos = self._env.reset(seed=seed)
        return self._turn(observations, infos, {}, [])

    def announce(self, seats: tuple[int, ...], actions: Sequence[Any]) -> None:
        self._env.announce(self._named(seats, actions))

    def _named(self, seats: tuple[int, ...], actions: Sequence[Any]) -> dict[str | None, Any]:
        return {self.agents[seat]: action for seat, action in zip(seats, actions, strict=True)}

    def step(self, seats: tuple[int, ...], actions: Sequence[Any]) -> Turn:
        names = self._named(seats, actions)
        observations, rewards, terminations, truncations, infos = self._env.step(names)
        ended = [
            Ended(self._seat[n], _split(observations[n], infos.get(n, {}))[0], bool(terminations[n]), infos.get(n, {}))
            for n in names
            if terminations[n] or truncations[n]
        ]
        return self._turn(observations, infos, rewards, ended)

    def _turn(
        self, observations: dict[Any, Any], infos: dict[Any, Any], rewards: dict[Any, Any], ended: list[Ended]
    ) -> Turn:
        gone = {end.seat for end in ended}
        seats = tuple(self._seat[name] for name in self._env.agents if self._seat[name] not in gone)
        given = [infos.get(self.agents[seat], {}) for seat in seats]
        split = [_split(observations[self.agents[seat]], info) for seat, info in zip(seats, given, strict=True)]
        return Turn(
            seats,
            [o for o, _ in split],
            [m for _, m in split],
            given,
            [float(rewards.get(name, 0.0)) for name in self.agents],
            ended,
        )


class _Turns:
    """A PettingZoo `AECEnv`: one seat acts at a time; dead seats are stepped over here."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.agents: tuple[str | None, ...] = tuple(env.possible_agents)
        self._seat = {name: seat for seat, name in enumerate(env.possible_agents)}

    def reset(self, seed: int) -> Turn:
        self._env.reset(seed=seed)
        self._dead: set[str] = set()
        return self._next([0.0] * len(self.agents))

    def announce(self, seats: tuple[int, ...], actions: Sequence[Any]) -> None:
        self._env.announce(actions[0])

    def step(self, seats: tuple[int, ...], actions: Sequence[Any]) -> Turn:
        self._env.step(actions[0])
        return self._next([float(self._env.rewards.get(name, 0.0)) for name in self.agents])

    def _next(self, rewards: list[float]) -> Turn:
        env, ended = self._env, []
        for name in list(env.agents) if any(env.terminations.values()) or any(env.truncations.values()) else ():
            if (env.terminations[name] or env.truncations[name]) and name not in self._dead:
                self._dead.add(name)
                observation, _ = _split(env.observe(name), env.infos[name])
                ended.append(Ended(self._seat[name], observation, bool(env.terminations[name]), env.infos[name]))
        while env.agents and env.agent_selection in self._dead:
            env.step(None)
        if not env.agents:
            return Turn((), (), (), (), rewards, ended)
        name = env.agent_selection
        info = env.infos[name]
        observation, mask = _split(env.observe(name), info)
        return Turn((self._seat[name],), (observation,), (mask,), (info,), rewards, ended)


_TABLES: dict[str, Callable[[Any], _Table]] = {"gymnasium": _OneSeat, "parallel": _Parallel, "aec": _Turns}
