"""The operations of the code host: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.codehost import operations as codehost
from arena.envs.web.apps.codehost.pages import CODEHOST
from arena.envs.web.apps.site import Refused, Site


@pytest.fixture
def database():
    return Site((CODEHOST,), np.random.default_rng(0)).database


def _pulls(database, repository):
    """Returns the three pull requests of a repository: ready, without a review, stuck."""
    pulls = codehost.pulls(database, repository)
    (ready,) = (row for row in pulls if row["checks"] == "passed" and row["approvals"] and not row["objections"])
    (waiting,) = (row for row in pulls if not row["approvals"] and not row["objections"])
    (stuck,) = (row for row in pulls if row["id"] not in (ready["id"], waiting["id"]))
    return ready, waiting, stuck


def test_a_merge_needs_checks_and_approval_and_closes_the_issue(database):
    for repository in codehost.REPOSITORIES:
        ready, waiting, stuck = _pulls(database, repository)
        for row in (waiting, stuck):
            with pytest.raises(Refused, match="merged"):
                codehost.merge(database, row["id"])
        codehost.merge(database, ready["id"])
        assert not codehost.issue(database, ready["fixes"])["is_open"]
        with pytest.raises(Refused, match="is closed"):
            codehost.merge(database, ready["id"])
        codehost.review(database, waiting["id"], "request changes", "No.")
        codehost.review(database, waiting["id"], "approve", "Yes.")  # in place of the first
        codehost.merge(database, waiting["id"])
        assert [row["id"] for row in codehost.pulls(database, repository)] == [stuck["id"]]


def test_issues_are_found_by_label_and_by_having_none(database):
    number = codehost.open_issue(database, "Aurora", "Speed up", "Please.")
    assert number in [row["id"] for row in codehost.issues(database, label="no label")]
    codehost.label(database, number, "docs")
    codehost.label(database, number, "urgent")
    assert number in [row["id"] for row in codehost.issues(database, repository="Aurora", label="docs")]
    assert number not in [row["id"] for row in codehost.issues(database, label="no label")]
    with pytest.raises(Refused, match="already"):
        codehost.label(database, number, "docs")
    codehost.unlabel(database, number, "docs")
    assert codehost.issue(database, number)["labels"] == "urgent"


def test_issues_are_assigned_closed_and_opened_again(database):
    number = codehost.issues(database)[0]["id"]
    codehost.assign(database, number, "Lena Novak")
    assert number in [row["id"] for row in codehost.issues(database, assignee="lena")]
    codehost.close(database, number)
    assert [row["id"] for row in codehost.issues(database, is_open=False)] == [number]
    with pytest.raises(Refused, match="closed already"):
        codehost.close(database, number)
    codehost.reopen(database, number)
    assert codehost.issue(database, number)["is_open"]


def test_what_makes_no_sense_is_refused(database):
    for operation, given, reason in (
        (codehost.open_issue, ("Moon", "x", "y"), "none of the repositories"),
        (codehost.label, (1, "great"), "none of the labels"),
        (codehost.assign, (1, "Nobody"), "none of the colleagues"),
        (codehost.review, (1, "maybe", "x"), "A verdict is"),
        (codehost.comment, (99, "x"), "no issue 99"),
        (codehost.comment, (1, ""), "The text must have"),
    ):
        with pytest.raises(Refused, match=reason):
            operation(database, *given)
