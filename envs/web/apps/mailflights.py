"""Tasks that span mail and flights: travellers write what they want, and want to be told what was done."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import clock, long_day
from arena.envs.web.apps.flights import operations as flights
from arena.envs.web.apps.flights.pages import FLIGHTS
from arena.envs.web.apps.flights.tasks import best, booked, changed, found, opened
from arena.envs.web.apps.flights.world import DAYS, ROUTES
from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.pages import MAIL
from arena.envs.web.apps.mail.tasks import respond
from arena.envs.web.apps.mail.world import deliver
from arena.envs.web.apps.people import PEOPLE, Person, draw
from arena.envs.web.apps.task import Task, Template, World, click, fill

__all__ = ["WORLD"]

_DONE = ("It is done.", "All arranged.", "Done, have a good week.")


def _book(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    traveller, (origin, destination), date = draw(PEOPLE, random), draw(ROUTES, random), draw(DAYS, random)
    word, bags, body = draw(("cheapest", "shortest", "last"), random), int(random.integers(3)), draw(_DONE, random)
    flight = best(database, (origin, destination), date, word)
    luggage = ("no bags", "one bag", "two bags")[bags]
    wish = f"Please book me on the {word} flight from {origin} to {destination} on {long_day(date)}. I have {luggage}."
    message = deliver(database, traveller, "A flight for me", wish)

    def change(db: sqlite3.Connection) -> None:
        flights.book(db, flight["id"], traveller.name, bags)
        mail.reply(db, message, body)

    return Task(
        f"{traveller.name} asks by mail for a flight. Book it as asked, and reply to the message with the "
        f'text "{body}"',
        (
            *(click("Mail"), click("A flight for me"), *respond(body)),
            *(*found(origin, destination, date), *booked(flight, traveller.name, bags)),
        ),
        change,
        {"day": date, "passenger": traveller.name, "message": body},
    )


def _cancel(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    booking, body = draw(flights.bookings(database), random), draw(_DONE, random)
    message = deliver(database, _who(booking), "My flight", "I cannot travel after all. Please cancel my flight.")

    def change(db: sqlite3.Connection) -> None:
        flights.cancel(db, booking["id"])
        mail.reply(db, message, body)

    return Task(
        f'{booking["passenger"]} has sent a message "My flight" today. Do what it asks for, and reply to it with the '
        f'text "{body}"',
        (
            *(click("Mail"), click("My flight"), *respond(body)),
            *(*opened(booking), click("Cancel this booking")),
        ),
        change,
        {"passenger": booking["passenger"], "message": body},
    )


def _postpone(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    booking, word, body = (
        draw(flights.bookings(database), random),
        draw(("first", "cheapest"), random),
        draw(_DONE, random),
    )
    later = DAYS[DAYS.index(booking["day"]) + 1]
    flight = best(database, (booking["origin"], booking["destination"]), later, word)
    wish = f"I have to travel a day later than booked. Please change my flight to the {word} one of that day."
    message = deliver(database, _who(booking), "My flight", wish)

    def change(db: sqlite3.Connection) -> None:
        flights.change(db, booking["id"], flight["id"])
        mail.reply(db, message, body)

    return Task(
        f'{booking["passenger"]} has sent a message "My flight" today. Do what it asks for, and reply to it with the '
        f'text "{body}"',
        (
            *(click("Mail"), click("My flight"), *respond(body)),
            *(*opened(booking), *changed(flight)),
        ),
        change,
        {"passenger": booking["passenger"], "day": later, "message": body},
    )


def _tell(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    bookings = flights.bookings(database)
    booking = draw(bookings, random)
    name, subject, body = booking["passenger"], "Your flight", _when(booking)
    return Task(
        f'Write a message to {name} with the subject "Your flight" about the flight that is booked for this passenger. '
        'Its text is "Flight NUMBER on DAY at TIME.", such as "Flight LG 123 on 2026-03-09 at 09:30."',
        (
            *(*opened(booking), click("Mail"), click("Write a message")),
            *(fill("To", name), fill("Subject", subject), fill("Message", body), click("Send")),
        ),
        lambda db: mail.send(db, name, subject, body),
        {"to": name, "subject": subject}
        | {f"message {k}": text for k, text in enumerate(sorted(map(_when, bookings)), start=1)},
    )


def _who(booking: sqlite3.Row) -> Person:
    return next(person for person in PEOPLE if person.name == booking["passenger"])


def _when(booking: sqlite3.Row) -> str:
    return f"Flight {booking['number']} on {booking['day']} at {clock(booking['departs'])}."


WORLD = World(
    apps=(MAIL, FLIGHTS),
    templates=(
        Template("book as asked", 3, _book),
        Template("cancel as asked", 3, _cancel),
        Template("postpone as asked", 3, _postpone),
        Template("tell a passenger", 3, _tell),
    ),
)
