import numpy as np
import pytest

import arena
from arena.envs.games.atari2 import AtariTable
from arena.episode import Episode
from arena.registry import build

pytest.importorskip("multi_agent_ale_py")


def _play(episode, seed, steps):
    turn, random = episode.start(seed), np.random.default_rng(0)
    while turn.seats and episode.length < steps:
        turn = episode.step([int(random.integers(episode.env.action_space("first_0").n)) for _ in turn.seats])
    return episode.digest


def test_an_episode_depends_on_its_seed_and_not_on_earlier_ones():
    spec = arena.find("atari2/Boxing-v2")
    first, later = Episode(spec, build(spec)), Episode(spec, build(spec))
    _play(later, 2, 30)
    assert _play(first, 1, 30) == _play(later, 1, 30) != _play(first, 2, 30)


def test_a_point_of_pong_is_one_seats_gain_and_the_others_loss():
    spec = arena.find("atari2/Pong-v3")
    episode = Episode(spec, build(spec))
    _play(episode, 0, 300)
    pairs = {paid for paid in zip(episode.rewards[::2], episode.rewards[1::2], strict=True) if any(paid)}
    assert pairs and pairs <= {(1.0, -1.0), (-1.0, 1.0)}


def test_a_table_seats_four_and_shows_all_the_same():
    env = AtariTable("warlords", players=4, mode=None, render_mode="rgb_array")
    observations, _ = env.reset(seed=0)
    assert list(observations) == ["first_0", "second_0", "third_0", "fourth_0"]
    assert len({seen.tobytes() for seen in observations.values()}) == 1
    assert env.observation_space("first_0").contains(observations["first_0"])
    assert env.render().shape == (210, 160, 3)


def test_entombed_ends_terminated_for_both_seats():
    spec = arena.find("atari2/EntombedCompetitive-v3")
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([0] * len(turn.seats))
    assert episode.length < spec.max_steps
    assert all(end.terminated for end in turn.ended)
    assert sum(episode.returns) == 0.0
