"""The process of a runtime's interpreter: builds environments and steps them as it is told."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from arena.errors import ArenaError
from arena.registry import build
from arena.runtimes.wire import Channel, dumps
from arena.spec import EnvSpec

__all__ = ["main"]


def main(fd: int) -> None:
    """Serves one parent until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it then hangs up
    if sys.platform == "linux":  # die with the parent, also when it is killed
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    channel = Channel(socket.socket(fileno=fd))
    served: dict[int, _Served] = {}
    try:
        while True:
            number, do, *told = channel.receive()
            try:
                if do == "build":
                    served[number] = _Served(*told)
                    answer: Any = served[number].about()
                elif do == "close":
                    answer = served.pop(number).env.close()
                else:
                    answer = served[number].answer(do, *told)
                data = dumps(("ok", answer))
            except Exception as error:  # an environment's code may raise anything
                data = dumps(("raised", _named(error), str(error), traceback.format_exc()))
            channel.send(data)
    except (EOFError, OSError):  # the parent is gone: nobody is left to tell
        sys.stdout.flush()
        os._exit(0)  # not through the interpreter's shutdown: libraries of environments may hang there


def _named(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, ArenaError) else ""


class _Served:
    """One environment, of any interface."""

    def __init__(self, spec: dict[str, Any], render_mode: str | None) -> None:
        self._spec = EnvSpec.from_json(spec)
        self.env: Any = build(self._spec, render_mode)
        self._reset, self._step = {
            "gymnasium": (self._plain_reset, self._plain_step),
            "parallel": (self._plain_reset, self._parallel_step),
            "aec": (self._turns_reset, self._turns_step),
        }[self._spec.interface]

    def answer(self, do: str, *told: Any) -> Any:
        """Does one thing; "reset" and "step" differ by interface, all else is the environment's own method."""
        if do == "step":
            return self._step(*told)
        if do == "reset":
            return self._reset(*told)
        method: Callable[..., Any] = getattr(self.env, do)
        return method(*told)

    def about(self) -> dict[str, Any]:
        """Returns what its proxy shows without asking."""
        env = self.env
        about = {
            "metadata": {key: value for key, value in env.metadata.items() if _is_plain(value)},
            "doc": getattr(env, "unwrapped", env).__doc__ or "",
        }
        if self._spec.interface == "gymnasium":
            return {**about, "spaces": (env.observation_space, env.action_space)}
        names = list(env.possible_agents)
        return {**about, "spaces": {name: (env.observation_space(name), env.action_space(name)) for name in names}}

    def _plain_reset(self, seed: int | None, options: dict[str, Any] | None) -> Any:
        found = self.env.reset(seed=seed, options=options)
        return (*found, list(self.env.agents)) if self._spec.interface == "parallel" else found

    def _plain_step(self, action: Any) -> Any:
        return self.env.step(action)

    def _parallel_step(self, actions: dict[str, Any]) -> Any:
        return (*self.env.step(actions), list(self.env.agents))

    def _turns_reset(self, seed: int | None, options: dict[str, Any] | None) -> Any:
        self.env.reset(seed=seed, options=options)
        return self._turn()

    def _turns_step(self, action: Any) -> Any:
        self.env.step(action)
        return self._turn()

    def _turn(self) -> Any:
        """Returns all that an AEC environment shows after a move."""
        env, names = self.env, ("rewards", "terminations", "truncations", "infos", "_cumulative_rewards")
        selected = env.agent_selection if env.agents else None
        state = {"agents": list(env.agents), "agent_selection": selected, **{n: dict(getattr(env, n)) for n in names}}
        return state, None if selected is None else env.observe(selected)


def _is_plain(value: Any) -> bool:
    try:
        dumps(value)
    except TypeError:
        return False
    return True
