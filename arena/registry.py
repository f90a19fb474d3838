"""The catalogue of environments: register, find, make; families are discovered through entry points."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import sys
from functools import cache
from typing import Any

from arena.errors import ArenaError, SpecError, UnavailableError, UnknownNameError, unknown
from arena.gymnasium_ids import show
from arena.loading import load_symbol
from arena.runtimes import LOCAL, here
from arena.runtimes.locks import find_runtime
from arena.spec import EnvSpec

__all__ = ["about", "broken_plugins", "build", "find", "make", "missing", "register", "specs"]

GROUP = "arena.environments"  # entry point: family name -> module that calls arena.register when imported

_specs: dict[str, EnvSpec] = {}
_loaded: set[str] = set()
_broken: dict[str, str] = {}


def register(spec: EnvSpec) -> EnvSpec:
    """Adds an environment to the catalogue and returns its spec.

    Registering an equal spec again is harmless (a module imported twice); a different one under a taken id is an error.

    Raises:
        SpecError: the id is taken by a different spec, or `spec` is not an EnvSpec that another process can read.
    """
    if not isinstance(spec, EnvSpec):
        raise SpecError(f"arena.register takes an arena.EnvSpec, got {type(spec).__name__}")
    for kwargs in (spec.kwargs, *(wrapper.kwargs for wrapper in spec.wrappers)):
        if not _is_plain(kwargs):
            raise SpecError(f"{spec.id}: kwargs must be plain JSON data (lists, not tuples), got {dict(kwargs)!r}")
    if (taken := _specs.get(spec.id)) is not None and taken != spec:
        raise SpecError(
            f"{spec.id!r} is already registered from {taken.entry_point!r}; a changed environment is a new -vN"
        )
    _specs[spec.id] = spec
    show(spec)
    return spec


def find(env_id: str) -> EnvSpec:
    """Returns the spec of an id, loading only its own family.

    Raises:
        UnknownNameError: no such id; names the nearest, and a plugin that could not be loaded.
    """
    if env_id not in _specs:
        _load(env_id.split("/", 1)[0])
    if env_id not in _specs:
        specs()  # a plugin may register other families than the one it is named by
    if env_id not in _specs:
        hint = "; ".join(f"plugin {name!r} is broken: {why}" for name, why in _broken.items())
        raise unknown("environment", env_id, _specs, hint or "'arena envs' lists all")
    return _specs[env_id]


def specs(domain: str | None = None, *, available: bool = False) -> list[EnvSpec]:
    """Returns all registered specs, sorted by domain and id, of one domain or only those that can run here."""
    for name in _families():
        _load(name)
    chosen = [s for s in _specs.values() if domain in (None, s.domain) and not (available and missing(s))]
    return sorted(chosen, key=lambda s: (s.domain, s.id))


def missing(spec: EnvSpec) -> str:
    """Returns what an environment lacks (runtime, module or file) and how to get it, or "" when it can run here."""
    if spec.runtime not in (LOCAL, here()):
        try:
            state = find_runtime(spec.runtime).state()
        except UnknownNameError as error:
            return f"{spec.id} needs a runtime that no installed package provides: {error}"
        if state != "ready":
            return f"{spec.id} needs runtime {spec.runtime!r} ({state}): arena install {spec.runtime}"
    absent = [m for m in spec.needs.modules if not _importable(m)]
    absent += [file for file in spec.needs.files if not os.path.exists(os.path.expandvars(os.path.expanduser(file)))]
    if not absent:
        return ""
    return f"{spec.id} needs {', '.join(absent)}: {spec.needs.get or 'pip install ' + ' '.join(absent)}"


def about(family: str) -> str:
    """Returns what a family says of itself: the docstring of its module, or ""."""
    for entry in _families().get(family, ()):
        if (module := sys.modules.get(entry.module)) is not None:
            return inspect.cleandoc(module.__doc__ or "")
    return ""


def broken_plugins() -> dict[str, str]:
    """Returns the families whose entry point could not be loaded, with the reason."""
    specs()
    return dict(_broken)


def build(spec: EnvSpec, render_mode: str | None = None, host: int | None = None) -> Any:
    """Makes the environment of a spec with its wrapper stack: a `gymnasium.Env`, `ParallelEnv` or `AECEnv`.

    Of a family with a runtime of its own it is a proxy: the environment and its wrappers live in that runtime. So it is
    for every family where a `host` is given, the number of the process that steps it.

    Raises:
        UnavailableError: something it needs is missing; says how to get it.
        SpecError: a wrapper of the stack does not exist or would learn while it is evaluated.
    """
    if lacking := missing(spec):
        raise UnavailableError(lacking)
    if host is not None or spec.runtime not in (LOCAL, here()):
        from arena.runtimes.proxy import remote

        return remote(spec, render_mode, host or 0)
    from arena.wrappers import wrap

    kwargs = dict(spec.kwargs)
    if render_mode is not None:
        kwargs["render_mode"] = render_mode
    return wrap(load_symbol(spec.entry_point)(**kwargs), spec)


def make(env_id: str, *, view: str | None = None, render_mode: str | None = None, **kwargs: Any) -> Any:
    """Makes an environment: a plain `gymnasium.Env`, or a PettingZoo `ParallelEnv` or `AECEnv`.

    Args:
        view: how its seats see it, say "array" or "text/v1" (see `arena.views`); None leaves it as it is.
            Only for environments of one seat; many seats each have their own view inside the harness.
        kwargs: override the spec's own keyword arguments.

    Raises:
        UnknownNameError: no such environment or view.
        UnavailableError: a package it needs is missing.

    Example:
        >>> env = make("text/Countdown-v0")
        >>> observation, info = env.reset(seed=1)
    """
    spec = find(env_id)
    if kwargs:
        spec = dataclasses.replace(spec, kwargs={**spec.kwargs, **kwargs})
    env = build(spec, render_mode)
    if view is None:
        return env
    if spec.interface != "gymnasium":
        raise ArenaError(f"{env_id} has {spec.seats} seats; a view is chosen per seat: use arena.episode.Episode")
    from arena.wrappers.seen import Seen

    return Seen(env, spec, view)


@cache
def _families() -> dict[str, list[importlib.metadata.EntryPoint]]:
    families: dict[str, list[importlib.metadata.EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        families.setdefault(entry.name, []).append(entry)  # two packages may use one name
    return families


def _load(family: str) -> None:
    """Imports one family's module; a failure is kept and listed, and breaks nothing else."""
    if family in _loaded:
        return
    _loaded.add(family)
    importlib.import_module("gymnasium")  # first: once imported it loads all families, and none may be half imported
    for entry in _families().get(family, ()):
        try:
            entry.load()
        except (Exception, SystemExit) as error:  # a stranger's module may raise anything; shown by `arena envs`
            _broken[family] = f"{type(error).__name__}: {error}"


def _is_plain(data: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(data, allow_nan=False)) == data)
    except (TypeError, ValueError):
        return False


@cache
def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
