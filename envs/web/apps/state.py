"""What a task changes, and how much of it came about: the rows before, the rows wanted, and the rows there are."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from arena.envs.web.apps.site import App

__all__ = ["Change", "Changes", "State", "changes", "likeness", "read_state", "rehearse"]

Change: TypeAlias = Callable[[sqlite3.Connection], object]
"""Something done to a database."""
State: TypeAlias = Counter[tuple[object, ...]]
"""How often each row is there: the name of the query, then the row."""
Changes: TypeAlias = Counter[tuple[object, ...]]
"""How often each row came or went: "+" or "-", then the row."""


def read_state(database: sqlite3.Connection, apps: Sequence[App]) -> State:
    """Returns everything in the database that is judged."""
    cursor = database.cursor()
    cursor.row_factory = None  # plain tuples, which are compared
    return Counter((name, *row) for app in apps for name, query in app.state.items() for row in cursor.execute(query))


def rehearse(database: sqlite3.Connection, apps: Sequence[App], change: Change) -> State:
    """Returns the state that a change would bring about; the database is left as it was."""
    database.execute("SAVEPOINT rehearsal")
    try:
        change(database)
        return read_state(database, apps)
    finally:
        database.execute("ROLLBACK TO rehearsal")
        database.execute("RELEASE rehearsal")


def changes(before: State, after: State) -> Changes:
    """Returns which rows came and which went; a row that was altered is one of each."""
    found: Changes = Counter()
    for sign, rows in (("+", after - before), ("-", before - after)):
        for row, count in rows.items():
            found[(sign, *row)] = count
    return found


def likeness(wanted: Changes, made: Changes) -> float:
    """Returns how many of the changes wanted or made are both, 0 to 1: 1 if all was done and nothing else."""
    either = (wanted | made).total()
    return (wanted & made).total() / either if either else 1.0
