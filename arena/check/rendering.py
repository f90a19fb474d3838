"""Rendering: every mode that the metadata names returns what its name says."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from io import StringIO
from typing import Any

import numpy as np

from arena.check.playing import Player
from arena.check.report import Finding, failed, measured, skipped
from arena.check.rules import fault
from arena.check.subject import Check, Subject
from arena.registry import build

__all__ = ["RENDERING"]

_STEPS = 2
_NO_GRAPHICS = re.compile(r"EGL|GLX|glfw|libGL|OpenGL|OSMesa|pyglet|gladLoad|(open|connect to|no such) ?display", re.I)


def check_render(subject: Subject) -> Iterator[Finding]:
    """Renders at the start of an episode and after two steps, in each mode but `human`, which needs a screen."""
    modes = subject.player.episode.env.metadata.get("render_modes") or []
    shown: dict[str, Any] = {}
    for mode in (mode for mode in modes if mode != "human"):
        where = f"render_mode={mode!r}"
        try:
            frames = _frames(subject, mode)
        except _Unrenderable as error:
            if _NO_GRAPHICS.search("".join(traceback.format_exception(error))):
                yield skipped("render", f"{mode} needs a graphics library that is missing here: {error}")
                return
            do = "Mend it, or take the mode out of metadata['render_modes']."
            yield failed("render", where, str(error), "a frame", do)
            return
        for frame in frames:
            if wrong := _wrong(mode, frame):
                do = "Return what Gymnasium's documentation says of the mode."
                yield failed("render", where, *wrong, do)
                return
        shown[mode] = "x".join(map(str, frames[-1].shape)) if isinstance(frames[-1], np.ndarray) else "yes"
    yield measured("render", **shown) if shown else skipped("render", "metadata names no render mode but human")


class _Unrenderable(Exception):
    """What it raised when it was to be made for rendering, or to render."""


def _frames(subject: Subject, mode: str) -> list[Any]:
    try:
        player = Player(subject.spec, build(subject.spec, render_mode=mode))
    except Exception as error:
        raise _Unrenderable(fault(error)) from error
    try:
        frames = []
        for played in player.steps(1):
            if played.over:
                break
            try:
                frames.append(player.episode.env.render())
            except Exception as error:
                raise _Unrenderable(fault(error)) from error
            if played.length >= _STEPS:
                break
        return frames
    finally:
        player.close()


def _wrong(mode: str, frame: Any) -> tuple[str, str] | None:
    """Returns what came in place of a frame, and what was expected."""
    if mode == "rgb_array":
        is_frame = isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3
        if not is_frame or frame.shape[2] != 3 or not frame.size:
            came = f"{type(frame).__name__} {getattr(frame, 'shape', '')} {getattr(frame, 'dtype', '')}".strip()
            return came, "a uint8 array of shape (height, width, 3)"
    elif mode.endswith("_list"):
        if not isinstance(frame, list) or any(_wrong(mode.removesuffix("_list"), each) for each in frame):
            return f"a {type(frame).__name__}", f"a list of {mode.removesuffix('_list')} frames"
    elif mode == "ansi":
        if not isinstance(frame, (str, StringIO)) or not str(frame):
            return f"a {type(frame).__name__}", "text"
    elif frame is None:
        return "None", "a frame"
    return None


RENDERING = Check(("render",), check_render)
