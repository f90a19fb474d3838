"""One turn of many lanes: every seat that must act is shown what it sees, and what it answers is read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from arena.actions import BadAction, canonical_action, canonical_actions, listed
from arena.batching import FAULTS, Beat, Group
from arena.episode import Turn
from arena.errors import ProviderError, UnparsableError, explain
from arena.job import Lane
from arena.outcome import OUTCOMES
from arena.views import View

__all__ = ["ask", "blame", "is_native"]

_ANSWER = 65536  # characters of a text answer
_Asked = tuple[Lane, int, int]  # a lane, a place in its turn, and its row in the batch


def ask(running: Sequence[Lane], beat: Beat) -> None:
    """Puts into `lane.answers`, by place in the turn: a native action, a BadAction, or a broken view's error."""
    asked: dict[int, tuple[Group, list[_Asked]]] = {}
    for lane in running:
        turn = lane.playing.turn
        lane.answers = [None] * len(turn.seats)
        for at, seat in enumerate(turn.seats):
            group, view, row = lane.places[seat]
            try:
                group.put(row, *view.observe(turn.observations[at], turn.masks[at], turn.infos[at]))
            except FAULTS as error:  # views come with environments: their faults are the environment's
                lane.answers[at] = error
                continue
            asked.setdefault(id(group), (group, []))[1].append((lane, at, row))
    for group, turns in asked.values():
        _ask_group(group, turns, beat)


def _ask_group(group: Group, turns: list[_Asked], beat: Beat) -> None:
    began = time.perf_counter()
    found = group.ask(beat)
    again = []
    if not _read_together(group, turns, found):
        for lane, at, row in turns:
            try:
                lane.answers[at] = _read(lane, at, found[row], group.mask_of(row))
            except UnparsableError as error:
                again.append((lane, at, row, error))
    if again:
        _ask_again(group, again, beat)
    share = (time.perf_counter() - began) / len(turns)
    for lane, _, _ in turns:
        lane.agent_s += share


def _read_together(group: Group, turns: list[_Asked], found: Any) -> bool:
    """Reads answers as one array, as `_read` does one by one; returns False where that cannot be, or one is bad."""
    lane, at, _ = turns[0]
    turn, view = _turn(lane, at)
    if type(found) is not np.ndarray or not is_native(view, lane.action_spaces[turn.seats[at]]):
        return False
    masks = [lane.playing.turn.masks[at] for lane, at, _ in turns]
    is_masked = masks[0] is not None
    if any((mask is not None) != is_masked for mask in masks):
        return False
    rows = np.array([row for _, _, row in turns], np.intp)
    places = np.arange(len(turns))
    actions = canonical_actions(group.action_space, found[rows], places, np.stack(masks) if is_masked else None)
    if type(actions) is list:
        return False
    for (lane, at, _), action in zip(turns, listed(group.action_space, actions), strict=True):
        lane.answers[at] = action
    return True


def _ask_again(group: Group, turns: list[tuple[Lane, int, int, UnparsableError]], beat: Beat) -> None:
    """Gives an unparsable answer its one retry, with the reason; then the view's stated default, counted."""
    for lane, at, row, error in turns:
        turn, view = _turn(lane, at)
        observation, mask = view.observe(turn.observations[at], turn.masks[at], turn.infos[at])
        if isinstance(observation, str):
            observation += f"\n\nYour last answer could not be read: {error}\nAnswer again."
        group.put(row, observation, mask)
        lane.retried += 1
    found = group.ask(beat)
    for lane, at, row, _ in turns:
        turn, view = _turn(lane, at)
        try:
            lane.answers[at] = _read(lane, at, found[row], group.mask_of(row))
        except UnparsableError as error:
            default = view.default(turn.masks[at])
            lane.answers[at] = BadAction("unparsable", str(error)) if default is None else default
            lane.defaulted += default is not None


def _turn(lane: Lane, at: int) -> tuple[Turn, View]:
    """Returns a lane's turn and the view of the seat at place `at` in it."""
    turn = lane.playing.turn
    return turn, lane.places[turn.seats[at]][1]


def _read(lane: Lane, at: int, answer: Any, seen_mask: Any) -> Any:
    """Returns an answer as a native action that may be played, the BadAction it is, or a parser's own error.

    Raises:
        UnparsableError: text from which no action can be read.
    """
    if isinstance(answer, BaseException):
        return answer if isinstance(answer, ProviderError) else blame(answer)
    turn, view = _turn(lane, at)
    space = lane.action_spaces[turn.seats[at]]
    try:
        if isinstance(view.action_space, spaces.Text):
            _check_text(answer)  # whatever its letters: what counts is what the parser reads
        elif view.action_space is not space or type(view).parse is not View.parse:
            answer = canonical_action(view.action_space, answer, seen_mask)
        return canonical_action(space, view.parse(answer), turn.masks[at])
    except UnparsableError:
        raise
    except BadAction as error:
        if isinstance(view.action_space, spaces.Text) and isinstance(answer, str):
            raise UnparsableError(str(error)) from error  # too long, or no action of this environment
        return error
    except FAULTS as error:  # a fault of the view's parser
        return error


def is_native(view: View, space: spaces.Space[Any]) -> bool:
    """Returns whether an answer by a view is the environment's own action, of numbers."""
    return type(view).parse is View.parse and view.action_space is space and not isinstance(space, spaces.Text)


def _check_text(answer: Any) -> None:
    if not isinstance(answer, str):
        raise BadAction("invalid_action", f"got {type(answer).__name__}; expected text")
    if len(answer) > _ANSWER:
        raise BadAction("invalid_action", f"got {len(answer)} characters; expected at most {_ANSWER}")


def blame(error: BaseException) -> BadAction:
    """Returns what an agent's exception counts as: its own, unless its box says more."""
    if isinstance(error, BadAction) and error.cause in OUTCOMES and OUTCOMES[error.cause].whose == "agent":
        return error
    return BadAction("agent_exception", explain(error))
