"""Hostile agents that must be ended, or whose answers must be refused: one method each, run at the second move."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import threading
import time
import zlib
from typing import Any

import numpy as np

from arena.agent import Agent, Batch


class Ending(Agent):
    """Plays 0 once, then does what `kind` names, one after the other where it names several with commas between.

    With `tags`, only where a row's second number is among them.
    """

    def __init__(self, *, kind: str, tags: tuple[int, ...] = (), **given: Any) -> None:
        super().__init__(**given)
        self._kind, self._tags, self._moves = kind, tags, 0
        if kind.startswith("load_"):
            getattr(self, kind)()

    def begin(self, seating: Any) -> None:
        super().begin(seating)
        if self._kind.startswith("begin_"):
            getattr(self, self._kind)()

    def act(self, batch: Batch) -> Any:
        self._moves += 1
        zeros = np.zeros(len(batch.active), dtype=np.int64)
        if self._moves == 1 or (self._tags and not np.isin(batch.observations[batch.active, 1], self._tags).any()):
            return zeros
        kinds = self._kind.split(",")
        return getattr(self, kinds[(self._moves - 2) % len(kinds)])(zeros)

    # never answering

    def load_sleep(self) -> None:
        time.sleep(60)

    def begin_loop(self) -> None:
        while True:
            pass

    def sleep(self, zeros: Any) -> Any:
        time.sleep(60)

    def loop(self, zeros: Any) -> Any:
        while True:
            pass

    def hold_the_interpreter(self, zeros: Any) -> Any:
        return sum(range(10**12))

    def backtrack(self, zeros: Any) -> Any:
        return re.match("(a+)+$", "a" * 60 + "b")

    def decompress(self, zeros: Any) -> Any:
        bomb = zlib.compress(bytes(10**7), 9)
        while True:
            zlib.decompress(bomb)

    def ignore_signals(self, zeros: Any) -> Any:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass

    # taking too much

    def memory(self, zeros: Any) -> Any:
        held = []
        while True:
            held.append(bytearray(16 << 20))

    def print(self, zeros: Any) -> Any:
        while True:
            os.write(1, b"x" * 65536)

    def print_a_little(self, zeros: Any) -> Any:
        print("\x1b[2J" + "x" * 100_000)
        return zeros

    def spin_behind(self, zeros: Any) -> Any:
        def spin() -> None:
            while True:
                zlib.compress(bytes(1 << 20))  # lets others run, and itself beside them

        for _ in range(2 if threading.active_count() == 1 else 0):
            threading.Thread(target=spin, daemon=True).start()
        time.sleep(0.3)
        return zeros

    # ending itself

    def segfault(self, zeros: Any) -> Any:
        ctypes.string_at(0)

    def abort(self, zeros: Any) -> Any:
        os.abort()

    def exit(self, zeros: Any) -> Any:
        os._exit(7)

    def forbidden_machine(self, zeros: Any) -> Any:
        ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))  # getpid by its x32 number

    # raising

    def begin_exit(self) -> None:
        sys.exit(1)

    def raise_long(self, zeros: Any) -> Any:
        raise RuntimeError("x" * 10**6)

    def raise_surrogate(self, zeros: Any) -> Any:
        raise RuntimeError("I give up \ud800")

    def raise_unshowable(self, zeros: Any) -> Any:
        raise Unshowable

    def interrupt(self, zeros: Any) -> Any:
        raise KeyboardInterrupt

    def leave(self, zeros: Any) -> Any:
        sys.exit(0)

    def too_few(self, zeros: Any) -> Any:
        return zeros[:1]

    def raise_by_row(self, zeros: Any) -> Any:
        return [RuntimeError("this row"), *zeros[1:]]

    # answers that are none

    def shape(self, zeros: Any) -> Any:
        return np.zeros((len(zeros), 3))

    def floats(self, zeros: Any) -> Any:
        return zeros + 0.5

    def not_a_number(self, zeros: Any) -> Any:
        return np.full(len(zeros), np.nan)

    def huge(self, zeros: Any) -> Any:
        return [10**5000] * len(zeros)

    def flags(self, zeros: Any) -> Any:
        return zeros.astype(bool)

    def objects(self, zeros: Any) -> Any:
        return [Object()] * len(zeros)

    def text(self, zeros: Any) -> Any:
        return ["left"] * len(zeros)


class Object:
    """Raises whatever is asked of it."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise SystemExit

    __repr__ = __int__ = __index__ = __float__ = __len__ = __array__


class Unshowable(Exception):
    """Cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")
