"""The pages of mail, and the application made of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.world import SCHEMA, fill
from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["MAIL"]


def _inbox(request: Request) -> Page:
    return _list(request, "Inbox", mail.find(request.database, folder=mail.INBOX), "/mail/")


def _search(request: Request) -> Page:
    text, sender, folder = (request.fields.get(name, "") for name in ("text", "sender", "folder"))
    return _list(request, "Search results", mail.find(request.database, text, sender, folder), "/mail/search")


def _list(request: Request, title: str, found: Sequence[sqlite3.Row], path: str) -> Page:
    shown, turning = turn(found, request.fields, path)
    return Page(
        "mail/list.html",
        {
            "title": title,
            "messages": shown,
            "count": len(found),
            "turning": turning,
            "folders": mail.folders(request.database),
            "chosen": request.fields,
        },
    )


def _message(request: Request, message_id: int) -> Page:
    found = mail.read(request.database, message_id)
    return Page("mail/message.html", {"message": found, "folders": mail.folders(request.database)})


def _write(request: Request, error: str = "") -> Page:
    return Page("mail/write.html", {"chosen": request.fields, "error": error})


def _send(request: Request) -> Page | Redirect:
    to, subject, body = (request.fields.get(name, "") for name in ("to", "subject", "body"))
    try:
        return _shown(mail.send(request.database, to, subject, body))
    except Refused as error:
        return _write(request, f"{error}")


def _write_reply(request: Request, message_id: int, error: str = "") -> Page:
    message = mail.message(request.database, message_id)
    return Page("mail/reply.html", {"message": message, "chosen": request.fields, "error": error})


def _reply(request: Request, message_id: int) -> Page | Redirect:
    try:
        return _shown(mail.reply(request.database, message_id, request.fields.get("body", "")))
    except Refused as error:
        return _write_reply(request, message_id, f"{error}")


def _write_forward(request: Request, message_id: int, error: str = "") -> Page:
    message = mail.message(request.database, message_id)
    return Page("mail/forward.html", {"message": message, "chosen": request.fields, "error": error})


def _forward(request: Request, message_id: int) -> Page | Redirect:
    to, note = request.fields.get("to", ""), request.fields.get("note", "")
    try:
        return _shown(mail.forward(request.database, message_id, to, note))
    except Refused as error:
        return _write_forward(request, message_id, f"{error}")


def _move(request: Request, message_id: int) -> Redirect:
    mail.move(request.database, message_id, request.fields.get("folder", ""))
    return _shown(message_id)


def _delete(request: Request, message_id: int) -> Redirect:
    mail.delete(request.database, message_id)
    return Redirect("/mail/")


def _folders(request: Request, error: str = "") -> Page:
    return Page(
        "mail/folders.html", {"folders": mail.folders(request.database), "chosen": request.fields, "error": error}
    )


def _create_folder(request: Request) -> Page | Redirect:
    try:
        mail.create_folder(request.database, request.fields.get("name", ""))
    except Refused as error:
        return _folders(request, f"{error}")
    return Redirect("/mail/folders")


def _contacts(request: Request) -> Page:
    return Page("mail/contacts.html", {"contacts": mail.contacts(request.database)})


def _shown(message_id: int) -> Redirect:
    return Redirect(f"/mail/message/{message_id}")


MAIL = App(
    name="mail",
    title="Mail",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _inbox),
        Route("GET", "/search", _search),
        Route("GET", "/message/<int>", _message),
        Route("GET", "/write", _write),
        Route("POST", "/write", _send),
        Route("GET", "/message/<int>/reply", _write_reply),
        Route("POST", "/message/<int>/reply", _reply),
        Route("GET", "/message/<int>/forward", _write_forward),
        Route("POST", "/message/<int>/forward", _forward),
        Route("POST", "/message/<int>/move", _move),
        Route("POST", "/message/<int>/delete", _delete),
        Route("GET", "/folders", _folders),
        Route("POST", "/folders", _create_folder),
        Route("GET", "/contacts", _contacts),
    ),
    state={
        "mail_folder": "SELECT name FROM mail_folder",
        "mail_message": "SELECT folder, sender, recipients, subject, body, sent, answers FROM mail_message",
    },
)
