"""A worker process: resolves specs and agents by itself, plays or replays jobs, steps environments for `make_vec`.

Started as `python -m arena.vector.worker FRAMES_FD BEAT_FD` from any interpreter that can import the part of arena that
steps environments; nothing is shared with its parent but a socket and a page of memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from arena.batching import Beat
from arena.job import Job
from arena.play import Stage
from arena.vector.frames import Frames

__all__ = ["BEAT_BYTES", "Server", "main"]

BEAT_BYTES = 4 * 8  # float64: CLOCK_MONOTONIC seconds at which it began, rows, who, phase


class Server:
    """Answers requests one after the other, in a worker process or in the harness's own (`--workers 0`)."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat
        self._stage: Stage | None = None
        self._stage_of: Any = None

    def answer(self, header: Mapping[str, Any], body: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yields the answers to a request as they come."""
        if header["do"] == "play":
            yield from self._play(Job.from_json(header["job"]))
        elif header["do"] == "replay":
            from arena.replay import replay

            for found in replay(header, body, self._beat):
                yield {"is": "replayed", "found": asdict(found)}, b""
        else:
            raise ValueError(f"unknown request {header['do']!r}")

    def close(self) -> None:
        """Closes environments and agents."""
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def _play(self, job: Job) -> Iterator[tuple[dict[str, Any], bytes]]:
        wanted = (job.spec, job.lineup, job.lanes, job.device, job.hosts)
        if self._stage is None or self._stage_of != wanted:
            self.close()
            self._stage, self._stage_of = Stage(*wanted, beat=self._beat), wanted
        for played in self._stage.play(job.entries):
            sizes = [len(part) for part in (played.blob, *played.calls)]
            header = {"is": "played", "record": vars(played.record), "sizes": sizes}
            yield header, b"".join((played.blob, *played.calls))


class _SharedBeat:
    """Writes whose code runs now, and since when, into a page that the parent reads."""

    def __init__(self, fd: int) -> None:
        self._page = memoryview(mmap.mmap(fd, BEAT_BYTES)).cast("d")

    def __call__(self, phase: int, who: int = -1, rows: int = 0) -> None:
        page = self._page  # the time first, each number in one store: a reader between two never sees a long wait
        page[0] = time.monotonic()
        page[1] = rows
        page[2] = who
        page[3] = phase


def main() -> None:
    """Entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it then hangs up
    if sys.platform == "linux":  # die with the parent, also when it is killed
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    frames = Frames(socket.socket(fileno=int(sys.argv[1])))
    server = Server(_SharedBeat(int(sys.argv[2])))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the parent is gone: nobody is left to tell
        while (frame := frames.receive()) is not None:
            _serve(server, frames, *frame)
    sys.stdout.flush()
    os._exit(0)  # not through the interpreter's shutdown: libraries of environments may hang there


def _serve(server: Server, frames: Frames, header: dict[str, Any], body: bytes) -> None:
    if header["do"] == "vector":
        from arena.vector.stepping import serve_vector

        serve_vector(header, frames)
        return
    try:
        for answer in server.answer(header, body):
            frames.send(*answer)
    except OSError:
        raise
    except Exception:  # a bug of the harness itself; the parent raises it
        frames.send({"is": "broken", "trace": traceback.format_exc()})
    frames.send({"is": "done"})


if __name__ == "__main__":
    main()
