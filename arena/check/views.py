"""Views: what each shows lies in its space, and its parser reads what it shows and refuses rubbish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

from arena.actions import BadAction, canonical_action
from arena.check.report import Finding, failed, measured
from arena.check.rules import fault, outside, short
from arena.check.subject import Check, Subject
from arena.errors import UnparsableError
from arena.sampling import legal_action
from arena.views import View, make_view, seat_spaces, view_names

__all__ = ["VIEWS"]

_STEPS = 12  # of the episode in which they are looked at
_MOVES = 2000  # answers tried per turn at most
_RUBBISH = ("", "I cannot decide.", "xyzzy plugh", "%%% 0x7f ::", "-987654321", "\ud800")


def check_views(subject: Subject) -> Iterator[Finding]:
    """Looks at every view of every seat in the first turns of an episode."""
    player = subject.player
    episode = player.episode
    views = {
        (name, seat): make_view(subject.spec, name, episode.env, agent)
        for name in view_names(subject.spec)
        for seat, agent in enumerate(episode.agents)
    }
    clock, read, random = subject.clock(0.05), 0, np.random.default_rng(1)
    for played in player.steps(1):
        if played.over or played.length > _STEPS or (clock.is_over and played.length):
            break
        turn = episode.turn
        where = f"seed 1, step {played.length}"
        for at, seat in enumerate(turn.seats):
            for name in view_names(subject.spec):
                look = _Look(views[name, seat], turn.observations[at], turn.masks[at], turn.infos[at], where, name)
                for finding in (look.shows(), look.reads(random)):
                    if finding is not None:
                        yield finding
                        return
                read += look.read
    yield measured("views", looked=len(views), answers_read=read)


class _Look:
    """One view of one turn."""

    def __init__(self, view: View, observation: Any, mask: Any, info: dict[str, Any], where: str, name: str) -> None:
        self._view, self._native_mask, self._name = view, mask, name
        self._space = seat_spaces(view.env, view.agent)[1]
        self._where = f"{where}, view {name!r}" + (f" of {view.agent!r}" if view.agent else "")
        self._seen, self._mask = view.observe(observation, mask, info)
        self.read = 0

    def shows(self) -> Finding | None:
        """What it shows lies in its space, and its mask names some of its actions."""
        view = self._view
        if type(view) is View:
            return None  # it shows what the environment shows, which was looked at
        if wrong := outside(view.observation_space, self._seen):
            do = "Widen the view's observation_space, or mend what it shows."
            return self._failed("views", wrong, f"an element of {short(view.observation_space)}", do)
        if self._mask is None or not isinstance(view.action_space, spaces.Discrete):
            return None
        mask = np.asarray(self._mask)
        if mask.shape != (view.action_space.n,) or mask.dtype != np.bool_ or not mask.any():
            came = f"a mask of shape {mask.shape} and dtype {mask.dtype} with {np.count_nonzero(mask)} legal answers"
            do = "Let observe return one bool per action of the view, at least one of them True."
            return self._failed("views", came, f"({view.action_space.n},) bool", do)
        return None

    def reads(self, random: np.random.Generator) -> Finding | None:
        """Its parser turns a legal answer into a legal native action, and rubbish into UnparsableError."""
        if self._name == "oracle":
            return self._reads_answer(str(self._seen))
        if not isinstance(self._view.action_space, spaces.Text):
            return self._reads_answer(legal_action(self._view.action_space, self._mask, random))
        if isinstance(self._space, spaces.Text):
            return None  # the environment itself reads what was said
        return self._reads_moves() or self._refuses_rubbish()

    def _native(self, answer: Any) -> Any:
        return canonical_action(self._space, self._view.parse(answer), self._native_mask)

    def _reads_answer(self, answer: Any) -> Finding | None:
        try:
            self._native(answer)
        except Exception as error:  # a view may raise anything
            do = "Let parse turn every answer that the view's space and mask allow into a legal native action."
            return self._failed("parser", f"{short(answer)} raised {fault(error)}", "a legal native action", do)
        self.read += 1
        return None

    def _reads_moves(self) -> Finding | None:
        """Some phrase of the text is an answer; where the view says that it shows the legal moves, all of them are."""
        read: set[Any] = set()
        for phrase in _phrases(self._seen)[:_MOVES]:
            try:
                action = self._native(phrase)
            except (UnparsableError, BadAction):
                continue
            read.add(action if isinstance(action, (int, str)) else repr(action))
        self.read += len(read)
        if not read:
            do = "Show the legal answers, one per line or with ', ' between them."
            return self._failed("parser", "no phrase of the text is an answer", "the answers to be shown", do)
        if not self._view.options.get("legal_moves_shown") or self._native_mask is None:
            return None
        legal = {int(action) for action in np.flatnonzero(self._native_mask)}
        if len(legal) < _MOVES // 4 and (lacking := sorted(legal - read)):
            do = "Show every legal move by the name that the parser reads."
            return self._failed("parser", f"legal actions {lacking[:10]} cannot be read from the text", "all", do)
        return None

    def _refuses_rubbish(self) -> Finding | None:
        for rubbish in _RUBBISH:
            try:
                action = self._view.parse(rubbish)
            except UnparsableError:
                continue
            except Exception as error:
                came = f"{rubbish!r} raised {fault(error)}"
            else:
                came = f"{rubbish!r} was read as {short(action)}"
            return self._failed("parser", came, "UnparsableError", "Never guess: raise arena.errors.UnparsableError.")
        return None

    def _failed(self, check: str, came: str, expected: str, do: str) -> Finding:
        return failed(check, self._where, came, expected, do)


def _phrases(text: str) -> list[str]:
    """Returns what may be an answer in a text: items of lists, lines, words; each once, in order."""
    lines = [line.strip() for line in text.splitlines()]
    items = [item.strip() for line in lines for item in re.split(r", |: |; |\. |\.$|\bor\b|\band\b", line)]
    words = [word.strip(".,:;()") for word in text.split()]
    return [phrase for phrase in dict.fromkeys([*items, *lines, *words]) if phrase]


VIEWS = Check(("views", "parser"), check_views)
