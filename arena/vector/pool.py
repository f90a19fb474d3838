"""Runs requests in worker processes, or inline; watches the workers and says what a lost one was doing."""

from __future__ import annotations

import contextlib
import mmap
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from arena.batching import AGENT, BOXED, ENV, WAITING
from arena.errors import ArenaError
from arena.sandbox.limits import batch_s
from arena.vector.frames import Frames
from arena.vector.worker import BEAT_BYTES, Server

__all__ = ["Event", "Limits", "Loss", "Pool", "Request", "WorkerProcess"]

_TICK_S = 0.2  # how often the workers' beats are looked at
_GATHER_S = 0.005  # in which answers gather, while all are at work: to wake up for one costs more than to read it
_WAIT_S = 3600.0  # per answer of a model's endpoint: a backstop, since such an agent keeps its own time
_LOG_BYTES = 64 << 10  # kept of what workers print, per pool


@dataclass(frozen=True)
class Limits:
    """What a worker may take before it is ended from outside; part of the record's resource envelope.

    Fields:
        move_s: wall seconds per answer; see `arena.sandbox.limits.batch_s` for a batched call.
        step_s: wall seconds for one step or reset of an environment.
        begin_s: wall seconds in which an agent takes its seat (imports, weights), or the worker its first job.
        output_bytes: printed by one job.
    """

    move_s: float = 10.0
    step_s: float = 180.0  # some compile their physics in the first
    begin_s: float = 120.0
    output_bytes: int = 16 << 20


@dataclass
class Request:
    """Something for a worker to do; `header` and `body` are sent as they are."""

    header: dict[str, Any]
    body: bytes = b""
    tag: Any = None


class Loss(NamedTuple):
    """A worker that was lost or ended: why, whose code was running (lane or agent), with how many active rows."""

    reason: str  # "exit" | "timeout" | "output"
    detail: str
    phase: int
    who: int
    rows: int


class Event(NamedTuple):
    """An answer to a request, its end (`is: done`), or the loss of its worker."""

    request: Request
    header: dict[str, Any]
    body: bytes = b""
    loss: Loss | None = None


def _no_beat(phase: int, who: int = -1, rows: int = 0) -> None:
    """Nobody watches code that runs in the harness's own process."""


@dataclass
class WorkerProcess:
    """One process, as its parent sees it."""

    interpreter: str
    captured: bool = True  # what it prints goes into a pipe that must be read; else where the parent's goes
    request: Request | None = None
    printed: int = 0
    core: int = -1  # that it is pinned to
    frames: Frames = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the worker)
        self._file.truncate(BEAT_BYTES)
        self._page = mmap.mmap(self._file.fileno(), BEAT_BYTES)
        # it is ended without ceremony: what its libraries leave in the folder for temporary files goes with it
        self._scratch = tempfile.TemporaryDirectory(prefix="arena-worker-", ignore_cleanup_errors=True)
        self.frames = Frames(ours)
        fds = (theirs.fileno(), self._file.fileno())
        self.process = subprocess.Popen(
            [self.interpreter, "-m", "arena.vector.worker", *map(str, fds)],
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.captured else None,
            stderr=subprocess.STDOUT if self.captured else None,
            env={**_environment(), "TMPDIR": self._scratch.name},
        )
        theirs.close()
        if self.process.stdout is not None:
            os.set_blocking(self.process.stdout.fileno(), False)

    def beat(self) -> tuple[int, int, int, float]:
        """Returns phase, who, rows and for how many seconds it has lasted."""
        since, rows, who, phase = np.frombuffer(self._page, np.float64).tolist()
        return int(phase), int(who), int(rows), time.monotonic() - since

    def give(self, request: Request) -> None:
        self.request, self.printed = request, 0
        np.frombuffer(self._page, np.float64)[0] = time.monotonic()  # it is idle: its time runs from here
        with contextlib.suppress(OSError):  # it died meanwhile: its closed socket is about to tell
            self.frames.send(request.header, request.body)

    def close(self) -> None:
        self.frames.socket.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._page.close()
        self._file.close()
        self._scratch.cleanup()


