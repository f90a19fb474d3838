"""Nests of dicts and tuples, as observations and actions of composite spaces are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["map_nest"]


def map_nest(apply: Callable[..., Any], nest: Any, *others: Any) -> Any:
    """Returns a nest of what `apply` makes of each leaf of `nest`, given what lies at the same places of `others`.

    Example:
        >>> map_nest(lambda a, b: a + b, {"x": 1, "y": (2, 3)}, {"x": 10, "y": (20, 30)})
        {'x': 11, 'y': (22, 33)}
    """
    if isinstance(nest, dict):
        return {key: map_nest(apply, part, *(other[key] for other in others)) for key, part in nest.items()}
    if isinstance(nest, tuple):
        return tuple(map_nest(apply, *parts) for parts in zip(nest, *others, strict=True))
    return apply(nest, *others)
