"""How an environment looks at a turn: what it renders, else the picture or text that it shows its seats."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from io import StringIO
from types import TracebackType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.episode import Episode, Turn
from arena.registry import build
from arena.spec import EnvSpec
from arena.views import make_view, seat_spaces
from arena.watching.screen import plain_text, screen_page

__all__ = ["Look", "Seen", "listed", "look_at"]

_TEXT_VIEW = "text/v1"
_SHORTEST = 80  # numbers of an observation that are shown whole


class Seen(NamedTuple):
    """What there is to see of a turn; nothing at all where an environment shows numbers only.

    Fields:
        image: (height, width, 3) uint8, or None.
        html: a whole document, safe to show in a sandboxed frame, or None.
        text: plain lines, or None.
    """

    image: npt.NDArray[np.uint8] | None = None
    html: str | None = None
    text: str | None = None

    @property
    def kind(self) -> Literal["video", "html", "text"]:
        """How it is best shown."""
        return "video" if self.image is not None else "html" if self.html is not None else "text"


@dataclass
class Look:
    """An environment built so that it can be seen; closes it when left.

    Fields:
        episode: to be played; `see` shows where it stands.
        mode: the render mode it was built with, None for what its seats observe.
        note: why it is not shown as it might be elsewhere, or "".
    """

    episode: Episode
    mode: str | None
    note: str = ""

    def see(self, turn: Turn) -> Seen:
        """Returns what there is to see at the episode's current turn.

        Raises:
            ValueError: the environment rendered something else than its mode says.
        """
        observation = _observation(turn)
        text = observation if isinstance(observation, str) else None
        if self.mode is None:
            return self._observed(turn, observation)
        drawn = self.episode.env.render()
        if self.mode == "rgb_array":
            return Seen(image=_picture(drawn), text=text)
        if not isinstance(drawn, (str, StringIO)):
            raise ValueError(f"render() gave a {type(drawn).__name__} in mode {self.mode!r}; expected text")
        drawn = drawn.getvalue() if isinstance(drawn, StringIO) else drawn
        if self.mode == "html":
            return Seen(html=drawn, text=text)
        return Seen(html=screen_page(drawn), text=plain_text(drawn))

    def __enter__(self) -> Look:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.episode.close()

    def _observed(self, turn: Turn, observation: Any) -> Seen:
        if isinstance(observation, str):
            return Seen(text=observation)
        image = _picture_within(observation)
        if image is not None:
            return Seen(image=image)
        if turn.seats and _TEXT_VIEW in self.episode.spec.views:
            view = make_view(self.episode.spec, _TEXT_VIEW, self.episode.env, self.episode.agents[turn.seats[0]])
            return Seen(text=str(view.observe(observation, turn.masks[0], turn.infos[0])[0]))
        return Seen()


def look_at(spec: EnvSpec, seed: int) -> Look:
    """Builds an environment so that it shows the most: a page, a picture, its own text, what its seats observe.

    Each is tried at the start of the episode of `seed`; drawing may need what this machine lacks, and the next is
    taken then.

    Raises:
        UnavailableError: something that the environment itself needs is missing.
    """
    _draw_without_a_window()
    look = Look(Episode(spec, build(spec)), None)
    notes = []
    for mode in _modes(look.episode):
        try:
            tried = Look(Episode(spec, build(spec, mode)), mode)
        except Exception as error:  # the package may miss a library that only drawing needs
            notes.append(f"cannot be drawn as {mode}: {_told(error)}")
            continue
        try:
            tried.see(tried.episode.start(seed))
        except Exception as error:
            notes.append(f"cannot be drawn as {mode}: {_told(error)}")
            tried.episode.close()
            continue
        look.episode.close()
        look = tried
        break
    look.note = "; ".join(notes)
    return look


def listed(turn: Turn) -> str:
    """Returns what the seat to act observes as lines of numbers: small arrays whole, of large ones both ends."""
    return _numbers(_observation(turn))


def _draw_without_a_window() -> None:
    """Tells libraries that there is no screen, where there is none; they read it when they are first imported."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("MUJOCO_GL", "egl")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


def _observation(turn: Turn) -> Any:
    """Returns what the (first) seat to act observes; at the end what a seat saw last."""
    if turn.seats:
        return turn.observations[0]
    return turn.ended[-1].observation if turn.ended else None


def _modes(episode: Episode) -> list[str]:
    """Returns the render modes worth trying, best first; text environments show their text as it is."""
    space, _ = seat_spaces(episode.env, episode.agents[0])
    known = episode.env.metadata.get("render_modes") or []
    wanted = ("html",) if isinstance(space, spaces.Text) else ("html", "rgb_array", "ansi")
    return [mode for mode in wanted if mode in known]


def _told(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:200]


def _picture(drawn: Any) -> npt.NDArray[np.uint8]:
    array = np.asarray(drawn)
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype != np.uint8:
        came = f"{array.dtype} of shape {array.shape}" if array.ndim else type(drawn).__name__
        raise ValueError(f"render() gave {came}; expected uint8 of shape (height, width, 3)")
    return array.copy()  # many environments draw into the same array again


def _picture_within(observation: Any) -> npt.NDArray[np.uint8] | None:
    """Returns an observation that is a picture in colour, or the first such of a dict."""
    if isinstance(observation, dict):
        return next((p for p in map(_picture_within, observation.values()) if p is not None), None)
    if not isinstance(observation, np.ndarray) or observation.ndim != 3 or observation.shape[2] != 3:
        return None
    if min(observation.shape[:2]) < 16:  # a grid of three numbers per cell, say MiniGrid's window
        return None
    if observation.dtype == np.uint8:
        return observation.copy()
    if observation.dtype.kind == "f" and observation.min() >= 0.0 and observation.max() <= 1.0:
        return (observation * 255.0).round().astype(np.uint8)
    return None


def _numbers(observation: Any, name: str = "") -> str:
    if isinstance(observation, dict):
        return "\n".join(_numbers(value, f"{name}{key}: ") for key, value in observation.items())
    if isinstance(observation, (tuple, list)):
        return "\n".join(_numbers(value, f"{name}{place}: ") for place, value in enumerate(observation))
    array = np.asarray(observation)
    body = np.array2string(array, precision=3, suppress_small=True, threshold=_SHORTEST, max_line_width=100)
    if array.ndim == 0:
        return f"{name}{body}"
    return f"{name}{array.dtype} of shape {array.shape}\n{body}"
