"""The world of the code host: its tables, and the issues and pull requests of four repositories."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import TODAY, day
from arena.envs.web.apps.codehost.operations import LABELS, REPOSITORIES, VERDICTS
from arena.envs.web.apps.people import PEOPLE, draw, draws

__all__ = ["ASSIGNEES", "KINDS", "SCHEMA", "add_issue", "add_pull", "fill"]

SCHEMA = """
CREATE TABLE codehost_issue (id INTEGER PRIMARY KEY, repository TEXT, title TEXT, text TEXT, author TEXT,
                             assignee TEXT, day TEXT, is_open INTEGER);
CREATE TABLE codehost_label (issue INTEGER, label TEXT);
CREATE TABLE codehost_comment (id INTEGER PRIMARY KEY, issue INTEGER, author TEXT, text TEXT);
CREATE TABLE codehost_pull (id INTEGER PRIMARY KEY, repository TEXT, title TEXT, author TEXT, day TEXT,
                            is_open INTEGER, is_merged INTEGER, checks TEXT, fixes INTEGER);
CREATE TABLE codehost_review (id INTEGER PRIMARY KEY, pull INTEGER, reviewer TEXT, verdict TEXT, text TEXT);
CREATE INDEX codehost_label_of ON codehost_label (issue);
"""
KINDS = {"Crash with": "bug", "Please support": "feature", "Question about": "question", "Explain": "docs"}
ASSIGNEES = tuple(person.name for person in PEOPLE[:8])  # 28 issues: someone has at most four
_THINGS = (
    *("sorting by date", "saving twice", "empty names", "very long lines", "leap years", "two screens", "dark mode"),
    *("slow networks", "old backups", "missing fonts", "night shifts", "negative prices", "copied rows", "umlauts"),
    *("time zones", "large photos", "printed labels", "shared folders", "weekly sums", "blocked senders"),
    *("expired keys", "double clicks", "rotated pages", "late invoices", "hidden columns", "quiet hours"),
    *("split payments", "test accounts"),
)
_TEXTS = ("I met this with {} last week.", "Several people have asked me about {}.", "See what happens with {}.")
_ISSUES, _BUGS, _UNLABELLED = 7, 3, 2  # of each repository; each bug has a pull request


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts 28 open issues of different days and twelve pull requests into the database.

    In each repository three bugs have a pull request: one is ready to be merged, one waits for a review, and one has
    failed checks or a reviewer who requests changes. Two issues of each have no label yet.
    """
    things = draws(_THINGS, len(_THINGS), random)
    days = iter([day(-age) for age in draws(range(2, 90), _ISSUES * len(REPOSITORIES), random)])
    for repository in REPOSITORIES:
        begins = ["Crash with"] * _BUGS + [draw(tuple(KINDS)[1:], random) for _ in range(_ISSUES - _BUGS)]
        bugs = []
        for place, begin in enumerate(begins):
            thing = things.pop()
            issue = add_issue(
                database, repository, f"{begin} {thing}", draw(_TEXTS, random).format(thing), next(days), random
            )
            if place < _ISSUES - _UNLABELLED:
                _put(database, issue, KINDS[begin])
                if random.random() < 0.3:
                    _put(database, issue, "urgent")
            if place < _BUGS:
                bugs.append((issue, f"Fix {thing}"))
        _add_pulls(database, repository, bugs, random)


def add_issue(
    database: sqlite3.Connection, repository: str, title: str, text: str, date: str, random: np.random.Generator
) -> int:
    """Puts an issue of a colleague into the database and returns its id."""
    authors = [person.name for person in PEOPLE[8:]]
    cursor = database.execute(
        "INSERT INTO codehost_issue (repository, title, text, author, assignee, day, is_open) "
        "VALUES (?, ?, ?, ?, ?, ?, 1)",
        (repository, title, text, draw(authors, random), draw(ASSIGNEES, random), date),
    )
    return cursor.lastrowid or 0


def add_pull(
    database: sqlite3.Connection, repository: str, title: str, checks: str, verdicts: dict[str, str], fixes: int = 0
) -> int:
    """Puts a pull request of today, with reviewers' verdicts, into the database and returns its id."""
    cursor = database.execute(
        "INSERT INTO codehost_pull (repository, title, author, day, is_open, is_merged, checks, fixes) "
        "VALUES (?, ?, ?, ?, 1, 0, ?, ?)",
        (repository, title, PEOPLE[-1].name, TODAY, checks, fixes),
    )
    pull = cursor.lastrowid or 0
    database.executemany(
        "INSERT INTO codehost_review (pull, reviewer, verdict, text) VALUES (?, ?, ?, ?)",
        [(pull, name, verdict, "I have read it all.") for name, verdict in verdicts.items()],
    )
    return pull


def _put(database: sqlite3.Connection, issue: int, label: str) -> None:
    assert label in LABELS
    database.execute("INSERT INTO codehost_label (issue, label) VALUES (?, ?)", (issue, label))


def _add_pulls(
    database: sqlite3.Connection, repository: str, bugs: list[tuple[int, str]], random: np.random.Generator
) -> None:
    approve, object_ = VERDICTS
    first, second = draws(ASSIGNEES, 2, random)
    stuck = draw((("failed", {first: approve}), ("passed", {first: approve, second: object_})), random)
    states = draws([("passed", {second: approve}), ("passed", {}), stuck], _BUGS, random)
    for (issue, title), (checks, verdicts) in zip(bugs, states, strict=True):
        add_pull(database, repository, title, checks, verdicts, issue)
