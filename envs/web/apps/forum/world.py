"""The world of the forum: its tables, thirty posts with comments and votes, and some open reports."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import TODAY, day
from arena.envs.web.apps.people import PEOPLE, draw, draws

__all__ = ["SCHEMA", "SPAM", "fill"]

SCHEMA = """
CREATE TABLE forum_member (id INTEGER PRIMARY KEY, name TEXT, is_banned INTEGER);
CREATE TABLE forum_post (id INTEGER PRIMARY KEY, board TEXT, title TEXT, author TEXT, text TEXT, day TEXT,
                         score INTEGER, mine INTEGER, is_locked INTEGER, is_removed INTEGER);
CREATE TABLE forum_comment (id INTEGER PRIMARY KEY, post INTEGER, author TEXT, text TEXT, day TEXT);
CREATE TABLE forum_report (id INTEGER PRIMARY KEY, post INTEGER, reporter TEXT, reason TEXT, verdict TEXT);
"""
SPAM = "spam"
_SUBJECTS = {
    "General": ("street lights", "recycling bins", "the school fair", "library hours", "night noise", "parcel lockers"),
    "Gardens": ("tomato plants", "pruning roses", "compost heaps", "tall hedges", "garden hoses", "apple trees"),
    "Kitchen": ("sourdough bread", "soup stock", "sharp knives", "pizza ovens", "herb salt", "jam jars"),
    "Cycling": ("bicycle lamps", "brake pads", "safe helmets", "cargo trailers", "tyre pressure", "the ferry route"),
    "Pets": ("dog training", "cat flaps", "fish tanks", "parrot food", "rabbit hutches", "vet visits"),
}
_TITLES = ("Question about {}", "Tips for {}", "My experience with {}", "Looking for help with {}")
_TEXTS = (
    "I have been thinking about {} for a while. What would you do?",
    "Last month I learned a lot about {}. Ask me anything.",
    "Does anybody here know more than I do about {}?",
    "There is something about {} that I do not understand.",
)
_COMMENTS = ("I agree.", "Thanks for writing this.", "I see it the other way round.", "Good question.", "Me too.")
_REASONS = (SPAM, SPAM, "rude", "off topic", "rude")  # of the reports, in random order


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts members, thirty posts of different days and votes, their comments, and five reports into the database.

    Two of the reports are about posts of the same member, the others about posts of three others.
    """
    names = [person.name for person in PEOPLE]
    database.executemany("INSERT INTO forum_member (name, is_banned) VALUES (?, 0)", [(name,) for name in names])
    subjects = [(board, subject) for board, listed in _SUBJECTS.items() for subject in listed]
    ages = draws(range(2, 2 + 3 * len(subjects)), len(subjects), random)
    votes = draws(range(-9, 60), len(subjects), random)
    authors = [names[place % len(names)] for place in random.permutation(len(subjects)).tolist()]
    posts = [
        (
            board,
            draw(_TITLES, random).format(subject),
            author,
            draw(_TEXTS, random).format(subject),
            day(-age),
            score,
        )
        for (board, subject), author, age, score in zip(subjects, authors, ages, votes, strict=True)
    ]
    database.executemany(
        "INSERT INTO forum_post (board, title, author, text, day, score, mine, is_locked, is_removed) "
        "VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)",
        posts,
    )
    comments = [
        (number, draw(names, random), text, TODAY)
        for number in range(1, len(posts) + 1)
        for text in draws(_COMMENTS, int(random.integers(4)), random)
    ]
    database.executemany("INSERT INTO forum_comment (post, author, text, day) VALUES (?, ?, ?, ?)", comments)
    database.executemany(
        "INSERT INTO forum_report (post, reporter, reason, verdict) VALUES (?, ?, ?, '')", _reports(authors, random)
    )


def _reports(authors: list[str], random: np.random.Generator) -> list[tuple[int, str, str]]:
    """Returns post, reporter, reason."""
    worst, *others = draws(sorted(set(authors)), 4, random)
    posts = [place for place, author in enumerate(authors, start=1) if author == worst][:2]
    posts += [authors.index(author) + 1 for author in others]
    reporters = [name for name in sorted(set(authors)) if name not in (worst, *others)]
    return [
        (post, draw(reporters, random), reason)
        for post, reason in zip(draws(posts, len(posts), random), draws(_REASONS, len(posts), random), strict=True)
    ]
