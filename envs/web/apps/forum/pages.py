"""The pages of the forum, and the application made of them."""

from __future__ import annotations

import re

from arena.envs.web.apps.forum import operations as forum
from arena.envs.web.apps.forum.world import SCHEMA, fill
from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["FORUM"]


def _list(request: Request) -> Page:
    text, author, board = (request.fields.get(name, "") for name in ("text", "author", "board"))
    found = forum.find(request.database, text, author, board, request.fields.get("sort", "newest"))
    shown, turning = turn(found, request.fields, "/forum/")
    context = {"posts": shown, "count": len(found), "turning": turning, "chosen": request.fields}
    return Page("forum/list.html", {**context, "boards": forum.BOARDS, "sorts": list(forum.SORTS)})


def _post(request: Request, post_id: int, error: str = "") -> Page:
    found, comments = forum.post(request.database, post_id), forum.comments(request.database, post_id)
    context = {"post": found, "comments": comments, "boards": forum.BOARDS}
    return Page("forum/post.html", {**context, "chosen": request.fields, "error": error})


def _write(request: Request, error: str = "") -> Page:
    return Page("forum/new.html", {"boards": forum.BOARDS, "chosen": request.fields, "error": error})


def _submit(request: Request) -> Page | Redirect:
    board, title, text = (request.fields.get(name, "") for name in ("board", "title", "text"))
    try:
        return _shown(forum.submit(request.database, board, title, text))
    except Refused as error:
        return _write(request, f"{error}")


def _comment(request: Request, post_id: int) -> Page | Redirect:
    try:
        forum.comment(request.database, post_id, request.fields.get("text", ""))
    except Refused as error:
        return _post(request, post_id, f"{error}")
    return _shown(post_id)


def _vote(request: Request, post_id: int) -> Redirect:
    forum.vote(request.database, post_id, request.fields.get("direction", ""))
    return _shown(post_id)


def _move(request: Request, post_id: int) -> Redirect:
    forum.move(request.database, post_id, request.fields.get("board", ""))
    return _shown(post_id)


def _lock(request: Request, post_id: int) -> Redirect:
    forum.lock(request.database, post_id)
    return _shown(post_id)


def _unlock(request: Request, post_id: int) -> Redirect:
    forum.unlock(request.database, post_id)
    return _shown(post_id)


def _remove(request: Request, post_id: int) -> Redirect:
    forum.remove(request.database, post_id)
    return Redirect("/forum/")


def _reports(request: Request) -> Page:
    return Page("forum/reports.html", {"reports": forum.reports(request.database)})


def _dismiss(request: Request) -> Redirect:
    forum.dismiss(request.database, _number(request, "report"))
    return Redirect("/forum/reports")


def _members(request: Request) -> Page:
    return Page("forum/members.html", {"members": forum.members(request.database)})


def _ban(request: Request) -> Redirect:
    forum.ban(request.database, _number(request, "member"))
    return Redirect("/forum/members")


def _number(request: Request, name: str) -> int:
    """Returns the id that a button sends."""
    sent = request.fields.get(name, "")
    if not re.fullmatch(r"[0-9]{1,9}", sent):
        raise Refused(f'"{sent}" is no number of a {name}.')
    return int(sent)


def _shown(post_id: int) -> Redirect:
    return Redirect(f"/forum/post/{post_id}")


FORUM = App(
    name="forum",
    title="Forum",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _list),
        Route("GET", "/post/<int>", _post),
        Route("GET", "/new", _write),
        Route("POST", "/new", _submit),
        Route("POST", "/post/<int>/comment", _comment),
        Route("POST", "/post/<int>/vote", _vote),
        Route("POST", "/post/<int>/move", _move),
        Route("POST", "/post/<int>/lock", _lock),
        Route("POST", "/post/<int>/unlock", _unlock),
        Route("POST", "/post/<int>/remove", _remove),
        Route("GET", "/reports", _reports),
        Route("POST", "/reports", _dismiss),
        Route("GET", "/members", _members),
        Route("POST", "/members", _ban),
    ),
    state={
        "forum_member": "SELECT name, is_banned FROM forum_member",
        "forum_post": "SELECT board, title, author, text, mine, is_locked, is_removed FROM forum_post",
        "forum_comment": "SELECT post, author, text FROM forum_comment",
        "forum_report": "SELECT id, verdict FROM forum_report",
    },
)
