"""What a task of Gymnasium's own is built from, for the families of such tasks, as they are or changed."""

from __future__ import annotations

from typing import Any

from arena import Needs

__all__ = ["engine"]


def engine(entry_point: str) -> dict[str, Any]:
    """Returns the fields of an EnvSpec that follow from where in `gymnasium.envs` a task's class is."""
    is_mujoco = entry_point.startswith("mujoco.")
    return {
        "entry_point": f"gymnasium.envs.{entry_point}",
        "tolerance": 1e-6 if is_mujoco else 0.0,
        "needs": Needs(modules=("mujoco", "imageio", "packaging"), get="pip install 'arena-bench[quick]'")
        if is_mujoco
        else Needs(modules=("gymnasium",), get="pip install arena-bench"),
        "packages": ("mujoco", "gymnasium", "numpy") if is_mujoco else ("gymnasium", "numpy"),
    }
