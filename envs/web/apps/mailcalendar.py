"""Tasks that span mail and calendar: what one of them says is to be done in the other."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.calendar import operations as calendar
from arena.envs.web.apps.calendar.pages import CALENDAR
from arena.envs.web.apps.calendar.tasks import found, moved, written
from arena.envs.web.apps.calendar.world import PLACES, WORKDAYS
from arena.envs.web.apps.clock import clock, long_day, minutes
from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.pages import MAIL
from arena.envs.web.apps.mail.tasks import respond
from arena.envs.web.apps.mail.world import deliver
from arena.envs.web.apps.people import PEOPLE, draw
from arena.envs.web.apps.task import Step, Task, Template, World, click, fill

__all__ = ["WORLD"]

_MATTERS = ("new logo", "rent", "lecture series", "spare keys", "bicycle stand", "photo wall", "coffee machine")
_EVENINGS = ("17:30", "18:00", "18:30", "19:00")  # when nobody has an event


def _accept(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    sender, subject = draw(PEOPLE, random), f"Meeting about the {draw(_MATTERS, random)}"
    date, start, place = draw(WORKDAYS, random), draw(_EVENINGS, random), draw(PLACES, random)
    length, body = draw((30, 60, 90), random), draw(("Confirmed.", "I will be there.", "See you then."), random)
    end = clock((minutes(start) or 0) + length)
    proposal = f"Let us meet on {long_day(date)} at {start} for {length} minutes. The place is {place}."
    message = deliver(database, sender, subject, proposal)

    def change(db: sqlite3.Connection) -> None:
        calendar.create(db, subject, date, start, end, place)
        mail.reply(db, message, body)

    return Task(
        f"{sender.name} proposes a meeting by mail. Put it into your calendar, with the subject of the message as its "
        f'title and at the place proposed, and reply to the message with the text "{body}"',
        (
            *(click("Mail"), click(subject), *respond(body)),
            *(click("Calendar"), *written(subject, date, start, end, place)),
        ),
        change,
        {"title": subject, "day": date, "start": start, "end": end, "place": place, "message": body},
    )


def _postpone(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event, sender = draw(calendar.events(database), random), draw(PEOPLE, random)
    date, start = draw(WORKDAYS, random), draw(_EVENINGS, random)
    body = draw(("Done.", "It is moved.", "No problem."), random)
    subject = f"About: {event['title']}"
    message = deliver(
        database, sender, subject, f"That time does not suit me. Can we start on {long_day(date)} at {start}?"
    )

    def change(db: sqlite3.Connection) -> None:
        calendar.move(db, event["id"], date, start)
        mail.reply(db, message, body)

    return Task(
        f'{sender.name} asks by mail to move the event "{event["title"]}". Move it in your calendar as asked, and '
        f'reply to the message with the text "{body}"',
        (
            *(click("Mail"), click(subject), *respond(body)),
            *(*found(event["title"]), click(event["title"]), *moved(date, start)),
        ),
        change,
        {"search": event["title"], "day": date, "start": start, "message": body},
    )


def _tell_guests(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    event = draw([row for row in calendar.events(database) if row["guests"]], random)
    title, body = event["title"], _where(event)
    bodies = sorted({body, *(_where(other) for other in calendar.events(database, day=event["day"]))})
    return Task(
        f'Write one message to all guests of the event "{title}" in your calendar. Its subject is "{title}", its text '
        'is "We meet at TIME, place: PLACE." with the time at which the event starts, such as 09:30, and its place.',
        (*found(title), click("Mail"), *_wrote(event["guests"], title, body)),
        lambda db: mail.send(db, event["guests"], title, body),
        {"search": title, "to": event["guests"], "subject": title}
        | {f"message {k}": text for k, text in enumerate(bodies, start=1)},
    )


def _say_whether_free(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    sender, date, hour = draw(PEOPLE, random), draw(WORKDAYS, random), int(random.integers(9, 16))
    subject, start, end = f"Can we talk about the {draw(_MATTERS, random)}", clock(60 * hour), clock(60 * hour + 60)
    message = deliver(database, sender, subject, f"Are you free on {long_day(date)} from {start} to {end}?")
    is_free = any(first <= start and end <= last for first, last in calendar.free(database, date))
    body = "Yes, I am free." if is_free else "No, I am busy then."
    return Task(
        f'{sender.name} asks by mail whether you are free. Look it up in your calendar and reply with "Yes, I am '
        'free." if you have no event within that time, else with "No, I am busy then."',
        (*found(date=date), click("Mail"), click(subject), *respond(body)),
        lambda db: mail.reply(db, message, body),
        {"day": date, "yes": "Yes, I am free.", "no": "No, I am busy then."},
    )


def _where(event: sqlite3.Row) -> str:
    return f"We meet at {clock(event['start'])}, place: {event['place']}."


def _wrote(to: str, subject: str, body: str) -> tuple[Step, ...]:
    given = (("To", to), ("Subject", subject), ("Message", body))
    return (click("Write a message"), *(fill(name, value) for name, value in given), click("Send"))


WORLD = World(
    apps=(MAIL, CALENDAR),
    templates=(
        Template("accept a proposal", 3, _accept),
        Template("postpone as asked", 3, _postpone),
        Template("tell the guests", 3, _tell_guests),
        Template("say whether free", 3, _say_whether_free),
    ),
)
