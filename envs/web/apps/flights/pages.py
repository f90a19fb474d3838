"""The pages of flights, and the application made of them."""

from __future__ import annotations

import re

from arena.envs.web.apps.flights import operations as flights
from arena.envs.web.apps.flights.world import SCHEMA, fill
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["FLIGHTS"]


def _start(request: Request, error: str = "") -> Page:
    return Page("flights/search.html", {**_choices(request), "flights": None, "error": error})


def _search(request: Request) -> Page:
    names = ("origin", "destination", "day", "departs_after", "arrives_before")
    origin, destination, day, earliest, latest = (request.fields.get(name, "") for name in names)
    sort = request.fields.get("sort", "departure")
    try:
        found = flights.search(request.database, origin, destination, day, earliest, latest, sort)
    except Refused as error:
        return _start(request, f"{error}")
    return Page("flights/search.html", {**_choices(request), "flights": found, "error": ""})


def _choices(request: Request) -> dict[str, object]:
    return {"chosen": request.fields, "cities": flights.CITIES, "sorts": list(flights.SORTS)}


def _flight(request: Request, flight_id: int, error: str = "") -> Page:
    found = flights.flight(request.database, flight_id)
    return Page("flights/flight.html", {"flight": found, "chosen": request.fields, "bag": flights.BAG, "error": error})


def _book(request: Request, flight_id: int) -> Page | Redirect:
    bags = request.fields.get("bags", "")
    if not re.fullmatch(r"[0-9]", bags):
        return _flight(request, flight_id, "Please choose a number of bags.")
    try:
        made = flights.book(request.database, flight_id, request.fields.get("passenger", ""), int(bags))
    except Refused as error:
        return _flight(request, flight_id, f"{error}")
    return Redirect(f"/flights/booking/{made}")


def _bookings(request: Request) -> Page:
    passenger = request.fields.get("passenger", "")
    found = flights.bookings(request.database, passenger)
    return Page("flights/bookings.html", {"bookings": found, "chosen": request.fields})


def _booking(request: Request, booking_id: int) -> Page:
    return Page("flights/booking.html", {"booking": flights.booking(request.database, booking_id)})


def _show_change(request: Request, booking_id: int, error: str = "") -> Page:
    old = flights.booking(request.database, booking_id)
    day = request.fields.get("day", old["day"])
    try:
        found = flights.search(request.database, old["origin"], old["destination"], day)
    except Refused as refusal:
        found, error = [], f"{refusal}"
    return Page("flights/change.html", {"booking": old, "flights": found, "day": day, "error": error})


def _change(request: Request, booking_id: int) -> Page | Redirect:
    chosen = request.fields.get("flight", "")
    if not re.fullmatch(r"[0-9]{1,9}", chosen):
        return _show_change(request, booking_id, "Please choose one of the flights.")
    try:
        flights.change(request.database, booking_id, int(chosen))
    except Refused as error:
        return _show_change(request, booking_id, f"{error}")
    return Redirect(f"/flights/booking/{booking_id}")


def _cancel(request: Request, booking_id: int) -> Redirect:
    flights.cancel(request.database, booking_id)
    return Redirect("/flights/bookings")


FLIGHTS = App(
    name="flights",
    title="Flights",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _start),
        Route("GET", "/search", _search),
        Route("GET", "/flight/<int>", _flight),
        Route("POST", "/flight/<int>", _book),
        Route("GET", "/bookings", _bookings),
        Route("GET", "/booking/<int>", _booking),
        Route("GET", "/booking/<int>/change", _show_change),
        Route("POST", "/booking/<int>/change", _change),
        Route("POST", "/booking/<int>/cancel", _cancel),
    ),
    state={"flights_booking": "SELECT flight, passenger, bags FROM flights_booking"},
)