class Pool:
    """Runs requests on `workers` processes; with 0 it runs them inline, where no limit is enforced.

    A context manager: no process outlives it.

    Attributes:
        count: how many processes, as asked.
        log: the first of what they printed.
    """

    def __init__(self, workers: int, limits: Limits | None = None, interpreter: str = sys.executable) -> None:
        if workers < 0:
            raise ArenaError(f"--workers {workers}: expected 0 (inline) or a number of processes")
        self.count = workers
        self._limits = limits or Limits()
        self._interpreter = interpreter
        self._workers: list[WorkerProcess] = []
        self._selector = selectors.DefaultSelector()
        self.log = bytearray()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        self._selector.close()

    def run(self, requests: deque[Request]) -> Iterator[Event]:
        """Yields events until nothing is left; the caller may append to `requests` meanwhile.

        Raises:
            ArenaError: the harness itself failed inside a worker; carries the trace.
        """
        if self.count == 0:
            yield from self._inline(requests)
            return
        while requests or any(worker.request for worker in self._workers):
            self._hand_out(requests)
            heard = self._selector.select(_TICK_S)
            for key, _ in heard:
                worker, what = key.data
                if worker in self._workers:
                    yield from self._print(worker) if what == "log" else self._hear(worker)
            if heard and all(worker.request for worker in self._workers):
                time.sleep(_GATHER_S)
            for worker in list(self._workers):
                if (loss := self._overdue(worker)) is not None:
                    yield self._lose(worker, loss)

    def _inline(self, requests: deque[Request]) -> Iterator[Event]:
        server = Server(_no_beat)
        try:
            while requests:
                request = requests.popleft()
                for header, body in server.answer(request.header, request.body):
                    yield Event(request, header, body)
                yield Event(request, {"is": "done"})
        finally:
            server.close()

    def _hand_out(self, requests: deque[Request]) -> None:
        idle = [worker for worker in self._workers if worker.request is None]
        while requests:
            if not idle:
                if len(self._workers) >= self.count:
                    return
                idle.append(self._start())
            idle.pop().give(requests.popleft())

    def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self._interpreter)
        self._pin(worker)
        self._workers.append(worker)
        self._selector.register(worker.frames.socket, selectors.EVENT_READ, (worker, "frames"))
        self._selector.register(worker.process.stdout, selectors.EVENT_READ, (worker, "log"))  # type: ignore[arg-type]
        return worker

    def _pin(self, worker: WorkerProcess) -> None:
        """Gives a worker a core of its own where there are as many as workers (Linux)."""
        if not hasattr(os, "sched_setaffinity"):
            return
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == self.count > 1:
            worker.core = next(core for core in cores if core not in {other.core for other in self._workers})
            with contextlib.suppress(OSError):  # it may have ended already, or may not be moved
                os.sched_setaffinity(worker.process.pid, {worker.core})

    def _hear(self, worker: WorkerProcess) -> Iterator[Event]:
        alive = worker.frames.fill()
        while (frame := worker.frames.take()) is not None:
            header, body = frame
            request = worker.request
            assert request is not None
            if header["is"] == "broken":
                raise ArenaError(f"the harness failed inside a worker:\n{header['trace']}")
            if header["is"] == "done":
                worker.request = None
            yield Event(request, header, body)
        if not alive:
            phase, who, rows, _ = worker.beat()
            yield self._lose(worker, Loss("exit", _ending(worker.process), phase, who, rows))

    def _print(self, worker: WorkerProcess) -> Iterator[Event]:
        assert worker.process.stdout is not None
        data = worker.process.stdout.read(1 << 16) or b""
        self.log += data[: _LOG_BYTES - len(self.log)]
        worker.printed += len(data)
        if not data:  # closed: the process is ending, its socket tells the rest
            self._selector.unregister(worker.process.stdout)
        elif worker.printed > self._limits.output_bytes and worker.request is not None:
            phase, who, rows, _ = worker.beat()
            yield self._lose(
                worker, Loss("output", f"printed over {self._limits.output_bytes} bytes", phase, who, rows)
            )

    def _overdue(self, worker: WorkerProcess) -> Loss | None:
        phase, who, rows, lasted = worker.beat()
        limits = self._limits
        moves_s = batch_s(limits.move_s, rows)
        boxed_s = 2 * limits.begin_s + moves_s  # a box keeps its own time, also when it has to begin again
        waits_s = _WAIT_S * max(rows, 1)
        allowed = {AGENT: moves_s, BOXED: boxed_s, ENV: limits.step_s, WAITING: waits_s}.get(phase, limits.begin_s)
        if worker.request is None or lasted <= allowed:
            return None
        return Loss("timeout", f"no answer for {lasted:.1f} s of {allowed:.1f} s allowed", phase, who, rows)

    def _lose(self, worker: WorkerProcess, loss: Loss) -> Event:
        self._selector.unregister(worker.frames.socket)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.process.stdout)  # type: ignore[arg-type]
        self._workers.remove(worker)
        worker.close()
        return Event(worker.request or Request({}), {"is": "lost"}, loss=loss)


def _ending(process: subprocess.Popen[bytes]) -> str:
    """Returns how a process that hung up ended, in words."""
    try:
        code = process.wait(1.0)
    except subprocess.TimeoutExpired:
        return "its process closed the connection"
    return f"its process ended with {signal.Signals(-code).name if code < 0 else f'exit code {code}'}"


def _environment() -> dict[str, str]:
    """Returns a worker's environment: one thread per library, no window, and this Arena on its path."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    quiet = {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
    return {**os.environ, **threads, **quiet, "PYTHONPATH": path}
