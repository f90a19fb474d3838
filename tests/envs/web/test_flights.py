"""The operations of flights: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.flights import operations as flights
from arena.envs.web.apps.flights.pages import FLIGHTS
from arena.envs.web.apps.flights.world import DAYS, ROUTES
from arena.envs.web.apps.site import Refused, Site


@pytest.fixture
def database():
    return Site((FLIGHTS,), np.random.default_rng(0)).database


def test_a_search_sorts_and_keeps_to_the_times(database):
    day = flights.search(database, "Cork", "Lyon", DAYS[0])
    assert len(day) == 4 and {(row["origin"], row["destination"], row["day"]) for row in day} == {
        ("Cork", "Lyon", DAYS[0])
    }
    assert [row["departs"] for row in day] == sorted(row["departs"] for row in day)
    by_price = flights.search(database, "Cork", "Lyon", DAYS[0], sort="price")
    assert [row["price"] for row in by_price] == sorted(row["price"] for row in day)
    late = flights.search(database, "Cork", "Lyon", DAYS[0], departs_after="12:30")
    assert [row["id"] for row in late] == [row["id"] for row in day if row["departs"] >= 750]
    early = flights.search(database, "Cork", "Lyon", DAYS[0], arrives_before="12:30")
    assert [row["id"] for row in early] == [row["id"] for row in day if row["arrives"] <= 750]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("Paris", "Lyon", DAYS[0]), '"Paris" is none of the cities'),
        (("Cork", "Lyon", "tomorrow"), '"tomorrow" is no day'),
        (("Cork", "Lyon", DAYS[0], "noon"), '"noon" is no time'),
        (("Cork", "Lyon", DAYS[0], "", "", "comfort"), "not by .comfort."),
    ],
)
def test_a_search_for_nothing_known_is_refused(database, asked, reason):
    with pytest.raises(Refused, match=reason):
        flights.search(database, *asked)


def test_bags_cost_extra_and_seats_run_out(database):
    flight = flights.search(database, "Cork", "Lyon", DAYS[0])[0]
    booked = flights.booking(database, flights.book(database, flight["id"], "Ada Berg", 2))
    assert booked["total"] == flight["price"] + 60
    for _ in range(flights.flight(database, flight["id"])["free"]):
        last = flights.book(database, flight["id"], "Ada Berg")
    with pytest.raises(Refused, match="sold out"):
        flights.book(database, flight["id"], "Ada Berg")
    flights.cancel(database, last)
    assert flights.flight(database, flight["id"])["free"] == 1
    for passenger, bags in (("", 0), ("x" * 61, 0), ("Ada Berg", 4)):
        with pytest.raises(Refused):
            flights.book(database, flight["id"], passenger, bags)


def test_a_booking_is_changed_between_the_same_cities_only(database):
    flight, later = (flights.search(database, "Cork", "Lyon", day)[0] for day in DAYS[:2])
    booking = flights.book(database, flight["id"], "Ada Berg", 1)
    flights.change(database, booking, later["id"])
    assert flights.booking(database, booking)["day"] == DAYS[1]
    back = flights.search(database, "Lyon", "Cork", DAYS[1])[0]
    with pytest.raises(Refused, match="from Cork to Lyon; that flight is not"):
        flights.change(database, booking, back["id"])


def test_the_world_keeps_its_promises():
    for seed in range(5):
        database = Site((FLIGHTS,), np.random.default_rng(seed)).database
        for route in ROUTES:
            for day in DAYS:
                rows = flights.search(database, *route, day)
                for what in ("price", "departs", "number"):
                    assert len({row[what] for row in rows}) == 4
                assert len({row["arrives"] - row["departs"] for row in rows}) == 4
                assert all(row["arrives"] < 24 * 60 for row in rows)
        booked = flights.bookings(database)
        assert len({row["passenger"] for row in booked}) == len(booked) == 6
        assert DAYS[-1] not in {row["day"] for row in booked}
