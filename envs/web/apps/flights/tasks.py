"""What there is to do with flights."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import clock, long_day
from arena.envs.web.apps.flights import operations as flights
from arena.envs.web.apps.flights.pages import FLIGHTS
from arena.envs.web.apps.flights.world import DAYS, ROUTES
from arena.envs.web.apps.people import PEOPLE, draw, draws
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["WORLD", "best", "booked", "changed", "found", "opened"]

_SUPERLATIVES = {  # how flights are sorted, and which of them it is then
    "cheapest": ("price", 0),
    "most expensive": ("price", -1),
    "shortest": ("duration", 0),
    "first": ("departure", 0),
    "last": ("departure", -1),
}


def found(origin: str, destination: str, date: str) -> tuple[Step, ...]:
    """Returns the steps from anywhere to a day's flights from one city to another."""
    route = (choose("From", origin), choose("To", destination), fill("Day", date))
    return (click("Flights"), *route, click("Search"))


def booked(flight: sqlite3.Row, passenger: str, bags: int = 0) -> tuple[Step, ...]:
    """Returns the steps from a list of flights to a booking."""
    luggage = (choose("Bags", str(bags)),) if bags else ()
    return (click(flight["number"]), fill("Passenger", passenger), *luggage, click("Book"))


def opened(booking: sqlite3.Row) -> tuple[Step, ...]:
    """Returns the steps from anywhere to an open booking."""
    return click("Flights"), click("Bookings"), click(booking["number"], within=f"for {booking['passenger']},")


def changed(flight: sqlite3.Row) -> tuple[Step, ...]:
    """Returns the steps from an open booking to its having been changed to another flight."""
    return click("Change"), fill("Day", flight["day"]), click("Show"), click(f"Take {flight['number']}")


def best(database: sqlite3.Connection, route: tuple[str, str], date: str, word: str) -> sqlite3.Row:
    """Returns the flight of a day that is the cheapest, most expensive, shortest, first or last."""
    sort, place = _SUPERLATIVES[word]
    return flights.search(database, *route, date, sort=sort)[place]


