"""What there is to do in the calendar."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.calendar import operations as calendar
from arena.envs.web.apps.calendar.pages import CALENDAR
from arena.envs.web.apps.calendar.world import COLLEAGUES, PLACES, WORKDAYS
from arena.envs.web.apps.clock import clock, day, long_day, minutes
from arena.envs.web.apps.people import PEOPLE, draw, draws
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["WORLD", "found", "moved", "written"]

_NEW_TITLES = ("Choir practice", "Farewell drinks", "Chess evening", "Parents' evening", "Film night", "Running group")
_EVENINGS = ("17:30", "18:00", "18:30", "19:00")  # when nobody has an event


def found(text: str = "", date: str = "", owner: str = "") -> tuple[Step, ...]:
    """Returns the steps from anywhere to the events found by these filters."""
    filters = [fill(name, value) for name, value in (("Search", text), ("Day", date)) if value]
    whose = (choose("Whose", owner),) if owner else ()
    return (click("Calendar"), *filters, *whose, click("Show"))


def moved(date: str, start: str) -> tuple[Step, ...]:
    """Returns the steps from an open event to its having been moved."""
    return click("Move"), fill("Day", date), fill("Start", start), click("Save")


def written(title: str, date: str, start: str, end: str, place: str = "") -> tuple[Step, ...]:
    """Returns the steps from the calendar to a new event."""
    given = (("Title", title), ("Day", date), ("Start", start), ("End", end), ("Place", place))
    return (click("New event"), *(fill(name, value) for name, value in given if value), click("Create"))


def _create(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    title, date, place = draw(_NEW_TITLES, random), draw(WORKDAYS, random), draw(PLACES, random)
    start = draw(_EVENINGS, random)
    end = _later(start, draw((60, 90, 120), random))
    return Task(
        f'Create an event "{title}" on {date} ({long_day(date)}) from {start} to {end}, place: {place}.',
        written(title, date, start, end, place),
        lambda db: calendar.create(db, title, date, start, end, place),
        {"title": title, "day": date, "start": start, "end": end, "place": place},
    )


def _cancel(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event = _soon(database, random)
    return Task(
        f'Cancel the event "{event["title"]}".',
        (click(event["title"]), click("Cancel this event")),
        lambda db: calendar.cancel(db, event["id"]),
    )


def _invite(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event = _soon(database, random)
    guest = draw([person.name for person in PEOPLE if person.name not in event["guests"]], random)
    return Task(
        f'Invite {guest} to the event "{event["title"]}".',
        (click(event["title"]), choose("Guest", guest), click("Invite")),
        lambda db: calendar.invite(db, event["id"], guest),
    )


def _change_place(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event = _soon(database, random)
    place = draw([place for place in PLACES if place != event["place"]], random)
    return Task(
        f'The event "{event["title"]}" takes place elsewhere: change its place to {place}.',
        (click(event["title"]), *_placed(place)),
        lambda db: calendar.edit(db, event["id"], event["title"], place),
        {"place": place},
    )


def _move(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event = draw(calendar.events(database), random)
    date, start = draw(WORKDAYS, random), draw(_EVENINGS, random)
    return Task(
        f'Move the event "{event["title"]}" to {date} ({long_day(date)}) at {start}. It lasts as long as before.',
        (*found(event["title"]), click(event["title"]), *moved(date, start)),
        lambda db: calendar.move(db, event["id"], date, start),
        {"search": event["title"], "day": date, "start": start},
    )


def _cancel_longest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date = draw(WORKDAYS, random)
    event = max(calendar.events(database, day=date), key=lambda row: int(row["end"]) - int(row["start"]))
    return Task(
        f"Cancel the longest of your events on {long_day(date)}.",
        (*found(date=date), click(event["title"]), click("Cancel this event")),
        lambda db: calendar.cancel(db, event["id"]),
        {"day": date},
    )


def _change_last_place(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date, which = draw(WORKDAYS, random), draw((0, -1), random)
    event = calendar.events(database, day=date)[which]
    place = draw([place for place in PLACES if place != event["place"]], random)
    return Task(
        f"Change the place of your {'last' if which else 'first'} event on {long_day(date)} to {place}.",
        (*found(date=date), click(event["title"]), *_placed(place)),
        lambda db: calendar.edit(db, event["id"], event["title"], place),
        {"day": date, "place": place},
    )


def _ask_end(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date = draw(WORKDAYS, random)
    event = calendar.events(database, day=date)[-1]
    ends = sorted({clock(row["end"]) for row in calendar.events(database)})
    return Task(
        f"At what time does your last event on {long_day(date)} end? Answer like 14:30.",
        (*found(date=date), answer(clock(event["end"]))),
        values={"day": date},
        answer=clock(event["end"]),
        choices=(*draws([end for end in ends if end != clock(event["end"])], 7, random), clock(event["end"])),
    )


def _first_free(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date, length, title = draw(WORKDAYS, random), draw((45, 60, 90), random), draw(_NEW_TITLES, random)
    start = _earliest([calendar.free(database, date)], length)
    return Task(
        f'Create an event "{title}" of {length} minutes on {date} ({long_day(date)}), without a place. It starts as '
        "early as possible, from 09:00 on, such that you are free until its end.",
        (*found(date=date), *written(title, date, start, _later(start, length))),
        lambda db: calendar.create(db, title, date, start, _later(start, length)),
        {"title": title, "day": date} | _times([calendar.free(database, date)], length),
    )


def _first_common(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date, length, title = draw(WORKDAYS, random), draw((15, 30), random), draw(_NEW_TITLES, random)
    guest = draw(COLLEAGUES, random).name
    both = [calendar.free(database, date), calendar.free(database, date, guest)]
    start = _earliest(both, length)

    def change(db: sqlite3.Connection) -> None:
        calendar.invite(db, calendar.create(db, title, date, start, _later(start, length)), guest)

    return Task(
        f'Create an event "{title}" of {length} minutes on {date} ({long_day(date)}), without a place, and invite '
        f"{guest}. It starts as early as possible, from 09:00 on, such that both of you are free until its end.",
        (
            *found(date=date, owner=guest),
            *written(title, date, start, _later(start, length)),
            choose("Guest", guest),
            click("Invite"),
        ),
        change,
        {"title": title, "day": date} | _times(both, length),
    )


def _clear_day(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    date, later = draw(WORKDAYS, random), day(14 + int(random.integers(5)))  # in the third week nothing is planned
    events = calendar.events(database, day=date)

    def change(db: sqlite3.Connection) -> None:
        for event in events:
            calendar.move(db, event["id"], later, clock(event["start"]))

    steps = ((*found(date=date), click(event["title"]), *moved(later, clock(event["start"]))) for event in events)
    return Task(
        f"You are away on {long_day(date)}: move every event of yours on that day to {later} ({long_day(later)}), "
        "at the same time of day.",
        tuple(step for part in steps for step in part),
        change,
        {"day": date, "other day": later} | {f"start {k}": clock(event["start"]) for k, event in enumerate(events)},
    )


def _cancel_with(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    invited = [(person.name, calendar.events(database, text=person.name)) for person in PEOPLE]
    guest, events = draw([(name, rows) for name, rows in invited if 1 <= len(rows) <= 5], random)

    def change(db: sqlite3.Connection) -> None:
        for event in events:
            calendar.cancel(db, event["id"])

    steps = ((*found(guest), click(event["title"]), click("Cancel this event")) for event in events)
    return Task(
        f"Cancel every event in your calendar to which {guest} is invited.",
        tuple(step for part in steps for step in part),
        change,
        {"search": guest},
    )


def _soon(database: sqlite3.Connection, random: np.random.Generator) -> sqlite3.Row:
    """Returns one of the events on the first page of the calendar."""
    return draw(calendar.events(database)[:10], random)


def _placed(place: str) -> tuple[Step, ...]:
    return click("Edit"), fill("Place", place), click("Save")


def _times(calendars: list[list[tuple[str, str]]], length: int) -> dict[str, str]:
    """Returns the times at which an event of this length could start and end, as values to type."""
    starts = {start for gaps in calendars for start, _ in gaps}
    times = sorted(starts | {_later(start, length) for start in starts})
    return {f"time {k}": time for k, time in enumerate(times, start=1)}


def _later(time: str, length: int) -> str:
    return clock((minutes(time) or 0) + length)


def _earliest(calendars: list[list[tuple[str, str]]], length: int) -> str:
    """Returns the first time at which every calendar is free for so many minutes; texts of times sort as times do."""
    starts = sorted(start for gaps in calendars for start, _ in gaps)
    return next(
        time
        for time in starts
        if all(any(start <= time and _later(time, length) <= end for start, end in gaps) for gaps in calendars)
    )


WORLD = World(
    apps=(CALENDAR,),
    templates=(
        Template("create", 1, _create),
        Template("cancel", 1, _cancel),
        Template("invite", 1, _invite),
        Template("change place", 1, _change_place),
        Template("move", 2, _move),
        Template("cancel longest", 2, _cancel_longest),
        Template("change place of first or last", 2, _change_last_place),
        Template("ask for an end", 2, _ask_end),
        Template("first free time", 3, _first_free),
        Template("first common free time", 3, _first_common),
        Template("clear a day", 3, _clear_day),
        Template("cancel with a guest", 3, _cancel_with),
    ),
)
