"""What crosses between the harness and a boxed agent: fixed headers on a socket, arrays in two shared pages.

Observations lie in memory that only the harness can write, answers in memory that both can; neither can be resized.
The harness copies answers out before it looks at them, for the agent may still write there. Both ends compute the same
places from the spaces, so that no layout is ever read from the agent.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.actions import BadAction, canonical_action
from arena.agent import Batch
from arena.errors import SandboxError, explain
from arena.nests import map_nest
from arena.seeding import RowRandom

__all__ = [
    "ACT", "BEGIN", "DONE", "ERROR", "HEADER", "HELLO", "LOAD", "MAGIC", "PLAYS", "REFUSED", "TEXT", "TEXT_BYTES",
    "VERSION", "VIEW", "Said", "Seen", "map_shared", "shared_file",
]  # fmt: skip

HEADER = struct.Struct("<IHHQII")  # magic, version, type, nonce, bytes of text that follow, flags
MAGIC, VERSION = 0x414E5241, 1
LOAD, PLAYS, VIEW, BEGIN, ACT = range(1, 6)  # the harness asks
HELLO, DONE, TEXT, ERROR, REFUSED = range(6, 11)  # the box answers
TEXT_BYTES = 4096  # of an error, or of why it does not play

_SEEN_TEXT = 1 << 20  # bytes of one observation's text; memory is taken only where it is used
_SAID_TEXT = 4 * 65536  # bytes of one answer's text: as many characters as the harness reads
_LINE = 64  # bytes: arrays begin on cache lines
_OK = 0
_CAUSES = {1: "agent_exception", 2: "invalid_action", 3: "memory_limit"}  # a row's flag -> what became of it
_SEAL_SEAL, _SEAL_SHRINK, _SEAL_GROW, _SEAL_FUTURE_WRITE = 1, 2, 4, 16
_F_ADD_SEALS = 1033


def shared_file(size: int, is_read_only: bool) -> tuple[int, mmap.mmap]:
    """Returns memory to share: a file descriptor to pass on, and our mapping of it.

    Sealed: who holds it can neither shrink it (which would kill us when we read it) nor, where it is read-only, write.
    """
    if sys.platform != "linux":
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            return os.dup(file.fileno()), mmap.mmap(file.fileno(), size)
    fd = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    memory = mmap.mmap(fd, size)
    seals = _SEAL_SHRINK | _SEAL_GROW | _SEAL_SEAL | (_SEAL_FUTURE_WRITE if is_read_only else 0)
    fcntl.fcntl(fd, _F_ADD_SEALS, seals)
    return fd, memory


def map_shared(fd: int, is_read_only: bool) -> mmap.mmap:
    """Returns the box's mapping of what `shared_file` made, and closes the descriptor."""
    memory = mmap.mmap(fd, 0, prot=mmap.PROT_READ | (0 if is_read_only else mmap.PROT_WRITE))
    os.close(fd)
    return memory


