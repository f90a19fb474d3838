"""Views: how a seat sees its turn and how its answer is read as an action; part of the protocol, named, digested."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.errors import UnparsableError, unknown
from arena.loading import load_symbol
from arena.spec import EnvSpec

if TYPE_CHECKING:
    import gymnasium  # importing it loads every family (arena.gymnasium_ids), and those import View from here

__all__ = ["View", "make_view", "parse_choice", "view_digest", "view_names", "seat_spaces"]

ARRAY = "array"


class View:
    """One seat's view of one environment instance; this base class passes arrays through as they are (view `array`).

    A view lives as long as its environment. The harness calls `observe` at each of the seat's turns and then `parse`
    on the agent's answer; what `parse` returns goes to the environment and into the record, so that a replay needs no
    view. A subclass that shows text sets `observation_space` and `action_space` to `gymnasium.spaces.Text`.

    Attributes:
        observation_space: of what `observe` returns.
        action_space: of the agent's answers, before `parse`.
    """

    options: dict[str, Any] = {}  # what shapes the view, say whether legal moves are shown; part of its digest

    def __init__(self, env: Any, agent: str | None) -> None:
        """Takes the environment as built from its spec, and the PettingZoo name of the seat (None: one seat)."""
        self.env = env
        self.agent = agent
        self.observation_space, self.action_space = seat_spaces(env, agent)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        """Returns what the agent sees and its mask of legal answers (bool array, or None when all are legal)."""
        return observation, mask

    def parse(self, answer: Any) -> Any:
        """Returns the environment's action for an answer.

        Raises:
            UnparsableError: no action can be read; a parser never falls back to a move that was not stated.
        """
        return answer

    def default(self, mask: Any) -> Any | None:
        """Returns the native action played, and counted, after two unparsable answers; None makes that a failure.

        Here: the lowest legal action where actions are numbered, else None.
        """
        from gymnasium import spaces

        _, space = seat_spaces(self.env, self.agent)
        if not isinstance(space, spaces.Discrete):
            return None
        return int(space.start) + (0 if mask is None else int(np.argmax(mask)))


def seat_spaces(env: Any, agent: str | None) -> tuple[gymnasium.Space[Any], gymnasium.Space[Any]]:
    """Returns a seat's native observation space (without a PettingZoo action mask) and action space."""
    from gymnasium import spaces

    observation_space = env.observation_space if agent is None else env.observation_space(agent)
    action_space = env.action_space if agent is None else env.action_space(agent)
    if isinstance(observation_space, spaces.Dict) and "action_mask" in observation_space.spaces:
        observation_space = observation_space.spaces["observation"]
    return observation_space, action_space


def parse_choice(answer: str, choices: list[str]) -> int:
    """Returns which of the named choices an answer states: its last line, ignoring case and surrounding space.

    A leading "action:" or ">" is allowed. Nothing else is: no guess, no nearest match.

    Raises:
        UnparsableError: the last line is none of the choices.
    """
    lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
    stated = lines[-1] if lines else ""
    for prefix in ("action:", ">"):
        if stated.lower().startswith(prefix):
            stated = stated[len(prefix) :].strip()
    lowered = [choice.lower() for choice in choices]
    if stated.lower() not in lowered:
        raise UnparsableError(f"{stated[:80]!r} is not one of: {', '.join(choices)}")
    return lowered.index(stated.lower())


def view_names(spec: EnvSpec) -> list[str]:
    """Returns the views of an environment; every one has `array`."""
    return sorted({ARRAY, *spec.views})


def _view_class(spec: EnvSpec, name: str) -> type[View]:
    if name in spec.views:
        cls: type[View] = load_symbol(spec.views[name])
        return cls
    if name == ARRAY:
        return View
    raise unknown(f"view of {spec.id}", name, view_names(spec))


def make_view(spec: EnvSpec, name: str, env: Any, agent: str | None = None) -> View:
    """Makes a seat's view by name.

    Raises:
        UnknownNameError: the environment has no such view.
    """
    return _view_class(spec, name)(env, agent)


def view_digest(spec: EnvSpec, name: str) -> str:
    """Returns 16 hex digits that change with the view's options or any code file of its class and bases.

    Scores of two digests are never pooled.
    """
    cls = _view_class(spec, name)
    digest = hashlib.sha256(json.dumps([name, cls.__qualname__, cls.options], sort_keys=True).encode())
    for base in cls.__mro__[:-1]:
        digest.update(Path(inspect.getsourcefile(base) or "").read_bytes())
    return digest.hexdigest()[:16]
