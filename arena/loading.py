"""Resolves `module:attribute` and `path/to/file.py:attribute` strings, the same way in every process."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from arena.errors import ArenaError, unknown

__all__ = ["load_symbol", "is_file_target", "import_file"]


def is_file_target(target: str) -> bool:
    """Whether a target names a Python file rather than a module."""
    return target.rpartition(":")[0].endswith(".py")


def import_file(path: Path) -> Any:
    """Imports a Python file under a name of its own (two files called agent.py never meet); once per process.

    The file's folder is on `sys.path` from then on, so that it may import its neighbours.
    """
    path = path.resolve()
    if not path.is_file():
        raise ArenaError(f"no such file: {str(path)!r}")
    name = f"arena_file_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def load_symbol(target: str) -> Any:
    """Returns what `module:attribute` or `file.py:attribute` names.

    Raises:
        ArenaError: a malformed target or a missing file.
        UnknownNameError: the module is there but has no such attribute; names the nearest.
        ImportError: the module itself, or what it imports, is missing.
    """
    location, _, attribute = target.rpartition(":")
    if not location or not attribute:
        raise ArenaError(f"{target!r} is not of the form 'module:attribute' or 'path/to/file.py:attribute'")
    module = import_file(Path(location)) if is_file_target(target) else importlib.import_module(location)
    value: Any = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            raise unknown(f"attribute of {location!r}", part, [n for n in dir(value) if not n.startswith("_")])
        value = getattr(value, part)
    return value
