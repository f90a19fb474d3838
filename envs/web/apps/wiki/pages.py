"""The pages of the wiki, and the application made of them."""

from __future__ import annotations

import re

from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route
from arena.envs.web.apps.wiki import operations as wiki
from arena.envs.web.apps.wiki.world import SCHEMA, fill

__all__ = ["WIKI"]


def _list(request: Request) -> Page:
    found = wiki.find(request.database, request.fields.get("text", ""), request.fields.get("category", ""))
    shown, turning = turn(found, request.fields, "/wiki/")
    context = {"pages": shown, "count": len(found), "turning": turning, "chosen": request.fields}
    return Page("wiki/list.html", {**context, "categories": wiki.CATEGORIES})


def _page(request: Request, page_id: int, error: str = "") -> Page:
    found = wiki.page(request.database, page_id)
    pages = {row["title"]: row["id"] for row in wiki.find(request.database)}
    facts = [{**fact, "page": pages.get(fact["value"], 0)} for fact in wiki.facts(request.database, page_id)]
    context = {"page": found, "facts": facts, "names": wiki.FACTS[found["category"]], "categories": wiki.CATEGORIES}
    return Page("wiki/page.html", {**context, "chosen": request.fields, "error": error})


def _write(request: Request, error: str = "") -> Page:
    return Page("wiki/new.html", {"categories": wiki.CATEGORIES, "chosen": request.fields, "error": error})


def _create(request: Request) -> Page | Redirect:
    title, category, text = (request.fields.get(name, "") for name in ("title", "category", "text"))
    try:
        return _shown(wiki.create(request.database, title, category, text))
    except Refused as error:
        return _write(request, f"{error}")


def _write_edit(request: Request, page_id: int, error: str = "") -> Page:
    found = wiki.page(request.database, page_id)
    return Page("wiki/edit.html", {"page": found, "chosen": request.fields, "error": error})


def _edit(request: Request, page_id: int) -> Page | Redirect:
    try:
        wiki.edit(request.database, page_id, request.fields.get("text", ""))
    except Refused as error:
        return _write_edit(request, page_id, f"{error}")
    return _shown(page_id)


def _set_fact(request: Request, page_id: int) -> Page | Redirect:
    try:
        wiki.set_fact(request.database, page_id, request.fields.get("name", ""), request.fields.get("value", ""))
    except Refused as error:
        return _page(request, page_id, f"{error}")
    return _shown(page_id)


def _move(request: Request, page_id: int) -> Redirect:
    wiki.move(request.database, page_id, request.fields.get("category", ""))
    return _shown(page_id)


def _history(request: Request, page_id: int, error: str = "") -> Page:
    found, revisions = wiki.page(request.database, page_id), wiki.history(request.database, page_id)
    return Page("wiki/history.html", {"page": found, "revisions": revisions, "error": error})


def _restore(request: Request, page_id: int) -> Page | Redirect:
    revision = request.fields.get("revision", "")
    if not re.fullmatch(r"[0-9]{1,9}", revision):
        return _history(request, page_id, "Please choose one of the revisions.")
    try:
        wiki.restore(request.database, int(revision))
    except Refused as error:
        return _history(request, page_id, f"{error}")
    return _shown(page_id)


def _changes(request: Request) -> Page:
    found = wiki.changes(request.database, request.fields.get("author", ""))
    shown, turning = turn(found, request.fields, "/wiki/changes")
    context = {"changes": shown, "count": len(found), "turning": turning}
    return Page("wiki/changes.html", {**context, "chosen": request.fields})


def _shown(page_id: int) -> Redirect:
    return Redirect(f"/wiki/page/{page_id}")


WIKI = App(
    name="wiki",
    title="Wiki",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _list),
        Route("GET", "/page/<int>", _page),
        Route("GET", "/new", _write),
        Route("POST", "/new", _create),
        Route("GET", "/page/<int>/edit", _write_edit),
        Route("POST", "/page/<int>/edit", _edit),
        Route("POST", "/page/<int>/fact", _set_fact),
        Route("POST", "/page/<int>/move", _move),
        Route("GET", "/page/<int>/history", _history),
        Route("POST", "/page/<int>/history", _restore),
        Route("GET", "/changes", _changes),
    ),
    state={
        "wiki_page": "SELECT title, category, text FROM wiki_page",
        "wiki_fact": "SELECT page, name, value FROM wiki_fact",
        "wiki_revision": "SELECT page, author, text FROM wiki_revision",
    },
)
