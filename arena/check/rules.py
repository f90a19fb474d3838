"""The rules that hold at every moment of an episode: what one seat is given, and how it can be wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from arena.errors import EnvError

__all__ = ["RULES", "Moment", "Problem", "fault", "is_number", "mask_of", "outside", "same", "short"]


class Moment(NamedTuple):
    """What one seat was given at one step; `observation` is None where a waiting seat was not shown anything."""

    agent: str | None
    space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    observation: Any
    reward: Any
    terminated: Any
    truncated: Any
    info: Any
    is_acting: bool


class Problem(NamedTuple):
    """How a rule was broken."""

    came: str
    expected: str
    do: str


def _observation(moment: Moment) -> Problem | None:
    if moment.observation is None and not moment.is_acting:
        return None
    if wrong := outside(moment.space, moment.observation):
        return Problem(wrong, f"an element of {short(moment.space)}", "Widen the space, or mend the observation.")
    return None


def _reward(moment: Moment) -> Problem | None:
    reward = moment.reward
    if isinstance(reward, (bool, np.bool_)) or not is_number(reward):
        return Problem(f"the reward {short(reward)}, a {type(reward).__name__}", "one number", "Return a float.")
    if not math.isfinite(reward):
        return Problem(f"the reward {reward}", "a finite number", "Mend the division or logarithm behind it.")
    return None


def _flags(moment: Moment) -> Problem | None:
    for name, flag in (("terminated", moment.terminated), ("truncated", moment.truncated)):
        if not isinstance(flag, (bool, np.bool_)):
            came = f"{name} is {short(flag)}, a {type(flag).__name__}"
            return Problem(came, "True or False", f"Return bool({name}).")
    return None


def _info(moment: Moment) -> Problem | None:
    if not isinstance(moment.info, dict):
        came = f"an info that is a {type(moment.info).__name__}"
        return Problem(came, "a dict", "Return {} where there is nothing to say.")
    if not isinstance(metrics := moment.info.get("metrics", {}), Mapping):
        return Problem(f'info["metrics"] is {short(metrics)}', "a dict of numbers", "Return a dict of floats by name.")
    return None


def _mask(moment: Moment) -> Problem | None:
    mask = mask_of(moment.observation, moment.info)
    if mask is None or not moment.is_acting:
        return None
    space, array = moment.action_space, np.asarray(mask)
    if not isinstance(space, spaces.Discrete):
        return Problem(
            f"a mask for actions of {short(space)}", "masks for numbered actions only", "Number them, or drop the mask."
        )
    if array.shape != (space.n,) or not np.isin(array, (0, 1)).all():
        came = f"a mask of shape {array.shape} with values {short(np.unique(array).tolist())}"
        return Problem(came, f"shape ({space.n},), 0 or 1 for each action", "Give one 0 or 1 per action.")
    if not array.any():
        do = "End the episode where nobody can move, or add a pass."
        return Problem("an empty mask", "at least one legal action for a seat that must act", do)
    return None


RULES: dict[str, Callable[[Moment], Problem | None]] = {
    "observations": _observation,
    "rewards": _reward,
    "flags": _flags,
    "infos": _info,
    "masks": _mask,
}


def outside(space: spaces.Space[Any], value: Any, name: str = "an observation") -> str:
    """Returns how a value falls outside its space, dtype included, or ""."""
    if isinstance(space, spaces.Dict) and isinstance(value, dict):
        if value.keys() != space.spaces.keys():
            return f"{name} with the keys {sorted(map(str, value))}"
        parts = ((f"{name}[{key!r}]", part, value[key]) for key, part in space.spaces.items())
    elif isinstance(space, spaces.Tuple) and isinstance(value, tuple) and len(value) == len(space.spaces):
        parts = ((f"{name}[{k}]", part, value[k]) for k, part in enumerate(space.spaces))
    else:
        return _outside(space, value, name)
    return next((wrong for key, part, item in parts if (wrong := outside(part, item, key))), "")


def _outside(space: spaces.Space[Any], value: Any, name: str) -> str:
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        if not isinstance(value, (np.ndarray, np.generic)):
            return f"{name} that is a {type(value).__name__}, {short(value)}"
        if (value.shape, value.dtype) != (space.shape, space.dtype):
            return f"{name} of shape {value.shape} and dtype {value.dtype}"
        if np.issubdtype(value.dtype, np.floating) and np.isnan(value).any():
            return f"{name} that holds NaN"
        if isinstance(space, spaces.Box) and not space.contains(value):
            return f"{name} from {value.min()} to {value.max()}"
    if not space.contains(value):
        return f"{name} that is {short(value)}, a {type(value).__name__}"
    return ""


def mask_of(observation: Any, info: Any) -> Any:
    """Returns the legal-action mask that came with an observation, or None."""
    if isinstance(observation, dict) and "action_mask" in observation:
        return observation["action_mask"]
    return info.get("action_mask") if isinstance(info, dict) else None


def short(value: Any) -> str:
    """Returns what a value looks like, in at most a line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:120] + "..."


def same(one: Any, other: Any) -> bool:
    """Whether two observations are equal, whatever nest they are."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, (tuple, list)):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=np.issubdtype(one.dtype, np.inexact))
    return type(one) is type(other) and bool(one == other)


def is_number(reward: Any) -> bool:
    """Whether a reward is one number, of Python or NumPy."""
    return isinstance(reward, (int, float, np.integer, np.floating))


def fault(error: BaseException) -> str:
    """Returns an exception as a few words."""
    return f"{type(error).__name__}: {short(str(error))}" if not isinstance(error, EnvError) else str(error)
