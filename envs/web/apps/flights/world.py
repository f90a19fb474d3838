"""The world of flights: its tables, a timetable of five days between six cities, and some bookings."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import day
from arena.envs.web.apps.flights.operations import CITIES
from arena.envs.web.apps.people import PEOPLE, draws

__all__ = ["DAYS", "ROUTES", "SCHEMA", "fill"]

SCHEMA = """
CREATE TABLE flights_flight (id INTEGER PRIMARY KEY, number TEXT, origin TEXT, destination TEXT, day TEXT,
                             departs INTEGER, arrives INTEGER, price INTEGER, seats INTEGER);
CREATE TABLE flights_booking (id INTEGER PRIMARY KEY, flight INTEGER, passenger TEXT, bags INTEGER);
CREATE INDEX flights_seat ON flights_booking (flight);
"""
DAYS = tuple(day(offset) for offset in range(7, 12))  # Monday to Friday of the next week
ROUTES = tuple((origin, destination) for origin in CITIES for destination in CITIES if origin != destination)
_DAILY = 4  # flights a day on a route: one begins in each of four parts of the day
_FIRST, _APART = 330, 210  # minutes: the first part of the day begins at 05:30, each lasts three and a half hours
_BOOKED = 6


def fill(database: sqlite3.Connection, random: np.random.Generator) -> None:
    """Puts six hundred flights and six bookings into the database.

    On a route and day, no two flights have the same price, duration or departure. Each booking is for another
    passenger, on another route, and not on the last day.
    """
    numbers = (100 + random.permutation(900)[: len(ROUTES) * _DAILY]).tolist()
    draws_ = random.random((len(ROUTES) * len(DAYS) * _DAILY, 3)).tolist()
    flights = []
    for place, (d, t, p) in enumerate(draws_):
        part, route, date = place % _DAILY, place // _DAILY % len(ROUTES), place // _DAILY // len(ROUTES)
        departs = _FIRST + _APART * part + 5 * int(d * _APART / 5)
        arrives = departs + 70 + 4 * int(t * 30) + part  # the part keeps durations, and prices, apart
        price = 60 + 4 * int(p * 50) + part
        number = f"LG {numbers[route * _DAILY + part]}"
        flights.append((place + 1, number, *ROUTES[route], DAYS[date], departs, arrives, price, 40))
    database.executemany("INSERT INTO flights_flight VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", flights)
    early = (len(DAYS) - 1) * _DAILY * len(ROUTES)
    per_day = _DAILY * len(ROUTES)
    for passenger, route in zip(
        draws(PEOPLE, _BOOKED, random), draws(range(len(ROUTES)), _BOOKED, random), strict=True
    ):
        place = int(random.integers(early // per_day)) * per_day + route * _DAILY + int(random.integers(_DAILY))
        database.execute(
            "INSERT INTO flights_booking (flight, passenger, bags) VALUES (?, ?, ?)",
            (place + 1, passenger.name, int(random.integers(3))),
        )
