"""Web: small real web applications of our own, used through an agent's browser or (`arena web serve`) a person's."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, find, register
from arena.envs.references import measured
from arena.envs.web import shop  # web/Shop-v0
from arena.envs.web.live import twin

__all__ = ["application_specs", "shop"]

_APPS = "arena.envs.web.apps"
_LEVELS = {"easy": 1, "medium": 2, "hard": 3}


class _World(NamedTuple):
    """A world of `apps/worlds.py`, as environments: one for each level, or one over all kinds of task."""

    world: str
    name: str
    what: str
    has_levels: bool = True


_WORLDS = (
    _World("mail", "Mail", "Mail with folders: find, reply, forward, file away, add up receipts"),
    _World("calendar", "Calendar", "A calendar: create, move, invite, cancel, find a free time"),
    _World("flights", "Flights", "A timetable of flights: search, compare, book, change, cancel"),
    _World("bank", "Bank", "A bank: transfers, statements, payees, standing orders"),
    _World("forum", "Forum", "A forum: post, comment, vote, move, lock, settle reports"),
    _World("wiki", "Wiki", "A wiki of services, teams and machines: look up, edit, restore"),
    _World("codehost", "CodeHost", "A host of code: issues, labels, reviews, merges"),
    _World("mailcalendar", "MailCalendar", "Mail and calendar: one says what to do in the other", has_levels=False),
    _World("mailflights", "MailFlights", "Mail and flights: travellers write what they want", has_levels=False),
    _World("codewiki", "CodeWiki", "Code host and wiki: one says what to do in the other", has_levels=False),
)
_SAYS = {
    "easy": "Easy: one form.",
    "medium": "Medium: search and compare.",
    "hard": "Hard: several steps or conditions.",
    "": "Tasks of several steps over both.",
}


def application_specs() -> list[EnvSpec]:
    """Returns the specs of our own applications through the browser without JavaScript, Shop not among them."""
    return [_spec(row, level) for row in _WORLDS for level in (_LEVELS if row.has_levels else ("",))]


def _spec(row: _World, level: str) -> EnvSpec:
    env_id = f"web/{row.name}-{level}-v0" if level else f"web/{row.name}-v0"
    return EnvSpec(
        id=env_id,
        random=measured(env_id),
        entry_point=f"{_APPS}.environment:WebTask",
        kwargs={"world": row.world, "level": _LEVELS.get(level, 0)},
        domain="web",
        max_steps=40,
        metric="success",
        score_range=(0.0, 1.0),
        expert=Reference(1.0, "the optimum: every task can be done"),
        views={
            "array": f"{_APPS}.views:ArrayView",
            "text/v1": f"{_APPS}.views:TextView",
            "oracle": f"{_APPS}.views:OracleView",
        },
        oracle="oracle",
        needs=Needs(modules=("jinja2",), get="pip install arena-bench"),
        packages=("jinja2",),
        tags=("browser", "forms", "search", *([level] if level else ["two applications"])),
        description=f"{row.what}. {_SAYS[level]}",
        observation="Text: the task, the turns left, and the page with a number for each link, button, textbox, select",
        action='Text: click 12, type 7 "text", select 8 "option", back, stop, answer "text"',
        reward="At the end, 0 to 1: how alike the changes made in the database and those asked for are",
        source="of our own, after WebArena (arXiv 2307.13854) and AppWorld (arXiv 2407.18901)",
    )


for _each in application_specs():
    register(_each)

for _each in (find("web/Shop-v0"), *application_specs()):
    register(twin(_each))
