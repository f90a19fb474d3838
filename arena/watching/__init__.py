"""Watching: one episode replayed from its record, as pictures, pages or a transcript."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.watching.filming import Film, Frame, film, median_episode
    from arena.watching.video import write_video

__all__ = ["Film", "Frame", "film", "median_episode", "write_video"]

# Loaded on first use: the command line declares `arena watch` each time it starts
_HOME = {**dict.fromkeys(__all__, "arena.watching.filming"), "write_video": "arena.watching.video"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'arena.watching' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
