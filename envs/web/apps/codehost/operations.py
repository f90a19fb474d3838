"""What one can do on the code host: plain functions on the database, called by the pages and by programs alike."""

from __future__ import annotations

import sqlite3

from arena.envs.web.apps.clock import TODAY
from arena.envs.web.apps.people import ME, PEOPLE
from arena.envs.web.apps.services import SERVICES
from arena.envs.web.apps.site import Refused

__all__ = [
    "LABELS",
    "REPOSITORIES",
    "assign",
    "close",
    "comment",
    "comments",
    "issue",
    "issues",
    "label",
    "merge",
    "open_issue",
    "pull",
    "pulls",
    "reopen",
    "review",
    "reviews",
    "unlabel",
]

REPOSITORIES = SERVICES[:4]
LABELS = ("bug", "feature", "question", "docs", "urgent")
NO_LABEL = "no label"
VERDICTS = ("approve", "request changes")
LONGEST_TITLE, LONGEST_TEXT = 80, 400  # characters
_LABELS = "coalesce((SELECT group_concat(label, ', ') FROM codehost_label WHERE issue = codehost_issue.id), '')"
_ISSUE = f"SELECT id, repository, title, text, author, assignee, day, is_open, {_LABELS} AS labels FROM codehost_issue"
_COUNT = "(SELECT count(*) FROM codehost_review WHERE pull = codehost_pull.id AND verdict = '{}')"
_PULL = (
    "SELECT id, repository, title, author, day, is_open, is_merged, checks, fixes, "
    f"{_COUNT.format(VERDICTS[0])} AS approvals, {_COUNT.format(VERDICTS[1])} AS objections FROM codehost_pull"
)


def issues(
    database: sqlite3.Connection,
    text: str = "",
    repository: str = "",
    label: str = "",
    assignee: str = "",
    is_open: bool = True,
) -> list[sqlite3.Row]:
    """Returns issues (see `issue`) that are open, or those that are closed, newest first.

    Each filter that is not empty must fit: `text` is looked for in title and text, `assignee` in the assignee's name,
    both without regard to case; `repository` is an exact name; `label` is an exact label, or "no label".
    """
    return database.execute(
        f"{_ISSUE} WHERE is_open = ? AND instr(lower(title || ' ' || text), ?) AND (? = '' OR repository = ?) "
        "AND instr(lower(assignee), ?) AND (? = '' OR (? = ? AND NOT EXISTS (SELECT 1 FROM codehost_label WHERE issue "
        "= codehost_issue.id)) OR ? IN (SELECT label FROM codehost_label WHERE issue = codehost_issue.id)) "
        "ORDER BY day DESC, id DESC",
        (int(is_open), text.lower(), repository, repository, assignee.lower(), label, label, NO_LABEL, label),
    ).fetchall()