def _book(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (origin, destination), date, passenger = draw(ROUTES, random), draw(DAYS, random), draw(PEOPLE, random).name
    flight, bags = draw(flights.search(database, origin, destination, date), random), int(random.integers(4))
    return Task(
        f"Book flight {flight['number']} from {origin} to {destination} on {date} for {passenger}, {_bags(bags)}.",
        (*found(origin, destination, date), *booked(flight, passenger, bags)),
        lambda db: flights.book(db, flight["id"], passenger, bags),
        {"day": date, "passenger": passenger},
    )


def _cancel(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    booking = draw(flights.bookings(database), random)
    return Task(
        f"Cancel the flight of {booking['passenger']} to {booking['destination']}.",
        (*opened(booking), click("Cancel this booking")),
        lambda db: flights.cancel(db, booking["id"]),
        {"passenger": booking["passenger"]},
    )


def _ask_price(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (origin, destination), date = draw(ROUTES, random), draw(DAYS, random)
    listed = flights.search(database, origin, destination, date)
    flight = draw(listed, random)
    price = str(flight["price"])
    others = [str(300 + k) for k in range(1, 5)]  # more than any flight costs
    return Task(
        f"How many EUR does flight {flight['number']} from {origin} to {destination} on {date} cost, without bags? "
        "Answer with the number.",
        (*found(origin, destination, date), answer(price)),
        values={"day": date},
        answer=price,
        choices=(*(str(row["price"]) for row in listed), *others),
    )


def _book_best(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (origin, destination), date, passenger = draw(ROUTES, random), draw(DAYS, random), draw(PEOPLE, random).name
    word = draw(tuple(_SUPERLATIVES), random)
    flight = best(database, (origin, destination), date, word)
    return Task(
        f"Book the {word} flight from {origin} to {destination} on {long_day(date)} for {passenger}, {_bags(0)}.",
        (*found(origin, destination, date), *booked(flight, passenger)),
        lambda db: flights.book(db, flight["id"], passenger),
        {"day": date, "passenger": passenger},
    )


def _change_day(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    booking = draw(flights.bookings(database), random)
    later, word = DAYS[DAYS.index(booking["day"]) + 1], draw(("cheapest", "first", "last"), random)
    flight = best(database, (booking["origin"], booking["destination"]), later, word)
    return Task(
        f"{booking['passenger']} wants to travel one day later than booked: change the booking to the {word} flight of "
        "the next day.",
        (*opened(booking), *changed(flight)),
        lambda db: flights.change(db, booking["id"], flight["id"]),
        {"passenger": booking["passenger"], "day": later},
    )


def _cancel_dearest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    bookings = flights.bookings(database)
    totals = [row["total"] for row in bookings]
    word, total = draw((("most", max(totals)), ("least", min(totals))), random)
    booking = bookings[totals.index(total)]
    return Task(
        f"Of all your company's bookings, cancel the one that costs {word}, bags included; if several cost the same, "
        "the first of them in the list.",
        (*opened(booking), click("Cancel this booking")),
        lambda db: flights.cancel(db, booking["id"]),
    )


def _book_within(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (origin, destination), date, passenger = draw(ROUTES, random), draw(DAYS, random), draw(PEOPLE, random).name
    listed = flights.search(database, origin, destination, date)
    first = int(random.integers(len(listed) - 1))
    earliest, bags = clock(listed[first]["departs"] // 30 * 30), 1 + int(random.integers(3))
    fitting = flights.search(database, origin, destination, date, departs_after=earliest)
    latest = clock(-(-max(row["arrives"] for row in fitting[:2]) // 30) * 30)
    flight = flights.search(database, origin, destination, date, earliest, latest, "price")[0]
    return Task(
        f"Book the cheapest flight from {origin} to {destination} on {long_day(date)} that departs at {earliest} or "
        f"later and arrives by {latest}, for {passenger}, {_bags(bags)}.",
        (*found(origin, destination, date), *booked(flight, passenger, bags)),
        lambda db: flights.book(db, flight["id"], passenger, bags),
        {"day": date, "departs after": earliest, "arrives before": latest, "passenger": passenger},
    )


def _round_trip(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (origin, destination), passenger = draw(ROUTES, random), draw(PEOPLE, random).name
    leaving, returning = sorted(draws(DAYS, 2, random))
    there_word, back_word = draw(("cheapest", "first"), random), draw(("cheapest", "last", "shortest"), random)
    there = best(database, (origin, destination), leaving, there_word)
    back = best(database, (destination, origin), returning, back_word)

    def change(db: sqlite3.Connection) -> None:
        flights.book(db, there["id"], passenger)
        flights.book(db, back["id"], passenger)

    return Task(
        f"Book a round trip for {passenger}, {_bags(0)}: the {there_word} flight from {origin} to {destination} on "
        f"{long_day(leaving)}, and the {back_word} flight back on {long_day(returning)}.",
        (
            *(*found(origin, destination, leaving), *booked(there, passenger)),
            *(*found(destination, origin, returning), *booked(back, passenger)),
        ),
        change,
        {"day": leaving, "day of return": returning, "passenger": passenger},
    )


def _replace(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    bookings = flights.bookings(database)
    booking, travelling = draw(bookings, random), [row["passenger"] for row in bookings]
    passenger = draw([person.name for person in PEOPLE if person.name not in travelling], random)
    flight = flights.flight(database, booking["flight"])

    def change(db: sqlite3.Connection) -> None:
        flights.cancel(db, booking["id"])
        flights.book(db, flight["id"], passenger, booking["bags"])

    return Task(
        f"{booking['passenger']} cannot travel: cancel the booking, and book the same flight for {passenger}, with as "
        "many bags.",
        (
            *(*opened(booking), click("Cancel this booking")),
            *found(booking["origin"], booking["destination"], booking["day"]),
            *booked(flight, passenger, booking["bags"]),
        ),
        change,
        {"passenger": passenger, "day": booking["day"]},
    )


def _bags(count: int) -> str:
    return ("without bags", "with one bag", "with two bags", "with three bags")[count]


WORLD = World(
    apps=(FLIGHTS,),
    templates=(
        Template("book", 1, _book),
        Template("cancel", 1, _cancel),
        Template("ask for a price", 1, _ask_price),
        Template("book the best", 2, _book_best),
        Template("change the day", 2, _change_day),
        Template("cancel the dearest or cheapest", 2, _cancel_dearest),
        Template("book within times", 3, _book_within),
        Template("round trip", 3, _round_trip),
        Template("replace a traveller", 3, _replace),
    ),
)
