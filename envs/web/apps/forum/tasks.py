"""What there is to do in the forum."""

from __future__ import annotations

import sqlite3
from collections import Counter

import numpy as np

from arena.envs.web.apps.forum import operations as forum
from arena.envs.web.apps.forum.pages import FORUM
from arena.envs.web.apps.forum.world import SPAM
from arena.envs.web.apps.people import PEOPLE, draw
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["WORLD"]

_NEW_TITLES = ("Flea market in May", "Lost umbrella", "Choir looks for voices", "Spare piano stool", "Walk on Sunday")
_NEW_TEXTS = (
    *("Please write to me if you are interested.", "Everybody is welcome.", "First come, first served."),
    "Tell your neighbours about it.",
)
_COMMENTS = ("Well said.", "I can help you with that.", "Please add a picture.", "Ask at the town hall.", "Same here.")
_REMOVE = click("Remove this post")


def _submit(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    board, title, text = draw(forum.BOARDS, random), draw(_NEW_TITLES, random), draw(_NEW_TEXTS, random)
    return Task(
        f'Write a post in the board {board} with the title "{title}" and the text "{text}"',
        _submitted(board, title, text),
        lambda db: forum.submit(db, board, title, text),
        {"title": title, "text": text},
    )


def _comment(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    post, text = _recent(database, random), draw(_COMMENTS, random)
    return Task(
        f'Comment on the post "{post["title"]}" with the text "{text}"',
        (click(post["title"]), *_commented(text)),
        lambda db: forum.comment(db, post["id"], text),
        {"comment": text},
    )


def _vote(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    post, direction = _recent(database, random), draw(("up", "down"), random)
    return Task(
        f'Vote {direction} the post "{post["title"]}".',
        (click(post["title"]), click(f"Vote {direction}")),
        lambda db: forum.vote(db, post["id"], direction),
    )


def _lock(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    post = _recent(database, random)
    return Task(
        f'The post "{post["title"]}" has been discussed enough: lock it.',
        (click(post["title"]), click("Lock")),
        lambda db: forum.lock(db, post["id"]),
    )


def _vote_for_best(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    board, direction = draw(forum.BOARDS, random), draw(("up", "down"), random)
    word, place = draw((("most", 0), ("fewest", -1)), random)
    post = forum.find(database, board=board, sort="votes")[place]
    return Task(
        f"Vote {direction} the post with the {word} votes in the board {board}.",
        (*_found(board=board, sort="votes"), click(post["title"]), click(f"Vote {direction}")),
        lambda db: forum.vote(db, post["id"], direction),
    )


def _comment_on_oldest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    author, text = draw(PEOPLE, random).name, draw(_COMMENTS, random)
    sort = draw(("newest", "oldest"), random)
    post = forum.find(database, author=author, sort=sort)[0]
    return Task(
        f'Comment on the {sort} post of {author} with the text "{text}"',
        (*_found(author=author, sort=sort), click(post["title"]), *_commented(text)),
        lambda db: forum.comment(db, post["id"], text),
        {"author": author, "comment": text},
    )


def _move(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    author = draw(PEOPLE, random).name
    post = forum.find(database, author=author, sort="votes")[0]
    board = draw([board for board in forum.BOARDS if board != post["board"]], random)
    return Task(
        f"Of all posts of {author}, move the one with the most votes to the board {board}.",
        (*_found(author=author, sort="votes"), click(post["title"]), choose("Board", board), click("Move")),
        lambda db: forum.move(db, post["id"], board),
        {"author": author},
    )


def _ask_author(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    board = draw(forum.BOARDS, random)
    word, sort, place = draw(
        (("oldest", "oldest", 0), ("newest", "newest", 0), ("least voted for", "votes", -1)), random
    )
    post = forum.find(database, board=board, sort=sort)[place]
    return Task(
        f"Who wrote the {word} post in the board {board}? Answer with first and last name.",
        (*_found(board=board, sort=sort), answer(post["author"])),
        answer=post["author"],
        choices=tuple(person.name for person in PEOPLE),
    )


def _settle(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    reports = forum.reports(database)

    def change(db: sqlite3.Connection) -> None:
        for report in reports:
            if report["reason"] == SPAM:
                forum.remove(db, report["post"])
            else:
                forum.dismiss(db, report["id"])

    steps = (
        _removed(report) if report["reason"] == SPAM else (click("Reports"), click("Dismiss", within=report["title"]))
        for report in reports
    )
    return Task(
        "Settle all open reports: remove the posts that were reported as spam, dismiss the other reports.",
        tuple(step for part in steps for step in part),
        change,
    )


def _ban(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    reports = forum.reports(database)
    ((author, _),) = Counter(report["author"] for report in reports).most_common(1)
    (member,) = (row["id"] for row in forum.members(database) if row["name"] == author)
    reported = [report for report in reports if report["author"] == author]

    def change(db: sqlite3.Connection) -> None:
        for report in reported:
            forum.remove(db, report["post"])
        forum.ban(db, member)

    return Task(
        "Look at the open reports: ban the member whose posts are reported most often, and remove those of that "
        "member's posts that are reported. Leave the other reports as they are.",
        (*(step for report in reported for step in _removed(report)), click("Members"), click("Ban", within=author)),
        change,
    )


def _lock_below(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    board, count = draw(forum.BOARDS, random), int(random.integers(2, 5))
    posts = forum.find(database, board=board, sort="votes")
    low, limit = posts[-count:], posts[-count - 1]["votes"]

    def change(db: sqlite3.Connection) -> None:
        for post in low:
            forum.lock(db, post["id"])

    locking = ((*_found(board=board), click(post["title"]), click("Lock")) for post in low)
    return Task(
        f"Lock every post in the board {board} that has fewer than {limit} votes.",
        tuple(step for part in locking for step in part),
        change,
    )


def _count_votes(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    board, title = draw(forum.BOARDS, random), draw(_NEW_TITLES, random)
    authors = sorted({post["author"] for post in forum.find(database)})
    votes = {author: sum(post["votes"] for post in forum.find(database, author=author)) for author in authors}
    author = draw(authors, random)
    text = f"{votes[author]} votes"
    others = {f"{votes[author] + off} votes" for off in (-7, 4, 12)}
    return Task(
        f'Write a post in the board {board} with the title "{title}". Its text says how many votes all posts of '
        f"{author} have together, such as 12 votes, and nothing else.",
        (*_found(author=author), *_submitted(board, title, text)),
        lambda db: forum.submit(db, board, title, text),
        {"author": author, "title": title}
        | {f"text {k}": value for k, value in enumerate(sorted({text, *others}), start=1)},
    )


def _recent(database: sqlite3.Connection, random: np.random.Generator) -> sqlite3.Row:
    """Returns one of the posts on the first page of the forum."""
    return draw(forum.find(database)[:10], random)


def _found(author: str = "", board: str = "", sort: str = "") -> tuple[Step, ...]:
    """Returns the steps from anywhere to the posts found by these filters."""
    filled = (fill("Author", author),) if author else ()
    chosen = (choose(name, option) for name, option in (("Board", board), ("Sort by", sort)) if option)
    return (click("Forum"), *filled, *chosen, click("Show"))


def _submitted(board: str, title: str, text: str) -> tuple[Step, ...]:
    return click("New post"), choose("Board", board), fill("Title", title), fill("Text", text), click("Post")


def _commented(text: str) -> tuple[Step, ...]:
    return fill("Your comment", text), click("Add comment")


def _removed(report: sqlite3.Row) -> tuple[Step, ...]:
    return click("Reports"), click(report["title"]), _REMOVE


WORLD = World(
    apps=(FORUM,),
    templates=(
        Template("write", 1, _submit),
        Template("comment", 1, _comment),
        Template("vote", 1, _vote),
        Template("lock", 1, _lock),
        Template("vote for the best", 2, _vote_for_best),
        Template("comment on the oldest", 2, _comment_on_oldest),
        Template("move", 2, _move),
        Template("ask for an author", 2, _ask_author),
        Template("settle reports", 3, _settle),
        Template("ban", 3, _ban),
        Template("lock posts below", 3, _lock_below),
        Template("count votes", 3, _count_votes),
    ),
)
