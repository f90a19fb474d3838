"""What there is to do in mail."""

from __future__ import annotations

import re
import sqlite3

import numpy as np

from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.pages import MAIL
from arena.envs.web.apps.mail.world import LEAVE, NEW_NUMBER, SHOPS
from arena.envs.web.apps.people import PEOPLE, draw
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["INBOX", "WORLD", "file_away", "found", "respond"]

_TEXTS = (
    *("Thank you, I will look into it.", "Let us talk about it on Thursday.", "That is fine with me."),
    *("Please send me the figures.", "I have passed it on.", "Can it wait until April?"),
)
_NEW_FOLDERS = ("Urgent", "To read", "Suppliers", "Spring", "Waiting", "Colleagues", "Ideas", "Old projects")
_NEW_SUBJECTS = ("Meeting on Friday", "Keys to the archive", "Visit next week", "New desk lamp", "Lunch on Wednesday")
_MOST_LEAVE = 5  # days
INBOX = click("Inbox")


def found(text: str = "", sender: str = "") -> tuple[Step, ...]:
    """Returns the steps from any list of messages to those found by text and sender, in all folders."""
    filters = [fill(name, value) for name, value in (("Search", text), ("From", sender)) if value]
    return (*filters, click("Search"))


def respond(body: str) -> tuple[Step, ...]:
    """Returns the steps from an open message to a reply that was sent."""
    return click("Reply"), fill("Message", body), click("Send")


def file_away(folder: str) -> tuple[Step, ...]:
    """Returns the steps from an open message to its being filed."""
    return choose("Move to", folder), click("Move")


