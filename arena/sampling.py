"""A uniformly random legal action of any space, drawn from a generator alone: what checks and golden episodes play."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.errors import EnvError

__all__ = ["legal_action"]

_LETTERS = 20  # of a random text at most, where the space allows more


def legal_action(space: spaces.Space[Any], mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
    """Returns a random element of an action space; where actions are numbered, one that the mask allows.

    Unlike `space.sample()` it leaves the space's own generator alone. A side of a `Box` without a bound is drawn from a
    normal (no bound at all) or exponential distribution (one bound), as Gymnasium does.

    Raises:
        EnvError: a kind of space that is none of Gymnasium's fundamental ones, Dict or Tuple.
    """
    if isinstance(space, spaces.Discrete):
        chosen = random.integers(space.n) if mask is None else random.choice(np.flatnonzero(mask))
        return int(space.start) + int(chosen)
    if isinstance(space, spaces.Box):
        return _box(space, random)
    if isinstance(space, spaces.MultiDiscrete):
        return (space.start + random.integers(space.nvec)).astype(space.dtype)
    if isinstance(space, spaces.MultiBinary):
        return random.integers(2, size=space.shape).astype(space.dtype)
    if isinstance(space, spaces.Text):
        length = random.integers(space.min_length, max(space.min_length, min(space.max_length, _LETTERS)) + 1)
        return "".join(random.choice(sorted(space.character_set), size=length))
    if isinstance(space, spaces.Dict):
        return {key: legal_action(part, None, random) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(legal_action(part, None, random) for part in space.spaces)
    raise EnvError(f"no rule to draw an action from a {type(space).__name__} space")


def _box(space: spaces.Box, random: np.random.Generator) -> npt.NDArray[Any]:
    if np.issubdtype(space.dtype, np.integer):
        return random.integers(space.low, space.high, endpoint=True, dtype=space.dtype, size=space.shape)
    if space.is_bounded():
        return np.asarray(random.uniform(space.low, space.high)).astype(space.dtype)
    low, high = np.isfinite(space.low), np.isfinite(space.high)
    drawn = random.standard_normal(space.shape)
    beyond = random.standard_exponential(space.shape)
    within = random.random(space.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        both = space.low + within * (space.high - space.low)
        drawn = np.select([low & high, low, high], [both, space.low + beyond, space.high - beyond], drawn)
    return np.asarray(drawn).astype(space.dtype)
