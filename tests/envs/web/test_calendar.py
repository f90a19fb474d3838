"""The calendar's operations: what they do and what they refuse."""

import itertools

import numpy as np
import pytest

from arena.envs.web.apps.calendar import operations as calendar
from arena.envs.web.apps.calendar.pages import CALENDAR
from arena.envs.web.apps.calendar.world import COLLEAGUES, WORKDAYS
from arena.envs.web.apps.people import ME
from arena.envs.web.apps.site import Refused, Site

EMPTY = "2026-03-21"


@pytest.fixture
def database():
    return Site((CALENDAR,), np.random.default_rng(0)).database


def test_free_times_are_what_events_leave_of_a_workday(database):
    assert calendar.free(database, EMPTY) == [("09:00", "17:00")]
    calendar.create(database, "A", EMPTY, "10:00", "11:00")
    calendar.create(database, "B", EMPTY, "11:00", "12:30")  # begins when A ends
    calendar.create(database, "C", EMPTY, "16:30", "18:00")
    calendar.create(database, "D", EMPTY, "07:00", "08:00")
    assert calendar.free(database, EMPTY) == [("09:00", "10:00"), ("12:30", "16:30")]


def test_nobody_is_in_two_places(database):
    meeting = calendar.create(database, "A", EMPTY, "10:00", "11:00")
    for start, end in (("10:30", "10:45"), ("09:00", "12:00"), ("10:59", "11:30")):
        with pytest.raises(Refused, match='You are busy then: "A" is from 10:00 to 11:00'):
            calendar.create(database, "B", EMPTY, start, end)
    other = calendar.create(database, "B", EMPTY, "12:00", "13:00")
    with pytest.raises(Refused, match="busy"):
        calendar.move(database, other, EMPTY, "9:30")
    calendar.move(database, meeting, EMPTY, "10:30")  # over itself
    moved = calendar.event(database, meeting)
    assert (moved["start"], moved["end"]) == (630, 690)


@pytest.mark.parametrize(
    ("title", "day", "start", "end", "reason"),
    [
        ("", EMPTY, "10:00", "11:00", "title must have 1 to 60"),
        ("A", "2026-02-30", "10:00", "11:00", '"2026-02-30" is no day'),
        ("A", "21.3.2026", "10:00", "11:00", "is no day"),
        ("A", EMPTY, "24:00", "25:00", '"24:00" is no time'),
        ("A", EMPTY, "11:00", "11:00", "must end later than it starts"),
    ],
)
def test_an_event_that_cannot_be_is_refused(database, title, day, start, end, reason):
    with pytest.raises(Refused, match=reason):
        calendar.create(database, title, day, start, end)


def test_an_event_ends_on_its_day(database):
    late = calendar.create(database, "A", EMPTY, "10:00", "12:00")
    with pytest.raises(Refused, match="must end on the day"):
        calendar.move(database, late, EMPTY, "22:30")


def test_guests_are_colleagues_each_once_in_order(database):
    meeting = calendar.create(database, "A", EMPTY, "10:00", "11:00")
    calendar.invite(database, meeting, "Hugo Ito")
    calendar.invite(database, meeting, "Ada Berg")
    assert calendar.event(database, meeting)["guests"] == "Ada Berg, Hugo Ito"
    with pytest.raises(Refused, match="Ada Berg is invited already"):
        calendar.invite(database, meeting, "Ada Berg")
    with pytest.raises(Refused, match="none of the colleagues"):
        calendar.invite(database, meeting, "Nobody")


def test_only_ones_own_events_can_be_changed(database):
    theirs = calendar.events(database, COLLEAGUES[0].name)[0]
    with pytest.raises(Refused, match="in your calendar"):
        calendar.cancel(database, theirs["id"])


def test_the_world_keeps_its_promises():
    for seed in range(20):
        database = Site((CALENDAR,), np.random.default_rng(seed)).database
        mine = calendar.events(database)
        assert len({row["title"] for row in mine}) == len(mine)
        for owner in (ME, *COLLEAGUES):
            for day in WORKDAYS:
                rows = calendar.events(database, owner.name, day)
                assert len(rows) in (2, 3) and len({row["end"] - row["start"] for row in rows}) == len(rows)
                assert all(a["end"] < b["start"] for a, b in itertools.pairwise(rows))