def _write(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    to, subject, body = draw(PEOPLE, random), draw(_NEW_SUBJECTS, random), draw(_TEXTS, random)
    return Task(
        f'Write a message to {to.name} with the subject "{subject}" and the text "{body}"',
        (click("Write a message"), fill("To", to.name), fill("Subject", subject), fill("Message", body), click("Send")),
        lambda db: mail.send(db, to.name, subject, body),
        {"to": to.name, "subject": subject, "message": body},
    )


def _file(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    message, folder = _recent(database, random), draw(("Archive", "Projects", "Travel", "Receipts"), random)
    return Task(
        f"Move the message {_named(message)} to the folder {folder}.",
        (_open(message), *file_away(folder)),
        lambda db: mail.move(db, message["id"], folder),
    )


def _reply(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    message, body = _recent(database, random), draw(_TEXTS, random)
    return Task(
        f'Reply to the message {_named(message)} with the text "{body}"',
        (_open(message), *respond(body)),
        lambda db: mail.reply(db, message["id"], body),
        {"message": body},
    )


def _delete(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    message = _recent(database, random)
    return Task(
        f"Delete the message {_named(message)}.",
        (_open(message), click("Delete")),
        lambda db: mail.delete(db, message["id"]),
    )


def _forward(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    message, to = draw(_from_colleagues(database), random), draw(PEOPLE, random)
    subject = message["subject"]
    return Task(
        f"Somewhere in your folders there is a message {_named(message)}. Forward it to {to.name}, without a note.",
        (*found(subject), _open(message), click("Forward"), fill("To", to.name), click("Send")),
        lambda db: mail.forward(db, message["id"], to.name),
        {"search": subject, "from": message["sender_name"], "to": to.name},
    )


def _reply_to_oldest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    written = [(person.name, len(mail.find(database, sender=person.name))) for person in PEOPLE]
    name = draw([name for name, count in written if 2 <= count <= 10], random)  # a page of a list shows ten
    messages, body = mail.find(database, sender=name), draw(_TEXTS, random)
    which = draw((0, -1), random)
    return Task(
        f"Of all messages from {name}, in whatever folder, reply to the {'oldest' if which else 'newest'} "
        f'with the text "{body}"',
        (*found(sender=name), _open(messages[which]), *respond(body)),
        lambda db: mail.reply(db, messages[which]["id"], body),
        {"from": name, "message": body},
    )


def _file_dearest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    shop = draw(SHOPS, random)
    dearest = max(mail.find(database, sender=shop), key=_total)
    return Task(
        f"Move the receipt from {shop} with the highest total to the folder Receipts.",
        (*found(sender=shop), _open(dearest), *file_away("Receipts")),
        lambda db: mail.move(db, dearest["id"], "Receipts"),
        {"from": shop},
    )


def _phone_number(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    messages = mail.find(database, text=NEW_NUMBER)
    message = draw(messages, random)
    return Task(
        f"What is the new phone number of {message['sender_name']}? Answer with the number as it was written.",
        (*found(NEW_NUMBER), _open(message), answer(_number(message))),
        values={"search": NEW_NUMBER, "from": message["sender_name"]},
        answer=_number(message),
        choices=tuple(number for other in messages for number in _near(_number(other))),
    )


def _collect(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    shop, folder = draw(SHOPS, random), draw(_NEW_FOLDERS, random)
    receipts = mail.find(database, sender=shop)

    def change(db: sqlite3.Connection) -> None:
        mail.create_folder(db, folder)
        for receipt in receipts:
            mail.move(db, receipt["id"], folder)

    filing = (step for receipt in receipts for step in (*found(sender=shop), _open(receipt), *file_away(folder), INBOX))
    return Task(
        f'Create a folder "{folder}" and move all receipts from {shop} into it.',
        (click("Folders"), fill("New folder", folder), click("Create folder"), INBOX, *filing),
        change,
        {"new folder": folder, "from": shop},
    )


def _add_up(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    shop, to = draw(SHOPS, random), draw(PEOPLE, random)
    total = round(sum(_total(receipt) for receipt in mail.find(database, sender=shop)), 2)
    subject, body = f"Total of {shop}", f"{total:.2f} EUR"
    return Task(
        f'Write a message to {to.name} with the subject "{subject}". Its text is the sum of the totals of all receipts '
        f"from {shop}, written like 12.50 EUR, and nothing else.",
        (click("Write a message"), fill("To", to.name), fill("Subject", subject), fill("Message", body), click("Send")),
        lambda db: mail.send(db, to.name, subject, body),
        {"from": shop, "to": to.name, "subject": subject} | _one_of(body, [f"{total + k:.2f} EUR" for k in (-5, 5)]),
    )


def _pass_on(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    (question,) = mail.find(database, text="Phone number of")
    wanted = question["subject"].removeprefix("Phone number of ")
    (letter,) = mail.find(database, text=NEW_NUMBER, sender=wanted)
    body = _number(letter)
    return Task(
        f"{question['sender_name']} has written to ask for a colleague's phone number. Find the number in your mail "
        "and reply to the question with the number as it was written, and nothing else.",
        (*found("Phone number of"), _open(question), *respond(body)),
        lambda db: mail.reply(db, question["id"], body),
        {"from": question["sender_name"], "search": "Phone number of"}
        | _one_of(body, [_number(other) for other in mail.find(database, text=NEW_NUMBER)]),
    )


def _approve(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    wishes = mail.find(database, text=LEAVE)
    short = [wish for wish in wishes if int(re.findall(r"take (\d+) day", wish["body"])[0]) <= _MOST_LEAVE]
    body = draw(("Approved.", "You have my approval.", "Granted. Enjoy it."), random)

    def change(db: sqlite3.Connection) -> None:
        for wish in short:
            mail.reply(db, wish["id"], body)

    replies = (step for wish in short for step in (*found(LEAVE), _open(wish), *respond(body), INBOX))
    return Task(
        f'Reply to every message "{LEAVE}" that asks for at most {_MOST_LEAVE} days off with the text "{body}" '
        "Do not reply to the others.",
        tuple(replies),
        change,
        {"search": LEAVE, "message": body},
    )


def _near(number: str) -> tuple[str, ...]:
    """Returns a phone number and two that nobody has."""
    start, last = number[:-1], int(number[-1])
    return number, f"{start}{(last + 1) % 10}", f"{start}{(last + 2) % 10}"


def _one_of(right: str, others: list[str]) -> dict[str, str]:
    """Returns what must be found out among others like it, as values to type; in an order that says nothing."""
    return {f"message {k}": value for k, value in enumerate(sorted({right, *others}), start=1)}


def _recent(database: sqlite3.Connection, random: np.random.Generator) -> sqlite3.Row:
    """Returns one of the messages on the first page of the inbox."""
    return draw(mail.find(database, folder=mail.INBOX)[:10], random)


def _from_colleagues(database: sqlite3.Connection) -> list[sqlite3.Row]:
    names = [person.name for person in PEOPLE]
    return [row for row in mail.find(database) if row["sender_name"] in names]


def _named(message: sqlite3.Row) -> str:
    return f'"{message["subject"]}" from {message["sender_name"]}'


def _open(message: sqlite3.Row) -> Step:
    return click(message["subject"], within=f"{message['sender_name']}:")


def _total(receipt: sqlite3.Row) -> float:
    return float(re.findall(r"Total: (\d+\.\d\d) EUR", receipt["body"])[0])


def _number(letter: sqlite3.Row) -> str:
    return str(re.findall(r"030 555 \d{4}", letter["body"])[0])


WORLD = World(
    apps=(MAIL,),
    templates=(
        Template("write", 1, _write),
        Template("file", 1, _file),
        Template("reply", 1, _reply),
        Template("delete", 1, _delete),
        Template("forward", 2, _forward),
        Template("reply to oldest or newest", 2, _reply_to_oldest),
        Template("file dearest receipt", 2, _file_dearest),
        Template("phone number", 2, _phone_number),
        Template("collect receipts", 3, _collect),
        Template("add up receipts", 3, _add_up),
        Template("pass on a number", 3, _pass_on),
        Template("approve leave", 3, _approve),
    ),
)
