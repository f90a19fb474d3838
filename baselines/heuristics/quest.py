"""A scripted agent for Quest: maps the rooms it saw, takes keys, opens everything, then fulfils the goal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from arena.agent import Agent, Batch, Seating

__all__ = ["QuestScripted"]


@dataclass
class _Map:
    """What it remembers of an episode: by room the exits, as the text named them, and the locked doors seen there."""

    exits: dict[str, dict[str, str]] = field(default_factory=dict)  # direction -> room, or "" while unexplored
    locked: dict[str, list[str]] = field(default_factory=dict)  # metals of what is locked in a room


class QuestScripted(Agent):
    """Does what is useful here, else walks the shortest known way to where something useful can be done."""

    view = "text/v1"

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        self._maps = [_Map() for _ in range(seating.rows)]

    def act(self, batch: Batch) -> Sequence[str]:
        answers = [""] * len(batch.active)
        for row in np.flatnonzero(batch.active).tolist():
            if batch.starts[row]:
                self._maps[row] = _Map()
            answers[row] = _answer(batch.observations[row], self._maps[row])
        return answers


def _answer(text: str, known: _Map) -> str:
    goal = re.search(r"^Goal: put the (.+) (?:on|in) the (.+) in the (\w+)\.$", text, re.MULTILINE)
    room = re.search(r"^You are in the (\w+)\.$", text, re.MULTILINE)
    carried = re.search(r"^You carry: (.*)\.$", text, re.MULTILINE)
    assert goal is not None and room is not None and carried is not None
    valid = text.partition("You can:\n")[2].split("\n\n")[0].splitlines()
    _remember(text, room[1], known)
    if here := _useful_here(valid, goal[1], goal[2]):
        return here
    has_goal = goal[1] in carried[1].split(", ")
    keys = re.findall(r"(\w+) key", carried[1])
    wanted = [goal[3]] if has_goal else []
    wanted += [place for place, metals in known.locked.items() if any(metal in keys for metal in metals)]
    return _way(room[1], known, wanted) or valid[0]


def _remember(text: str, room: str, known: _Map) -> None:
    exits = re.search(r"^Exits: (.*)\.$", text, re.MULTILINE)
    ways = re.findall(r"(\w+) \((?:to the (\w+)|unexplored)\)", exits[1] if exits else "")
    known.exits[room] = dict(ways)
    known.locked[room] = re.findall(r"\((\w+) (?:door, locked|lock)\)", text)


def _useful_here(valid: list[str], thing: str, place: str) -> str:
    """Returns a valid action that brings one on at once, the best first, or ""."""
    final = [action for action in valid if action.startswith(f"put {thing} ") and action.endswith(f" {place}")]
    wanted = [action for action in valid if action == f"take {thing}"]
    opening = [action for action in valid if action.startswith(("unlock ", "open "))]
    return next(iter(final + wanted + opening + _keys_to_take(valid)), "")


def _keys_to_take(valid: list[str]) -> list[str]:
    """Returns the actions that take a key not carried yet (a carried thing can be dropped)."""
    return [a for a in valid if re.fullmatch(r"take \w+ key", a) and a.replace("take", "drop") not in valid]


def _way(room: str, known: _Map, wanted: list[str]) -> str:
    """Returns the first step of the shortest known way to a wanted room, or else to an unexplored exit."""
    first: dict[str, str] = {room: ""}
    queue, fallback = [room], ""
    for here in queue:
        if here in wanted and here != room:
            return first[here]
        for direction, beyond in known.exits.get(here, {}).items():
            step = first[here] or f"go {direction}"
            if not beyond:
                fallback = fallback or step
            elif beyond not in first:
                first[beyond] = step
                queue.append(beyond)
    return fallback
