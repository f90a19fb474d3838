"""A fresh process that is asked to check or to play: what crashes or hangs there harms nobody here, and is blamed."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import Any

from arena.errors import ArenaError

__all__ = ["FreshProcess", "LostProcess", "serve"]

_QUIET = {  # no window, no sound, no banner; one thread, so that figures mean something
    "OMP_NUM_THREADS": "1",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "SDL_AUDIODRIVER": "dummy",
    "SDL_VIDEODRIVER": "dummy",
}
_HEADLESS = {"MUJOCO_GL": "egl"} if sys.platform == "linux" and "DISPLAY" not in os.environ else {}


class LostProcess(ArenaError):
    """The process ended or fell silent in the midst of an answer."""


class FreshProcess:
    """Answers requests one after the other, as lines of JSON; started when first asked, and again after it was lost."""

    def __init__(self, hash_seed: int, patience: float) -> None:
        """Takes PYTHONHASHSEED and how many seconds it may be silent."""
        self._hash_seed = hash_seed
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields the lines of the answer as they come.

        Raises:
            LostProcess: it ended or was silent for too long; says how.
        """
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            while (line := self._line()) != {"is": "done"}:
                yield line
        except OSError as error:
            raise self._lost(f"could not be asked: {error}") from error

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            self._errors.close()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from arena.check.fresh import serve; serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C is the parent's to handle
                env={**_HEADLESS, **os.environ, **_QUIET, "PYTHONHASHSEED": str(self._hash_seed)},
            )
            self._buffer = b""
        return self._process

    def _line(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        until = time.monotonic() + self._patience
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise self._lost(f"did not answer for {self._patience:.0f} s")
                read = os.read(self._process.stdout.fileno(), 1 << 16)
                if not read:
                    raise self._lost(f"ended with exit code {self._process.wait()}")
                self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\n")
        return dict(json.loads(line))

    def _lost(self, how: str) -> LostProcess:
        self._errors.seek(0)
        last = self._errors.read()[-300:].decode(errors="replace").strip()
        self.close()
        return LostProcess(f"the process {how}" + f"; its last words: {last}" * bool(last))


def serve() -> None:
    """Reads requests and answers them, until nobody asks."""
    from arena.check.answers import examine_agent
    from arena.check.examining import examine, play, replay

    tasks: dict[str, Any] = {"examine": examine, "play": play, "replay": replay, "examine agent": examine_agent}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what environments print must not be read as an answer
    for line in sys.stdin:
        request = json.loads(line)
        for answer in tasks[request.pop("do")](**request):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
        answers.write('{"is": "done"}\n')
        answers.flush()
    os._exit(0)  # not through the interpreter's shutdown: libraries of environments may hang there
