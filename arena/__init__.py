"""Arena: environments, agents, one harness, and results that anybody can recompute."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.agent import Agent, Batch
    from arena.evaluation import evaluate
    from arena.registry import find, make, register, specs
    from arena.run import load_run
    from arena.spec import EnvSpec, Needs, Reference, WrapperSpec
    from arena.vector import make_vec
    from arena.verification import verify

from arena.gymnasium_ids import watch

__version__ = "0.1.0"

# Loaded on first use, so that `import arena` costs a few milliseconds and pulls in no array library.
_HOME = {
    "Agent": "arena.agent",
    "Batch": "arena.agent",
    "EnvSpec": "arena.spec",
    "Needs": "arena.spec",
    "Reference": "arena.spec",
    "WrapperSpec": "arena.spec",
    "evaluate": "arena.evaluation",
    "find": "arena.registry",
    "load_run": "arena.run",
    "make": "arena.registry",
    "make_vec": "arena.vector",
    "register": "arena.registry",
    "specs": "arena.registry",
    "verify": "arena.verification",
}

__all__ = [
    "Agent", "Batch", "EnvSpec", "Needs", "Reference", "WrapperSpec",
    "evaluate", "find", "load_run", "make", "make_vec", "register", "specs", "verify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "check":
        return importlib.import_module("arena.check")
    if name not in _HOME:
        raise AttributeError(f"module 'arena' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_HOME]


watch()
