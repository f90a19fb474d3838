"""What there is to do on the code host."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.codehost import operations as codehost
from arena.envs.web.apps.codehost.pages import CODEHOST
from arena.envs.web.apps.codehost.world import ASSIGNEES, KINDS
from arena.envs.web.apps.people import PEOPLE, draw, draws
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["WORLD", "closed", "commented", "found", "merged", "opened"]

_NEW_TITLES = ("Add a dark icon", "Log the start time", "Shorten the manual", "Remove old flags", "Speed up the tests")
_TEXTS = ("It would help us all.", "I can work on it next week.", "Please tell me what you think.", "See the minutes.")


def found(text: str = "", repository: str = "", label: str = "", assignee: str = "") -> tuple[Step, ...]:
    """Returns the steps from anywhere to the open issues found by these filters."""
    filled = (fill(name, value) for name, value in (("Search", text), ("Assignee", assignee)) if value)
    chosen = (choose(name, value) for name, value in (("Repository", repository), ("Label", label)) if value)
    return (click("Code host"), *filled, *chosen, click("Show"))


def opened(repository: str, title: str, text: str) -> tuple[Step, ...]:
    """Returns the steps from anywhere to a new issue."""
    given = (choose("Repository", repository), fill("Title", title), fill("Text", text))
    return (click("Code host"), click("New issue"), *given, click("Open issue"))


def commented(text: str) -> tuple[Step, ...]:
    """Returns the steps from an open issue's page to a comment on it."""
    return fill("Your comment", text), click("Add comment")


def closed() -> tuple[Step, ...]:
    """Returns the steps from an open issue's page to its having been closed."""
    return (click("Close issue"),)


def merged(repository: str, title: str) -> tuple[Step, ...]:
    """Returns the steps from anywhere to a pull request having been merged."""
    return *_listed(repository), click(title), click("Merge")