def issue(database: sqlite3.Connection, issue_id: int) -> sqlite3.Row:
    """Returns one issue: id, repository, title, text, author, assignee ("" for nobody), day, is_open, labels.

    Raises:
        Refused: there is no such issue.
    """
    row: sqlite3.Row | None = database.execute(f"{_ISSUE} WHERE id = ?", (issue_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no issue {issue_id}.")
    return row


def comments(database: sqlite3.Connection, issue_id: int) -> list[sqlite3.Row]:
    """Returns the comments on an issue, oldest first: author, text.

    Raises:
        Refused: there is no such issue.
    """
    issue(database, issue_id)
    return database.execute(
        "SELECT author, text FROM codehost_comment WHERE issue = ? ORDER BY id", (issue_id,)
    ).fetchall()


def open_issue(database: sqlite3.Connection, repository: str, title: str, text: str) -> int:
    """Opens an issue and returns its id.

    Raises:
        Refused: no such repository, no title or text, or too long a one.
    """
    if repository not in REPOSITORIES:
        raise Refused(f'"{repository}" is none of the repositories: {", ".join(REPOSITORIES)}.')
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"The title must have 1 to {LONGEST_TITLE} characters.")
    _check_text(text)
    cursor = database.execute(
        "INSERT INTO codehost_issue (repository, title, text, author, assignee, day, is_open) "
        "VALUES (?, ?, ?, ?, '', ?, 1)",
        (repository, title, text, ME.name, TODAY),
    )
    return cursor.lastrowid or 0


def comment(database: sqlite3.Connection, issue_id: int, text: str) -> None:
    """Writes a comment on an issue.

    Raises:
        Refused: no such issue, no text or too long a one.
    """
    issue(database, issue_id)
    _check_text(text)
    database.execute("INSERT INTO codehost_comment (issue, author, text) VALUES (?, ?, ?)", (issue_id, ME.name, text))


def label(database: sqlite3.Connection, issue_id: int, label: str) -> None:
    """Puts a label on an issue.

    Raises:
        Refused: no such issue or label, or it has the label.
    """
    if label not in LABELS:
        raise Refused(f'"{label}" is none of the labels: {", ".join(LABELS)}.')
    if label in issue(database, issue_id)["labels"].split(", "):
        raise Refused(f'The issue has the label "{label}" already.')
    database.execute("INSERT INTO codehost_label (issue, label) VALUES (?, ?)", (issue_id, label))


def unlabel(database: sqlite3.Connection, issue_id: int, label: str) -> None:
    """Takes a label from an issue.

    Raises:
        Refused: no such issue, or it does not have the label.
    """
    if label not in issue(database, issue_id)["labels"].split(", "):
        raise Refused(f'The issue does not have the label "{label}".')
    database.execute("DELETE FROM codehost_label WHERE issue = ? AND label = ?", (issue_id, label))


def assign(database: sqlite3.Connection, issue_id: int, assignee: str) -> None:
    """Assigns an issue to a colleague.

    Raises:
        Refused: no such issue or colleague.
    """
    issue(database, issue_id)
    if assignee not in [person.name for person in PEOPLE]:
        raise Refused(f'"{assignee}" is none of the colleagues: {", ".join(person.name for person in PEOPLE)}.')
    database.execute("UPDATE codehost_issue SET assignee = ? WHERE id = ?", (assignee, issue_id))


def close(database: sqlite3.Connection, issue_id: int) -> None:
    """Closes an issue.

    Raises:
        Refused: no such issue, or it is closed.
    """
    if not issue(database, issue_id)["is_open"]:
        raise Refused("This issue is closed already.")
    database.execute("UPDATE codehost_issue SET is_open = 0 WHERE id = ?", (issue_id,))


def reopen(database: sqlite3.Connection, issue_id: int) -> None:
    """Opens a closed issue again.

    Raises:
        Refused: no such issue, or it is open.
    """
    if issue(database, issue_id)["is_open"]:
        raise Refused("This issue is open.")
    database.execute("UPDATE codehost_issue SET is_open = 1 WHERE id = ?", (issue_id,))


def pulls(database: sqlite3.Connection, repository: str = "", is_open: bool = True) -> list[sqlite3.Row]:
    """Returns pull requests (see `pull`) that are open, or those that are closed, newest first.

    `repository`, if not empty, is an exact name.
    """
    return database.execute(
        f"{_PULL} WHERE is_open = ? AND (? = '' OR repository = ?) ORDER BY day DESC, id DESC",
        (int(is_open), repository, repository),
    ).fetchall()


def pull(database: sqlite3.Connection, pull_id: int) -> sqlite3.Row:
    """Returns one pull request: id, repository, title, author, day, is_open, is_merged, checks, fixes, and more.

    `checks` is passed or failed; `fixes` is the id of the issue that it fixes, 0 for none; `approvals` and `objections`
    are how many reviewers approve of it and request changes.

    Raises:
        Refused: there is no such pull request.
    """
    row: sqlite3.Row | None = database.execute(f"{_PULL} WHERE id = ?", (pull_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no pull request {pull_id}.")
    return row


def reviews(database: sqlite3.Connection, pull_id: int) -> list[sqlite3.Row]:
    """Returns the reviews of a pull request: reviewer, verdict, text; the last one of each reviewer.

    Raises:
        Refused: there is no such pull request.
    """
    pull(database, pull_id)
    return database.execute(
        "SELECT reviewer, verdict, text FROM codehost_review WHERE pull = ? ORDER BY id", (pull_id,)
    ).fetchall()


def review(database: sqlite3.Connection, pull_id: int, verdict: str, text: str) -> None:
    """Reviews a pull request in place of an earlier review of one's own; `verdict` is approve or request changes.

    Raises:
        Refused: no such pull request or verdict, it is closed, no text or too long a one.
    """
    if not pull(database, pull_id)["is_open"]:
        raise Refused("This pull request is closed.")
    if verdict not in VERDICTS:
        raise Refused(f'A verdict is {" or ".join(VERDICTS)}, not "{verdict}".')
    _check_text(text)
    database.execute("DELETE FROM codehost_review WHERE pull = ? AND reviewer = ?", (pull_id, ME.name))
    database.execute(
        "INSERT INTO codehost_review (pull, reviewer, verdict, text) VALUES (?, ?, ?, ?)",
        (pull_id, ME.name, verdict, text),
    )


def merge(database: sqlite3.Connection, pull_id: int) -> None:
    """Merges a pull request, and closes the issue that it fixes.

    Raises:
        Refused: no such pull request, it is closed, its checks failed, nobody approves of it, or someone requests
            changes.
    """
    row = pull(database, pull_id)
    if not row["is_open"]:
        raise Refused("This pull request is closed.")
    if row["checks"] != "passed":
        raise Refused("A pull request whose checks failed cannot be merged.")
    if not row["approvals"] or row["objections"]:
        raise Refused("A pull request is merged when a reviewer approves of it and none requests changes.")
    database.execute("UPDATE codehost_pull SET is_open = 0, is_merged = 1 WHERE id = ?", (pull_id,))
    database.execute("UPDATE codehost_issue SET is_open = 0 WHERE id = ?", (row["fixes"],))


def _check_text(text: str) -> None:
    if not text or len(text) > LONGEST_TEXT:
        raise Refused(f"The text must have 1 to {LONGEST_TEXT} characters.")
