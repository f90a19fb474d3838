"""Hostile agents that reach for the line to the harness: the stub's own objects are theirs to use."""

from __future__ import annotations

import ctypes
import gc
import inspect
import os
import pickle
import socket
import threading
import time
from typing import Any

import numpy as np

from arena.agent import Agent, Batch
from arena.sandbox import wire


class Bomb:
    """Makes a file where it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


class Forger(Agent):
    """Does what `kind` names at its first move."""

    def __init__(self, *, kind: str, path: str = "", **given: Any) -> None:
        super().__init__(**given)
        self._kind, self._path = kind, path

    def act(self, batch: Batch) -> Any:
        server = next(thing for thing in gc.get_objects() if type(thing).__name__ == "_Server")
        self.line: socket.socket = server._socket
        self.said = server._said
        self.batch = batch
        return getattr(self, self._kind)(np.zeros(len(batch.active), dtype=np.int64))

    def _send(self, data: bytes) -> None:
        self.line.send(data)
        time.sleep(60)

    def pickle_bomb(self, zeros: Any) -> Any:
        self._send(pickle.dumps(Bomb(self._path)))

    def garbage(self, zeros: Any) -> Any:
        self._send(bytes(range(24)))

    def too_short(self, zeros: Any) -> Any:
        self._send(b"x")

    def too_long(self, zeros: Any) -> Any:
        self._send(bytes(wire.HEADER.size + wire.TEXT_BYTES + 1))

    def forged_nonce(self, zeros: Any) -> Any:
        self._send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.DONE, 42, 0, 0))

    def huge_claim(self, zeros: Any) -> Any:
        """The right nonce, from the stub's own frame, and a text that is not there."""
        self._send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.ERROR, self._nonce(), 2**32 - 1, 0))

    def wrong_kind(self, zeros: Any) -> Any:
        self._send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.HELLO, self._nonce(), 0, 0))

    def answer_twice(self, zeros: Any) -> Any:
        self.line.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.DONE, self._nonce(), 0, 0))
        return zeros

    def send_files(self, zeros: Any) -> Any:
        socket.send_fds(self.line, [bytes(24)], [0, 1, 2])
        time.sleep(60)

    def close_everything(self, zeros: Any) -> Any:
        os.closerange(0, 256)
        time.sleep(60)

    def raw_flag(self, zeros: Any) -> Any:
        self.said._flags[:] = 200
        self.line.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.DONE, self._nonce(), 0, 0))
        time.sleep(60)

    def raw_length(self, zeros: Any) -> Any:
        self.said._flags[:] = 1
        self.said._whys._lengths[:] = 2**32 - 1
        self.line.send(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.DONE, self._nonce(), 0, 0))
        time.sleep(60)

    def change_after_the_check(self, zeros: Any) -> Any:
        """A thread that turns good answers into bad ones, as fast as it can, after they were given."""

        def change() -> None:
            while True:
                self.said._places[:] = 1
                self.said._places[:] = 10**12

        if threading.active_count() == 1:
            threading.Thread(target=change, daemon=True).start()
        return zeros

    def shrink(self, zeros: Any) -> Any:
        done = []
        for fd in range(3, 64):
            try:
                os.ftruncate(fd, 0)
                done.append(fd)
            except OSError:
                pass
        print("could shrink" if done else "refused shrink")
        return zeros

    def write_observations(self, zeros: Any) -> Any:
        observations = self.batch.observations
        try:
            observations.flags.writeable = True
            observations[...] = 7
            print("could write")
        except ValueError:
            print("refused write")
        address = observations.__array_interface__["data"][0]
        read_and_write = 3
        if ctypes.CDLL(None).mprotect(ctypes.c_void_p(address & ~4095), ctypes.c_size_t(4096), read_and_write) == 0:
            ctypes.memset(address, 7, 8)
            print("could write after mprotect")
        else:
            print("refused mprotect")
        return zeros

    def _nonce(self) -> int:
        """Returns the number of the question that is being answered."""
        frame = inspect.currentframe()
        while frame is not None and "nonce" not in frame.f_locals:
            frame = frame.f_back
        assert frame is not None
        return int(frame.f_locals["nonce"])
