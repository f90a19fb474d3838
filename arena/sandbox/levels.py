"""Levels of isolation: what each stops, which of them this machine reaches by trying, and who may run below."""

from __future__ import annotations

import dataclasses
import os
import platform
import site
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from arena.agent import AgentRef
from arena.errors import AgentError, ArenaError, unknown
from arena.loading import is_file_target
from arena.sandbox.agent import SandboxedAgent
from arena.sandbox.bubblewrap import bubblewrap_command
from arena.sandbox.landlock import landlock_abi
from arena.sandbox.limits import BoxLimits, cgroup_version
from arena.sandbox.package import read_manifest, submitted_files
from arena.sandbox.process import Layers
from arena.sandbox.seccomp import SECCOMP_MACHINES
from arena.spec import EnvSpec

__all__ = ["FOR_STRANGERS", "LEVELS", "Found", "Level", "best", "boxed", "facts", "reach"]


class Level(NamedTuple):
    """What a level means, the layers it needs, and which attempts of the self-test may succeed in it."""

    meaning: str
    needs: tuple[str, ...]
    leaves: frozenset[str]


LEVELS: dict[str, Level] = {
    "full": Level(
        "namespaces, Landlock, seccomp, a user of its own, a control group",
        ("bubblewrap", "landlock", "seccomp", "cgroup"),
        frozenset(),
    ),
    "full-nocgroup": Level(
        "as full, but memory is limited by process and watched, not by a control group",
        ("bubblewrap", "landlock", "seccomp"),
        frozenset(),
    ),
    "partial": Level(
        "Landlock and seccomp: no files, network, processes or signals; that a path exists, and its size, can be seen",
        ("landlock", "seccomp"),
        frozenset({"stat"}),
    ),
    "seccomp-only": Level(
        "no network, processes or signals; it reads and writes what its user may, for a user also the harness's memory",
        ("seccomp",),
        frozenset({"stat", "read", "list", "write"}),
    ),
    "process": Level(
        "a process of its own: a crash or a hang is its own; nothing keeps it from files, network or other processes",
        (),
        frozenset({"stat", "read", "list", "write", "chmod", "connect", "signal", "fork"}),
    ),
    "none": Level("the harness's own process", (), frozenset()),
}
FOR_STRANGERS = ("full", "full-nocgroup", "partial")


class Found(NamedTuple):
    """What trying a level found: the layers that it has here, and why it is not reached, or ""."""

    layers: Layers
    missing: str


@cache
def reach(name: str) -> Found:
    """Tries a level with a harmless agent that does what a box must stop; about a second, once per process."""
    level = LEVELS[name]
    layers = _layers(name)
    if name == "none":
        return Found(layers, "")
    lacking = [why for layer, why in _lacking().items() if layer in level.needs and why]
    return Found(layers, "; ".join(lacking) or _fails(level, layers))


def best() -> str:
    """Returns the strongest level that this machine reaches."""
    return next(name for name in LEVELS if not reach(name).missing)


@cache
def facts() -> dict[str, Any]:
    """Returns what the record keeps of this machine's means."""
    return {
        "machine": platform.machine(),
        "kernel": platform.release(),
        "landlock_abi": landlock_abi() if sys.platform == "linux" else 0,
        "cgroup": cgroup_version(),
        "root": os.geteuid() == 0,
    }


def boxed(
    ref: AgentRef,
    *,
    asked: str | None,
    is_trusted: bool = False,
    is_opponent: bool = False,
    limits: BoxLimits | None = None,
    away_from: Path | None = None,
) -> AgentRef:
    """Returns the reference of an agent as it shall run: in a box where it is a stranger's or one was asked for.

    A folder with agent.toml is a stranger's. With `asked` (a level, or "auto" for the best one here) the agent runs in
    a box whatever it is; a registered opponent does not, for it is part of the environment.

    Raises:
        AgentError: this machine does not reach the level, or it is too weak for a stranger's agent, or the results
            (`away_from`) would lie in the folder that the agent reads.
        UnknownNameError: no such level.
    """
    is_file = is_file_target(ref.target)
    if asked is not None and asked not in ("auto", *LEVELS):
        raise unknown("level of isolation", asked, LEVELS, "or auto: the best one here")
    if not ref.folder and (asked in (None, "none") or (is_opponent and not is_file)):
        return ref
    level = _chosen(ref.name, asked or "auto", is_file and not is_trusted)
    if level == "none":
        return dataclasses.replace(ref, box={"level": "none"})
    limits = limits or BoxLimits()
    if ref.folder:
        limits = _declared(Path(ref.folder), limits)
        if away_from is not None and away_from.resolve().is_relative_to(ref.folder):
            raise AgentError(f"{str(away_from)!r} lies in the agent's own folder, which it reads: give another --out")
    box = {
        "level": level,
        "layers": dataclasses.asdict(reach(level).layers),
        "limits": dataclasses.asdict(limits),
        "readable": _readable(ref),
        "facts": facts(),
    }
    return dataclasses.replace(ref, box=box)


