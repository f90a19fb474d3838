"""The pages of the calendar, and the application made of them."""

from __future__ import annotations

from arena.envs.web.apps.calendar import operations as calendar
from arena.envs.web.apps.calendar.world import COLLEAGUES, SCHEMA, fill
from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.people import ME, PEOPLE
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["CALENDAR"]


def _agenda(request: Request) -> Page:
    day, text, owner = (request.fields.get(name, "") for name in ("day", "text", "owner"))
    owner = owner or ME.name
    found = calendar.events(request.database, owner, day, text)
    shown, turning = turn(found, request.fields, "/calendar/")
    return Page(
        "calendar/agenda.html",
        {
            "title": "Your calendar" if owner == ME.name else f"Calendar of {owner}",
            "is_mine": owner == ME.name,
            "events": shown,
            "count": len(found),
            "turning": turning,
            "chosen": request.fields,
            "owners": [person.name for person in (ME, *COLLEAGUES)],
        },
    )


def _event(request: Request, event_id: int, error: str = "") -> Page:
    found = calendar.event(request.database, event_id)
    guests = [person.name for person in PEOPLE]
    return Page("calendar/event.html", {"event": found, "people": guests, "error": error})


def _write(request: Request, error: str = "") -> Page:
    return Page("calendar/new.html", {"chosen": request.fields, "error": error})


def _create(request: Request) -> Page | Redirect:
    title, day, start, end, place = (request.fields.get(name, "") for name in ("title", "day", "start", "end", "place"))
    try:
        return _shown(calendar.create(request.database, title, day, start, end, place))
    except Refused as error:
        return _write(request, f"{error}")


def _write_move(request: Request, event_id: int, error: str = "") -> Page:
    found = calendar.event(request.database, event_id)
    return Page("calendar/move.html", {"event": found, "chosen": request.fields, "error": error})


def _move(request: Request, event_id: int) -> Page | Redirect:
    try:
        calendar.move(request.database, event_id, request.fields.get("day", ""), request.fields.get("start", ""))
    except Refused as error:
        return _write_move(request, event_id, f"{error}")
    return _shown(event_id)


def _write_edit(request: Request, event_id: int, error: str = "") -> Page:
    found = calendar.event(request.database, event_id)
    return Page("calendar/edit.html", {"event": found, "chosen": request.fields, "error": error})


def _edit(request: Request, event_id: int) -> Page | Redirect:
    try:
        calendar.edit(request.database, event_id, request.fields.get("title", ""), request.fields.get("place", ""))
    except Refused as error:
        return _write_edit(request, event_id, f"{error}")
    return _shown(event_id)


def _invite(request: Request, event_id: int) -> Page | Redirect:
    try:
        calendar.invite(request.database, event_id, request.fields.get("guest", ""))
    except Refused as error:
        return _event(request, event_id, f"{error}")
    return _shown(event_id)


def _cancel(request: Request, event_id: int) -> Redirect:
    calendar.cancel(request.database, event_id)
    return Redirect("/calendar/")


def _shown(event_id: int) -> Redirect:
    return Redirect(f"/calendar/event/{event_id}")


CALENDAR = App(
    name="calendar",
    title="Calendar",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _agenda),
        Route("GET", "/new", _write),
        Route("POST", "/new", _create),
        Route("GET", "/event/<int>", _event),
        Route("GET", "/event/<int>/move", _write_move),
        Route("POST", "/event/<int>/move", _move),
        Route("GET", "/event/<int>/edit", _write_edit),
        Route("POST", "/event/<int>/edit", _edit),
        Route("POST", "/event/<int>/invite", _invite),
        Route("POST", "/event/<int>/cancel", _cancel),
    ),
    state={"calendar_event": "SELECT owner, title, day, start, end, place, guests FROM calendar_event"},
)
