"""The world of the calendar: its table, and two weeks of events of one's own and of some colleagues."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import day
from arena.envs.web.apps.people import ME, PEOPLE, draw, draws

__all__ = ["COLLEAGUES", "PLACES", "SCHEMA", "WORKDAYS", "fill"]

SCHEMA = """
CREATE TABLE calendar_event (id INTEGER PRIMARY KEY, owner TEXT, title TEXT, day TEXT, start INTEGER, end INTEGER,
                             place TEXT, guests TEXT);
"""
WORKDAYS = tuple(day(offset) for offset in range(12) if offset % 7 < 5)  # this week and the next
PLACES = ("Room Oak", "Room Birch", "Room Maple", "Canteen", "Library", "Studio", "Terrace", "Annex")
COLLEAGUES = PEOPLE[:4]  # whose calendars one sees
_TITLES = (
    *("Budget review", "Design review", "Hiring interview", "Customer call", "Press briefing", "Safety training"),
    *("Sales report", "Website demo", "Strategy lunch", "Workshop on writing", "Dentist", "Project kick-off"),
    *("Quarterly planning", "Contract talks", "Supplier visit", "Photo session", "First aid course", "Retrospective"),
    *("Release planning", "Data audit", "Office tour", "Language class", "Board meeting", "Archive clean-up"),
    *("Car inspection", "Product launch", "Yoga class", "Book club", "Tax appointment", "Partner breakfast"),
)
_STARTS = (9 * 60, 10 * 60 + 45, 13 * 60, 15 * 60)  # minutes since midnight: at least 105 apart
_LENGTHS = (30, 45, 60, 75, 90)  # minutes


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts two or three events a day into the calendars of oneself and four colleagues; of one day no two last alike.

    Every title of one's own is used once; colleagues are just busy.
    """
    titles = iter(draws(_TITLES, len(_TITLES), random))
    rows = []
    for owner in (ME, *COLLEAGUES):
        is_mine = owner is ME
        for date in WORKDAYS:
            starts = sorted(draws(_STARTS, 2 + int(random.integers(2)), random))
            for start, length in zip(starts, draws(_LENGTHS, len(starts), random), strict=True):
                title, place = (next(titles), draw(PLACES, random)) if is_mine else ("busy", "")
                guests = draws(PEOPLE, int(random.integers(3)), random) if is_mine else []
                named = ", ".join(sorted(person.name for person in guests))
                rows.append((owner.name, title, date, start, start + length, place, named))
    database.executemany(
        "INSERT INTO calendar_event (owner, title, day, start, end, place, guests) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
    )
