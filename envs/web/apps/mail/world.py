"""The world of mail: its tables, and what colleagues and shops have written before the episode begins."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import numpy as np

from arena.envs.web.apps.clock import TODAY, clock, day
from arena.envs.web.apps.people import ME, PEOPLE, Person, draw, draws

__all__ = ["FOLDERS", "LEAVE", "NEW_NUMBER", "SCHEMA", "SHOPS", "TOPICS", "deliver", "fill"]

SCHEMA = """
CREATE TABLE mail_folder (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE mail_contact (name TEXT, address TEXT);
CREATE TABLE mail_message (id INTEGER PRIMARY KEY, folder TEXT, sender_name TEXT, sender TEXT, recipients TEXT,
                           subject TEXT, body TEXT, sent TEXT, answers INTEGER, is_read INTEGER);
"""
FOLDERS = ("Inbox", "Sent", "Archive", "Projects", "Receipts", "Travel", "Trash")
TOPICS = (
    *("budget", "office move", "trade fair", "website", "summer party", "hiring", "training", "annual report"),
    *("customer survey", "car park", "canteen", "newsletter"),
)
SHOPS = ("Norden Supplies", "Velto Print", "Marlow Catering", "Kasimir Travel")
NEW_NUMBER = "New phone number"
LEAVE = "Request for leave"
_SUBJECTS = ("Question about the {}", "Notes on the {}", "Plan for the {}", "Update on the {}")
_BODIES = (
    "Please have a look at the {} before Friday. Tell me what you think.",
    "We have agreed on the next steps for the {}. Nothing is left open.",
    "There is some news about the {}. We can talk about it when you are back.",
    "I have put together what we know about the {}. It is not much yet.",
)
_COLLEAGUES, _RECEIPTS, _NUMBERS, _LEAVES = 26, 3, 4, 4  # messages; receipts are of each shop


class _Letter(NamedTuple):
    sender: Person
    subject: str
    body: str
    folder: str = "Inbox"


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts folders, contacts and about fifty messages of the last weeks into the database."""
    database.executemany("INSERT INTO mail_folder (name) VALUES (?)", [(name,) for name in FOLDERS])
    database.executemany("INSERT INTO mail_contact VALUES (?, ?)", PEOPLE)
    letters = [*_about_topics(random), *_receipts(random), *_numbers(random), *_leaves(random)]
    order = random.permutation(len(letters)).tolist()
    times = random.integers(7 * 60, 19 * 60, len(letters)).tolist()
    rows = []
    for age, (place, time) in enumerate(zip(order, times, strict=True), start=1):
        letter = letters[place]
        sent = f"{day(-age)} {clock(time)}"  # one a day, so that newest and oldest are never in doubt
        rows.append((letter.folder, *letter.sender, ME.address, letter.subject, letter.body, sent, 0, int(age > 8)))
    database.executemany(
        "INSERT INTO mail_message (folder, sender_name, sender, recipients, subject, body, sent, answers, is_read) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows[::-1],
    )


def deliver(database: sqlite3.Connection, sender: Person, subject: str, body: str) -> int:
    """Puts one more message into the inbox, written this morning, and returns its id."""
    cursor = database.execute(
        "INSERT INTO mail_message (folder, sender_name, sender, recipients, subject, body, sent, answers, is_read) "
        "VALUES ('Inbox', ?, ?, ?, ?, ?, ?, 0, 0)",
        (*sender, ME.address, subject, body, f"{TODAY} 08:30"),
    )
    return cursor.lastrowid or 0


def _about_topics(random: np.random.Generator) -> list[_Letter]:
    letters = []
    for number in random.permutation(len(TOPICS) * len(_SUBJECTS))[:_COLLEAGUES].tolist():
        topic, subject = TOPICS[number // len(_SUBJECTS)], _SUBJECTS[number % len(_SUBJECTS)]
        folder = ("Inbox", "Inbox", "Inbox", "Archive", "Projects")[int(random.integers(5))]
        letters.append(
            _Letter(draw(PEOPLE, random), subject.format(topic), draw(_BODIES, random).format(topic), folder)
        )
    return letters


def _receipts(random: np.random.Generator) -> list[_Letter]:
    count = _RECEIPTS * len(SHOPS)
    numbers = (10_000 + random.choice(90_000, count, replace=False)).tolist()
    cents = (500 + 5 * random.choice(5_000, count, replace=False)).tolist()  # all different
    letters = []
    for place, (number, total) in enumerate(zip(numbers, cents, strict=True)):
        shop = SHOPS[place % len(SHOPS)]
        sender = Person(shop, f"billing@{shop.split()[0].lower()}.example")
        body = f"Thank you for your order {number}. Total: {total // 100}.{total % 100:02d} EUR, paid by card."
        letters.append(_Letter(sender, f"Receipt {number}", body))
    return letters


def _numbers(random: np.random.Generator) -> list[_Letter]:
    """Some colleagues have a new number; another one asks for that of the first of them."""
    people = draws(PEOPLE, _NUMBERS + 1, random)
    digits = (1_000 + random.choice(9_000, _NUMBERS, replace=False)).tolist()
    letters = [
        _Letter(person, NEW_NUMBER, f"From now on you reach me at 030 555 {number}. The old one is gone.")
        for person, number in zip(people, digits, strict=False)
    ]
    question = f"Do you know how I can reach {people[0].name} by phone? The number that I have is dead."
    return [*letters, _Letter(people[-1], f"Phone number of {people[0].name}", question)]


def _leaves(random: np.random.Generator) -> list[_Letter]:
    """Colleagues ask for leave: some for up to five days, some for more, at least one of each."""
    people = draws(PEOPLE, _LEAVES, random)
    days = [int(random.integers(1, 6)), int(random.integers(6, 15)), *random.integers(1, 15, _LEAVES - 2).tolist()]
    return [
        _Letter(person, LEAVE, f"I would like to take {count} day{'s' if count > 1 else ''} off from {day(30 + k)}.")
        for k, (person, count) in enumerate(zip(people, days, strict=True))
    ]
