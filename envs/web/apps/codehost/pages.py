"""The pages of the code host, and the application made of them."""

from __future__ import annotations

from arena.envs.web.apps.codehost import operations as codehost
from arena.envs.web.apps.codehost.world import SCHEMA, fill
from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.people import PEOPLE
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["CODEHOST"]


def _issues(request: Request) -> Page:
    text, repository, label, assignee = _fields(request, "text", "repository", "label", "assignee")
    is_open = request.fields.get("state", "open") == "open"
    found = codehost.issues(request.database, text, repository, label, assignee, is_open)
    shown, turning = turn(found, request.fields, "/codehost/")
    return Page(
        "codehost/issues.html",
        {
            "issues": shown,
            "count": len(found),
            "turning": turning,
            "chosen": request.fields,
            "repositories": codehost.REPOSITORIES,
            "labels": (codehost.NO_LABEL, *codehost.LABELS),
        },
    )


def _issue(request: Request, issue_id: int, error: str = "") -> Page:
    found, comments = codehost.issue(request.database, issue_id), codehost.comments(request.database, issue_id)
    has = found["labels"].split(", ") if found["labels"] else []
    return Page(
        "codehost/issue.html",
        {
            "issue": found,
            "comments": comments,
            "has": has,
            "labels": [label for label in codehost.LABELS if label not in has],
            "people": [person.name for person in PEOPLE],
            "chosen": request.fields,
            "error": error,
        },
    )


def _write(request: Request, error: str = "") -> Page:
    context = {"repositories": codehost.REPOSITORIES, "chosen": request.fields, "error": error}
    return Page("codehost/new.html", context)


def _open(request: Request) -> Page | Redirect:
    try:
        return _shown(codehost.open_issue(request.database, *_fields(request, "repository", "title", "text")))
    except Refused as error:
        return _write(request, f"{error}")


def _comment(request: Request, issue_id: int) -> Page | Redirect:
    try:
        codehost.comment(request.database, issue_id, *_fields(request, "text"))
    except Refused as error:
        return _issue(request, issue_id, f"{error}")
    return _shown(issue_id)


def _label(request: Request, issue_id: int) -> Redirect:
    codehost.label(request.database, issue_id, *_fields(request, "label"))
    return _shown(issue_id)


def _unlabel(request: Request, issue_id: int) -> Redirect:
    codehost.unlabel(request.database, issue_id, *_fields(request, "label"))
    return _shown(issue_id)


def _assign(request: Request, issue_id: int) -> Redirect:
    codehost.assign(request.database, issue_id, *_fields(request, "assignee"))
    return _shown(issue_id)


def _close(request: Request, issue_id: int) -> Redirect:
    codehost.close(request.database, issue_id)
    return _shown(issue_id)


def _reopen(request: Request, issue_id: int) -> Redirect:
    codehost.reopen(request.database, issue_id)
    return _shown(issue_id)


def _pulls(request: Request) -> Page:
    (repository,) = _fields(request, "repository")
    found = codehost.pulls(request.database, repository, request.fields.get("state", "open") == "open")
    shown, turning = turn(found, request.fields, "/codehost/pulls")
    context = {"pulls": shown, "count": len(found), "turning": turning}
    return Page("codehost/pulls.html", {**context, "chosen": request.fields, "repositories": codehost.REPOSITORIES})


def _pull(request: Request, pull_id: int, error: str = "") -> Page:
    found, reviews = codehost.pull(request.database, pull_id), codehost.reviews(request.database, pull_id)
    fixed = codehost.issue(request.database, found["fixes"]) if found["fixes"] else None
    context = {"pull": found, "reviews": reviews, "fixed": fixed, "verdicts": codehost.VERDICTS}
    return Page("codehost/pull.html", {**context, "chosen": request.fields, "error": error})


def _review(request: Request, pull_id: int) -> Page | Redirect:
    try:
        codehost.review(request.database, pull_id, *_fields(request, "verdict", "text"))
    except Refused as error:
        return _pull(request, pull_id, f"{error}")
    return Redirect(f"/codehost/pull/{pull_id}")


def _merge(request: Request, pull_id: int) -> Page | Redirect:
    try:
        codehost.merge(request.database, pull_id)
    except Refused as error:
        return _pull(request, pull_id, f"{error}")
    return Redirect(f"/codehost/pull/{pull_id}")


def _fields(request: Request, *names: str) -> list[str]:
    return [request.fields.get(name, "") for name in names]


def _shown(issue_id: int) -> Redirect:
    return Redirect(f"/codehost/issue/{issue_id}")


CODEHOST = App(
    name="codehost",
    title="Code host",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _issues),
        Route("GET", "/new", _write),
        Route("POST", "/new", _open),
        Route("GET", "/issue/<int>", _issue),
        Route("POST", "/issue/<int>/comment", _comment),
        Route("POST", "/issue/<int>/label", _label),
        Route("POST", "/issue/<int>/unlabel", _unlabel),
        Route("POST", "/issue/<int>/assign", _assign),
        Route("POST", "/issue/<int>/close", _close),
        Route("POST", "/issue/<int>/reopen", _reopen),
        Route("GET", "/pulls", _pulls),
        Route("GET", "/pull/<int>", _pull),
        Route("POST", "/pull/<int>/review", _review),
        Route("POST", "/pull/<int>/merge", _merge),
    ),
    state={
        "codehost_issue": "SELECT repository, title, text, author, assignee, is_open FROM codehost_issue",
        "codehost_label": "SELECT issue, label FROM codehost_label",
        "codehost_comment": "SELECT issue, author, text FROM codehost_comment",
        "codehost_pull": "SELECT id, is_open, is_merged FROM codehost_pull",
        "codehost_review": "SELECT pull, reviewer, verdict, text FROM codehost_review",
    },
)
