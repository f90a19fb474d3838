"""Environments of another runtime, as ordinary ones of this process: each call is a message to that runtime's host."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

import gymnasium
from pettingzoo import AECEnv, ParallelEnv

import arena.errors
from arena.errors import ArenaError, EnvError, UnavailableError
from arena.runtimes import HERE_VARIABLE, LOCAL
from arena.runtimes.locks import find_runtime
from arena.runtimes.wire import Channel, dumps
from arena.spec import EnvSpec

__all__ = ["remote"]

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_hosts: dict[tuple[int, str, int], _Host] = {}  # by process (a fork must not share a socket), runtime and number


def remote(spec: EnvSpec, render_mode: str | None, host: int = 0) -> Any:
    """Makes the proxy of an environment: a `gymnasium.Env`, `ParallelEnv` or `AECEnv`.

    All environments of one runtime and one host number share one process per process of the harness; it ends with it.

    Raises:
        UnavailableError: the runtime is not installed.
        EnvError: its interpreter does not start, or the environment cannot be built there.
    """
    interpreter = Path(sys.executable)
    if spec.runtime != LOCAL:
        runtime = find_runtime(spec.runtime)
        if runtime.state() != "ready":
            raise UnavailableError(f"{spec.id} needs runtime {spec.runtime!r}: arena install {spec.runtime}")
        interpreter = runtime.interpreter
    key = (os.getpid(), str(interpreter), host)
    if key not in _hosts or _hosts[key].is_lost:
        _hosts[key] = _Host(spec.runtime, interpreter)
    kind = {"gymnasium": RemoteEnv, "parallel": RemoteParallel, "aec": RemoteTurns}[spec.interface]
    return kind(_Line(_hosts[key], spec, render_mode), render_mode)


class _Host:
    """One process of a runtime, and the answers that are due: they come in the order of the questions."""

    def __init__(self, runtime: str, interpreter: Path) -> None:
        self._runtime = runtime
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        self._due: deque[int] = deque()
        self._answers: dict[int, Any] = {}
        self.numbers = itertools.count()
        self.is_lost = False
        environment = os.environ | dict.fromkeys(_THREADS, "1")
        environment |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
        if runtime != LOCAL:
            environment = {n: value for n, value in environment.items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
            environment |= {HERE_VARIABLE: runtime, "PYTHONNOUSERSITE": "1"}
            environment["PATH"] = f"{interpreter.parent}{os.pathsep}{environment.get('PATH', '')}"
        self._process = subprocess.Popen(
            [str(interpreter), "-P", str(_BOOTSTRAP), str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=2,  # what an environment prints must not end up in a command's JSON
            env=environment,
        )
        theirs.close()

    def ask(self, number: int, do: str, *told: Any) -> None:
        """Sends a question; the answer waits until it is heard."""
        try:
            self._channel.send(dumps((number, do, *told)))
        except (OSError, EOFError):
            self._lose()
        self._due.append(number)

    def hear(self, number: int) -> Any:
        """Returns the answer to the oldest question of environment `number`; keeps others' for them."""
        while number not in self._answers:
            if self.is_lost or number not in self._due:
                self._lose()
            try:
                answer = self._channel.receive()
            except EOFError:
                self._lose()
            self._answers[self._due.popleft()] = answer
        return self._answers.pop(number)

    def _lose(self) -> None:
        """Raises what became of the process."""
        self.is_lost = True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._process.kill()
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise EnvError(
            f"the process of runtime {self._runtime!r} ended with {how}"
            + (f"; if it cannot start at all, 'arena install {self._runtime}' repairs it" * (self._runtime != LOCAL))
        )


class _Line:
    """What one proxy says to its environment."""

    def __init__(self, host: _Host, spec: EnvSpec, render_mode: str | None) -> None:
        self._host = host
        self._spec = spec
        self._number = next(host.numbers)
        self._announced = False
        self.about: dict[str, Any] = self.call("build", spec.to_json(), render_mode)

    def call(self, do: str, *told: Any) -> Any:
        """Asks and waits; a step that was announced is only waited for."""
        if not self._announced:
            self._host.ask(self._number, do, *told)
        self._announced = False
        state, *answer = self._host.hear(self._number)
        if state == "ok":
            return answer[0]
        name, text, trace = answer
        if name:  # one of Arena's own errors: as it would be without a runtime
            kind = getattr(arena.errors, name, ArenaError)
            raise kind(text)
        raise EnvError(f"{self._spec.id} raised in runtime {self._spec.runtime!r}:\n{trace}")

    def announce(self, action: Any) -> None:
        """Sends the coming step's action, so that the environment works while this process does."""
        self._host.ask(self._number, "step", action)
        self._announced = True

    def close(self) -> None:
        """Closes the environment; harmless when its process is gone."""
        if not self._host.is_lost:
            with contextlib.suppress(EnvError):
                if self._announced:
                    self.call("step")
                self.call("close")


class RemoteEnv(gymnasium.Env[Any, Any]):
    """A one-seat environment of another runtime."""

    def __init__(self, line: _Line, render_mode: str | None) -> None:
        self._line = line
        self.render_mode = render_mode
        self.metadata = line.about["metadata"]
        self.observation_space, self.action_space = line.about["spaces"]
        self.__doc__ = line.about["doc"]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self._line.call("reset", seed, options)
        return observation, info

    def announce(self, action: Any) -> None:
        """Begins the step that the next call of `step` with the same action finishes."""
        self._line.announce(action)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self._line.call("step", action)
        return observation, reward, terminated, truncated, info

    def render(self) -> Any:
        return self._line.call("render")

    def close(self) -> None:
        self._line.close()


class _Seats:
    """What the two PettingZoo interfaces share."""

    def __init__(self, line: _Line, render_mode: str | None) -> None:
        self._line = line
        self.render_mode = render_mode
        self.metadata = line.about["metadata"]
        self._spaces = line.about["spaces"]
        self.possible_agents = list(self._spaces)
        self.agents: list[str] = []
        self.__doc__ = line.about["doc"]

    def observation_space(self, agent: Any) -> Any:
        return self._spaces[agent][0]

    def action_space(self, agent: Any) -> Any:
        return self._spaces[agent][1]

    def render(self) -> Any:
        return self._line.call("render")

    def state(self) -> Any:
        return self._line.call("state")

    def close(self) -> None:
        self._line.close()


class RemoteParallel(_Seats, ParallelEnv):  # type: ignore[misc]
    """An environment of another runtime whose seats act at once."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        observations, infos, self.agents = self._line.call("reset", seed, options)
        return observations, infos

    def announce(self, actions: Any) -> None:
        """Begins the step that the next call of `step` with the same actions finishes."""
        self._line.announce(actions)

    def step(self, actions: Any) -> Any:
        *found, self.agents = self._line.call("step", actions)
        return tuple(found)


class RemoteTurns(_Seats, AECEnv):  # type: ignore[misc]
    """An environment of another runtime whose seats take turns."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self._take(self._line.call("reset", seed, options))

    def announce(self, action: Any) -> None:
        """Begins the move that the next call of `step` with the same action finishes."""
        self._line.announce(action)

    def step(self, action: Any) -> None:
        self._take(self._line.call("step", action))

    def observe(self, agent: Any) -> Any:
        return self._seen if agent == self.agent_selection else self._line.call("observe", agent)

    def _take(self, told: tuple[dict[str, Any], Any]) -> None:
        state, self._seen = told
        self.__dict__.update(state)
