"""What one can do with mail: plain functions on the database, called by the pages and by programs alike."""

from __future__ import annotations

import re
import sqlite3

from arena.envs.web.apps.clock import NOW
from arena.envs.web.apps.people import ME
from arena.envs.web.apps.site import Refused

__all__ = [
    "contacts",
    "create_folder",
    "delete",
    "find",
    "folders",
    "forward",
    "message",
    "move",
    "read",
    "reply",
    "send",
]

INBOX, SENT, TRASH = "Inbox", "Sent", "Trash"
LONGEST_NAME, LONGEST_SUBJECT, LONGEST_BODY = 30, 120, 2000  # characters
_ADDRESS = re.compile(r"[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


def folders(database: sqlite3.Connection) -> list[str]:
    """Returns the names of all folders; Inbox, Sent and Trash always exist."""
    return [row["name"] for row in database.execute("SELECT name FROM mail_folder ORDER BY id")]


def contacts(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns everyone in the address book (name, address), by name."""
    return database.execute("SELECT name, address FROM mail_contact ORDER BY name").fetchall()


def find(database: sqlite3.Connection, text: str = "", sender: str = "", folder: str = "") -> list[sqlite3.Row]:
    """Returns messages, newest first; each filter that is not empty must fit.

    `text` is looked for in subject and body, without regard to case; `sender` in the sender's name and address;
    `folder` is a folder's exact name.
    """
    filters = [  # instr, not LIKE: what is typed holds no pattern
        ("instr(lower(subject || ' ' || body), ?)", text.lower()),
        ("instr(lower(sender_name || ' ' || sender), ?)", sender.lower()),
        ("folder = ?", folder),
    ]
    given = [(condition, value) for condition, value in filters if value]
    conditions = " AND ".join(condition for condition, _ in given) or "1"
    query = f"SELECT * FROM mail_message WHERE {conditions} ORDER BY sent DESC, id DESC"
    return database.execute(query, [value for _, value in given]).fetchall()


def message(database: sqlite3.Connection, message_id: int) -> sqlite3.Row:
    """Returns one message: id, folder, sender_name, sender, recipients, subject, body, sent, answers, is_read.

    Raises:
        Refused: there is no such message.
    """
    row: sqlite3.Row | None = database.execute("SELECT * FROM mail_message WHERE id = ?", (message_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no message {message_id}.")
    return row


def read(database: sqlite3.Connection, message_id: int) -> sqlite3.Row:
    """Returns one message as `message` does, and marks it as read."""
    database.execute("UPDATE mail_message SET is_read = 1 WHERE id = ?", (message_id,))
    return message(database, message_id)


def send(database: sqlite3.Connection, to: str, subject: str, body: str, answers: int = 0) -> int:
    """Sends a message and returns its id; it is kept in the folder Sent.

    `to` is one or more recipients with commas between them, each an address or the name of a contact. `answers` is
    the id of the message that this is a reply to, 0 for none.

    Raises:
        Refused: no recipient, one that is neither an address nor a contact, no subject, no text, or too long a one.
    """
    recipients = ", ".join(sorted({_address(database, part.strip()) for part in to.split(",")}))
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise Refused(f"The subject must have 1 to {LONGEST_SUBJECT} characters.")
    if not body or len(body) > LONGEST_BODY:
        raise Refused(f"The message must have 1 to {LONGEST_BODY} characters.")
    cursor = database.execute(
        "INSERT INTO mail_message (folder, sender_name, sender, recipients, subject, body, sent, answers, is_read) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (SENT, ME.name, ME.address, recipients, subject, body, NOW, answers),
    )
    return cursor.lastrowid or 0


def reply(database: sqlite3.Connection, message_id: int, body: str) -> int:
    """Replies to the sender of a message, with its subject after "Re: ", and returns the new message's id.

    Raises:
        Refused: there is no such message, or the text is empty or too long.
    """
    original = message(database, message_id)
    return send(database, original["sender"], _prefixed("Re: ", original["subject"]), body, message_id)


def forward(database: sqlite3.Connection, message_id: int, to: str, note: str = "") -> int:
    """Sends a message on, its subject after "Fwd: " and its text after the note, and returns the new message's id.

    Raises:
        Refused: there is no such message, or a recipient is wrong (see `send`).
    """
    original = message(database, message_id)
    body = f"{note} --- {original['body']}" if note else original["body"]
    return send(database, to, _prefixed("Fwd: ", original["subject"]), body)


def move(database: sqlite3.Connection, message_id: int, folder: str) -> None:
    """Files a message in a folder.

    Raises:
        Refused: there is no such message or folder.
    """
    message(database, message_id)
    if folder not in folders(database):
        raise Refused(f'There is no folder "{folder}"; there are {", ".join(folders(database))}.')
    database.execute("UPDATE mail_message SET folder = ? WHERE id = ?", (folder, message_id))


def delete(database: sqlite3.Connection, message_id: int) -> None:
    """Moves a message into the folder Trash.

    Raises:
        Refused: there is no such message.
    """
    move(database, message_id, TRASH)


def create_folder(database: sqlite3.Connection, name: str) -> None:
    """Makes a new folder.

    Raises:
        Refused: the name is empty or too long, holds a slash, or is that of a folder, whatever the case.
    """
    if not name or len(name) > LONGEST_NAME or "/" in name:
        raise Refused(f"The name of a folder must have 1 to {LONGEST_NAME} characters and no slash.")
    if name.lower() in [folder.lower() for folder in folders(database)]:
        raise Refused(f'There is a folder "{name}" already.')
    database.execute("INSERT INTO mail_folder (name) VALUES (?)", (name,))


def _address(database: sqlite3.Connection, recipient: str) -> str:
    known = {contact["name"].lower(): str(contact["address"]) for contact in contacts(database)}
    address = known.get(recipient.lower(), recipient.lower())
    if not _ADDRESS.fullmatch(address):
        raise Refused(f'"{recipient}" is neither an address such as name@company.example nor a contact.')
    return address


def _prefixed(prefix: str, subject: str) -> str:
    return subject if subject.startswith(prefix) else (prefix + subject)[:LONGEST_SUBJECT]
