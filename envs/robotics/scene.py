"""A MuJoCo scene that an environment draws when it is asked to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Scene"]


class Scene:
    """Pictures of one size of a model; the renderer is made with the first of them."""

    def __init__(self, model: Any, height: int, width: int) -> None:
        self._model, self._height, self._width = model, height, width
        self._renderer: Any = None

    def draw(self, data: Any, camera: Any) -> npt.NDArray[np.uint8]:
        """Returns what a camera (its name, or an `MjvCamera`) sees, (height, width, 3) uint8."""
        import mujoco

        if self._renderer is None:
            window = self._model.vis.global_
            window.offheight, window.offwidth = max(window.offheight, self._height), max(window.offwidth, self._width)
            self._renderer = mujoco.Renderer(self._model, self._height, self._width)
        self._renderer.update_scene(data, camera=camera)
        return self._renderer.render()

    def close(self) -> None:
        """Gives the renderer back."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
