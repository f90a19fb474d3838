"""Makes and removes the virtual environments of runtimes; a second call, or one after a failure, does no harm."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from arena.errors import ArenaError
from arena.runtimes.locks import MARKER, Runtime, cache_folder

__all__ = ["InstallError", "install", "uninstall"]

Tell = Callable[[str], None]
_PROBE = "import numpy, gymnasium"  # what every runtime holds: the worker's side of arena needs them


class InstallError(ArenaError):
    """A runtime that could not be made; the message ends with what the installer said."""


def install(runtime: Runtime, tell: Tell = lambda line: None) -> bool:
    """Makes a runtime; returns False where it was ready already.

    What is half-made or broken is removed and made again. Two processes that install the same one take turns: the
    second finds it ready.

    Args:
        tell: called with a line for people on what is being done.

    Raises:
        InstallError: no fitting Python, or a package cannot be installed; the whole output is in the named log.
    """
    python = _python_for(runtime)
    with _turn(runtime, tell):
        if (state := runtime.state()) == "ready" and _works(runtime):
            return False
        if state != "absent":
            tell(f"{runtime.name}: what is there is {'broken' if state == 'ready' else state}; making it again")
            shutil.rmtree(runtime.folder)
        began = time.monotonic()
        log = runtime.folder.with_suffix(".log")
        with log.open("wb") as file:
            run = _Steps(runtime, file, log, tell)
            run("making its environment", [python, "-m", "venv", str(runtime.folder)])
            pip = [
                str(runtime.interpreter),
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--progress-bar",
                "off",
            ]
            isolated = []
            if runtime.build_requirements:
                run("build tools", [*pip, *runtime.build_requirements])
                isolated = ["--no-build-isolation"]
            lock = runtime.folder / "lock.txt"
            lock.write_text(runtime.lock)
            run(f"{len(runtime.pins)} packages", [*pip, "--no-deps", *isolated, "-r", str(lock)])
            run("trying it", [str(runtime.interpreter), "-c", _PROBE])
        facts = {
            "name": runtime.name,
            "digest": runtime.digest,
            "python": _version_of(str(runtime.interpreter)),
            "bytes": sum(file.lstat().st_size for file in runtime.folder.rglob("*") if not file.is_dir()),
            "seconds": round(time.monotonic() - began, 1),
        }
        unfinished = runtime.folder / f"{MARKER}.part"
        unfinished.write_text(json.dumps(facts, indent=1) + "\n")
        unfinished.replace(runtime.folder / MARKER)
    return True


def uninstall(name: str) -> list[Path]:
    """Removes every installation of a runtime, also of its earlier locks; returns the folders."""
    folders = sorted(path for path in cache_folder().glob(f"{name}-????????????") if path.is_dir())
    for folder in folders:
        (folder / MARKER).unlink(missing_ok=True)  # first: cut short, it is half-made and not ready
        shutil.rmtree(folder)
        folder.with_suffix(".log").unlink(missing_ok=True)
    return folders


class _Steps:
    """Runs one installer after the other; all they print goes to the log, their last line to people."""

    def __init__(self, runtime: Runtime, file: Any, log: Path, tell: Tell) -> None:
        self._runtime = runtime
        self._file = file
        self._log = log
        self._tell = tell

    def __call__(self, what: str, command: Sequence[str]) -> None:
        self._tell(f"{self._runtime.name}: {what}")
        path = f"{self._runtime.interpreter.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # builds call `python`
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | {"PATH": path},
        )
        last: list[bytes] = []
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self._file.write(line)
                last = [*last[-14:], line]
                if text := line.decode(errors="replace").strip():
                    self._tell(f"{self._runtime.name}: {text[:100]}")
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code != 0:
            raise InstallError(
                f"runtime {self._runtime.name!r}: {what} failed (exit code {code}); the same command tries again; "
                f"all of its output is in {self._log}, which ends with:\n{b''.join(last).decode(errors='replace')}"
            )


@contextlib.contextmanager
def _turn(runtime: Runtime, tell: Tell) -> Iterator[None]:
    """Waits until no other process installs this runtime; a killed one's turn ends with it."""
    runtime.folder.parent.mkdir(parents=True, exist_ok=True)
    with runtime.folder.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"{runtime.name}: another process installs it; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _works(runtime: Runtime) -> bool:
    found = subprocess.run([str(runtime.interpreter), "-c", _PROBE], capture_output=True, check=False)
    return found.returncode == 0


def _python_for(runtime: Runtime) -> str:
    """Returns an interpreter of a version the runtime is locked for."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not runtime.pythons or mine in runtime.pythons:
        return sys.executable
    for version in runtime.pythons:
        if found := shutil.which(f"python{version}"):
            return found
    wanted = " or ".join(runtime.pythons)
    raise InstallError(f"runtime {runtime.name!r} is locked for Python {wanted}; this is {mine}, and none is on PATH")


def _version_of(interpreter: str) -> str:
    code = "import platform; print(platform.python_version())"
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
