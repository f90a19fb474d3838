"""Kaggle's games in their runtime: known openings, masks, results and seeds."""

import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build, missing

SPECS = {spec.id: spec for spec in arena.specs("games") if spec.family == "kaggle"}
LACKING = missing(next(iter(SPECS.values())))
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING or "the runtime is there")


@pytest.fixture
def table():
    tables = []

    def make(name):
        spec = SPECS[f"kaggle/{name}-v0"]
        tables.append(Episode(spec, build(spec)))
        return tables[-1]

    yield make
    for episode in tables:
        episode.close()


def test_four_in_a_column_win(table):
    episode = table("ConnectX")
    turn = episode.start(0)
    for column in (0, 1, 0, 1, 0, 1, 0):
        assert turn.masks[0].all()
        turn = episode.step([column])
    assert episode.scores() == [1.0, -1.0] and not turn.seats
    assert turn.ended[0].observation[:, 0, 0].tolist() == [0, 0, 1, 1, 1, 1]


def test_paper_beats_rock(table):
    episode = table("RockPaperScissors")
    episode.start(0)
    turn = episode.step([0, 1])
    assert [seen.tolist() for seen in turn.observations] == [[0, 1, -1, 1], [1, 0, 1, 1]]


def test_bandits_pay_alike_for_the_same_seed_only(table):
    def totals(seed):
        episode = table("Bandits")
        episode.start(seed)
        for step in range(40):
            turn = episode.step([step % 100, 99 - step])
        return [seen[3] for seen in turn.observations], episode.digest

    assert totals(1) == totals(1) != totals(2)


def test_a_goose_cannot_turn_back_and_results_add_up_to_nothing(table):
    episode = table("HungryGeese")
    turn = episode.start(7)
    assert all(mask.all() for mask in turn.masks)
    turn = episode.step([0] * 4)
    assert all(mask.tolist() == [True, True, False, True] for mask in turn.masks)
    random = np.random.default_rng(0)
    while turn.seats:
        turn = episode.step([int(random.choice(np.flatnonzero(mask))) for mask in turn.masks])
    assert sum(episode.scores()) == pytest.approx(0.0) and max(episode.scores()) > 0.0


def test_a_ship_of_halite_turns_into_a_shipyard_for_500(table):
    episode = table("Halite")
    turn = episode.start(3)
    seen = turn.observations[0]
    assert seen["banks"].tolist() == [5000] * 4 and seen["board"][1].sum() == 1
    orders = np.zeros((2, 21, 21), np.int8)
    orders[0][seen["board"][1] == 1] = 5
    turn = episode.step([orders, *[np.zeros_like(orders)] * 3])
    after = turn.observations[0]
    assert after["banks"].tolist() == [4500, 5000, 5000, 5000]
    assert (after["board"][3] == seen["board"][1]).all() and after["board"][1].sum() == 0


def test_a_kore_shipyard_builds_a_ship_and_launches_it_north(table):
    episode = table("Kore")
    turn = episode.start(3)
    assert turn.observations[0]["banks"].tolist() == [500.0, 500.0]
    build_one, launch_all, idle = (np.zeros((16, 11), np.int8) for _ in range(3))
    build_one[0, 0] = 1
    turn = episode.step([build_one, idle])
    row, column, ships, _ = turn.observations[0]["shipyards"][0]
    assert turn.observations[0]["banks"].tolist() == [490.0, 500.0] and ships == 1
    launch_all[0, :2] = 2, 16
    seen = episode.step([launch_all, idle]).observations[0]["board"]
    assert seen[3, (row - 1) % 21, column] == 1 and seen[5, (row - 1) % 21, column] == 1  # a ship, heading north
