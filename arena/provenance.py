"""Where a run comes from: versions, machine, source state; and content addresses."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from arena.agent import CHECKPOINT
from arena.runtimes import LOCAL
from arena.runtimes.locks import find_runtime
from arena.spec import EnvSpec

__all__ = ["content_id", "machine", "package_versions", "source_state", "stated_training"]


def content_id(data: Any) -> str:
    """Returns 16 hex digits of the SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def package_versions(specs: Iterable[EnvSpec]) -> dict[str, str]:
    """Returns the exact versions that a replay depends on: Python, Arena, what specs name, their runtimes' locks."""
    specs = list(specs)
    named = {name for spec in specs if spec.runtime == LOCAL for name in spec.packages}
    names = sorted({"arena-bench", "numpy", "gymnasium"} | named)
    locks = {f"runtime {name}": find_runtime(name).digest for name in sorted({s.runtime for s in specs} - {LOCAL})}
    return {"python": platform.python_version()} | {name: _version(name) for name in names} | locks


def stated_training(files: Iterable[Path]) -> dict[str, Any]:
    """Returns how an agent was trained, as the checkpoint among its files states it; {} where none does.

    Keys: algorithm; recipe, "" for the algorithm's preset, else the settings that differ from it (a digest of all
    settings where the checkpoint does not tell them apart); seed; env_steps. Runs that differ in the seed alone are
    training runs of one algorithm.
    """
    for path in files:
        if path.name == CHECKPOINT:
            data = json.loads(path.read_text())
            changes = data.get("changes", {"settings": content_id(data.get("config", {}))})
            recipe = " ".join(f"{key}={value}" for key, value in sorted(changes.items()))
            named = {"algorithm": data["agent"], "recipe": recipe}
            return named | {name: data[name] for name in ("seed", "env_steps") if name in data}
    return {}


@cache
def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, Any]:
    """Returns what may matter to speed and to floating point; no host name, no user."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mib": memory,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


@cache
def source_state() -> dict[str, Any]:
    """Returns the commit of this Arena and whether files differ from it; empty outside a git checkout."""
    here = Path(__file__).resolve().parents[1]
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
        status = subprocess.run(
            ["git", "status", "--porcelain", "-uno"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": commit.stdout.strip(), "dirty": bool(status.stdout.strip())}
