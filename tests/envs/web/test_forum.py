"""The operations of the forum: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.forum import operations as forum
from arena.envs.web.apps.forum.pages import FORUM
from arena.envs.web.apps.site import Refused, Site


@pytest.fixture
def database():
    return Site((FORUM,), np.random.default_rng(0)).database


def test_posts_are_found_by_text_author_and_board_and_sorted(database):
    post = forum.find(database)[3]
    assert post["id"] in [row["id"] for row in forum.find(database, text=post["title"].upper())]
    assert {row["author"] for row in forum.find(database, author=post["author"])} == {post["author"]}
    assert {row["board"] for row in forum.find(database, board="Pets")} == {"Pets"}
    votes = [row["votes"] for row in forum.find(database, sort="votes")]
    assert votes == sorted(votes, reverse=True)
    assert [r["id"] for r in forum.find(database, sort="oldest")] == [r["id"] for r in forum.find(database)][::-1]


def test_the_last_vote_counts(database):
    number, before = forum.find(database)[0]["id"], forum.find(database)[0]["votes"]
    for direction, counted in (("up", 1), ("up", 1), ("down", -1), ("none", 0)):
        forum.vote(database, number, direction)
        assert forum.post(database, number)["votes"] == before + counted


def test_a_locked_post_takes_no_comments_until_it_is_unlocked(database):
    number = forum.submit(database, "General", "Flea market", "Who comes?")
    forum.lock(database, number)
    with pytest.raises(Refused, match="locked"):
        forum.comment(database, number, "Me.")
    forum.unlock(database, number)
    forum.comment(database, number, "Me.")
    assert [row["text"] for row in forum.comments(database, number)] == ["Me."]


def test_removing_a_post_settles_its_reports_and_dismissing_leaves_it(database):
    first, second, *others = forum.reports(database)
    forum.remove(database, first["post"])
    forum.dismiss(database, second["id"])
    assert [row["id"] for row in forum.reports(database)] == [row["id"] for row in others]
    with pytest.raises(Refused, match="no post"):
        forum.post(database, first["post"])
    assert forum.post(database, second["post"])["title"] == second["title"]
    with pytest.raises(Refused, match="no open report"):
        forum.dismiss(database, second["id"])


def test_what_makes_no_sense_is_refused(database):
    for operation, given, reason in (
        (forum.find, ("", "", "", "colour"), "not by .colour."),
        (forum.submit, ("Nowhere", "x", "y"), "none of the boards"),
        (forum.submit, ("Pets", "", "y"), "The title must have"),
        (forum.vote, (1, "sideways"), "A vote is"),
        (forum.move, (1, "Nowhere"), "none of the boards"),
        (forum.ban, (99,), "no member 99"),
    ):
        with pytest.raises(Refused, match=reason):
            operation(database, *given)
