"""What a harness and a runtime's process say to each other: pickles of plain data, arrays and spaces over a socket.

Both ends are Arena itself and the environment's own packages, which the user installed; no agent's bytes come through
here. Arrays and spaces travel in forms of our own, because NumPy's and Gymnasium's pickles differ between versions.
"""

from __future__ import annotations

import io
import pickle
import select
import socket
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

__all__ = ["Channel", "dumps"]

_SIZE = struct.Struct("<I")
_ROOM = 1 << 18


class Channel:
    """Sends and receives objects on one connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._room = bytearray(_ROOM)  # kept: a new one for every read would cost more than the read
        self._begin = self._end = 0  # of what has arrived and was not yet taken
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)  # the system may grant less

    def send(self, data: bytes) -> None:
        """Sends what `dumps` made; reads meanwhile, so that two ends that both send never wait for each other.

        Raises:
            OSError, EOFError: the other side is gone.
        """
        parts = [memoryview(_SIZE.pack(len(data))), memoryview(data)]
        while parts:
            try:
                sent = self.socket.sendmsg(parts, (), socket.MSG_DONTWAIT)
            except BlockingIOError:
                readable, _, _ = select.select([self.socket], [self.socket], [])
                if readable:
                    self._fill(0)
                continue
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if parts:
                parts[0] = parts[0][sent:]

    def receive(self) -> Any:
        """Waits for one object.

        Raises:
            EOFError: the other side is gone.
        """
        while self._end - self._begin < _SIZE.size:
            self._fill(_SIZE.size)
        size = _SIZE.size + _SIZE.unpack_from(self._room, self._begin)[0]
        while self._end - self._begin < size:
            self._fill(size)
        begin = self._begin
        self._begin += size
        with memoryview(self._room) as view:
            return pickle.loads(view[begin + _SIZE.size : begin + size])

    def _fill(self, wanted: int) -> None:
        """Reads what has arrived, or waits for it; makes room for `wanted` bytes in one piece."""
        if self._begin == self._end:
            self._begin = self._end = 0
        if max(wanted, self._end - self._begin + _ROOM // 2) > len(self._room) - self._begin:
            kept = self._room[self._begin : self._end]
            self._room = bytearray(max(len(self._room), wanted, len(kept) + _ROOM))
            self._room[: len(kept)] = kept
            self._begin, self._end = 0, len(kept)
        try:
            with memoryview(self._room) as view:
                count = self.socket.recv_into(view[self._end :])
        except ConnectionError:
            count = 0
        if not count:
            raise EOFError
        self._end += count


def dumps(value: Any) -> bytes:
    """Returns an object as bytes.

    Raises:
        TypeError: it holds what another interpreter may not know: expected plain data, arrays and spaces.
    """
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(value)
    return file.getvalue()


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype != object:
            return _array, (value.dtype.str, value.shape, value.tobytes())
        if isinstance(value, np.generic):
            return _scalar, (value.dtype.str, value.tobytes())
        if isinstance(value, spaces.Space):
            return _space, _described(value)
        if isinstance(value, dict):
            return dict, (list(value.items()),)
        for plain in _PLAIN:
            if isinstance(value, plain):  # of a subclass (an enumeration, a named tuple), the plain value
                return plain, (plain(value),)
        if any(value is builder for builder in _BUILDERS):
            return NotImplemented  # by name: both ends have it
        raise TypeError(f"a {type(value).__name__} cannot leave its runtime; expected plain data and arrays")


def _array(dtype: str, shape: tuple[int, ...], data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(bytearray(data), dtype).reshape(shape)  # a copy that may be written to


def _scalar(dtype: str, data: bytes) -> Any:
    return np.frombuffer(data, dtype)[0]


def _described(space: spaces.Space[Any]) -> tuple[str, tuple[Any, ...]]:
    if isinstance(space, spaces.Box):
        return "Box", (space.low, space.high, space.shape, np.dtype(space.dtype).str)
    if isinstance(space, spaces.Discrete):
        return "Discrete", (int(space.n), int(space.start))
    if isinstance(space, spaces.MultiDiscrete):
        return "MultiDiscrete", (space.nvec, space.start)
    if isinstance(space, spaces.MultiBinary):
        return "MultiBinary", (space.n if isinstance(space.n, int) else [int(n) for n in space.n],)
    if isinstance(space, spaces.Text):
        return "Text", (space.max_length, space.min_length, "".join(space.characters))
    if isinstance(space, spaces.Tuple):
        return "Tuple", (tuple(space.spaces),)
    if isinstance(space, spaces.Dict):
        return "Dict", (list(space.spaces.items()),)
    raise TypeError(f"a {type(space).__name__} space cannot leave its runtime")


def _space(kind: str, told: tuple[Any, ...]) -> spaces.Space[Any]:
    if kind == "Box":
        low, high, shape, dtype = told
        return spaces.Box(low, high, shape, np.dtype(dtype).type)
    if kind == "Discrete":
        return spaces.Discrete(told[0], start=told[1])
    if kind == "MultiDiscrete":
        return spaces.MultiDiscrete(told[0], dtype=told[0].dtype.type, start=told[1])
    if kind == "Text":
        return spaces.Text(told[0], min_length=told[1], charset=told[2])
    if kind == "Dict":
        return spaces.Dict(dict(told[0]))
    return spaces.MultiBinary(told[0]) if kind == "MultiBinary" else spaces.Tuple(told[0])


_PLAIN: tuple[Any, ...] = (int, float, str, tuple)
_BUILDERS = (_array, _scalar, _space, dict, *_PLAIN)
