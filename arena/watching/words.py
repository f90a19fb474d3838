"""What an action is called: the text view's words where there are any, the environment's names, else the number."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from arena.episode import Episode
from arena.errors import UnparsableError
from arena.views import View, make_view

__all__ = ["Words"]

_TEXT_VIEW = "text/v1"
_LONGEST = 8  # numbers of an action that are shown
_CHOICES = " is not one of: "  # as `arena.views.parse_choice` tells what may be answered


class Words:
    """Names the actions of one seat, each at the turn at which it is played."""

    def __init__(self, episode: Episode, seat: int) -> None:
        env = episode.env
        self._names = getattr(env.unwrapped, "action_names", None)
        self._view: View | None = None
        if _TEXT_VIEW in episode.spec.views:
            with contextlib.suppress(AttributeError):  # it looks into an environment that is in another process
                self._view = make_view(episode.spec, _TEXT_VIEW, env, episode.agents[seat])

    def name(self, action: Any, mask: Any) -> str:
        """Returns an action as a person reads it; only a word that the view's own parser reads as this very action."""
        if isinstance(action, str):
            return action
        if isinstance(action, (int, np.integer)):
            for word in self._choices(int(action), mask):
                with contextlib.suppress(UnparsableError):
                    if self._view is not None and self._view.parse(word) == action:
                        return word
            if isinstance(self._names, list) and 0 <= action < len(self._names):
                return str(self._names[action]).replace("_", " ")
        return _shortened(action)

    def _choices(self, action: int, mask: Any) -> Iterator[str]:
        """Yields the words that the view takes now, the likeliest for the action first."""
        if self._view is None:
            return
        try:
            self._view.parse("")
        except UnparsableError as error:  # its complaint says what it takes
            words = str(error).partition(_CHOICES)[2].split(", ")
        else:
            return
        rank = action if mask is None else int(np.count_nonzero(mask[:action]))  # legal moves are named in order
        if rank < len(words):
            yield words[rank]
        yield from words


def _shortened(action: Any) -> str:
    if isinstance(action, dict):
        return ", ".join(f"{key} {_shortened(value)}" for key, value in action.items())
    if isinstance(action, (tuple, list)):
        return "(" + ", ".join(map(_shortened, action)) + ")"
    array = np.asarray(action)
    if array.ndim == 0:
        return f"{array.item():.3g}" if array.dtype.kind == "f" else str(array.item())
    flat = array.ravel()
    shown = " ".join(f"{n:.2f}" if array.dtype.kind == "f" else str(n) for n in flat[:_LONGEST])
    return f"[{shown}{f' ... {flat.size} numbers' if flat.size > _LONGEST else ''}]"
