"""Messages between the harness and its workers: a length-prefixed JSON header and raw bytes over a socket."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

__all__ = ["Frames"]

_SIZES = struct.Struct("<II")


class Frames:
    """Sends and receives frames on one connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = bytearray()

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Sends one frame.

        Raises:
            OSError: the other side is gone.
        """
        head = json.dumps(header).encode()
        self.socket.sendall(_SIZES.pack(len(head), len(body)) + head + body)

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """Waits for one frame; None when the other side is gone."""
        while (frame := self.take()) is None:
            if not self.fill():
                return None
        return frame

    def fill(self) -> bool:
        """Reads what has arrived (waits for something); False when the other side is gone."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)

    def take(self) -> tuple[dict[str, Any], bytes] | None:
        """Returns the next frame that has arrived whole, or None."""
        if len(self._buffer) < _SIZES.size:
            return None
        head, body = _SIZES.unpack_from(self._buffer)
        end = _SIZES.size + head + body
        if len(self._buffer) < end:
            return None
        header = json.loads(self._buffer[_SIZES.size : _SIZES.size + head])
        data = bytes(self._buffer[_SIZES.size + head : end])
        del self._buffer[:end]
        return header, data
