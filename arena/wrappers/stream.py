"""A random stream that belongs to one wrapper: derived from the reset seed, independent of the environment's own."""

from __future__ import annotations

import numpy as np

from arena.seeding import stream_key

__all__ = ["Stream"]


class Stream:
    """Holds `random`, a generator that starts anew at each seeded reset and goes on at an unseeded one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.random = np.random.default_rng()

    def reset(self, seed: int | None) -> None:
        """Begins the stream of this seed; None goes on with the running one."""
        if seed is not None:
            self.random = np.random.default_rng(np.random.SeedSequence([seed, stream_key(self._name)]))
