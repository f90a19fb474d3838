"""Api: the web applications through documented function calls in place of pages, as programs use them."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured

_API = "arena.envs.web.api"


class _World(NamedTuple):
    """A world of `arena.envs.web.apps.worlds`, and what it is about."""

    world: str
    name: str
    what: str
    tags: tuple[str, ...] = ()


_WORLDS = (
    _World("mail", "Mail", "Mail with folders"),
    _World("calendar", "Calendar", "A calendar"),
    _World("flights", "Flights", "A timetable of flights, and bookings"),
    _World("bank", "Bank", "A bank: transfers, statements, standing orders"),
    _World("forum", "Forum", "A forum that one moderates"),
    _World("wiki", "Wiki", "A wiki of services, teams and machines"),
    _World("codehost", "CodeHost", "A host of code: issues, reviews, merges"),
    _World(
        "mailcalendar", "MailCalendar", "Mail and calendar: one says what to do in the other", ("two applications",)
    ),
    _World("mailflights", "MailFlights", "Mail and flights: travellers write what they want", ("two applications",)),
    _World("codewiki", "CodeWiki", "Code host and wiki: one says what to do in the other", ("two applications",)),
)

for _each in _WORLDS:
    _env_id = f"api/{_each.name}-v0"
    register(
        EnvSpec(
            id=_env_id,
            random=measured(_env_id),
            entry_point=f"{_API}.environment:ApiTask",
            kwargs={"world": _each.world},
            domain="web",
            max_steps=40,
            metric="success",
            score_range=(0.0, 1.0),
            expert=Reference(1.0, "the optimum: every task can be done"),
            views={
                "array": f"{_API}.views:ArrayView",
                "text/v1": f"{_API}.views:TextView",
                "oracle": f"{_API}.views:OracleView",
            },
            oracle="oracle",
            needs=Needs(modules=("jinja2",), get="pip install arena-bench"),
            packages=("jinja2",),
            tags=("api", "tools", "search", *_each.tags),
            description=f"{_each.what}, through documented functions that one calls. What the database holds at the "
            "end is checked, side effects included.",
            observation="Text: the task, the turns left, the last calls, what the last one returned, or why it failed",
            action='Text: docs, docs mail.find, mail.move(message_id=3, folder="Trash"), finish() or finish("answer")',
            reward="At the end, 0 to 1: how alike the changes made in the database and those asked for are",
            source="of our own, after AppWorld (arXiv 2407.18901)",
        )
    )
