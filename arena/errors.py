"""Arena's own exceptions: each says what came, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArenaError",
    "AgentError",
    "EnvError",
    "ProviderError",
    "RecordError",
    "SandboxError",
    "SpecError",
    "UnavailableError",
    "UnknownNameError",
    "UnparsableError",
    "explain",
    "unknown",
]


class ArenaError(Exception):
    """Base of all errors that Arena raises on purpose; the command line prints it and exits with 1."""


class UnknownNameError(ArenaError, KeyError):
    """A name (environment, agent, suite, view, wrapper) that is not registered."""

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class UnavailableError(ArenaError):
    """A registered thing whose package, binary or licence is missing; the message says how to get it."""


class SpecError(ArenaError, ValueError):
    """An environment, suite or wrapper description that contradicts itself or the code it names."""


class AgentError(ArenaError):
    """An agent that cannot be found, loaded or seated."""


class EnvError(ArenaError):
    """An environment that broke its own contract (not one that raised: that exception is kept as it is)."""


class ProviderError(ArenaError):
    """A model's endpoint that gave no answer after all tries: an agent answers with it, and the episode is no score."""


class RecordError(ArenaError):
    """A record that is damaged, edited, of another schema, or that cannot be written."""


class SandboxError(ArenaError):
    """A box for a stranger's agent that could not be made as ordered: the harness's failure, never the agent's."""


class UnparsableError(ArenaError, ValueError):
    """An answer from which a view's parser can read no action; never replaced by a guess."""


def explain(error: BaseException) -> str:
    """Returns an exception's kind and text, also where a stranger's exception raises from its own text."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as second:
        return f"{type(error).__name__}: (its text raised {type(second).__name__})"


def unknown(kind: str, name: str, known: Iterable[str], hint: str = "") -> UnknownNameError:
    """Returns the error for an unknown name, with the nearest known one.

    Example:
        >>> print(unknown("environment", "grid/maz-v0", ["grid/maze-v0"]))
        unknown environment 'grid/maz-v0'; did you mean 'grid/maze-v0'?
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    return UnknownNameError(f"unknown {kind} {name!r}{guess}{'; ' + hint if hint else ''}")