class _Cutter:
    """Cuts arrays from a buffer, one after the other; without a buffer it only counts."""

    def __init__(self, buffer: mmap.mmap | None) -> None:
        self._buffer = buffer
        self.size = 0

    def array(self, shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
        begin = -(-self.size // _LINE) * _LINE
        self.size = begin + math.prod(shape) * np.dtype(dtype).itemsize
        if self._buffer is None:
            return np.empty(0, dtype)
        return np.frombuffer(self._buffer, dtype, math.prod(shape), begin).reshape(shape)


class _Texts:
    """A text for each row: its length in bytes, and UTF-8 in a room of the row's own."""

    def __init__(self, cut: _Cutter, rows: int, room: int) -> None:
        self._lengths = cut.array((rows,), np.uint32)
        self._bytes = cut.array((rows, room), np.uint8)
        self._room = room

    def __setitem__(self, row: int, text: str) -> None:
        data = text.encode(errors="replace")
        if len(data) > self._room:
            note = f"\n[cut: {len(data)} bytes]".encode()
            data = data[: self._room - len(note)].decode(errors="ignore").encode() + note
        self._bytes[row, : len(data)] = np.frombuffer(data, np.uint8)
        self._lengths[row] = len(data)

    def __getitem__(self, row: int) -> str:
        """Returns a row's text, from a private copy.

        Raises:
            BadAction: a length beyond its room, or what is not UTF-8.
        """
        length = int(self._lengths[row])  # once: it may change under our hands
        if length > self._room:
            raise BadAction("protocol", f"a text of {length} bytes in a room of {self._room}")
        try:
            return self._bytes[row, :length].tobytes().decode()
        except UnicodeDecodeError as error:
            raise BadAction("invalid_action", "a text that is not UTF-8") from error


class Seen:
    """The batches that an agent is shown, in memory that it can only read.

    Attributes:
        places: where its observations lie; a batch whose observations are these very places is shown without a copy.
    """

    def __init__(
        self, buffer: mmap.mmap | None, observed: spaces.Space[Any], acted: spaces.Space[Any], rows: int
    ) -> None:
        cut = _Cutter(buffer)
        moves = int(acted.n) if isinstance(acted, spaces.Discrete) else 0
        self._flags = cut.array((3, rows), np.bool_)  # active, starts, and in the first place of the third: masked
        self._numbers = cut.array((3, rows), np.uint64)  # seats, keys and steps of the random streams
        self._masks = cut.array((rows, moves), np.bool_)
        self.places = _places(cut, observed, rows, _SEEN_TEXT)
        self._texts = map_nest(lambda _: [""] * rows, self.places)  # the box's: rows that are not active keep theirs
        self.size = max(mmap.PAGESIZE, cut.size)

    def write(self, batch: Batch, keys: npt.NDArray[np.uint64]) -> None:
        """Shows a batch; `keys` are those of its random streams that the agent is told."""
        self._flags[0] = batch.active
        self._flags[1] = batch.starts
        self._flags[2, 0] = batch.masks is not None
        self._numbers[0] = batch.seats
        self._numbers[1] = keys
        self._numbers[2] = batch.random.steps
        if batch.masks is not None:
            self._masks[...] = batch.masks
        map_nest(lambda place, values: _show(place, values, batch.active), self.places, batch.observations)

    def read(self) -> Batch:
        """Returns what is shown: arrays are views that cannot be written to."""
        active, starts, masked = self._flags.copy()
        seats, keys, steps = self._numbers.copy()
        return Batch(
            map_nest(lambda place, texts: _shown(place, texts, active), self.places, self._texts),
            self._masks if masked[0] else None,
            active,
            starts,
            seats.view(np.int64),
            RowRandom(keys, steps),
        )


class Said:
    """The answers of an agent, in memory that it can write at any time."""

    def __init__(self, buffer: mmap.mmap | None, acted: spaces.Space[Any], rows: int) -> None:
        cut = _Cutter(buffer)
        self._space = acted
        self._rows = rows
        self._flags = cut.array((rows,), np.uint8)
        self._places = _places(cut, acted, rows, _SAID_TEXT)
        self._whys = _Texts(cut, rows, TEXT_BYTES)
        self.size = max(mmap.PAGESIZE, cut.size)

    def write(self, answers: Sequence[Any] | npt.NDArray[Any], active: npt.NDArray[np.bool_]) -> None:
        """Puts an agent's answers down: the honest half of a check that the harness makes again."""
        if len(answers) != self._rows:
            raise ValueError(f"act returned {len(answers)} answers for {self._rows} rows")
        self._flags[:] = _OK
        place = self._places
        if isinstance(answers, np.ndarray) and isinstance(place, np.ndarray) and _is_alike(answers, place):
            place[...] = answers
            return
        for row in np.flatnonzero(active).tolist():
            try:
                _say(place, row, self._plain(answers[row]))
            except BadAction as error:
                self._flags[row] = next(flag for flag, cause in _CAUSES.items() if cause == error.cause)
                self._whys[row] = str(error)

    def _plain(self, answer: Any) -> Any:
        """Returns an answer in the one form that its place can hold."""
        if isinstance(answer, BaseException):
            cause = "memory_limit" if isinstance(answer, MemoryError) else "agent_exception"
            raise BadAction(cause, explain(answer))
        if isinstance(self._space, spaces.Text):
            if not isinstance(answer, str) or len(answer) > _SAID_TEXT // 4:
                kind = f"{len(answer)} characters" if isinstance(answer, str) else type(answer).__name__
                raise BadAction("invalid_action", f"got {kind}; expected text of at most {_SAID_TEXT // 4}")
            return str.__str__(answer)
        try:
            return canonical_action(self._space, answer, None)
        except BadAction:
            raise
        except BaseException as error:  # an object may even try to end the process when it is looked at
            raise BadAction("invalid_action", f"an object that cannot be read: {type(error).__name__}") from error

    def read(self, active: npt.NDArray[np.bool_]) -> list[Any] | npt.NDArray[Any]:
        """Returns by row the answer or the BadAction in its place, from private copies; of rows not asked, anything."""
        flags = self._flags.tolist()
        copied = map_nest(lambda place: place if isinstance(place, _Texts) else place.copy(), self._places)
        if isinstance(copied, np.ndarray) and not any(flags):
            return copied
        answers: list[Any] = [None] * self._rows
        for row in np.flatnonzero(active).tolist():
            try:
                answers[row] = self._answer(row, flags[row], copied)
            except BadAction as error:
                answers[row] = error
        return answers

    def _answer(self, row: int, flag: int, copied: Any) -> Any:
        if flag == _OK:
            return map_nest(lambda place: place[row], copied)
        if flag not in _CAUSES:
            raise BadAction("protocol", f"a row's flag of {flag}; expected 0 to {max(_CAUSES)}")
        raise BadAction(_CAUSES[flag], printable(self._whys[row]))


def printable(text: str) -> str:
    """Returns a stranger's text without what would steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def _places(cut: _Cutter, space: spaces.Space[Any], rows: int, room: int) -> Any:
    """Returns a space's places: a tree of arrays and texts with one row each."""
    if isinstance(space, spaces.Dict):
        return {key: _places(cut, part, rows, room) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_places(cut, part, rows, room) for part in space.spaces)
    if isinstance(space, spaces.Text):
        return _Texts(cut, rows, room)
    if isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        return cut.array((rows, *(space.shape or ())), space.dtype)
    raise SandboxError(f"nothing of a {type(space).__name__} space crosses into a box; run it with --sandbox none")


def _show(place: Any, values: Any, active: npt.NDArray[np.bool_]) -> None:
    if values is place:
        return
    if isinstance(place, np.ndarray):
        np.copyto(place, values)
        return
    for row in np.flatnonzero(active).tolist():
        place[row] = values[row]


def _shown(place: Any, texts: list[str], active: npt.NDArray[np.bool_]) -> Any:
    if isinstance(place, np.ndarray):
        return place
    for row in np.flatnonzero(active).tolist():
        texts[row] = place[row]
    return texts


def _say(place: Any, row: int, answer: Any) -> None:
    map_nest(lambda part, said: part.__setitem__(row, said), place, answer)


def _is_alike(answers: npt.NDArray[Any], place: npt.NDArray[Any]) -> bool:
    """Whether answers can be put down at once: whole numbers for whole numbers, else the very type."""
    if answers.shape != place.shape:
        return False
    return answers.dtype == place.dtype or (answers.dtype.kind in "iu" and place.dtype == np.int64 and place.ndim == 1)
