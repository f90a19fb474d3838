"""Which library MuJoCo draws with where there is no screen: EGL, else OSMesa."""

from __future__ import annotations

import ctypes.util
import os
import sys

from arena.errors import UnavailableError

__all__ = ["choose_renderer", "require_renderer"]

_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}  # value of MUJOCO_GL: library that must be there


def choose_renderer() -> None:
    """Sets `MUJOCO_GL` where there is no screen; what the user set stays.

    It is read once, when a package that draws is first imported, so every adapter calls this before its import.
    """
    if "MUJOCO_GL" in os.environ or not _is_without_screen():
        return
    for name, library in _LIBRARIES.items():
        if ctypes.util.find_library(library):
            os.environ["MUJOCO_GL"] = name
            return


def require_renderer() -> None:
    """Chooses, for an environment that shows pictures.

    Raises:
        UnavailableError: there is no screen, and neither library; or dm_control was imported before one was chosen.
    """
    choose_renderer()
    if not _is_without_screen():
        return
    if "MUJOCO_GL" not in os.environ:
        raise UnavailableError(
            "MuJoCo cannot draw here: there is no screen, and neither libEGL nor libOSMesa was found; "
            "install one (on Debian: apt-get install libegl1, or libosmesa6)"
        )
    drawing = sys.modules.get("dm_control._render")
    if drawing is not None and drawing.BACKEND == "glfw":
        raise UnavailableError(
            "dm_control was imported before a renderer was chosen, and took the one that needs a screen; "
            "set the environment variable MUJOCO_GL=egl (or osmesa) before it is imported"
        )


def _is_without_screen() -> bool:
    return sys.platform == "linux" and not os.environ.get("DISPLAY")
