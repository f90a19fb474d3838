"""The worlds by name: where each one's applications and tasks are, so that a spec names one in plain data."""

from __future__ import annotations

from arena.envs.web.apps.task import World
from arena.errors import unknown
from arena.loading import load_symbol

__all__ = ["WORLDS", "load_world"]

_APPS = "arena.envs.web.apps"
WORLDS = {
    "mail": f"{_APPS}.mail.tasks:WORLD",
    "calendar": f"{_APPS}.calendar.tasks:WORLD",
    "flights": f"{_APPS}.flights.tasks:WORLD",
    "bank": f"{_APPS}.bank.tasks:WORLD",
    "forum": f"{_APPS}.forum.tasks:WORLD",
    "wiki": f"{_APPS}.wiki.tasks:WORLD",
    "codehost": f"{_APPS}.codehost.tasks:WORLD",
    "mailcalendar": f"{_APPS}.mailcalendar:WORLD",
    "mailflights": f"{_APPS}.mailflights:WORLD",
    "codewiki": f"{_APPS}.codewiki:WORLD",
}


def load_world(name: str) -> World:
    """Returns a world by name.

    Raises:
        UnknownNameError: there is no such world.
    """
    if name not in WORLDS:
        raise unknown("web world", name, sorted(WORLDS))
    world: World = load_symbol(WORLDS[name])
    return world