def _chosen(name: str, asked: str, is_stranger: bool) -> str:
    """Returns the level for an agent; raises if it is not reached, or does not hold a stranger."""
    level = best() if asked == "auto" else asked
    if why := reach(level).missing:
        raise AgentError(f"--sandbox {level}: not reached on this machine: {why}")
    if level in FOR_STRANGERS or not is_stranger:
        return level
    why = "; ".join(f"no {better}: {reach(better).missing}" for better in FOR_STRANGERS if reach(better).missing)
    raise AgentError(
        f"{name!r} would run at isolation level {level!r} ({LEVELS[level].meaning}), because "
        f"{why if asked == 'auto' else 'it was asked for'}; a stranger's agent needs 'partial' at least: "
        "add --i-trust-this-agent if you would run its code as your own"
    )


def _declared(folder: Path, limits: BoxLimits) -> BoxLimits:
    """Returns the limits with the memory that agent.toml asks for; the folder must be one that could be submitted."""
    submitted_files(folder)
    memory_mb = read_manifest(folder).memory_mb
    return dataclasses.replace(limits, memory_bytes=memory_mb << 20) if memory_mb else limits


def _lacking() -> dict[str, str]:
    """Returns by layer why it cannot be tried, or ""."""
    try:
        bubblewrap = bubblewrap_command((), is_root=False) and ""
    except OSError as error:
        bubblewrap = str(error)
    is_linux = sys.platform == "linux"
    has_table = is_linux and platform.machine() in SECCOMP_MACHINES
    return {
        "bubblewrap": "" if bubblewrap == "" and is_linux else str(bubblewrap) or "only on Linux",
        "landlock": "" if is_linux and landlock_abi() else "the kernel has no Landlock, or it is switched off",
        "seccomp": "" if has_table else f"no table of system calls for {sys.platform} on {platform.machine()}",
        "cgroup": "" if facts()["cgroup"] else "no control group can be made here",
    }


def _layers(name: str) -> Layers:
    needs = LEVELS[name].needs
    return Layers(
        bubblewrap="bubblewrap" in needs,
        landlock="landlock" in needs,
        seccomp="seccomp" in needs,
        cgroup=bool(facts()["cgroup"]) and bool(needs) and name != "full-nocgroup",
        drop_powers=bool(needs),
    )


def _fails(level: Level, layers: Layers) -> str:
    """Returns why a level is not reached, or "": what the probe could do there must be what the level leaves."""
    with _bait() as (secret, port):
        ref = AgentRef("probe", "arena.sandbox.probe:Probe", config={"secret": str(secret), "port": port})
        box = {"layers": dataclasses.asdict(layers), "limits": dataclasses.asdict(BoxLimits(begin_s=30.0))}
        agent = SandboxedAgent(dataclasses.replace(ref, box={**box, "readable": _readable(ref)}))
        try:
            done = set(agent.plays(EnvSpec("arena/Probe-v0", "arena.sandbox.probe:Probe", "games")).split())
        except Exception as error:  # whatever goes wrong in the self-test, the level is not reached
            return str(error)
        finally:
            agent.close()
    if too_much := sorted(done - level.leaves):
        return f"the self-test could {', '.join(too_much)} where it must not"
    return ""


@contextmanager
def _bait() -> Iterator[tuple[Path, int]]:
    """Yields a file that a box must not read, and a port of this machine that it must not reach."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        os.chmod(folder, 0o755)
        secret = Path(folder) / "secret"
        secret.write_text("seed 42")
        yield secret, server.getsockname()[1]


def _readable(ref: AgentRef) -> list[str]:
    """Returns what a boxed agent may read: the interpreter and its packages, Arena itself, and its own files."""
    import arena

    system = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache")
    devices = ("/dev/null", "/dev/zero", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")
    prefixes = [path for path in (sys.prefix, sys.base_prefix, *site.getsitepackages()) if path != "/usr"]
    package = Path(arena.__file__).parent
    own = [ref.checkpoint] if ref.checkpoint else []
    if is_file_target(ref.target):
        own.append(ref.folder or str(Path(ref.target.rpartition(":")[0]).resolve()))
    else:
        own.append(str(_package_of(ref.target)))
    paths = [*system, *devices, *prefixes, os.path.dirname(os.path.realpath(sys.executable)), str(package), *own]
    return list(dict.fromkeys(path for path in paths if os.path.exists(path)))


def _package_of(target: str) -> Path:
    """Returns the real folder of the package that a registered agent's module is in."""
    import importlib.util

    found = importlib.util.find_spec(target.rpartition(":")[0])
    if found is None or found.origin is None:
        raise ArenaError(f"no module for {target!r}")
    return Path(found.origin).resolve().parent
