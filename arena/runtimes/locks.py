"""What a runtime is: a lock file of exact pins, found through entry points, and the folder it is installed in."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import json
import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from arena.errors import SpecError, unknown

__all__ = ["MARKER", "Runtime", "cache_folder", "find_runtime", "runtimes"]

GROUP = "arena.runtimes"  # entry point: any name -> package whose *.txt files are locks
MARKER = "arena-runtime.json"  # written last: a folder without it is a half-made installation


@dataclass(frozen=True)
class Runtime:
    """A locked set of packages with an interpreter of its own.

    The lock is a requirements file in which every line is `name==version`; comments at its head may say
    `# description: ...`, `# python: 3.11 3.12` (versions it is locked for; default: any that Arena runs on) and
    `# build: setuptools==65.5.0 ...` (installed first, to build the others that come without a wheel).
    """

    name: str
    lock: str

    @property
    def description(self) -> str:
        """What it is for, in a line."""
        return self._header("description")

    @property
    def build_requirements(self) -> list[str]:
        """What must be there before the lock is installed."""
        return self._header("build").split()

    @property
    def pythons(self) -> list[str]:
        """The Python versions ("3.11") it is locked for; empty: any."""
        return self._header("python").split()

    @cached_property
    def pins(self) -> dict[str, str]:
        """Version by distribution."""
        lines = [line.partition("#")[0].strip() for line in self.lock.splitlines()]
        pins = {}
        for line in filter(None, lines):
            name, sign, version = line.partition("==")
            if not sign:
                raise SpecError(f"runtime {self.name!r}: line {line!r} of its lock is not of the form 'name==version'")
            pins[name.strip()] = version.strip()
        return pins

    @cached_property
    def digest(self) -> str:
        """12 hex digits of what is installed: pins, build requirements and Python versions; comments are free."""
        told = [sorted(self.pins.items()), self.build_requirements, self.pythons]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where it is installed; another lock is another folder."""
        return cache_folder() / f"{self.name}-{self.digest}"

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    def state(self) -> str:
        """Returns "absent", "half-made" (an installation that was cut short or failed), "broken" or "ready"."""
        if (self.folder / MARKER).is_file():
            return "ready" if os.access(self.interpreter, os.X_OK) else "broken"
        return "half-made" if self.folder.exists() else "absent"

    def facts(self) -> dict[str, Any]:
        """Returns what its installation wrote down: size in bytes, Python version, seconds it took; {} when absent."""
        try:
            return dict(json.loads((self.folder / MARKER).read_text()))
        except (OSError, ValueError):
            return {}

    def _header(self, name: str) -> str:
        for line in self.lock.splitlines():
            if line.startswith(f"# {name}:"):
                return line.partition(":")[2].strip()
        return ""


def cache_folder() -> Path:
    """Returns the folder of all runtimes: below ARENA_CACHE, or the user's cache."""
    base = os.environ.get("ARENA_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arena"
    return Path(base) / "runtimes"


@cache
def _locks() -> dict[str, Runtime]:
    found = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        for file in importlib.resources.files(entry.value).iterdir():
            if file.name.endswith(".txt"):
                name = file.name.removesuffix(".txt")
                found[name] = Runtime(name, file.read_text())
    return found


def runtimes() -> list[Runtime]:
    """Returns all runtimes by name."""
    return sorted(_locks().values(), key=lambda runtime: runtime.name)


def find_runtime(name: str) -> Runtime:
    """Returns a runtime by name.

    Raises:
        UnknownNameError: there is none; names the nearest.
    """
    if name not in _locks():
        raise unknown("runtime", name, _locks(), "'arena install --list' lists all")
    return _locks()[name]
