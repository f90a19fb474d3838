"""Seeds and random streams: public dev seeds, hidden test seeds, and one counter-based stream per episode and seat."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.errors import ArenaError

__all__ = ["RowRandom", "episode_seeds", "stream_key"]

_HALF = (
    1 << 30
)  # dev seeds lie below, test seeds in [2^30, 2^31): disjoint by construction, and valid for every package
TRAIN_SEEDS = 1 << 31  # training draws its seeds from [2^31, 2^32), so it never meets an evaluation seed
TEST_KEY_VARIABLE = "ARENA_TEST_KEY"


def episode_seeds(env_id: str, count: int, split: str = "dev") -> list[int]:
    """Returns the first `count` evaluation seeds of an environment; a longer list begins with the shorter one.

    `dev` seeds are public: SHA-256 of the id and the position. `test` seeds are keyed (HMAC) with the secret in the
    environment variable ARENA_TEST_KEY, so that only who holds the key knows them.

    Raises:
        ArenaError: an unknown split, or `test` without the key.
    """
    if split == "dev":
        key, offset = b"arena dev seeds 1", 0
    elif split == "test":
        secret = os.environ.get(TEST_KEY_VARIABLE, "")
        if not secret:
            raise ArenaError(f"test seeds are hidden: set {TEST_KEY_VARIABLE} to the board's key, or use --seeds dev")
        key, offset = secret.encode(), _HALF
    else:
        raise ArenaError(f"unknown seed split {split!r}; expected 'dev' or 'test'")
    return [
        offset + int.from_bytes(hmac.digest(key, f"{env_id}#{k}".encode(), "sha256")[:4], "big") % _HALF
        for k in range(count)
    ]


def stream_key(*parts: object) -> int:
    """Returns the 64-bit key of the random stream that belongs to these parts (say, an episode key and a seat)."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class RowRandom:
    """Random numbers for a batch of rows, each from its own stream, so that no row depends on its neighbours.

    Row r's k-th call of step t reads SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
    generators", figure 16) at counter t * 2^24 + offset, starting from the row's hashed key: counter-based, so it
    needs no state per row and is computed for the whole batch at once. `keys` and `steps` are what it was made from.
    """

    def __init__(self, keys: npt.ArrayLike, steps: npt.ArrayLike) -> None:
        self.keys = np.asarray(keys, dtype=np.uint64)
        self.steps = np.asarray(steps, dtype=np.uint64)
        self._base = self.steps << np.uint64(24)
        self._used = 0

    def _bits(self, size: int) -> npt.NDArray[np.uint64]:
        counters = self._base[:, None] + np.arange(self._used + 1, self._used + size + 1, dtype=np.uint64)
        self._used += size
        z: Any = self.keys[:, None] + counters * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ np.right_shift(z, np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ np.right_shift(z, np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits: npt.NDArray[np.uint64] = z ^ np.right_shift(z, np.uint64(31))
        return bits

    def uniform(self, size: int = 1) -> npt.NDArray[np.float64]:
        """Returns (rows, size) float64 in [0, 1)."""
        return (self._bits(size) // np.uint64(2048)).astype(np.float64) * 2.0**-53

    def normal(self, size: int = 1) -> npt.NDArray[np.float64]:
        """Returns (rows, size) float64 standard normal numbers (Box-Muller)."""
        u = self.uniform(2 * size)
        return np.sqrt(-2.0 * np.log1p(-u[:, :size])) * np.cos(2.0 * np.pi * u[:, size:])

    def generator(self, row: int) -> np.random.Generator:
        """Returns a NumPy generator for one row and this step: slower, for agents written one observation at a time."""
        # an array: NumPy would read a list of two such numbers as floats, and lose bits of the key
        key = np.array([self.keys[row], self._base[row]], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))
