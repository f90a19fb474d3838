"""The world of the wiki: its tables, and pages about services, teams, machines and how things are done."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import day
from arena.envs.web.apps.people import PEOPLE, draw, draws
from arena.envs.web.apps.services import SERVICES
from arena.envs.web.apps.wiki.operations import FACTS, STATUSES

__all__ = ["MACHINES", "SCHEMA", "TEAMS", "fill"]

SCHEMA = """
CREATE TABLE wiki_page (id INTEGER PRIMARY KEY, title TEXT UNIQUE, category TEXT, text TEXT);
CREATE TABLE wiki_fact (id INTEGER PRIMARY KEY, page INTEGER, name TEXT, value TEXT);
CREATE TABLE wiki_revision (id INTEGER PRIMARY KEY, page INTEGER, day TEXT, author TEXT, text TEXT);
CREATE INDEX wiki_fact_of ON wiki_fact (page);
"""
TEAMS = ("Amber team", "Coral team", "Jade team", "Onyx team")
MACHINES = ("Machine Alder", "Machine Birch", "Machine Cedar", "Machine Elm", "Machine Larch")
_GUIDES = ("How to ask for a review", "How to plan a release", "How to report an outage")
_LOCATIONS = ("Bergen", "Cork", "Graz", "Lyon", "Porto", "Turku")
_ROOMS = ("Room Oak", "Room Beech", "Room Maple", "Room Willow", "Room Ash")
_CHANNELS = ("channel-north", "channel-south", "channel-east", "channel-west", "channel-lake")
_TEXTS = (
    "{}: this page is short, because little has changed.",
    "{}: please keep this page up to date.",
    "{}: what is written here was checked last autumn.",
    "{}: ask your team before you change this page.",
    "{}: there is more to say, which somebody should add.",
    "{}: the details are in the drawer of the archive.",
)
_MISTAKES = 3  # pages whose newest revision is by someone who wrote nothing else


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts 22 pages with their facts and two to four revisions each, all of different days, into the database.

    Every machine runs two services, every team owns two or three, and three or four people are on call.
    """
    facts = _facts(random)
    titles = (*SERVICES, *TEAMS, *MACHINES, *_GUIDES)
    for page, title in enumerate(titles, start=1):
        category = _category(title)
        database.execute("INSERT INTO wiki_page (title, category, text) VALUES (?, ?, '')", (title, category))
        database.executemany(
            "INSERT INTO wiki_fact (page, name, value) VALUES (?, ?, ?)",
            [(page, name, value) for name, value in zip(FACTS[category], facts.get(title, ()), strict=True)],
        )
    database.executemany(
        "INSERT INTO wiki_revision (page, day, author, text) VALUES (?, ?, ?, ?)", _revisions(titles, random)
    )
    database.execute(
        "UPDATE wiki_page SET text = (SELECT text FROM wiki_revision WHERE page = wiki_page.id ORDER BY day DESC)"
    )


def _category(title: str) -> str:
    if title in SERVICES:
        return "Service"
    return "Team" if title in TEAMS else "Machine" if title in MACHINES else "Guide"


def _facts(random: np.random.Generator) -> dict[str, tuple[str, ...]]:
    """Returns what the facts of a page hold, in the order of its category's facts."""
    count = len(SERVICES)
    teams, machines = (
        [names[place % len(names)] for place in random.permutation(count).tolist()] for names in (TEAMS, MACHINES)
    )
    people = [person.name for person in draws(PEOPLE, 4, random)]
    called = [people[place % len(people)] for place in random.permutation(count).tolist()]
    ports = map(str, draws(range(3000, 9999), count, random))
    versions = [".".join(map(str, numbers)) for numbers in random.integers(1, 10, (count, 3)).tolist()]
    statuses = [draw(STATUSES, random) for _ in SERVICES]
    facts = dict(zip(SERVICES, zip(teams, called, ports, statuses, versions, machines, strict=True), strict=True))
    leads = [person.name for person in draws(PEOPLE, len(TEAMS), random)]
    rooms, channels = draws(_ROOMS, len(TEAMS), random), draws(_CHANNELS, len(TEAMS), random)
    memories = [f"{32 * int(random.integers(1, 9))} GB" for _ in MACHINES]
    return (
        facts
        | dict(zip(TEAMS, zip(leads, rooms, channels, strict=True), strict=True))
        | dict(zip(MACHINES, zip(draws(_LOCATIONS, len(MACHINES), random), memories, strict=True), strict=True))
    )


def _revisions(titles: tuple[str, ...], random: np.random.Generator) -> list[tuple[int, str, str, str]]:
    """Returns page, day, author, text; of one page no two texts are the same."""
    *authors, mistaken = [person.name for person in draws(PEOPLE, 6, random)]
    wrong = draws(range(1, len(titles) + 1), _MISTAKES, random)
    kept = [int(count) for count in random.integers(2, 4, len(titles))]
    ages = iter(draws(range(8, 300), sum(kept), random))
    lately = iter(draws(range(1, 8), len(wrong), random))
    rows = []
    for page, (title, count) in enumerate(zip(titles, kept, strict=True), start=1):
        texts = [text.format(title) for text in draws(_TEXTS, count + 1, random)]
        days = sorted(day(-next(ages)) for _ in range(count))
        rows += [(page, date, draw(authors, random), text) for date, text in zip(days, texts, strict=False)]
        if page in wrong:
            rows.append((page, day(-next(lately)), mistaken, texts[-1]))
    return rows
