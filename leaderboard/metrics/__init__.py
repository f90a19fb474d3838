"""Special metrics: what a field reports beside the mean, each by the field's own definition, one file each.

A module here holds pure functions of arrays. Where records hold what they need it also lists in `METRICS` how they are
read from a run; `arena board --metric NAME` finds it there, and nothing else is edited.
"""

from __future__ import annotations

import importlib
import pkgutil

from arena.errors import unknown
from arena.leaderboard.metrics.metric import Metric

__all__ = ["Metric", "find_metric", "metrics"]


def metrics() -> dict[str, Metric]:
    """Returns the metrics that can be read from records, by name."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [metric for module in modules for metric in getattr(module, "METRICS", ())]
    return {metric.name: metric for metric in sorted(found, key=lambda metric: metric.name)}


def find_metric(name: str) -> Metric:
    """Returns a metric by name.

    Raises:
        UnknownNameError: no such metric; names the nearest.
    """
    known = metrics()
    if name not in known:
        raise unknown("metric", name, known, f"there are {', '.join(known)}")
    return known[name]
