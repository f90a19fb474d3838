"""What a check is given: the environment's spec, the time it may take, and an instance that checks share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from arena.check.playing import Player
from arena.check.report import Finding
from arena.registry import build
from arena.spec import EnvSpec

__all__ = ["Check", "Clock", "Subject"]


class Subject:
    """One environment under examination.

    Attributes:
        budget: seconds that all its checks may take together.
        broken_by: the check that found that no episode can be played to its end, or "".
    """

    def __init__(self, spec: EnvSpec, budget: float) -> None:
        self.spec = spec
        self.budget = budget
        self.broken_by = ""

    def build(self) -> Any:
        """Makes a new instance."""
        return build(self.spec)

    @cached_property
    def env(self) -> Any:
        """An instance for checks that leave nothing behind."""
        return self.build()

    @cached_property
    def player(self) -> Player:
        """A player of that instance."""
        return Player(self.spec, self.env)

    def clock(self, share: float) -> Clock:
        """Starts the clock of a check that may take this share of the budget."""
        return Clock(share * self.budget)

    def close(self) -> None:
        """Closes the shared instance."""
        if "env" in self.__dict__:
            self.env.close()


class Clock:
    """Time that runs out."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.spent >= self.seconds


class Check(NamedTuple):
    """A function that vouches for some names: one that it does not mention has passed."""

    names: tuple[str, ...]
    run: Callable[[Subject], Iterator[Finding]]
