"""What one can do in the wiki: plain functions on the database, called by the pages and by programs alike.

A page has a text, and facts: what they are called is fixed for each category, what they hold is short. Every edit of
a text is kept as a revision.
"""

from __future__ import annotations

import re
import sqlite3

from arena.envs.web.apps.clock import TODAY
from arena.envs.web.apps.people import ME
from arena.envs.web.apps.site import Refused

__all__ = [
    "CATEGORIES",
    "FACTS",
    "STATUSES",
    "changes",
    "create",
    "edit",
    "facts",
    "find",
    "history",
    "move",
    "page",
    "restore",
    "set_fact",
]

FACTS = {
    "Service": ("Team", "On call", "Port", "Status", "Version", "Machine"),
    "Team": ("Lead", "Room", "Channel"),
    "Machine": ("Location", "Memory"),
    "Guide": (),
    "Archive": (),
}
CATEGORIES = tuple(FACTS)
STATUSES = ("stable", "beta", "deprecated")
LONGEST_TITLE, LONGEST_TEXT, LONGEST_FACT = 60, 400, 40  # characters


def find(database: sqlite3.Connection, text: str = "", category: str = "") -> list[sqlite3.Row]:
    """Returns pages by title: id, title, category; each filter that is not empty must fit.

    `text` is looked for in title, text and what the facts hold, without regard to case; `category` is an exact name.
    """
    return database.execute(
        "SELECT id, title, category FROM wiki_page WHERE instr(lower(title || ' ' || text || ' ' || coalesce("
        "(SELECT group_concat(value, ' ') FROM wiki_fact WHERE page = wiki_page.id), '')), ?) "
        "AND (? = '' OR category = ?) ORDER BY title",
        (text.lower(), category, category),
    ).fetchall()


def page(database: sqlite3.Connection, page_id: int) -> sqlite3.Row:
    """Returns one page: id, title, category, text.

    Raises:
        Refused: there is no such page.
    """
    row: sqlite3.Row | None = database.execute("SELECT * FROM wiki_page WHERE id = ?", (page_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no page {page_id}.")
    return row


def facts(database: sqlite3.Connection, page_id: int) -> list[sqlite3.Row]:
    """Returns the facts of a page: name, value.

    Raises:
        Refused: there is no such page.
    """
    page(database, page_id)
    return database.execute("SELECT name, value FROM wiki_fact WHERE page = ? ORDER BY id", (page_id,)).fetchall()


def history(database: sqlite3.Connection, page_id: int) -> list[sqlite3.Row]:
    """Returns the revisions of a page's text, newest first: id, day, author, text.

    Raises:
        Refused: there is no such page.
    """
    page(database, page_id)
    return database.execute(
        "SELECT id, day, author, text FROM wiki_revision WHERE page = ? ORDER BY day DESC, id DESC", (page_id,)
    ).fetchall()


def changes(database: sqlite3.Connection, author: str = "") -> list[sqlite3.Row]:
    """Returns the revisions of all pages, newest first: id, page (its id), title, day, author.

    `author`, if not empty, is looked for in the author's name, without regard to case.
    """
    return database.execute(
        "SELECT wiki_revision.id, page, title, day, author FROM wiki_revision JOIN wiki_page ON wiki_page.id = page "
        "WHERE instr(lower(author), ?) ORDER BY day DESC, wiki_revision.id DESC",
        (author.lower(),),
    ).fetchall()


def create(database: sqlite3.Connection, title: str, category: str, text: str) -> int:
    """Makes a page and returns its id.

    Raises:
        Refused: no title, too long a one or that of another page; no such category; no text or too long a one.
    """
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"The title must have 1 to {LONGEST_TITLE} characters.")
    if database.execute("SELECT 1 FROM wiki_page WHERE lower(title) = ?", (title.lower(),)).fetchone():
        raise Refused(f'There is a page "{title}" already.')
    _check_category(category)
    _check_text(text)
    cursor = database.execute("INSERT INTO wiki_page (title, category, text) VALUES (?, ?, '')", (title, category))
    page_id = cursor.lastrowid or 0
    edit(database, page_id, text)
    return page_id


def edit(database: sqlite3.Connection, page_id: int, text: str) -> None:
    """Gives a page another text.

    Raises:
        Refused: no such page, no text, too long a one, or the one that it has.
    """
    if page(database, page_id)["text"] == text:
        raise Refused("The page has this text already.")
    _check_text(text)
    database.execute("UPDATE wiki_page SET text = ? WHERE id = ?", (text, page_id))
    database.execute(
        "INSERT INTO wiki_revision (page, day, author, text) VALUES (?, ?, ?, ?)", (page_id, TODAY, ME.name, text)
    )


def restore(database: sqlite3.Connection, revision_id: int) -> None:
    """Gives a page the text of one of its revisions again.

    Raises:
        Refused: there is no such revision, or the page has its text.
    """
    row = database.execute("SELECT page, text FROM wiki_revision WHERE id = ?", (revision_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no revision {revision_id}.")
    edit(database, row["page"], row["text"])


def set_fact(database: sqlite3.Connection, page_id: int, name: str, value: str) -> None:
    """Changes one fact of a page.

    Raises:
        Refused: no such page, no such fact in its category, or a value that the fact cannot hold.
    """
    category = page(database, page_id)["category"]
    if name not in FACTS[category]:
        raise Refused(f'A page of the category {category} has no fact "{name}"; it has {_listed(FACTS[category])}.')
    if not value or len(value) > LONGEST_FACT:
        raise Refused(f"A fact must have 1 to {LONGEST_FACT} characters.")
    if name == "Status" and value not in STATUSES:
        raise Refused(f'"{value}" is no status; a status is {_listed(STATUSES)}.')
    if name == "Port" and not re.fullmatch(r"[1-9]\d{3}", value):
        raise Refused(f'"{value}" is no port; a port has four digits.')
    database.execute("UPDATE wiki_fact SET value = ? WHERE page = ? AND name = ?", (value, page_id, name))


def move(database: sqlite3.Connection, page_id: int, category: str) -> None:
    """Files a page under another category; its facts stay.

    Raises:
        Refused: no such page or category.
    """
    page(database, page_id)
    _check_category(category)
    database.execute("UPDATE wiki_page SET category = ? WHERE id = ?", (category, page_id))


def _check_category(category: str) -> None:
    if category not in CATEGORIES:
        raise Refused(f'"{category}" is none of the categories: {_listed(CATEGORIES)}.')


def _check_text(text: str) -> None:
    if not text or len(text) > LONGEST_TEXT:
        raise Refused(f"The text must have 1 to {LONGEST_TEXT} characters.")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
