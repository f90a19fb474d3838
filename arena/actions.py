"""Actions: what an agent may answer, checked before the environment sees it, and how the record keeps it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

__all__ = [
    "Actions",
    "BadAction",
    "canonical_action",
    "canonical_actions",
    "decode_actions",
    "encode_actions",
    "listed",
]


class BadAction(Exception):
    """An action that may not be played; `cause` is from the outcome table."""

    def __init__(self, cause: str, why: str) -> None:
        super().__init__(why)
        self.cause = cause


def canonical_action(space: spaces.Space[Any], action: Any, mask: npt.NDArray[np.bool_] | None) -> Any:
    """Returns an action in the one form that the environment is given, live and in replay: int, array or str.

    Nothing is clipped, rounded or guessed.

    Raises:
        BadAction: "invalid_action" (type, shape, not finite, out of range) or "illegal_action" (the mask forbids it).
    """
    try:
        return _canonical(space, action, mask)
    except BadAction:
        raise
    except Exception as error:  # a stranger's object may raise anything when it is looked at
        why = f"an object that cannot be read: {type(error).__name__}; expected an element of {_short(space)}"
        raise BadAction("invalid_action", why) from error


Actions = list[Any] | npt.NDArray[Any]  # one after the other, or as an array of numbers or boxes


def canonical_actions(
    space: spaces.Space[Any], answers: Any, rows: npt.NDArray[np.intp], masks: npt.NDArray[np.bool_] | None
) -> Actions:
    """Returns `canonical_action` of the answers at some rows of a batch.

    Arrays of numbers are checked, and returned, at once (`listed` takes them apart); where anything in them may not be
    played, each is looked at alone, and a list holds a BadAction or exception in its place.
    """
    if type(answers) is np.ndarray:
        chosen = answers[rows]
        if isinstance(space, spaces.Discrete) and chosen.dtype.kind == "i" and chosen.ndim == 1:
            places = chosen - space.start
            if places.min() >= 0 and places.max() < space.n and (masks is None or masks[rows, places].all()):
                return chosen
        elif isinstance(space, spaces.Box) and chosen.dtype == space.dtype and chosen.shape[1:] == space.shape:
            is_within = (chosen >= space.low) & (chosen <= space.high) & np.isfinite(chosen)
            if is_within.all():
                return chosen
    return [_canonical_or_bad(space, answers[row], None if masks is None else masks[row]) for row in rows.tolist()]


def listed(space: spaces.Space[Any], actions: Actions) -> list[Any]:
    """Returns the actions one after the other, each as `canonical_action` gives it: int or array."""
    if isinstance(actions, list):
        return actions
    return list(actions.tolist()) if isinstance(space, spaces.Discrete) else [np.asarray(action) for action in actions]


def _canonical_or_bad(space: spaces.Space[Any], answer: Any, mask: npt.NDArray[np.bool_] | None) -> Any:
    if isinstance(answer, BaseException):
        return answer
    try:
        return canonical_action(space, answer, mask)
    except BadAction as error:
        return error


def _canonical(space: spaces.Space[Any], action: Any, mask: npt.NDArray[np.bool_] | None) -> Any:
    if isinstance(space, spaces.Discrete):
        number = _integer(action)
        if not space.start <= number < space.start + space.n:
            raise BadAction("invalid_action", f"action {_short(number)} is out of range; expected {_span(space)}")
        if mask is not None and not mask[number - space.start]:
            legal = [int(a) + int(space.start) for a in np.flatnonzero(mask)[:20]]
            raise BadAction("illegal_action", f"action {number} is not legal now; legal are {legal}")
        return number
    if isinstance(space, spaces.Box):
        return _box(space, action)
    if isinstance(space, spaces.Tuple) and isinstance(action, (tuple, list)) and len(action) == len(space.spaces):
        return tuple(_canonical(part, item, None) for part, item in zip(space.spaces, action, strict=True))
    if isinstance(space, spaces.Dict) and isinstance(action, dict) and set(action) == set(space.spaces):
        return {key: _canonical(part, action[key], None) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Text):
        if not isinstance(action, str):
            raise BadAction("invalid_action", f"got {type(action).__name__}; expected text")
        action = str.__str__(action)  # of a subclass, the plain text
    if isinstance(space, (spaces.MultiDiscrete, spaces.MultiBinary)):
        action = _array(action, space.shape, space.dtype)
    if not space.contains(action):
        raise BadAction("invalid_action", f"got {_short(action)}; expected an element of {_short(space)}")
    return action


def _integer(action: Any) -> int:
    if type(action) is int or type(action) is np.int64:  # the common case, without a detour
        return int(action)
    if isinstance(action, (bool, np.bool_)) or np.ndim(action) != 0:
        raise BadAction("invalid_action", f"got {_short(action)}; expected one integer")
    number = action.item() if isinstance(action, (np.ndarray, np.generic)) or hasattr(action, "item") else action
    if isinstance(number, bool) or not isinstance(number, int):
        raise BadAction("invalid_action", f"got {_short(action)}; expected one integer")
    return int.__index__(number)  # of a subclass (an enumeration), the plain number


def _array(action: Any, shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    array = np.asarray(action)
    kinds = "biuf" if np.issubdtype(dtype, np.floating) else "biu"
    if array.dtype.kind not in kinds or array.shape != shape:
        raise BadAction("invalid_action", f"got shape {array.shape} of {array.dtype}; expected {shape} of {dtype}")
    with np.errstate(over="ignore"):  # becomes infinite, which no space holds
        cast = array.astype(dtype)
    if kinds == "biu" and (cast != array).any():
        raise BadAction("invalid_action", f"out of range of {dtype}: {_short(array)}")
    return cast


def _box(space: spaces.Box, action: Any) -> npt.NDArray[Any]:
    array = _array(action, space.shape, space.dtype)
    if not np.isfinite(array).all():
        raise BadAction("invalid_action", f"not finite: {_short(array)}")
    if (array < space.low).any() or (array > space.high).any():
        raise BadAction(
            "invalid_action", f"out of range: {_short(array)}; expected [{space.low.min()}, {space.high.max()}]"
        )
    return array


def _span(space: spaces.Discrete) -> str:
    return f"{space.start} to {space.start + space.n - 1}"


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # an agent's object may raise from repr
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text if len(text) <= 200 else text[:200] + "..."


_SIZES = [(kind, np.iinfo(kind).min, np.iinfo(kind).max) for kind in (np.uint8, np.int16, np.int32, np.int64)]


def encode_actions(space: spaces.Space[Any], actions: Sequence[Any]) -> npt.NDArray[Any]:
    """Returns canonical actions as one array: smallest integers, stacked boxes, or UTF-8 JSON for all else."""
    if isinstance(space, spaces.Discrete):
        low, high = int(space.start), int(space.start + space.n) - 1
        return np.array(actions, next(kind for kind, least, most in _SIZES if least <= low and high <= most))
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        return np.asarray(actions, dtype=space.dtype).reshape(len(actions), *space.shape)
    plain = list(actions) if isinstance(space, spaces.Text) else space.to_jsonable(list(actions))
    return np.frombuffer(json.dumps(plain).encode(), np.uint8)


def decode_actions(space: spaces.Space[Any], array: npt.NDArray[Any]) -> list[Any]:
    """Returns what `encode_actions` was given."""
    if isinstance(space, spaces.Discrete):
        return [int(number) for number in array]
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        return [np.array(action) for action in array]  # an array also where the space has no dimensions
    plain = json.loads(array.tobytes())
    if isinstance(space, spaces.Text):
        return list(plain)
    return [canonical_action(space, action, None) for action in space.from_jsonable(plain)]
