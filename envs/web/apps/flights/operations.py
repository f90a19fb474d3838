"""What one can do with flights: plain functions on the database, called by the pages and by programs alike.

Times of day are texts such as 09:30; in the database they are minutes since midnight. Prices are in whole EUR.
"""

from __future__ import annotations

import sqlite3

from arena.envs.web.apps.clock import is_day, minutes
from arena.envs.web.apps.site import Refused

__all__ = ["BAG", "CITIES", "SORTS", "book", "booking", "bookings", "cancel", "change", "flight", "search"]

CITIES = ("Bergen", "Cork", "Graz", "Lyon", "Porto", "Turku")
BAG = 30  # EUR for each bag
MOST_BAGS = 3
LONGEST_NAME = 60  # characters
SORTS = {"departure": "departs", "arrival": "arrives", "price": "price", "duration": "arrives - departs"}
_BOOKING = (
    "SELECT flights_booking.id, flight, passenger, bags, number, origin, destination, day, departs, arrives, "
    f"price + {BAG} * bags AS total FROM flights_booking JOIN flights_flight ON flights_flight.id = flight"
)


def search(
    database: sqlite3.Connection,
    origin: str,
    destination: str,
    day: str,
    departs_after: str = "",
    arrives_before: str = "",
    sort: str = "departure",
) -> list[sqlite3.Row]:
    """Returns the flights of a day from one city to another: id, number, day, departs, arrives, price, free (seats).

    `day` is like 2026-03-05. The two times, where given, are inclusive. `sort` is departure, arrival, price or
    duration, lowest first.

    Raises:
        Refused: a city, day, time or sort that is none.
    """
    for city in (origin, destination):
        if city not in CITIES:
            raise Refused(f'"{city}" is none of the cities: {", ".join(CITIES)}.')
    if not is_day(day):
        raise Refused(f'"{day}" is no day: write it like 2026-03-05.')
    if sort not in SORTS:
        raise Refused(f'Flights are sorted by {", ".join(SORTS)}, not by "{sort}".')
    earliest, latest = _time(departs_after, 0), _time(arrives_before, 24 * 60)
    return database.execute(
        "SELECT *, seats - (SELECT count(*) FROM flights_booking WHERE flight = flights_flight.id) AS free "
        "FROM flights_flight WHERE origin = ? AND destination = ? AND day = ? AND departs >= ? AND arrives <= ? "
        f"ORDER BY {SORTS[sort]}, id",
        (origin, destination, day, earliest, latest),
    ).fetchall()


def flight(database: sqlite3.Connection, flight_id: int) -> sqlite3.Row:
    """Returns one flight: id, number, origin, destination, day, departs, arrives, price, free (seats).

    Raises:
        Refused: there is no such flight.
    """
    row: sqlite3.Row | None = database.execute(
        "SELECT *, seats - (SELECT count(*) FROM flights_booking WHERE flight = flights_flight.id) AS free "
        "FROM flights_flight WHERE id = ?",
        (flight_id,),
    ).fetchone()
    if row is None:
        raise Refused(f"There is no flight {flight_id}.")
    return row


def bookings(database: sqlite3.Connection, passenger: str = "") -> list[sqlite3.Row]:
    """Returns the bookings (see `booking`) of passengers whose name holds this text, by day and departure."""
    return database.execute(
        f"{_BOOKING} WHERE instr(lower(passenger), ?) ORDER BY day, departs, flights_booking.id", (passenger.lower(),)
    ).fetchall()


def booking(database: sqlite3.Connection, booking_id: int) -> sqlite3.Row:
    """Returns one booking: id, flight (its id), passenger, bags, number, origin, destination, day, departs, arrives,
    total (EUR, bags included).

    Raises:
        Refused: there is no such booking.
    """
    row: sqlite3.Row | None = database.execute(f"{_BOOKING} WHERE flights_booking.id = ?", (booking_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no booking {booking_id}.")
    return row


def book(database: sqlite3.Connection, flight_id: int, passenger: str, bags: int = 0) -> int:
    """Books a seat and returns the booking's id; it costs the flight's price and 30 EUR for each bag.

    Raises:
        Refused: no such flight, no seat left, no name or too long a one, or not 0 to 3 bags.
    """
    if flight(database, flight_id)["free"] < 1:
        raise Refused("This flight is sold out.")
    if not passenger or len(passenger) > LONGEST_NAME:
        raise Refused(f"The passenger's name must have 1 to {LONGEST_NAME} characters.")
    if not 0 <= bags <= MOST_BAGS:
        raise Refused(f"A passenger can have 0 to {MOST_BAGS} bags.")
    cursor = database.execute(
        "INSERT INTO flights_booking (flight, passenger, bags) VALUES (?, ?, ?)", (flight_id, passenger, bags)
    )
    return cursor.lastrowid or 0


def change(database: sqlite3.Connection, booking_id: int, flight_id: int) -> None:
    """Moves a booking to another flight between the same cities.

    Raises:
        Refused: no such booking or flight, other cities, or no seat left.
    """
    old, new = booking(database, booking_id), flight(database, flight_id)
    if (old["origin"], old["destination"]) != (new["origin"], new["destination"]):
        raise Refused(f"The booking is from {old['origin']} to {old['destination']}; that flight is not.")
    if new["free"] < 1:
        raise Refused("This flight is sold out.")
    database.execute("UPDATE flights_booking SET flight = ? WHERE id = ?", (flight_id, booking_id))


def cancel(database: sqlite3.Connection, booking_id: int) -> None:
    """Cancels a booking.

    Raises:
        Refused: there is no such booking.
    """
    booking(database, booking_id)
    database.execute("DELETE FROM flights_booking WHERE id = ?", (booking_id,))


def _time(text: str, default: int) -> int:
    if not text:
        return default
    found = minutes(text)
    if found is None:
        raise Refused(f'"{text}" is no time of day: write it like 09:30.')
    return found
