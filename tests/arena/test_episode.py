from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import arena
from arena.episode import Episode, _feed
from arena.errors import EnvError


def begun(env_id: str, seed: int = 1) -> Episode:
    episode = Episode(arena.find(env_id), arena.make(env_id))
    episode.start(seed)
    return episode


def test_one_seat_is_a_table_with_one_seat():
    episode = begun("toy/Counter-v0")
    assert episode.turn.seats == (0,)
    paid = [episode.step([0]).rewards[0] for _ in range(5)]
    assert episode.turn.seats == () and episode.length == 5 and episode.metrics == [{"steps": 5.0}]
    assert episode.scores() == [sum(paid)]


def test_living_seats_act_at_once_and_one_that_left_is_never_asked():
    episode = begun("toy/Matching-v0")
    acting = []
    while episode.turn.seats:
        acting.append(episode.turn.seats)
        episode.step([1] * len(episode.turn.seats))
    assert acting == [(0, 1), (0, 1), (1,), (1,)] and episode.returns == [2.0, 2.0]


def test_turns_alternate_and_dead_seats_are_stepped_over():
    episode = begun("toy/Turns-v0")
    acting = []
    while episode.turn.seats:
        acting.append(episode.turn.seats[0])
        turn = episode.step([1 - episode.turn.seats[0]])
    assert acting == [0, 1] * 3
    assert episode.returns == [1.0, -1.0] and sorted(end.seat for end in turn.ended) == [0, 1]


def test_a_pettingzoo_mask_is_taken_out_of_the_observation():
    turn = begun("toy/Turns-v0").turn
    assert turn.masks[0].tolist() == [True, True, False] and turn.observations[0].tolist() == [0.0, 0.0]


def test_many_seats_are_cut_at_the_specs_limit():
    spec = dataclasses.replace(arena.find("toy/Matching-v0"), max_steps=3)
    episode = Episode(spec, arena.make("toy/Matching-v0"))
    episode.start(0)
    while episode.turn.seats:
        turn = episode.step([0] * len(episode.turn.seats))
    assert episode.length == 3 and [(end.seat, end.terminated) for end in turn.ended] == [(1, False)]


def test_the_same_seed_and_actions_give_the_same_bytes_also_in_a_used_environment():
    first, used = begun("toy/Counter-v0", 5), begun("toy/Counter-v0", 6)
    used.step([2])
    used.start(5)
    for episode in (first, used):
        while episode.turn.seats:
            episode.step([1])
    assert first.digest == used.digest and first.ticks == used.ticks and len(first.ticks) == 2 * 6
    other = begun("toy/Counter-v0", 6)
    assert other.digest != begun("toy/Counter-v0", 5).digest


@pytest.mark.parametrize("fault, told", [("Nan", "reward of seat 0 in step 2 is nan"), ("Metric", "not finite")])
def test_numbers_that_are_none_are_the_environments_fault(fault, told):
    episode = begun(f"toy/{fault}-v0")
    with pytest.raises(EnvError, match=told):
        while episode.turn.seats:
            episode.step([0])


def test_an_absent_metric_and_a_wrong_number_of_seats_are_told():
    episode = begun("toy/NoMetric-v0")
    while episode.turn.seats:
        episode.step([0])
    with pytest.raises(EnvError, match="'absent' is not in the last"):
        episode.scores()
    with pytest.raises(EnvError, match="3 seats, the environment has 2"):
        Episode(arena.find("toy/WrongSeats-v0"), arena.make("toy/WrongSeats-v0"))


def test_observations_without_bytes_are_refused():
    for value in (np.array([object()]), object(), {1, 2}):
        with pytest.raises(EnvError, match="an observation holds"):
            _feed([], value)
