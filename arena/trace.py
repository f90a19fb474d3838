"""What an episode presented, step by step, as one digest, and two bytes a step that name the first difference."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["TICK_BYTES", "Trace"]

TICK_BYTES = 2
_LONG = 1024  # bytes of a step beyond which its SHA-256 stands for it, so that a picture is read once
_FLUSH = 64  # steps that are hashed together: a call costs more than the hashing of a short step


class Trace:
    """The running SHA-256 over all steps' bytes in order, and of each step the low 16 bits of its CRC-32.

    A step of more than 1024 bytes enters both as its own SHA-256. The checksum only has to find where two episodes
    part that have different digests; that they are the same is shown by the digest alone.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._ticks: list[int] = []
        self._pending: list[bytes] = []

    def add(self, step: bytes) -> None:
        """Takes the bytes of one step."""
        pending = self._pending
        pending.append(step if len(step) <= _LONG else hashlib.sha256(step).digest())
        if len(pending) == _FLUSH:
            self._flush()

    def extend(self, steps: npt.NDArray[np.uint8]) -> None:
        """Takes in many steps of one size: (steps, bytes)."""
        if steps.shape[1] > _LONG:
            for step in steps:
                self.add(step.tobytes())
            return
        self._flush()
        self._hash.update(steps.data)
        self._ticks += map(zlib.crc32, steps.view(f"V{steps.shape[1]}")[:, 0].tolist())

    @property
    def digest(self) -> bytes:
        """32 bytes over all steps so far."""
        self._flush()
        return self._hash.digest()

    @property
    def ticks(self) -> bytes:
        """Two bytes per step so far, little-endian."""
        self._flush()
        return np.array(self._ticks, "<u4").astype("<u2").tobytes()

    def _flush(self) -> None:
        self._hash.update(b"".join(self._pending))
        self._ticks += map(zlib.crc32, self._pending)
        self._pending.clear()
