"""The operations of the wiki: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.site import Refused, Site
from arena.envs.web.apps.wiki import operations as wiki
from arena.envs.web.apps.wiki.pages import WIKI
from arena.envs.web.apps.wiki.tasks import facts_of, page_of


@pytest.fixture
def database():
    return Site((WIKI,), np.random.default_rng(0)).database


def test_pages_are_found_by_what_their_facts_hold(database):
    port = facts_of(database, "Ember")["Port"]
    assert [page["title"] for page in wiki.find(database, port)] == ["Ember"]
    assert len(wiki.find(database, category="Service")) == 10


def test_an_edit_is_a_revision_and_can_be_restored(database):
    number = wiki.create(database, "How to order a desk", "Guide", "Ask.")
    wiki.edit(database, number, "Do not ask.")
    (first,) = (row["id"] for row in wiki.history(database, number) if row["text"] == "Ask.")
    wiki.restore(database, first)
    assert wiki.page(database, number)["text"] == "Ask."
    assert [row["text"] for row in wiki.history(database, number)] == ["Ask.", "Do not ask.", "Ask."]
    with pytest.raises(Refused, match="has this text already"):
        wiki.restore(database, first)


def test_the_newest_edits_of_all_pages_are_by_one_author(database):
    newest = wiki.changes(database)[0]["author"]
    edits = wiki.changes(database, newest)
    assert {edit["author"] for edit in edits} == {newest} and len(edits) == 3
    for edit in edits:
        latest, before = wiki.history(database, edit["page"])[:2]
        assert latest["id"] == edit["id"] and latest["text"] != before["text"]


@pytest.mark.parametrize(
    ("title", "name", "value", "reason"),
    [
        ("Ember", "Room", "Room Oak", 'no fact "Room"'),
        ("Ember", "Status", "fine", '"fine" is no status'),
        ("Ember", "Port", "80", "a port has four digits"),
        ("Ember", "Version", "", "A fact must have"),
        ("How to plan a release", "Port", "8000", "it has none"),
    ],
)
def test_a_fact_holds_what_its_category_allows(database, title, name, value, reason):
    with pytest.raises(Refused, match=reason):
        wiki.set_fact(database, page_of(database, title), name, value)
    wiki.set_fact(database, page_of(database, "Ember"), "Port", "8000")
    assert facts_of(database, "Ember")["Port"] == "8000"


def test_titles_are_unique_and_categories_known(database):
    for given, reason in ((("EMBER", "Guide", "x"), "already"), (("New", "Song", "x"), "none of the categories")):
        with pytest.raises(Refused, match=reason):
            wiki.create(database, *given)
    with pytest.raises(Refused, match="no page 99"):
        wiki.move(database, 99, "Archive")
