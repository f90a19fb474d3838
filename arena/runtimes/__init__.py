"""Runtimes: interpreters of their own for environments whose packages cannot share the user's.

A runtime is a lock (exact pins, `locks.py`), made into a virtual environment by `arena install` (`install.py`). Its
environments are stepped by a process of that interpreter (`host.py`, started through `bootstrap.py`) and appear in
this process as ordinary environments (`proxy.py`); `wire.py` is what the two say to each other.
"""

from __future__ import annotations

import os

__all__ = ["HERE_VARIABLE", "LOCAL", "here"]

LOCAL = "local"  # the user's own interpreter
HERE_VARIABLE = "ARENA_RUNTIME"


def here() -> str:
    """Returns the name of the runtime whose interpreter this is."""
    return os.environ.get(HERE_VARIABLE, LOCAL)
