"""Tasks: an instruction, the change it asks for, and a way to bring it about through the pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from arena.envs.web.apps.site import App
from arena.envs.web.apps.state import Change
from arena.envs.web.shop_app.browser import Element

__all__ = ["LEVELS", "Step", "Task", "Template", "World", "answer", "choose", "click", "draw_task", "fill", "resolve"]

LEVELS = {"easy": 1, "medium": 2, "hard": 3}  # one form; search and compare; several steps or conditions
STOP = "stop"


class Step(NamedTuple):
    """One action of a plan, as one would tell a person at a browser: made by `click`, `fill`, `choose`, `answer`.

    Fields:
        verb: click, fill, choose or answer.
        name: what the link, button or field is called.
        text: what to type, choose or answer.
        within: words of the line it stands in, where the page has several of that name.
    """

    verb: str
    name: str
    text: str = ""
    within: str = ""


def click(name: str, within: str = "") -> Step:
    """Follow the link, or press the button, of this name."""
    return Step("click", name, "", within)


def fill(name: str, text: str, within: str = "") -> Step:
    """Type a text into the field with this label."""
    return Step("fill", name, text, within)


def choose(name: str, option: str, within: str = "") -> Step:
    """Choose an option in the select with this label."""
    return Step("choose", name, option, within)


def answer(text: str) -> Step:
    """Give the answer, which ends the episode; a plan that does not end with one ends with `stop` by itself."""
    return Step("answer", "", text)


@dataclass(frozen=True)
class Task:
    """What is to be done in one episode.

    Fields:
        instruction: what the agent is told; there is one right outcome.
        plan: a way to do it with a browser, from the site's first page.
        change: does it on the database at once, by the operations that the pages call. The task is done when the
            database is as this would have left it: whatever the way, and nothing else changed.
        values: texts to type, by what one calls them, for agents that choose among candidates: what the instruction
            gives, and what must be found out among others like it.
        answer: what is to be answered at the end, "" where nothing is asked; case and spacing do not matter.
        choices: the answers that are possible, where there is one: for agents that choose among candidates.
    """

    instruction: str
    plan: tuple[Step, ...]
    change: Change = field(default=lambda database: None)
    values: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """Makes tasks of one kind and level from the world as it is in the database; `make` may add to the world."""

    name: str
    level: int
    make: Callable[[sqlite3.Connection, np.random.Generator], Task]


@dataclass(frozen=True)
class World:
    """Some applications on one site, and the kinds of task that are given there."""

    apps: tuple[App, ...]
    templates: tuple[Template, ...]


def draw_task(world: World, level: int, database: sqlite3.Connection, random: np.random.Generator) -> Task:
    """Makes a task of one of the world's kinds on a level (0: any level), each kind as likely."""
    fitting = [template for template in world.templates if level in (0, template.level)]
    if not fitting:
        raise ValueError(f"no task of level {level}; there are {sorted({t.level for t in world.templates})}")
    return fitting[int(random.integers(len(fitting)))].make(database, random)


def resolve(step: Step, elements: Sequence[Element]) -> str:
    """Returns the browser's action for a step on a page with these elements, or "" where there is no such element."""
    if step.verb == "answer":
        return f'answer "{step.text}"'
    kinds = {"click": ("link", "button"), "fill": ("textbox",), "choose": ("select",)}[step.verb]
    for number, element in enumerate(elements, start=1):
        if element.kind in kinds and element.name == step.name and step.within in element.line:
            if step.verb == "click":
                return f"click {number}"
            return f'{"type" if step.verb == "fill" else "select"} {number} "{step.text}"'
    return ""
