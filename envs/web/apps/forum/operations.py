"""What one can do in the forum: plain functions on the database, called by the pages and by programs alike."""

from __future__ import annotations

import sqlite3

from arena.envs.web.apps.clock import TODAY
from arena.envs.web.apps.people import ME
from arena.envs.web.apps.site import Refused

__all__ = [
    "BOARDS",
    "SORTS",
    "ban",
    "comment",
    "comments",
    "dismiss",
    "find",
    "lock",
    "members",
    "move",
    "post",
    "remove",
    "reports",
    "submit",
    "unlock",
    "vote",
]

BOARDS = ("General", "Gardens", "Kitchen", "Cycling", "Pets")
SORTS = {"newest": "day DESC, id DESC", "oldest": "day, id", "votes": "votes DESC, id"}
LONGEST_TITLE, LONGEST_TEXT = 80, 400  # characters
_VOTES = {"up": 1, "down": -1, "none": 0}
_POST = (
    "SELECT id, board, title, author, text, day, score + mine AS votes, is_locked, "
    "(SELECT count(*) FROM forum_comment WHERE post = forum_post.id) AS comments FROM forum_post WHERE NOT is_removed"
)


def find(
    database: sqlite3.Connection, text: str = "", author: str = "", board: str = "", sort: str = "newest"
) -> list[sqlite3.Row]:
    """Returns posts: id, board, title, author, text, day, votes, is_locked, comments (how many).

    Each filter that is not empty must fit: `text` is looked for in title and text, `author` in the author's name, both
    without regard to case; `board` is a board's exact name. `sort` is newest, oldest or votes (most first).

    Raises:
        Refused: there is no such way to sort.
    """
    if sort not in SORTS:
        raise Refused(f'Posts are sorted by {", ".join(SORTS)}, not by "{sort}".')
    return database.execute(
        f"{_POST} AND instr(lower(title || ' ' || text), ?) AND instr(lower(author), ?) AND (? = '' OR board = ?) "
        f"ORDER BY {SORTS[sort]}",
        (text.lower(), author.lower(), board, board),
    ).fetchall()


def post(database: sqlite3.Connection, post_id: int) -> sqlite3.Row:
    """Returns one post: id, board, title, author, text, day, votes, is_locked, comments (how many).

    Raises:
        Refused: there is no such post, or it was removed.
    """
    row: sqlite3.Row | None = database.execute(f"{_POST} AND id = ?", (post_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no post {post_id}.")
    return row


def comments(database: sqlite3.Connection, post_id: int) -> list[sqlite3.Row]:
    """Returns the comments on a post, oldest first: author, text, day.

    Raises:
        Refused: there is no such post.
    """
    post(database, post_id)
    return database.execute(
        "SELECT author, text, day FROM forum_comment WHERE post = ? ORDER BY day, id", (post_id,)
    ).fetchall()


def submit(database: sqlite3.Connection, board: str, title: str, text: str) -> int:
    """Writes a post and returns its id.

    Raises:
        Refused: no such board, no title or text, or too long a one.
    """
    _check_board(board)
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"The title must have 1 to {LONGEST_TITLE} characters.")
    _check_text(text)
    cursor = database.execute(
        "INSERT INTO forum_post (board, title, author, text, day, score, mine, is_locked, is_removed) "
        "VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0)",
        (board, title, ME.name, text, TODAY),
    )
    return cursor.lastrowid or 0


def comment(database: sqlite3.Connection, post_id: int, text: str) -> None:
    """Writes a comment on a post.

    Raises:
        Refused: no such post, it is locked, no text or too long a one.
    """
    if post(database, post_id)["is_locked"]:
        raise Refused("This post is locked: nobody can comment on it.")
    _check_text(text)
    database.execute(
        "INSERT INTO forum_comment (post, author, text, day) VALUES (?, ?, ?, ?)", (post_id, ME.name, text, TODAY)
    )


def vote(database: sqlite3.Connection, post_id: int, direction: str) -> None:
    """Votes for a post: `direction` is up, down, or none, which takes a vote back; the last vote counts.

    Raises:
        Refused: no such post or direction.
    """
    post(database, post_id)
    if direction not in _VOTES:
        raise Refused(f'A vote is {", ".join(_VOTES)}, not "{direction}".')
    database.execute("UPDATE forum_post SET mine = ? WHERE id = ?", (_VOTES[direction], post_id))


def move(database: sqlite3.Connection, post_id: int, board: str) -> None:
    """Moves a post to another board.

    Raises:
        Refused: no such post or board.
    """
    post(database, post_id)
    _check_board(board)
    database.execute("UPDATE forum_post SET board = ? WHERE id = ?", (board, post_id))


def lock(database: sqlite3.Connection, post_id: int) -> None:
    """Locks a post, so that nobody can comment on it.

    Raises:
        Refused: there is no such post.
    """
    post(database, post_id)
    database.execute("UPDATE forum_post SET is_locked = 1 WHERE id = ?", (post_id,))


def unlock(database: sqlite3.Connection, post_id: int) -> None:
    """Unlocks a post.

    Raises:
        Refused: there is no such post.
    """
    post(database, post_id)
    database.execute("UPDATE forum_post SET is_locked = 0 WHERE id = ?", (post_id,))


def remove(database: sqlite3.Connection, post_id: int) -> None:
    """Removes a post; that settles the reports about it.

    Raises:
        Refused: there is no such post.
    """
    post(database, post_id)
    database.execute("UPDATE forum_post SET is_removed = 1 WHERE id = ?", (post_id,))
    database.execute("UPDATE forum_report SET verdict = 'removed' WHERE post = ? AND verdict = ''", (post_id,))


def reports(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns the open reports: id, post (its id), title, author, reporter, reason."""
    return database.execute(
        "SELECT forum_report.id, post, title, author, reporter, reason FROM forum_report "
        "JOIN forum_post ON forum_post.id = post WHERE verdict = '' ORDER BY forum_report.id"
    ).fetchall()


def dismiss(database: sqlite3.Connection, report_id: int) -> None:
    """Settles a report without doing anything about the post.

    Raises:
        Refused: there is no such open report.
    """
    if report_id not in [report["id"] for report in reports(database)]:
        raise Refused(f"There is no open report {report_id}.")
    database.execute("UPDATE forum_report SET verdict = 'dismissed' WHERE id = ?", (report_id,))


def members(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns the members: id, name, is_banned; by name."""
    return database.execute("SELECT id, name, is_banned FROM forum_member ORDER BY name").fetchall()


def ban(database: sqlite3.Connection, member_id: int) -> None:
    """Bans a member from the forum.

    Raises:
        Refused: there is no such member.
    """
    if member_id not in [member["id"] for member in members(database)]:
        raise Refused(f"There is no member {member_id}.")
    database.execute("UPDATE forum_member SET is_banned = 1 WHERE id = ?", (member_id,))


def _check_board(board: str) -> None:
    if board not in BOARDS:
        raise Refused(f'"{board}" is none of the boards: {", ".join(BOARDS)}.')


def _check_text(text: str) -> None:
    if not text or len(text) > LONGEST_TEXT:
        raise Refused(f"The text must have 1 to {LONGEST_TEXT} characters.")
