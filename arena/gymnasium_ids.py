"""Makes one-seat environments visible to `gymnasium.make("arena/<id>")` once both packages are imported.

Gymnasium 1.x loads no plugins by itself: a package registers when it is imported. `import arena` must not import
Gymnasium, which takes longer than all of Arena's core, so it waits for Gymnasium to be imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.spec import EnvSpec

__all__ = ["show", "watch"]

_REGISTRATION = "gymnasium.envs.registration"


def watch() -> None:
    """Shows the catalogue to Gymnasium: now if it is imported, else when it is."""
    if _REGISTRATION in sys.modules:
        _show_all()
    else:
        sys.meta_path.insert(0, _Watcher())


def show(spec: EnvSpec) -> None:
    """Registers one environment with Gymnasium, if that is imported and the environment has one seat."""
    registration = sys.modules.get(_REGISTRATION)
    if registration is None or spec.interface != "gymnasium":
        return
    # Our ids hold a slash of their own, for which Gymnasium's pattern has no room: its namespace is widened by one
    # level, which changes no id that was valid before.
    registration.ENV_ID_RE = re.compile(  # type: ignore[attr-defined]
        r"^(?:(?P<namespace>[\w:-]+(?:/[\w:-]+)?)\/)?(?:(?P<name>[\w:.-]+?))(?:-v(?P<version>\d+))?$"
    )
    gym_id = f"arena/{spec.id}"  # no max_episode_steps: the spec's own stack ends in a time limit
    registration.registry[gym_id] = registration.EnvSpec(
        id=gym_id, entry_point="arena.gymnasium_ids:_make", kwargs={"arena_id": spec.id}
    )


def _show_all() -> None:
    from arena.registry import specs

    for spec in specs():
        show(spec)


def _make(arena_id: str, render_mode: str | None = None, **kwargs: Any) -> Any:
    from arena.registry import make

    return make(arena_id, render_mode=render_mode, **kwargs)


class _Watcher(importlib.abc.MetaPathFinder):
    """Calls `_show_all` once, after Gymnasium has been imported whole."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_show(module: ModuleType) -> None:
                run(module)
                _show_all()

            spec.loader.exec_module = run_and_show  # type: ignore[method-assign]
        return spec
