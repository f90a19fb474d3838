"""The world of the bank: its tables, three accounts, and two months of what came and went."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import day
from arena.envs.web.apps.people import PEOPLE, draw, draws

__all__ = ["ACCOUNTS", "DEPOSIT", "FIRMS", "SCHEMA", "fill"]

SCHEMA = """
CREATE TABLE bank_account (id INTEGER PRIMARY KEY, name TEXT UNIQUE, number TEXT, balance INTEGER);
CREATE TABLE bank_payee (id INTEGER PRIMARY KEY, name TEXT UNIQUE, number TEXT);
CREATE TABLE bank_entry (id INTEGER PRIMARY KEY, account TEXT, day TEXT, party TEXT, purpose TEXT, amount INTEGER);
CREATE TABLE bank_order (id INTEGER PRIMARY KEY, account TEXT, payee TEXT, amount INTEGER, purpose TEXT, next TEXT);
"""
ACCOUNTS = {"Current": (200_000, 400_000), "Savings": (500_000, 900_000), "Travel": (60_000, 150_000)}  # cents
FIRMS = {  # and what one pays them for
    "Hill Property": "Parking space",
    "Marsh Power": "Electricity",
    "Nordic Telecom": "Telephone",
    "Olive Gym": "Membership",
    "Tern Insurance": "Bicycle insurance",
}
DEPOSIT = "Trip deposit"
_PURPOSES = ("Concert ticket", "Shared dinner", "Birthday present", "Taxi ride", "Books", "Football tickets")
_PEOPLE, _DEPOSITS = 6, 3
_JANUARY = [day(offset) for offset in range(-60, -29)]
_FEBRUARY = [day(offset) for offset in range(-29, -1)]


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts accounts, eleven payees, their payments and seven standing orders into the database.

    All payments are on different days and of different amounts; some colleagues have paid a deposit for a trip.
    """
    people = [person.name for person in draws(PEOPLE, _PEOPLE, random)]
    payees = [*FIRMS, *people]
    numbers = [f"LX{number}" for number in random.integers(10**9, 10**10, len(ACCOUNTS) + len(payees)).tolist()]
    accounts = [
        (name, number, int(random.integers(*between)))
        for (name, between), number in zip(ACCOUNTS.items(), numbers, strict=False)
    ]
    database.executemany("INSERT INTO bank_account (name, number, balance) VALUES (?, ?, ?)", accounts)
    database.executemany(
        "INSERT INTO bank_payee (name, number) VALUES (?, ?)", zip(payees, numbers[len(ACCOUNTS) :], strict=True)
    )
    database.executemany(
        "INSERT INTO bank_entry (account, day, party, purpose, amount) VALUES (?, ?, ?, ?, ?)", _entries(people, random)
    )
    database.executemany(
        "INSERT INTO bank_order (account, payee, amount, purpose, next) VALUES (?, ?, ?, ?, ?)",
        _orders([*FIRMS, *people[:2]], random),
    )


def _entries(people: list[str], random: np.random.Generator) -> list[tuple[str, str, str, str, int]]:
    """Returns account, day, party, purpose, amount: firms are paid twice a month, people once or twice in all."""
    paid = [(firm, purpose) for firm, purpose in FIRMS.items() for _ in range(2)]
    january = [*paid, *((person, draw(_PURPOSES, random)) for person in people)]
    february = [*paid, *((person, draw(_PURPOSES, random)) for person in people[:3])]
    deposits = [(person, DEPOSIT) for person in draws(people, _DEPOSITS, random)]
    days = draws(_JANUARY, len(january), random) + draws(_FEBRUARY, len(february) + len(deposits) + 1, random)
    amounts = [1000 + 5 * step for step in draws(range(1600), len(days), random)]  # 10.00 to 89.95 EUR
    parties = [*january, *february, *deposits]
    signs = [-1] * (len(january) + len(february)) + [1] * len(deposits)
    rows = [
        ("Current", date, *party, sign * amount)
        for date, party, sign, amount in zip(days, parties, signs, amounts, strict=False)
    ]
    return [*rows, ("Current", days[-1], "Lindgren Office", "Salary", 310_000)]


def _orders(payees: list[str], random: np.random.Generator) -> list[tuple[str, str, int, str, str]]:
    amounts = [1500 + 50 * step for step in draws(range(200), len(payees), random)]  # 15.00 to 114.50 EUR
    return [
        (
            draw(("Current", "Travel"), random),
            payee,
            amount,
            FIRMS.get(payee, "Shared newspaper"),
            day(5 + int(random.integers(24))),
        )
        for payee, amount in zip(payees, amounts, strict=True)
    ]
