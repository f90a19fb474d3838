"""What one can do with a calendar: plain functions on the database, called by the pages and by programs alike.

Times of day are texts such as 09:30; in the database they are minutes since midnight.
"""

from __future__ import annotations

import sqlite3

from arena.envs.web.apps.clock import clock, is_day, minutes
from arena.envs.web.apps.people import ME, PEOPLE
from arena.envs.web.apps.site import Refused

__all__ = ["cancel", "create", "edit", "event", "events", "free", "invite", "move"]

WORKDAY = (9 * 60, 17 * 60)  # minutes since midnight
LONGEST_TEXT = 60  # characters of a title or place
_SEPARATOR = ", "


def events(database: sqlite3.Connection, owner: str = ME.name, day: str = "", text: str = "") -> list[sqlite3.Row]:
    """Returns someone's events, by day and time; each filter that is not empty must fit.

    `day` is like 2026-03-02; `text` is looked for in title, place and guests, without regard to case. Of colleagues
    one sees only that they are busy.
    """
    return database.execute(
        "SELECT * FROM calendar_event WHERE owner = ? AND (? = '' OR day = ?) "
        "AND instr(lower(title || ' ' || place || ' ' || guests), ?) ORDER BY day, start",
        (owner, day, day, text.lower()),
    ).fetchall()


def event(database: sqlite3.Connection, event_id: int) -> sqlite3.Row:
    """Returns one event of one's own: id, owner, title, day, start, end, place, guests.

    `start` and `end` are minutes since midnight; `guests` are names with commas between them.

    Raises:
        Refused: there is no such event in one's own calendar.
    """
    row: sqlite3.Row | None = database.execute(
        "SELECT * FROM calendar_event WHERE id = ? AND owner = ?", (event_id, ME.name)
    ).fetchone()
    if row is None:
        raise Refused(f"There is no event {event_id} in your calendar.")
    return row


def free(database: sqlite3.Connection, day: str, owner: str = ME.name) -> list[tuple[str, str]]:
    """Returns when someone is free on a day between 09:00 and 17:00, as pairs of first and last time.

    Raises:
        Refused: the day is none.
    """
    _check_day(day)
    begin, gaps = WORKDAY[0], []
    for row in events(database, owner, day):
        gaps.append((begin, min(row["start"], WORKDAY[1])))
        begin = max(begin, row["end"])
    gaps.append((begin, WORKDAY[1]))
    return [(clock(start), clock(end)) for start, end in gaps if start < end]


def create(database: sqlite3.Connection, title: str, day: str, start: str, end: str, place: str = "") -> int:
    """Puts an event into one's own calendar and returns its id.

    Raises:
        Refused: no title or too long a one, a day or time that is none, an end before the start, or one is busy then.
    """
    _check_texts(title, place)
    _check_day(day)
    first, last = _time(start), _time(end)
    if first >= last:
        raise Refused("An event must end later than it starts.")
    _check_free(database, day, first, last)
    cursor = database.execute(
        "INSERT INTO calendar_event (owner, title, day, start, end, place, guests) VALUES (?, ?, ?, ?, ?, ?, '')",
        (ME.name, title, day, first, last, place),
    )
    return cursor.lastrowid or 0


def move(database: sqlite3.Connection, event_id: int, day: str, start: str) -> None:
    """Moves an event to another day and time; it lasts as long as before.

    Raises:
        Refused: no such event, a day or time that is none, an end after midnight, or one is busy then.
    """
    row = event(database, event_id)
    _check_day(day)
    first = _time(start)
    last = first + row["end"] - row["start"]
    if last >= 24 * 60:
        raise Refused("An event must end on the day on which it starts.")
    _check_free(database, day, first, last, event_id)
    database.execute("UPDATE calendar_event SET day = ?, start = ?, end = ? WHERE id = ?", (day, first, last, event_id))


def edit(database: sqlite3.Connection, event_id: int, title: str, place: str) -> None:
    """Gives an event another title and place.

    Raises:
        Refused: no such event, no title, or too long a text.
    """
    event(database, event_id)
    _check_texts(title, place)
    database.execute("UPDATE calendar_event SET title = ?, place = ? WHERE id = ?", (title, place, event_id))


def invite(database: sqlite3.Connection, event_id: int, guest: str) -> None:
    """Adds a colleague to the guests of an event.

    Raises:
        Refused: no such event or colleague, or the colleague is a guest already.
    """
    guests = [name for name in event(database, event_id)["guests"].split(_SEPARATOR) if name]
    if guest not in [person.name for person in PEOPLE]:
        raise Refused(f'"{guest}" is none of the colleagues: {_SEPARATOR.join(person.name for person in PEOPLE)}.')
    if guest in guests:
        raise Refused(f"{guest} is invited already.")
    listed = _SEPARATOR.join(sorted([*guests, guest]))
    database.execute("UPDATE calendar_event SET guests = ? WHERE id = ?", (listed, event_id))


def cancel(database: sqlite3.Connection, event_id: int) -> None:
    """Takes an event out of one's own calendar.

    Raises:
        Refused: no such event.
    """
    event(database, event_id)
    database.execute("DELETE FROM calendar_event WHERE id = ?", (event_id,))


def _check_texts(title: str, place: str) -> None:
    if not title or len(title) > LONGEST_TEXT or len(place) > LONGEST_TEXT:
        raise Refused(f"The title must have 1 to {LONGEST_TEXT} characters, the place at most {LONGEST_TEXT}.")


def _check_day(day: str) -> None:
    if not is_day(day):
        raise Refused(f'"{day}" is no day: write it like 2026-03-02.')


def _time(text: str) -> int:
    found = minutes(text)
    if found is None:
        raise Refused(f'"{text}" is no time of day: write it like 09:30.')
    return found


def _check_free(database: sqlite3.Connection, day: str, start: int, end: int, but: int = 0) -> None:
    for row in events(database, ME.name, day):
        if row["id"] != but and row["start"] < end and start < row["end"]:
            raise Refused(f'You are busy then: "{row["title"]}" is from {clock(row["start"])} to {clock(row["end"])}.')
