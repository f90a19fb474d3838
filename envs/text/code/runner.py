"""Runs a stranger's Python in a process of its own: no network or files, bounded instructions and memory."""

from __future__ import annotations

import ast
import json
import os
import platform
import resource
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import arena
from arena.errors import SandboxError
from arena.sandbox.landlock import landlock_abi
from arena.sandbox.seccomp import SECCOMP_MACHINES

__all__ = ["Call", "Result", "run_calls", "syntax_error"]

INSTRUCTIONS = 1_000_000  # of the interpreter in one call, some 0.3 s: the same bound on every machine
CPU_S = 10  # of the process, for what runs in C and counts no instructions
MEMORY_BYTES = 512 << 20
LONGEST = 20_000  # characters of a program
_WALL_S = 120.0  # a machine may be busy; a program that sleeps so long has failed
_TOLD = 1 << 20  # bytes that are read of what it tells
_CHILD = Path(__file__).with_name("child.py")


class Call(NamedTuple):
    """A function of the program, by name, and what it is called with: JSON data."""

    name: str
    arguments: Sequence[Any]


class Result(NamedTuple):
    """What a call returned, as JSON reads it back (a tuple is a list), or why it returned nothing."""

    value: Any
    error: str


def syntax_error(code: str) -> str:
    """Returns why a text is no program, or ""."""
    if len(code) > LONGEST:
        return f"{len(code)} characters, {LONGEST} allowed"
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def run_calls(code: str, calls: Sequence[Call], instructions: int = INSTRUCTIONS) -> list[Result]:
    """Returns one result per call; all calls see the same module, in order, and none comes after one that ran too long.

    Raises:
        SandboxError: the process could not be shut in as this machine allows: the harness's failure, not the program's.
    """
    if problem := syntax_error(code):
        return [Result(None, problem)] * len(calls)
    process = subprocess.Popen(
        [sys.executable, "-S", "-s", "-P", "-B", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=_environment(), cwd="/", start_new_session=True, preexec_fn=_limit_time,
    )  # fmt: skip
    try:
        told, problem_bytes = process.communicate(
            json.dumps(_order(code, calls, instructions)).encode(), timeout=_WALL_S
        )
        ending = f"its process ended with status {process.returncode}" if process.returncode else "it ended early"
    except subprocess.TimeoutExpired:
        process.kill()
        told, problem_bytes = process.communicate()
        ending = f"no answer within {_WALL_S:.0f} s"
    lines = told[:_TOLD].decode("ascii", "replace").splitlines()
    if not lines or lines[0] != json.dumps({"ready": True}):
        raise SandboxError(f"the process for programs cannot be made: {problem_bytes.decode(errors='replace')[-500:]}")
    results = [_read(line) for line in lines[1 : 1 + len(calls)]]
    ending = results[-1].error if results and results[-1].error and len(results) < len(calls) else ending
    return results + [Result(None, ending)] * (len(calls) - len(results))


def _order(code: str, calls: Sequence[Call], instructions: int) -> dict[str, Any]:
    is_linux = sys.platform == "linux"
    paths = sysconfig.get_paths()
    system = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null")
    own = (paths["stdlib"], paths["platstdlib"], str(Path(sys.base_prefix) / "lib"))
    return {
        "root": str(Path(arena.__file__).parents[1]),
        "code": code,
        "calls": [list(call) for call in calls],
        "instructions": instructions,
        "memory_bytes": MEMORY_BYTES,
        "landlock": is_linux and landlock_abi() > 0,
        "seccomp": is_linux and platform.machine() in SECCOMP_MACHINES,
        "readable": [path for path in dict.fromkeys((*system, *own)) if os.path.exists(path)],
    }


def _environment() -> dict[str, str]:
    """Returns the environment of the process: hashes alike each time, nothing of ours."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "PYTHONHASHSEED": "0", **kept}


def _limit_time() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))


def _read(line: str) -> Result:
    """Reads what one call came to; the process may be the program's by now, so anything may stand there."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Result(None, "what it told cannot be read")
    if isinstance(said, dict) and set(said) == {"value"}:
        return Result(said["value"], "")
    return Result(None, str(said.get("error", "no value"))[:300] if isinstance(said, dict) else "no value")