def _open(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository, title, text = draw(codehost.REPOSITORIES, random), draw(_NEW_TITLES, random), draw(_TEXTS, random)
    return Task(
        f'Open an issue in the repository {repository} with the title "{title}" and the text "{text}"',
        opened(repository, title, text),
        lambda db: codehost.open_issue(db, repository, title, text),
        {"title": title, "text": text},
    )


def _label(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    issue = _recent(database, random)
    label = draw([label for label in codehost.LABELS if label not in issue["labels"]], random)
    return Task(
        f'Put the label "{label}" on the issue "{issue["title"]}".',
        (click(issue["title"]), *_labelled(label)),
        lambda db: codehost.label(db, issue["id"], label),
    )


def _assign(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    issue = _recent(database, random)
    name = draw([person.name for person in PEOPLE if person.name != issue["assignee"]], random)
    return Task(
        f'Assign the issue "{issue["title"]}" to {name}.',
        (click(issue["title"]), *_assigned(name)),
        lambda db: codehost.assign(db, issue["id"], name),
    )


def _comment(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    issue, text = _recent(database, random), draw(_TEXTS, random)
    return Task(
        f'Comment on the issue "{issue["title"]}" with the text "{text}"',
        (click(issue["title"]), *commented(text)),
        lambda db: codehost.comment(db, issue["id"], text),
        {"comment": text},
    )


def _close_oldest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository, label, issues = _several(database, random)
    word, place = draw((("oldest", -1), ("newest", 0)), random)
    issue = issues[place]
    return Task(
        f'Close the {word} of the open issues in the repository {repository} that have the label "{label}".',
        (*found(repository=repository, label=label), click(issue["title"]), *closed()),
        lambda db: codehost.close(db, issue["id"]),
    )


def _merge_ready(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository = draw(codehost.REPOSITORIES, random)
    (pull,) = (
        row
        for row in codehost.pulls(database, repository)
        if row["checks"] == "passed" and row["approvals"] and not row["objections"]
    )
    return Task(
        f"Of the open pull requests in the repository {repository}, merge the one whose checks have passed, that a "
        "reviewer approves of, and to which nobody requests changes.",
        merged(repository, pull["title"]),
        lambda db: codehost.merge(db, pull["id"]),
    )


def _assign_less_busy(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    counts = {name: len(codehost.issues(database, assignee=name)) for name in ASSIGNEES}
    pairs = [(a, b) for a in ASSIGNEES for b in ASSIGNEES if counts[a] < counts[b]]
    less, more = draw(pairs, random)
    issue = draw([row for row in codehost.issues(database) if row["assignee"] not in (less, more)], random)
    first, second = draws((less, more), 2, random)
    return Task(
        f'Assign the issue "{issue["title"]}" to {first} or {second}: to the one who has fewer open issues now.',
        (*found(assignee=less), *found(assignee=more), *found(issue["title"]), click(issue["title"]), *_assigned(less)),
        lambda db: codehost.assign(db, issue["id"], less),
        {"search": issue["title"], "assignee": first, "other assignee": second},
    )


def _count(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository, label = draw(codehost.REPOSITORIES, random), draw(codehost.LABELS, random)
    count = str(len(codehost.issues(database, repository=repository, label=label)))
    return Task(
        f'How many open issues in the repository {repository} have the label "{label}"? Answer with the number.',
        (*found(repository=repository, label=label), answer(count)),
        answer=count,
        choices=tuple(map(str, range(8))),
    )


def _triage(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository = draw(codehost.REPOSITORIES, random)
    issues = codehost.issues(database, repository=repository, label=codehost.NO_LABEL)
    labels = {
        issue["id"]: next(KINDS[begin] for begin in KINDS if issue["title"].startswith(begin)) for issue in issues
    }

    def change(db: sqlite3.Connection) -> None:
        for issue, label in labels.items():
            codehost.label(db, issue, label)

    steps = (
        (
            *found(repository=repository, label=codehost.NO_LABEL),
            *(click(issue["title"]), *_labelled(labels[issue["id"]])),
        )
        for issue in issues
    )
    rules = ", ".join(f'"{label}" if its title begins with "{begin}"' for begin, label in KINDS.items())
    return Task(
        f"Put a label on every open issue in the repository {repository} that has none: {rules}.",
        tuple(step for part in steps for step in part),
        change,
    )


def _review(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository, text = draw(codehost.REPOSITORIES, random), draw(("Looks good.", "Well done.", "Thank you."), random)
    (pull,) = (row for row in codehost.pulls(database, repository) if not row["approvals"] and not row["objections"])
    fixed = codehost.issue(database, pull["fixes"])

    def change(db: sqlite3.Connection) -> None:
        codehost.review(db, pull["id"], "approve", text)
        codehost.merge(db, pull["id"])

    return Task(
        f'In the repository {repository} there is a pull request that fixes the issue "{fixed["title"]}". Approve it '
        f'in a review with the text "{text}" and merge it.',
        (
            *(*_listed(repository), click(pull["title"])),
            *(choose("Verdict", "approve"), fill("Review", text), click("Send review"), click("Merge")),
        ),
        change,
        {"review": text},
    )


def _hand_over(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    issues = {name: codehost.issues(database, assignee=name) for name in ASSIGNEES}
    leaving = draw([name for name in ASSIGNEES if 1 <= len(issues[name]) <= 4], random)
    name = draw([person.name for person in PEOPLE if person.name != leaving], random)

    def change(db: sqlite3.Connection) -> None:
        for issue in issues[leaving]:
            codehost.assign(db, issue["id"], name)

    steps = ((*found(assignee=leaving), click(issue["title"]), *_assigned(name)) for issue in issues[leaving])
    return Task(
        f"{leaving} is leaving: assign every open issue of {leaving} to {name}.",
        tuple(step for part in steps for step in part),
        change,
        {"assignee": leaving},
    )


def _close_all(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    repository, label, issues = _several(database, random)
    text = draw(("Not planned.", "This moves to another list.", "Closed after the meeting."), random)

    def change(db: sqlite3.Connection) -> None:
        for issue in issues:
            codehost.comment(db, issue["id"], text)
            codehost.close(db, issue["id"])

    steps = (
        (*found(repository=repository, label=label), click(issue["title"]), *commented(text), *closed())
        for issue in issues
    )
    return Task(
        f'Close every open issue in the repository {repository} that has the label "{label}". Before, comment on each '
        f'of them with the text "{text}"',
        tuple(step for part in steps for step in part),
        change,
        {"comment": text},
    )


def _recent(database: sqlite3.Connection, random: np.random.Generator) -> sqlite3.Row:
    """Returns one of the issues on the first page of the code host."""
    return draw(codehost.issues(database)[:10], random)


def _several(database: sqlite3.Connection, random: np.random.Generator) -> tuple[str, str, list[sqlite3.Row]]:
    """Returns a repository, a label, and the open issues of both, two or three."""
    groups = [
        (repository, label, codehost.issues(database, repository=repository, label=label))
        for repository in codehost.REPOSITORIES
        for label in codehost.LABELS
    ]
    return draw([group for group in groups if 2 <= len(group[2]) <= 3], random)


def _listed(repository: str) -> tuple[Step, ...]:
    return click("Code host"), click("Pull requests"), choose("Repository", repository), click("Show")


def _labelled(label: str) -> tuple[Step, ...]:
    return choose("Label", label), click("Add label")


def _assigned(name: str) -> tuple[Step, ...]:
    return choose("Assign to", name), click("Assign")


WORLD = World(
    apps=(CODEHOST,),
    templates=(
        Template("open an issue", 1, _open),
        Template("label", 1, _label),
        Template("assign", 1, _assign),
        Template("comment", 1, _comment),
        Template("close the oldest", 2, _close_oldest),
        Template("merge what is ready", 2, _merge_ready),
        Template("assign to the less busy", 2, _assign_less_busy),
        Template("count issues", 2, _count),
        Template("triage", 3, _triage),
        Template("review and merge", 3, _review),
        Template("hand over", 3, _hand_over),
        Template("close all", 3, _close_all),
    ),
)
