"""Smaller pictures, in grey if wanted (Gymnasium's own wrapper needs OpenCV)."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import SpecError

__all__ = ["ResizeObservation"]


class ResizeObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Resizes (height, width, 3) uint8 pictures by area averaging; `grey` gives (height, width, 1), ITU-R 601 luma."""

    def __init__(self, env: gymnasium.Env[Any, Any], height: int, width: int, grey: bool = False) -> None:
        super().__init__(env)
        space = env.observation_space
        if space.shape is None or len(space.shape) != 3 or space.shape[2] != 3 or space.dtype != np.uint8:
            raise SpecError(f"resizing needs (height, width, 3) uint8 observations, got {space}")
        self._size = (width, height)
        self._grey = grey
        self.observation_space = gymnasium.spaces.Box(0, 255, (height, width, 1 if grey else 3), np.uint8)

    def observation(self, observation: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        from PIL import Image

        picture = Image.fromarray(observation)
        if self._grey:
            picture = picture.convert("L")
        resized: npt.NDArray[np.uint8] = np.asarray(picture.resize(self._size, Image.Resampling.BOX))
        return resized[:, :, None] if self._grey else resized
